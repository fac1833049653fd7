//! Finishing a parked grant.

use handoff_domain::connection::error::ConnectionError;
use handoff_domain::connection::model::TrackerSiteChoice;
use handoff_domain::connection::ports::AuthorizerError;
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::testing::FakeAuthorizer;
use handoff_domain::workspace::model::Role;
use time::Duration;

use crate::world::{Browser, World, params};

fn two_sites() -> Vec<TrackerSiteChoice> {
    vec![
        FakeAuthorizer::site("cloud-1", "first"),
        FakeAuthorizer::site("cloud-2", "second"),
    ]
}

/// Parks a grant with these sites and gives its confirm secret.
async fn park(world: &World, sites: Vec<TrackerSiteChoice>) -> String {
    world.authorizer.next_sites(Ok(sites));
    let started = world.begin(None).await;
    let url = world.come_back(&started, Browser::Other).await;
    params(&url)["confirm"].clone()
}

fn pointer(error: ConnectionError) -> String {
    match error {
        ConnectionError::Invalid(problems) => problems.as_slice()[0].pointer.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn pending_names_the_sites_and_the_end() {
    let world = World::new().await;
    let confirm = park(&world, two_sites()).await;

    let pending = world.connection.pending(world.owner, &confirm).await;

    let pending = pending.unwrap();
    assert_eq!(pending.sites, two_sites());
    let now = world.connection_ports.clock.now();
    assert_eq!(pending.expires_at - now, Duration::minutes(30));
}

#[tokio::test]
async fn one_site_is_confirmed_without_naming_it() {
    let world = World::new().await;
    let confirm = park(&world, vec![FakeAuthorizer::site("cloud-7", "seven")]).await;

    let status = world
        .connection
        .confirm(world.workspace, world.owner, &confirm, None)
        .await
        .unwrap();

    let row = status.integration.unwrap();
    assert_eq!(row.config.cloud_id, "cloud-7");
    assert_eq!(row.config.account_id, "account-1");
    let site = row.site();
    let token = handoff_domain::connection::ports::AccessTokens::token(&world.keeper, &site).await;
    assert!(token.is_ok(), "the tokens are sealed for their new place");
}

#[tokio::test]
async fn several_sites_need_one_to_be_named() {
    let world = World::new().await;
    let confirm = park(&world, two_sites()).await;
    let (workspace, owner) = (world.workspace, world.owner);

    let unnamed = world.connection.confirm(workspace, owner, &confirm, None);
    assert_eq!(pointer(unnamed.await.unwrap_err()), "/cloud_id");
    let foreign = world
        .connection
        .confirm(workspace, owner, &confirm, Some("cloud-99"));
    assert_eq!(pointer(foreign.await.unwrap_err()), "/cloud_id");
    assert!(!world.is_connected().await);

    let named = world
        .connection
        .confirm(workspace, owner, &confirm, Some("cloud-2"));
    let row = named.await.unwrap().integration.unwrap();
    assert_eq!(row.config.cloud_id, "cloud-2");
}

#[tokio::test]
async fn nobody_but_the_one_who_began_sees_or_finishes_it() {
    let world = World::new().await;
    let confirm = park(&world, two_sites()).await;
    let other = world.person("ada", Role::Owner).await;

    let seen = world.connection.pending(other, &confirm).await;
    assert!(matches!(seen, Err(ConnectionError::Forbidden)));
    let finished = world
        .connection
        .confirm(world.workspace, other, &confirm, Some("cloud-1"));
    assert!(matches!(finished.await, Err(ConnectionError::Forbidden)));
    assert!(!world.is_connected().await);
}

#[tokio::test]
async fn a_confirm_secret_serves_once() {
    let world = World::new().await;
    let confirm = park(&world, two_sites()).await;
    let confirmed = |cloud| {
        world
            .connection
            .confirm(world.workspace, world.owner, &confirm, Some(cloud))
    };
    confirmed("cloud-1").await.unwrap();

    assert_eq!(pointer(confirmed("cloud-2").await.unwrap_err()), "/confirm");
    let seen = world.connection.pending(world.owner, &confirm).await;
    assert_eq!(pointer(seen.unwrap_err()), "/confirm");
    let row = world.integration().await.unwrap();
    assert_eq!(row.config.cloud_id, "cloud-1");
}

#[tokio::test]
async fn two_confirmations_at_once_connect_once() {
    let world = World::new().await;
    let confirm = park(&world, two_sites()).await;
    let confirmed = |cloud| {
        world
            .connection
            .confirm(world.workspace, world.owner, &confirm, Some(cloud))
    };

    let (first, second) =
        futures_util::future::join(confirmed("cloud-1"), confirmed("cloud-2")).await;

    assert_ne!(first.is_ok(), second.is_ok());
    assert_eq!(world.integration().await.unwrap().generation, 1);
}

#[tokio::test]
async fn a_parked_grant_ends_after_thirty_minutes() {
    let world = World::new().await;
    let confirm = park(&world, two_sites()).await;
    world.pass(30 * 60 - 1);
    let seen = world.connection.pending(world.owner, &confirm).await;
    assert!(seen.is_ok());
    world.pass(1);
    let seen = world.connection.pending(world.owner, &confirm).await;
    assert_eq!(pointer(seen.unwrap_err()), "/confirm");
    let late = world
        .connection
        .confirm(world.workspace, world.owner, &confirm, Some("cloud-1"));
    assert_eq!(pointer(late.await.unwrap_err()), "/confirm");
    assert!(!world.is_connected().await);
}

#[tokio::test]
async fn a_forged_secret_is_refused() {
    let world = World::new().await;
    park(&world, two_sites()).await;
    let seen = world.connection.pending(world.owner, &"0".repeat(64)).await;
    assert_eq!(pointer(seen.unwrap_err()), "/confirm");
}

#[tokio::test]
async fn the_flow_ends_in_the_workspace_where_it_began() {
    let world = World::new().await;
    let confirm = park(&world, two_sites()).await;
    let other = world.workspaces.create(world.owner, "Other", None).await;
    let other = other.unwrap().id;

    let confirmed = world
        .connection
        .confirm(other, world.owner, &confirm, Some("cloud-1"));

    assert_eq!(pointer(confirmed.await.unwrap_err()), "/workspace_id");
    let status = world.connection.status(other).await.unwrap();
    assert!(status.integration.is_none());
    assert!(!world.is_connected().await);
}

#[tokio::test]
async fn a_tracker_that_does_not_answer_leaves_the_grant_parked() {
    let world = World::new().await;
    let confirm = park(&world, two_sites()).await;
    let failure = Failure::new(FailureKind::TimedOut, "no answer");
    world
        .authorizer
        .next_account(Err(AuthorizerError::Lost(failure)));
    let confirmed = || {
        world
            .connection
            .confirm(world.workspace, world.owner, &confirm, Some("cloud-1"))
    };

    let failed = confirmed().await;
    assert!(matches!(failed, Err(ConnectionError::Failure(_))));
    assert!(!world.is_connected().await);
    assert!(confirmed().await.is_ok(), "trying again is enough");
}

#[tokio::test]
async fn a_reconnect_in_another_browser_keeps_its_site_without_naming_it() {
    let world = World::connected().await;
    let confirm = park(&world, two_sites()).await;
    let status = world
        .connection
        .confirm(world.workspace, world.owner, &confirm, None);
    let row = status.await.unwrap().integration.unwrap();
    assert_eq!(row.config.cloud_id, "cloud-1");
}

#[tokio::test]
async fn the_only_site_of_a_grant_needs_no_name_although_another_one_is_connected() {
    let world = World::connected().await;
    let confirm = park(&world, vec![FakeAuthorizer::site("cloud-2", "second")]).await;

    let status = world
        .connection
        .confirm(world.workspace, world.owner, &confirm, None)
        .await;

    let row = status.unwrap().integration.unwrap();
    assert_eq!(row.config.cloud_id, "cloud-2");
}
