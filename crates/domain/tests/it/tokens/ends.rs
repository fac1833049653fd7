//! Grants that ended, sites that are another, apps that are misconfigured.

use futures_util::future::join_all;
use handoff_domain::audit::model::AuditAction;
use handoff_domain::connection::model::{ReconnectReason, TrackerSite};
use handoff_domain::connection::ports::{AccessTokenError, AccessTokens, AuthorizerError};
use handoff_domain::testing::FakeAuthorizer;
use handoff_domain::workspace::model::Actor;

use super::{expired, refused, token};
use crate::world::World;

#[tokio::test]
async fn a_refused_grant_needs_a_reconnect_once_with_one_audit_entry() {
    for word in ["invalid_grant", "unauthorized_client"] {
        let (world, site) = expired().await;
        world.authorizer.next_refresh(Err(refused(word)));

        let ended = join_all((0..20).map(|_| token(&world, &site))).await;

        for end in ended {
            assert!(matches!(end, Err(AccessTokenError::ReconnectRequired)));
        }
        assert_eq!(world.authorizer.calls().refresh, 1, "no hammering");
        let row = world.integration().await.unwrap();
        assert_eq!(row.needs_reconnect, Some(ReconnectReason::GrantEnded));
        assert!(row.is_active && row.refresh.is_none());
        let audited = world.audited(AuditAction::ReconnectNeeded);
        assert_eq!(audited.len(), 1);
        assert_eq!(audited[0].actor, Actor::System);
        assert_eq!(audited[0].workspace_id, Some(world.workspace));
    }
}

#[tokio::test]
async fn a_grant_without_a_refresh_token_needs_a_reconnect_when_it_ends() {
    let world = World::new().await;
    let grant = FakeAuthorizer::grant("access-only", None);
    world.authorizer.next_exchange(Ok(grant));
    world.connect().await;
    let site = world.integration().await.unwrap().site();
    assert_eq!(token(&world, &site).await.unwrap(), "access-only");
    world.pass(3600);

    let ended = token(&world, &site).await;

    assert!(matches!(ended, Err(AccessTokenError::ReconnectRequired)));
    let row = world.integration().await.unwrap();
    assert_eq!(row.needs_reconnect, Some(ReconnectReason::NoRefreshToken));
    assert_eq!(world.authorizer.calls().refresh, 0);
}

#[tokio::test]
async fn a_misconfigured_app_is_no_reason_to_reconnect() {
    let misconfigured = || AuthorizerError::AppMisconfigured;
    let missing = || AuthorizerError::NotConfigured {
        missing: "HANDOFF__JIRA__CLIENT_SECRET".to_owned(),
    };
    for failure in [misconfigured(), missing()] {
        let (world, site) = expired().await;
        world.authorizer.next_refresh(Err(failure));

        let ended = token(&world, &site).await;

        assert!(matches!(ended, Err(AccessTokenError::AppMisconfigured)));
        let row = world.integration().await.unwrap();
        assert!(row.needs_reconnect.is_none() && row.refresh.is_none());
        assert!(world.audited(AuditAction::ReconnectNeeded).is_empty());
        assert_eq!(token(&world, &site).await.unwrap(), "access-2");
    }
}

#[tokio::test]
async fn a_call_for_another_site_or_account_gets_no_token() {
    let world = World::connected().await;
    let site = world.integration().await.unwrap().site();
    let other_site = TrackerSite {
        cloud_id: "cloud-2".to_owned(),
        ..site.clone()
    };
    let other_account = TrackerSite {
        account_id: "account-2".to_owned(),
        ..site.clone()
    };
    for site in [other_site, other_account] {
        let token = world.keeper.token(&site).await;
        assert!(matches!(token, Err(AccessTokenError::NotConnected)));
        let token = world.keeper.renew(&site, 1).await;
        assert!(matches!(token, Err(AccessTokenError::NotConnected)));
    }
    assert!(token(&world, &site).await.is_ok());
}

#[tokio::test]
async fn a_disconnected_workspace_has_no_token() {
    let world = World::connected().await;
    let site = world.integration().await.unwrap().site();
    let ended = world.connection.disconnect(world.workspace, world.owner);
    ended.await.unwrap();
    let none = token(&world, &site).await;
    assert!(matches!(none, Err(AccessTokenError::NotConnected)));
}

#[tokio::test]
async fn a_disconnect_during_a_refresh_wins() {
    let (world, site) = expired().await;
    let other = world.clone();
    world.hooks.after("begin_refresh", move || async move {
        let ended = other.connection.disconnect(other.workspace, other.owner);
        ended.await.unwrap();
    });

    let none = token(&world, &site).await;

    assert!(
        matches!(none, Err(AccessTokenError::NotConnected)),
        "{none:?}"
    );
    let row = world.integration().await.unwrap();
    assert!(!row.is_active && row.tokens.is_none() && row.spare_refresh_token.is_none());
}

#[tokio::test]
async fn a_late_refusal_does_not_end_a_newer_grant() {
    let (world, site) = expired().await;
    world.authorizer.next_refresh(Err(refused("invalid_grant")));
    let other = world.clone();
    world
        .hooks
        .before("mark_needs_reconnect", move || async move {
            other.connect().await;
        });

    assert_eq!(token(&world, &site).await.unwrap(), "access-2");

    let row = world.integration().await.unwrap();
    assert!(row.needs_reconnect.is_none());
    assert!(world.audited(AuditAction::ReconnectNeeded).is_empty());
}
