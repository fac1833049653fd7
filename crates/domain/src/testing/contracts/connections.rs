//! The promises of [`ConnectionRepository`](crate::connection::ports::ConnectionRepository).
//!
//! What connecting and disconnecting do to deliveries is promised in [`deliveries`](super::deliveries).

use futures_util::future::join;

use super::Ports;
use super::world::{START, World, at, ok, there, tokens};
use crate::audit::model::{AuditAction, AuditEntry};
use crate::connection::model::{
    Integration, IntegrationConfig, OAuthState, PendingConnection, Platform, ReconnectReason,
    RefreshIntent, SealedSecret, SealedTokens, TrackerSiteChoice,
};
use crate::connection::ports::WriteOutcome;
use crate::shared::ids::LeaseId;

/// Runs the suite.
pub async fn check(ports: &Ports) {
    connecting_compares_and_raises_the_generation(ports).await;
    of_two_first_connections_at_once_one_wins(ports).await;
    connecting_forgets_spare_token_and_refresh(ports).await;
    disconnecting_nulls_the_tokens_and_keeps_the_row(ports).await;
    a_refresh_is_begun_and_finished(ports).await;
    a_standing_refresh_keeps_its_start(ports).await;
    a_refresh_is_dropped(ports).await;
    a_spare_token_is_kept_and_forgotten(ports).await;
    a_grant_that_ended_is_marked_once(ports).await;
    every_write_compares_the_generation(ports).await;
    of_two_refreshes_at_once_one_wins(ports).await;
    idle_integrations_are_those_that_can_be_refreshed(ports).await;
    a_state_is_taken_once(ports).await;
    states_that_ended_are_forgotten(ports).await;
    a_parked_grant_is_taken_once(ports).await;
    parked_grants_that_ended_are_forgotten(ports).await;
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
