//! The promises about states and parked grants.

use futures_util::future::join;

use super::super::Ports;
use super::super::world::{START, World, at, ok, there, tokens};
use crate::audit::model::AuditAction;
use crate::connection::model::{OAuthState, PendingConnection, Platform, TrackerSiteChoice};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    a_state_is_taken_once(ports).await;
    states_that_ended_are_forgotten(ports).await;
    a_parked_grant_is_taken_once(ports).await;
    parked_grants_that_ended_are_forgotten(ports).await;
    what_has_ended_can_be_forgotten_at_any_time(ports).await;
}

fn hash(world: &World<'_>, first: u8) -> [u8; 32] {
    let mut hash = [first; 32];
    for (to, from) in hash
        .iter_mut()
        .skip(1)
        .zip(world.workspace.as_uuid().into_bytes())
    {
        *to = from;
    }
    hash
}

fn state(world: &World<'_>, first: u8, ends: i64) -> OAuthState {
    OAuthState {
        state_hash: hash(world, first),
        browser_hash: hash(world, 0xee),
        workspace_id: world.workspace,
        actor: world.actor,
        return_to: Some("https://app.test/settings?tab=jira".to_owned()),
        expires_at: at(ends),
    }
}

/// A state is given once, then it is gone; whether it has ended is not the repository's business.
pub async fn a_state_is_taken_once(ports: &Ports) {
    let world = World::new(ports).await;
    let kept = state(&world, 1, 600);
    let bare = OAuthState {
        return_to: None,
        ..state(&world, 2, -600)
    };
    ok(ports.connections.insert_state(&kept, at(-20_000)).await);
    ok(ports.connections.insert_state(&bare, at(-20_000)).await);

    let at_once = join(
        ports.connections.take_state(&kept.state_hash),
        ports.connections.take_state(&kept.state_hash),
    )
    .await;
    let again = ok(ports.connections.take_state(&kept.state_hash).await);
    let ended = ok(ports.connections.take_state(&bare.state_hash).await);

    let taken = [ok(at_once.0), ok(at_once.1)];
    assert!(
        taken.contains(&Some(kept)) && taken.contains(&None),
        "{taken:?}"
    );
    assert_eq!(again, None);
    assert_eq!(ended, Some(bare));
    assert_eq!(
        ok(ports.connections.take_state(&hash(&world, 3)).await),
        None
    );
}

/// Keeping a state forgets those that ended before.
pub async fn states_that_ended_are_forgotten(ports: &Ports) {
    let world = World::new(ports).await;
    // Long before the states of other promises, which may be kept in the same database.
    let (ended, standing, new) = (
        state(&world, 1, -9_000),
        state(&world, 2, -8_000),
        state(&world, 3, -7_000),
    );
    for kept in [&ended, &standing] {
        ok(ports.connections.insert_state(kept, at(-10_000)).await);
    }

    ok(ports.connections.insert_state(&new, at(-8_500)).await);

    assert_eq!(
        ok(ports.connections.take_state(&ended.state_hash).await),
        None
    );
    assert_eq!(
        ok(ports.connections.take_state(&standing.state_hash).await),
        Some(standing)
    );
    assert_eq!(
        ok(ports.connections.take_state(&new.state_hash).await),
        Some(new)
    );
}

fn pending(world: &World<'_>, first: u8, ends: i64) -> PendingConnection {
    let site = |name: &str| TrackerSiteChoice {
        cloud_id: format!("cloud-{name}"),
        name: name.to_owned(),
        url: format!("https://{name}.test"),
    };
    PendingConnection {
        confirm_hash: hash(world, first),
        workspace_id: world.workspace,
        actor: world.actor,
        sites: vec![site("one"), site("zwei–ü")],
        tokens: tokens("parked", at(3600)),
        scope: "read write".to_owned(),
        expires_at: at(ends),
    }
}

/// A parked grant can be looked at until it is taken, which happens once; parking is recorded.
pub async fn a_parked_grant_is_taken_once(ports: &Ports) {
    let world = World::new(ports).await;
    let parked = pending(&world, 1, 1800);
    let audit = world.audit(AuditAction::ConnectParked, START);
    ok(ports.connections.park(&parked, at(-20_000), &audit).await);

    let seen = ok(ports.connections.find_pending(&parked.confirm_hash).await);
    let seen_again = ok(ports.connections.find_pending(&parked.confirm_hash).await);
    let at_once = join(
        ports.connections.take_pending(&parked.confirm_hash),
        ports.connections.take_pending(&parked.confirm_hash),
    )
    .await;

    assert_eq!(seen.as_ref(), Some(&parked));
    assert_eq!(seen_again.as_ref(), Some(&parked));
    let taken = [ok(at_once.0), ok(at_once.1)];
    assert!(taken.contains(&Some(parked.clone())) && taken.contains(&None));
    assert_eq!(
        ok(ports.connections.find_pending(&parked.confirm_hash).await),
        None
    );
    assert_eq!(
        ok(ports.connections.find_pending(&hash(&world, 9)).await),
        None
    );
    assert!(world.has_audit(&audit).await);
    assert_eq!(
        ok(ports
            .connections
            .find(world.workspace, Platform::Jira)
            .await),
        None
    );
}

/// Parking a grant forgets those that ended before.
pub async fn parked_grants_that_ended_are_forgotten(ports: &Ports) {
    let world = World::new(ports).await;
    let (ended, standing, new) = (
        pending(&world, 1, -9_000),
        pending(&world, 2, -8_000),
        pending(&world, 3, -7_000),
    );
    let park = async |grant: &PendingConnection, now| {
        let audit = world.audit(AuditAction::ConnectParked, at(now));
        ok(ports.connections.park(grant, at(now), &audit).await);
    };

    park(&ended, -10_000).await;
    park(&standing, -10_000).await;
    park(&new, -8_500).await;

    assert_eq!(
        ok(ports.connections.take_pending(&ended.confirm_hash).await),
        None
    );
    assert_eq!(
        there(ports.connections.take_pending(&standing.confirm_hash).await),
        standing
    );
    assert_eq!(
        there(ports.connections.take_pending(&new.confirm_hash).await),
        new
    );
}

/// States and parked grants that have ended go without waiting for the next one; the others stay.
pub async fn what_has_ended_can_be_forgotten_at_any_time(ports: &Ports) {
    let world = World::new(ports).await;
    let (ended, standing) = (pending(&world, 1, -9_000), pending(&world, 2, 1_800));
    let (old, new) = (state(&world, 3, -9_000), state(&world, 4, 600));
    for grant in [&ended, &standing] {
        let audit = world.audit(AuditAction::ConnectParked, START);
        ok(ports.connections.park(grant, at(-20_000), &audit).await);
    }
    for state in [&old, &new] {
        ok(ports.connections.insert_state(state, at(-20_000)).await);
    }

    assert!(ok(ports.connections.forget_ended(at(-8_999)).await) >= 2);

    let find = async |grant: &PendingConnection| {
        ok(ports.connections.find_pending(&grant.confirm_hash).await)
    };
    assert_eq!(find(&ended).await, None);
    assert_eq!(find(&standing).await.as_ref(), Some(&standing));
    let take = async |state: &OAuthState| ok(ports.connections.take_state(&state.state_hash).await);
    assert_eq!(take(&old).await, None);
    assert_eq!(take(&new).await, Some(new.clone()));
}
