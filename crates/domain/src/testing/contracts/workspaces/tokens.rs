//! The promises about workspace API tokens.

use time::OffsetDateTime;

use super::super::Ports;
use super::super::world::{START, World, at, nth, ok, there};
use super::access;
use crate::shared::ids::ApiTokenId;
use crate::workspace::model::{Actor, ApiToken, Role, WorkspaceAccess};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    a_token_opens_its_workspace_until_its_end(ports).await;
    a_token_is_revoked_once_and_for_all(ports).await;
}

fn token(world: &World<'_>, expires_at: Option<OffsetDateTime>) -> (ApiToken, [u8; 32]) {
    let id: ApiTokenId = world.ports.ids.next();
    let token = ApiToken {
        id,
        workspace_id: world.workspace,
        role: Role::Admin,
        created_at: START,
        expires_at,
        revoked_at: None,
    };
    let mut hash = [0xff; 32];
    for (to, from) in hash.iter_mut().zip(id.as_uuid().into_bytes()) {
        *to = from;
    }
    (token, hash)
}

/// A token is found by its hash and opens the one workspace it is for, until the moment it ends.
pub async fn a_token_opens_its_workspace_until_its_end(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let (endless, endless_hash) = token(&world, None);
    let (ending, ending_hash) = token(&world, Some(at(60)));
    ok(ports.workspaces.create_token(&endless, &endless_hash).await);
    ok(ports.workspaces.create_token(&ending, &ending_hash).await);
    let actor = Actor::Token(ending.id);

    assert_eq!(
        there(
            ports
                .workspaces
                .find_token(&endless_hash, at(1_000_000))
                .await
        ),
        endless
    );
    assert_eq!(
        there(ports.workspaces.find_token(&ending_hash, at(59)).await),
        ending
    );
    assert_eq!(
        ok(ports.workspaces.find_token(&ending_hash, at(60)).await),
        None
    );
    assert_eq!(ok(ports.workspaces.find_token(&[7; 32], START).await), None);
    let role =
        |found: Option<WorkspaceAccess>| found.map(|access| (access.workspace.id, access.role));
    let allowed = Some((world.workspace, Role::Admin));
    assert_eq!(
        role(access(ports, actor, world.workspace, at(59)).await),
        allowed
    );
    assert_eq!(
        role(access(ports, actor, world.workspace, at(60)).await),
        None
    );
    assert_eq!(
        role(access(ports, actor, other.workspace, at(59)).await),
        None
    );
    let mine = ok(ports
        .workspaces
        .workspaces_of(Actor::Token(endless.id))
        .await);
    assert_eq!(mine.len(), 1);
    assert_eq!(nth(&mine, 0).workspace.id, world.workspace);
    assert_eq!(nth(&mine, 0).features, ["has_integrations"]);
}

/// A revoked token opens nothing any more, and is revoked only once.
pub async fn a_token_is_revoked_once_and_for_all(ports: &Ports) {
    let world = World::new(ports).await;
    let (revoked, hash) = token(&world, None);
    let (kept, kept_hash) = token(&world, None);
    ok(ports.workspaces.create_token(&revoked, &hash).await);
    ok(ports.workspaces.create_token(&kept, &kept_hash).await);

    assert!(ok(ports.workspaces.revoke_token(revoked.id, at(30)).await));
    assert!(!ok(ports.workspaces.revoke_token(revoked.id, at(31)).await));
    assert!(!ok(ports
        .workspaces
        .revoke_token(ports.ids.next(), at(31))
        .await));

    assert_eq!(ok(ports.workspaces.find_token(&hash, at(32)).await), None);
    assert_eq!(
        access(ports, Actor::Token(revoked.id), world.workspace, at(32)).await,
        None
    );
    assert!(ok(ports.workspaces.find_token(&kept_hash, at(32)).await).is_some());
    assert!(
        access(ports, Actor::Token(kept.id), world.workspace, at(32))
            .await
            .is_some()
    );
}
