//! Workspace API tokens.

use handoff_domain::audit::model::AuditAction;
use handoff_domain::workspace::error::WorkspaceError;
use handoff_domain::workspace::model::{Actor, Role};
use handoff_domain::workspace::tokens::NewToken;
use secrecy::ExposeSecret;
use time::Duration;

use crate::world::World;

async fn token(world: &World, role: Role, lives: Option<Duration>) -> NewToken {
    let expires_at = lives.map(|lives| world.connection_ports.clock.now() + lives);
    let made = world
        .workspaces
        .create_token(world.owner, world.workspace, role, expires_at);
    made.await.unwrap()
}

async fn actor(world: &World, token: &NewToken) -> Option<Actor> {
    let found = world.workspaces.token_actor(token.secret.expose_secret());
    found.await.unwrap()
}

#[tokio::test]
async fn a_token_opens_its_one_workspace_with_its_role() {
    let world = World::new().await;
    let token = token(&world, Role::Member, None).await;
    let actor = actor(&world, &token).await.unwrap();
    assert_eq!(actor, Actor::Token(token.token.id));
    let require = |workspace, role| world.workspaces.require(actor, workspace, role);
    assert!(require(world.workspace, Role::Member).await.is_ok());
    let above = require(world.workspace, Role::Admin).await;
    assert!(matches!(above, Err(WorkspaceError::Forbidden)));
    let other = world.workspaces.create(world.owner, "Other", None).await;
    let other = require(other.unwrap().id, Role::Member).await;
    assert!(matches!(other, Err(WorkspaceError::Forbidden)));
    let made = world.workspaces.create(actor, "More", None).await;
    assert!(matches!(made, Err(WorkspaceError::Forbidden)));
}

#[tokio::test]
async fn only_its_secret_is_a_token_and_it_is_shown_once() {
    let world = World::new().await;
    let token = token(&world, Role::Admin, None).await;
    let secret = token.secret.expose_secret();
    assert!(secret.starts_with("handoff_"));
    let wrong = [
        secret.replace("handoff_", ""),
        format!("{secret}0"),
        secret.to_uppercase(),
        token.token.id.to_string(),
        String::new(),
    ];
    for wrong in wrong {
        let found = world.workspaces.token_actor(&wrong).await.unwrap();
        assert_eq!(found, None, "{wrong}");
    }
    assert!(!format!("{token:?}").contains(secret));
    let audited = format!("{:?}", world.store.audit_entries());
    assert!(!audited.contains(secret));
    assert_eq!(world.audited(AuditAction::TokenCreated).len(), 1);
}

#[tokio::test]
async fn a_token_ends_at_its_time() {
    let world = World::new().await;
    let token = token(&world, Role::Member, Some(Duration::hours(1))).await;
    let actor_then = actor(&world, &token).await.unwrap();
    world.pass(3600 - 1);
    assert!(actor(&world, &token).await.is_some());
    world.pass(1);
    assert_eq!(actor(&world, &token).await, None);
    let access = world
        .workspaces
        .require(actor_then, world.workspace, Role::Member)
        .await;
    assert!(matches!(access, Err(WorkspaceError::Forbidden)));
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_from_then_on() {
    let world = World::new().await;
    let by_id = token(&world, Role::Member, None).await;
    let by_secret = token(&world, Role::Member, None).await;
    for (token, named) in [
        (&by_id, by_id.token.id.to_string()),
        (&by_secret, by_secret.secret.expose_secret().to_owned()),
    ] {
        let known = actor(&world, token).await.unwrap();
        let revoke = || world.workspaces.revoke_token(Actor::System, &named);
        assert!(revoke().await.unwrap());
        assert!(!revoke().await.unwrap(), "once");
        assert_eq!(actor(&world, token).await, None);
        let access = world
            .workspaces
            .require(known, world.workspace, Role::Member)
            .await;
        assert!(matches!(access, Err(WorkspaceError::Forbidden)));
        let mine = world.workspaces.workspaces_of(known).await.unwrap();
        assert!(mine.is_empty());
    }
    assert_eq!(world.audited(AuditAction::TokenRevoked).len(), 2);
    let unknown = world.workspaces.revoke_token(Actor::System, "handoff_0");
    assert!(!unknown.await.unwrap());
}

#[tokio::test]
async fn a_token_needs_a_workspace_that_exists() {
    let world = World::new().await;
    let made = world
        .workspaces
        .create_token(world.owner, world.ids.next(), Role::Member, None)
        .await;
    assert!(matches!(made, Err(WorkspaceError::NotFound)));
}
