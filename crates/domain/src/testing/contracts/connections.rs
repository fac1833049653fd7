//! The promises of [`ConnectionRepository`](crate::connection::ports::ConnectionRepository).
//!
//! What connecting and disconnecting do to deliveries is promised in [`deliveries`](super::deliveries).

use futures_util::future::join;

use super::Ports;
use super::world::{START, World, at, ok, tokens};
use crate::audit::model::{AuditAction, AuditEntry};
use crate::connection::model::{
    Integration, IntegrationConfig, Platform, ReconnectReason, RefreshIntent, SealedSecret,
};
use crate::connection::ports::WriteOutcome;
use crate::shared::ids::LeaseId;

pub mod flows;
pub mod refreshing;
pub mod sealing;

/// Runs the suite.
pub async fn check(ports: &Ports) {
    connecting_compares_and_raises_the_generation(ports).await;
    of_two_first_connections_at_once_one_wins(ports).await;
    connecting_forgets_spare_token_and_refresh(ports).await;
    disconnecting_nulls_the_tokens_and_keeps_the_row(ports).await;
    idle_integrations_are_those_that_can_be_refreshed(ports).await;
    refreshing::check(ports).await;
    flows::check(ports).await;
    sealing::check(ports).await;
}

/// A first connection has generation 1, each later one the next; from any other generation nothing is written.
pub async fn connecting_compares_and_raises_the_generation(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let first = world.integration();
    let audit = world.audit(AuditAction::Connected, START);
    let connect = |row: Integration, expected| async move {
        let audit = world_audit(ports, &row);
        let outcome = ok(ports.connections.connect(&row, expected, &audit).await);
        (outcome, audit)
    };

    let absent = connect(first.clone(), Some(1)).await;
    assert_eq!(
        ok(ports
            .connections
            .find(world.workspace, Platform::Jira)
            .await),
        None
    );
    assert_eq!(
        ok(ports.connections.connect(&first, None, &audit).await),
        WriteOutcome::Done
    );
    assert_eq!(world.stored_integration().await, first);

    let again = connect(first.clone(), None).await;
    let ahead = connect(first.clone(), Some(2)).await;
    assert_eq!([absent.0, again.0, ahead.0], [WriteOutcome::Conflict; 3]);
    assert_eq!(world.stored_integration().await, first);

    let second = reconnected(&world, &first);
    let done = connect(second.clone(), Some(1)).await;
    assert_eq!(done.0, WriteOutcome::Done);
    assert_eq!(
        world.stored_integration().await,
        Integration {
            generation: 2,
            ..second
        }
    );

    assert!(world.has_audit(&audit).await && world.has_audit(&done.1).await);
    for refused in [absent.1, again.1, ahead.1] {
        assert!(
            !world.has_audit(&refused).await,
            "a conflict was recorded as done"
        );
    }
    assert_eq!(
        ok(ports
            .connections
            .find(other.workspace, Platform::Jira)
            .await),
        None
    );
}

fn world_audit(ports: &Ports, row: &Integration) -> AuditEntry {
    AuditEntry {
        id: ports.ids.next(),
        workspace_id: Some(row.workspace_id),
        actor: row.connected_by,
        action: AuditAction::Connected,
        subject: format!("integration:{}", row.id),
        result: "ok".to_owned(),
        at: row.connected_at,
    }
}

fn reconnected(world: &World<'_>, row: &Integration) -> Integration {
    Integration {
        config: IntegrationConfig {
            cloud_id: format!("other-{}", world.workspace),
            site_url: "https://other.test".to_owned(),
            site_name: "Other – ünïcode".to_owned(),
            scope: "read".to_owned(),
            account_id: "account-2".to_owned(),
        },
        tokens: Some(tokens("second", at(7200))),
        connected_at: at(60),
        updated_at: at(60),
        ..row.clone()
    }
}

/// Of two first connections at the same moment, one is written.
pub async fn of_two_first_connections_at_once_one_wins(ports: &Ports) {
    let world = World::new(ports).await;
    let (left, right) = (world.integration(), world.integration());
    let audits = [
        world.audit(AuditAction::Connected, at(1)),
        world.audit(AuditAction::Connected, at(2)),
    ];
    let [left_audit, right_audit] = &audits;

    let outcomes = join(
        ports.connections.connect(&left, None, left_audit),
        ports.connections.connect(&right, None, right_audit),
    )
    .await;

    let winner = match (ok(outcomes.0), ok(outcomes.1)) {
        (WriteOutcome::Done, WriteOutcome::Conflict) => left,
        (WriteOutcome::Conflict, WriteOutcome::Done) => right,
        other => panic!("two first connections gave {other:?}"),
    };
    assert_eq!(world.stored_integration().await, winner);
}

/// A spare token and a refresh that was under way belong to the former grant and are forgotten.
pub async fn connecting_forgets_spare_token_and_refresh(ports: &Ports) {
    let world = World::new(ports).await;
    let first = world.connect().await;
    let spare = SealedSecret::from_bytes(vec![0, 1, 2, 255]);
    let set = ports
        .connections
        .set_spare(first.id, 1, Some(&spare), at(10))
        .await;
    assert_eq!(ok(set), WriteOutcome::Done);
    let lease: LeaseId = ports.ids.next();
    let begun = ports
        .connections
        .begin_refresh(first.id, 2, lease, at(20))
        .await;
    assert_eq!(ok(begun), WriteOutcome::Done);
    let carried = Integration {
        spare_refresh_token: Some(spare),
        refresh: Some(RefreshIntent {
            lease_id: lease,
            started_at: at(20),
        }),
        ..reconnected(&world, &first)
    };

    let audit = world.audit(AuditAction::Connected, at(60));
    assert_eq!(
        ok(ports.connections.connect(&carried, Some(3), &audit).await),
        WriteOutcome::Done
    );

    let expected = Integration {
        spare_refresh_token: None,
        refresh: None,
        generation: 4,
        ..carried
    };
    assert_eq!(world.stored_integration().await, expected);
}

/// After a disconnect the row is there without any token; a second disconnect changes and records nothing.
pub async fn disconnecting_nulls_the_tokens_and_keeps_the_row(ports: &Ports) {
    let world = World::new(ports).await;
    let first = world.connect().await;
    let spare = SealedSecret::from_bytes(vec![9]);
    ok(ports
        .connections
        .set_spare(first.id, 1, Some(&spare), at(10))
        .await);
    let disconnect = async |seconds| {
        let audit = world.audit(AuditAction::Disconnected, at(seconds));
        let jira = Platform::Jira;
        let disconnected = ok(ports
            .connections
            .disconnect(world.workspace, jira, at(seconds), &audit)
            .await);
        (disconnected, world.has_audit(&audit).await)
    };

    assert_eq!(disconnect(60).await, (true, true));
    let stored = world.stored_integration().await;
    assert_eq!(disconnect(120).await, (false, false));

    assert!(!stored.is_active);
    assert_eq!(stored.tokens, None);
    assert_eq!(stored.spare_refresh_token, None);
    assert_eq!(stored.refresh, None);
    assert_eq!(stored.disconnected_at, Some(at(60)));
    assert_eq!(
        (stored.id, stored.generation, stored.config.clone()),
        (first.id, 3, first.config)
    );
    assert_eq!(
        (stored.connected_by, stored.connected_at),
        (world.actor, START)
    );
    assert_eq!(world.stored_integration().await, stored);

    let audit = world.audit(AuditAction::Connected, at(180));
    let back = Integration {
        connected_at: at(180),
        updated_at: at(180),
        ..world.integration()
    };
    let back = Integration {
        id: first.id,
        ..back
    };
    assert_eq!(
        ok(ports.connections.connect(&back, Some(3), &audit).await),
        WriteOutcome::Done
    );
    assert_eq!(
        world.stored_integration().await,
        Integration {
            generation: 4,
            ..back
        }
    );

    let never = World::new(ports).await;
    let audit = never.audit(AuditAction::Disconnected, at(60));
    let none = ports
        .connections
        .disconnect(never.workspace, Platform::Jira, at(60), &audit)
        .await;
    assert!(!ok(none));
    assert!(!never.has_audit(&audit).await);
}

/// Idle are those that are active, need no reconnect, and were last written before the given time.
pub async fn idle_integrations_are_those_that_can_be_refreshed(ports: &Ports) {
    let idle = World::new(ports).await;
    let fresh = World::new(ports).await;
    let ended = World::new(ports).await;
    let gone = World::new(ports).await;
    idle.connect().await;
    let fresh_row = fresh.connect().await;
    ok(ports
        .connections
        .set_spare(fresh_row.id, 1, None, at(100))
        .await);
    let ended_row = ended.connect().await;
    let audit = ended.audit(AuditAction::ReconnectNeeded, at(1));
    let reason = ReconnectReason::GrantEnded;
    ok(ports
        .connections
        .mark_needs_reconnect(ended_row.id, 1, reason, at(1), &audit)
        .await);
    gone.connect().await;
    let audit = gone.audit(AuditAction::Disconnected, at(1));
    ok(ports
        .connections
        .disconnect(gone.workspace, Platform::Jira, at(1), &audit)
        .await);

    let listed = ok(ports.connections.list_idle(at(100), 1_000_000).await);
    let nothing = ok(ports.connections.list_idle(START, 1_000_000).await);
    let limited = ok(ports.connections.list_idle(at(100), 1).await);

    let lists = |world: &World<'_>| listed.iter().any(|row| row.workspace_id == world.workspace);
    assert!(lists(&idle));
    assert!(
        !lists(&fresh),
        "it was written at the given time, not before it"
    );
    assert!(!lists(&ended) && !lists(&gone));
    assert!(!nothing.iter().any(|row| row.workspace_id == idle.workspace));
    assert_eq!(limited.len(), 1);
}
