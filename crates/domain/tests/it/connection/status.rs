//! How a connection stands, and its end.

use handoff_domain::audit::model::AuditAction;
use handoff_domain::connection::catalog::CatalogService;
use handoff_domain::connection::model::ReconnectReason;
use handoff_domain::connection::ports::{AccessTokens, AuthorizerError};
use handoff_domain::delivery::model::DeliveryState;
use handoff_domain::delivery::tracker::{ProjectQuery, TrackerError};

use crate::world::World;

#[tokio::test]
async fn a_workspace_without_an_integration_is_not_connected() {
    let world = World::new().await;
    let status = world.connection.status(world.workspace).await.unwrap();
    assert!(status.integration.is_none() && status.reason.is_none());
}

#[tokio::test]
async fn the_end_of_a_grant_is_announced_thirty_days_ahead() {
    let world = World::connected().await;
    let reason = async || {
        let status = world.connection.status(world.workspace).await;
        status.unwrap().reason
    };
    world.pass(335 * 86_400 - 1);
    assert_eq!(reason().await, None);
    world.pass(1);
    assert_eq!(reason().await, Some("grant_ends_soon"));
    world.connect().await;
    assert_eq!(reason().await, None, "a new grant lives a year again");
}

#[tokio::test]
async fn a_grant_that_ended_is_told_with_its_reason_and_reconnecting_mends_it() {
    let world = World::connected().await;
    let site = world.integration().await.unwrap().site();
    world.pass(3600);
    world
        .authorizer
        .next_refresh(Err(AuthorizerError::GrantRefused {
            reason: "invalid_grant".to_owned(),
        }));
    world.keeper.token(&site).await.unwrap_err();

    let status = world.connection.status(world.workspace).await.unwrap();
    assert_eq!(status.reason, Some("grant_ended"));
    let row = status.integration.unwrap();
    assert_eq!(row.needs_reconnect, Some(ReconnectReason::GrantEnded));

    world.connect().await;
    let status = world.connection.status(world.workspace).await.unwrap();
    assert_eq!(status.reason, None);
    assert!(world.keeper.token(&site).await.is_ok());
}

#[tokio::test]
async fn disconnecting_keeps_the_row_and_nulls_both_tokens() {
    let world = World::connected().await;
    let before = world.integration().await.unwrap();

    let was_connected = world
        .connection
        .disconnect(world.workspace, world.owner)
        .await;

    assert!(was_connected.unwrap());
    let row = world.integration().await.unwrap();
    assert_eq!(row.id, before.id);
    assert!(!row.is_active && row.tokens.is_none());
    assert!(row.spare_refresh_token.is_none());
    assert!(row.disconnected_at.is_some());
    assert!(!world.is_connected().await);
}

#[tokio::test]
async fn disconnecting_twice_is_the_same_as_once() {
    let world = World::connected().await;
    let disconnect = || world.connection.disconnect(world.workspace, world.owner);
    assert!(disconnect().await.unwrap());
    let before = world.integration().await;
    assert!(!disconnect().await.unwrap());
    assert_eq!(world.integration().await, before);
    assert_eq!(world.audited(AuditAction::Disconnected).len(), 1);
}

#[tokio::test]
async fn disconnecting_what_was_never_connected_does_nothing() {
    let world = World::new().await;
    let ended = world
        .connection
        .disconnect(world.workspace, world.owner)
        .await;
    assert!(!ended.unwrap());
    assert!(world.integration().await.is_none());
}

#[tokio::test]
async fn disconnecting_cancels_what_is_queued_and_frees_its_tickets() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(2).await;
    let push = world.push(&world.push_of(document)).await;

    let ended = world
        .connection
        .disconnect(world.workspace, world.owner)
        .await;

    ended.unwrap();
    let report = world.report(push).await;
    assert_eq!(report.counts().cancelled, 2);
    assert!(report.push.settled_at.is_some());
    assert!(world.ticket(tickets[0]).await.delivery.is_none());
    world.work().await;
    assert!(world.tracker.issues().is_empty());
}

#[tokio::test]
async fn a_frozen_delivery_waits_for_the_same_site_and_a_person_decides_on_another() {
    for (cloud, expected) in [
        ("cloud-1", DeliveryState::Uncertain),
        ("cloud-2", DeliveryState::NeedsAttention),
    ] {
        let world = World::connected().await;
        let (document, _) = world.reviewed(1).await;
        let lost = handoff_domain::testing::FakeCreate::Lose { applied: false };
        world.tracker.next_outcomes([lost]);
        let push = world.push(&world.push_of(document)).await;
        world.work().await;
        let ended = world
            .connection
            .disconnect(world.workspace, world.owner)
            .await;
        ended.unwrap();
        let frozen = world.report(push).await;
        assert_eq!(frozen.counts().pending, 1);

        let site = handoff_domain::testing::FakeAuthorizer::site(cloud, "site");
        world.authorizer.next_sites(Ok(vec![site]));
        world.connect().await;

        let deliveries = world
            .delivery
            .list_deliveries(world.workspace, Some(expected), Default::default())
            .await
            .unwrap();
        assert_eq!(deliveries.items.len(), 1, "{cloud}");
    }
}

#[tokio::test]
async fn projects_and_issue_types_need_a_connection_that_works() {
    let world = World::new().await;
    let catalog = CatalogService::new(world.connections.clone(), world.tracker.clone());
    let query = ProjectQuery::default();
    let none = catalog.projects(world.workspace, &query).await;
    assert!(matches!(none, Err(TrackerError::NotConnected)));

    world.connect().await;
    let page = catalog.projects(world.workspace, &query).await.unwrap();
    assert_eq!(page.projects[0].key, "ENG");
    let types = catalog.issue_types(world.workspace, "ENG").await.unwrap();
    assert_eq!(types[0].name, "Task");
    let unknown = catalog.issue_types(world.workspace, "NOPE").await;
    assert!(matches!(unknown, Err(TrackerError::ProjectNotFound)));

    let ended = world
        .connection
        .disconnect(world.workspace, world.owner)
        .await;
    ended.unwrap();
    let none = catalog.issue_types(world.workspace, "ENG").await;
    assert!(matches!(none, Err(TrackerError::NotConnected)));
}
