//! The promises about refreshing grants.

use futures_util::future::join;

use super::super::Ports;
use super::super::world::{World, at, ok, tokens};
use crate::audit::model::AuditAction;
use crate::connection::model::{
    Integration, IntegrationConfig, ReconnectReason, RefreshIntent, SealedSecret, SealedTokens,
};
use crate::connection::ports::WriteOutcome;
use crate::shared::ids::LeaseId;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    a_refresh_is_begun_and_finished(ports).await;
    a_standing_refresh_keeps_its_start(ports).await;
    a_refresh_is_dropped(ports).await;
    a_spare_token_is_kept_and_forgotten(ports).await;
    a_grant_that_ended_is_marked_once(ports).await;
    every_write_compares_the_generation(ports).await;
    of_two_refreshes_at_once_one_wins(ports).await;
}

/// A refresh is begun by writing its intent, and finished by saving the pair, which clears everything that led to it.
pub async fn a_refresh_is_begun_and_finished(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    let lease: LeaseId = ports.ids.next();
    let audit = world.audit(AuditAction::ReconnectNeeded, at(5));
    let spare = SealedSecret::from_bytes(vec![1]);
    let reason = ReconnectReason::GrantEnded;
    ok(ports
        .connections
        .mark_needs_reconnect(row.id, 1, reason, at(5), &audit)
        .await);
    ok(ports
        .connections
        .set_spare(row.id, 2, Some(&spare), at(6))
        .await);
    let before = world.stored_integration().await;

    let begun = ok(ports
        .connections
        .begin_refresh(row.id, 3, lease, at(10))
        .await);
    let held = world.stored_integration().await;
    let pair = tokens("second", at(7200));
    let finished = ok(ports
        .connections
        .finish_refresh(row.id, 4, &pair, "read only", at(12))
        .await);
    let stored = world.stored_integration().await;

    assert_eq!((begun, finished), (WriteOutcome::Done, WriteOutcome::Done));
    let refresh = Some(RefreshIntent {
        lease_id: lease,
        started_at: at(10),
    });
    assert_eq!(
        held,
        Integration {
            refresh,
            generation: 4,
            updated_at: at(10),
            ..before
        }
    );
    let expected = Integration {
        tokens: Some(pair),
        config: IntegrationConfig {
            scope: "read only".to_owned(),
            ..row.config.clone()
        },
        generation: 5,
        updated_at: at(12),
        ..row
    };
    assert_eq!(stored, expected);

    let bare = SealedTokens {
        refresh_token: None,
        ..tokens("third", at(9000))
    };
    let id = stored.id;
    let outcome = ports
        .connections
        .finish_refresh(id, 5, &bare, "read only", at(13))
        .await;
    assert_eq!(ok(outcome), WriteOutcome::Done);
    assert_eq!(world.stored_integration().await.tokens, Some(bare));
}

/// Whoever takes a standing refresh over changes its lease and not the time when the token was first sent.
pub async fn a_standing_refresh_keeps_its_start(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    let (first, second): (LeaseId, LeaseId) = (ports.ids.next(), ports.ids.next());
    ok(ports
        .connections
        .begin_refresh(row.id, 1, first, at(10))
        .await);

    let taken = ok(ports
        .connections
        .begin_refresh(row.id, 2, second, at(50))
        .await);

    let stored = world.stored_integration().await;
    assert_eq!(taken, WriteOutcome::Done);
    assert_eq!(
        stored.refresh,
        Some(RefreshIntent {
            lease_id: second,
            started_at: at(10)
        })
    );
    assert_eq!((stored.generation, stored.updated_at), (3, at(50)));
}

/// A dropped refresh leaves the stored pair as it was, and the next one starts anew.
pub async fn a_refresh_is_dropped(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    let (first, second): (LeaseId, LeaseId) = (ports.ids.next(), ports.ids.next());
    ok(ports
        .connections
        .begin_refresh(row.id, 1, first, at(10))
        .await);

    let dropped = ok(ports.connections.drop_refresh(row.id, 2, at(11)).await);

    assert_eq!(dropped, WriteOutcome::Done);
    let expected = Integration {
        generation: 3,
        updated_at: at(11),
        ..row.clone()
    };
    assert_eq!(world.stored_integration().await, expected);
    ok(ports
        .connections
        .begin_refresh(row.id, 3, second, at(20))
        .await);
    let refresh = world.stored_integration().await.refresh;
    assert_eq!(
        refresh,
        Some(RefreshIntent {
            lease_id: second,
            started_at: at(20)
        })
    );
}

/// The refresh token of a pair that lost the race is kept beside the stored pair until it is forgotten.
pub async fn a_spare_token_is_kept_and_forgotten(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    let spare = SealedSecret::from_bytes(vec![0, 200, 13, 10]);

    let kept = ok(ports
        .connections
        .set_spare(row.id, 1, Some(&spare), at(10))
        .await);
    let with_spare = world.stored_integration().await;
    let forgotten = ok(ports.connections.set_spare(row.id, 2, None, at(20)).await);

    assert_eq!((kept, forgotten), (WriteOutcome::Done, WriteOutcome::Done));
    let expected = Integration {
        spare_refresh_token: Some(spare),
        generation: 2,
        updated_at: at(10),
        ..row.clone()
    };
    assert_eq!(with_spare, expected);
    let expected = Integration {
        generation: 3,
        updated_at: at(20),
        ..row
    };
    assert_eq!(world.stored_integration().await, expected);
}

/// That a person must connect again is written with its reason and its audit entry, and ends the refresh.
pub async fn a_grant_that_ended_is_marked_once(ports: &Ports) {
    for reason in [ReconnectReason::GrantEnded, ReconnectReason::NoRefreshToken] {
        let world = World::new(ports).await;
        let row = world.connect().await;
        ok(ports
            .connections
            .begin_refresh(row.id, 1, ports.ids.next(), at(10))
            .await);
        let first = world.audit(AuditAction::ReconnectNeeded, at(11));
        let second = world.audit(AuditAction::ReconnectNeeded, at(12));
        let mark = |generation, seconds, audit| {
            ports
                .connections
                .mark_needs_reconnect(row.id, generation, reason, at(seconds), audit)
        };

        let marked = ok(mark(2, 11, &first).await);
        let late = ok(mark(2, 12, &second).await);

        assert_eq!((marked, late), (WriteOutcome::Done, WriteOutcome::Conflict));
        assert!(world.has_audit(&first).await && !world.has_audit(&second).await);
        let expected = Integration {
            needs_reconnect: Some(reason),
            generation: 3,
            updated_at: at(11),
            ..row.clone()
        };
        assert_eq!(world.stored_integration().await, expected);
    }
}

/// From another generation than the stored one nothing is written, whichever write it is.
pub async fn every_write_compares_the_generation(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    ok(ports.connections.set_spare(row.id, 1, None, at(5)).await);
    let before = world.stored_integration().await;
    let pair = tokens("late", at(7200));
    let spare = SealedSecret::from_bytes(vec![1]);
    let audit = world.audit(AuditAction::ReconnectNeeded, at(10));
    let connections = &ports.connections;
    let reason = ReconnectReason::GrantEnded;

    for generation in [1, 3] {
        let lease: LeaseId = ports.ids.next();
        let outcomes = [
            connections
                .begin_refresh(row.id, generation, lease, at(10))
                .await,
            connections
                .finish_refresh(row.id, generation, &pair, "late", at(10))
                .await,
            connections.drop_refresh(row.id, generation, at(10)).await,
            connections
                .set_spare(row.id, generation, Some(&spare), at(10))
                .await,
            connections
                .mark_needs_reconnect(row.id, generation, reason, at(10), &audit)
                .await,
        ];
        assert!(
            outcomes
                .into_iter()
                .all(|outcome| ok(outcome) == WriteOutcome::Conflict)
        );
    }
    let unknown = connections.drop_refresh(ports.ids.next(), 1, at(10)).await;

    assert_eq!(ok(unknown), WriteOutcome::Conflict);
    assert_eq!(world.stored_integration().await, before);
    assert!(!world.has_audit(&audit).await);
}

/// Of two refreshes begun at the same moment, one holds the row.
pub async fn of_two_refreshes_at_once_one_wins(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    let (left, right): (LeaseId, LeaseId) = (ports.ids.next(), ports.ids.next());
    let begin = |lease| ports.connections.begin_refresh(row.id, 1, lease, at(10));

    let outcomes = join(begin(left), begin(right)).await;

    let winner = match (ok(outcomes.0), ok(outcomes.1)) {
        (WriteOutcome::Done, WriteOutcome::Conflict) => left,
        (WriteOutcome::Conflict, WriteOutcome::Done) => right,
        other => panic!("two refreshes gave {other:?}"),
    };
    let stored = world.stored_integration().await;
    assert_eq!(
        stored.refresh,
        Some(RefreshIntent {
            lease_id: winner,
            started_at: at(10)
        })
    );
    assert_eq!(stored.generation, 2);
}
