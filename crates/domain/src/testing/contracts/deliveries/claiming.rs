//! The promises about claiming deliveries, and about the leases that hold them.

use std::collections::BTreeSet;

use futures_util::future::join;

use super::super::Ports;
use super::super::world::{START, World, at, nth, ok, tokens};
use super::ledger::{check_change_numbers, deliveries, trouble};
use crate::audit::model::AuditAction;
use crate::connection::model::{Integration, IntegrationConfig, ReconnectReason};
use crate::connection::ports::WriteOutcome;
use crate::delivery::model::{DeliveryState, PushState, Settlement};
use crate::delivery::ports::HeldLease;
use crate::shared::ids::{DeliveryId, LeaseId};
use crate::ticket::model::PushError;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    claimed_rows_are_committed_as_sending(ports).await;
    a_batch_holds_one_push_and_at_most_the_limit(ports).await;
    workspaces_take_turns(ports).await;
    two_claims_at_once_share_nothing(ports).await;
    a_retry_waits_for_its_time(ports).await;
    busy_sites_are_left_out(ports).await;
    only_the_pushs_own_connection_delivers(ports).await;
    held_leases_are_listed(ports).await;
    an_expired_lease_leaves_uncertain_rows(ports).await;
}

/// Before anything is sent the rows are `sending`, with one more attempt and the push's fence.
pub async fn claimed_rows_are_committed_as_sending(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(2).await;
    let before = world.report(accepted.push).await;
    let lease: LeaseId = ports.ids.next();

    let batch = ok(ports.deliveries.claim(lease, 50, &[], at(10)).await);

    let Some(batch) = batch else {
        panic!("nothing was claimed")
    };
    assert_eq!((batch.push.id, batch.lease_id), (accepted.push, lease));
    assert_eq!(
        (&batch.push.fence, &batch.push.project),
        (&before.push.fence, &before.push.project)
    );
    let claimed: Vec<_> = batch
        .deliveries
        .iter()
        .map(|row| (row.id, row.ticket_id, row.payload.as_str(), row.attempt))
        .collect();
    let payloads = ["{\"summary\":\"Do 0\"}", "{\"summary\":\"Do 1\"}"];
    let expected: Vec<_> = accepted
        .deliveries
        .iter()
        .zip(&accepted.tickets)
        .zip(payloads)
        .map(|((id, ticket), payload)| (*id, ticket.id, payload, 1))
        .collect();
    assert_eq!(claimed, expected);
    let report = world.report(accepted.push).await;
    check_change_numbers(&report);
    assert_eq!(report.push.state, PushState::Running);
    for delivery in deliveries(&report) {
        assert_eq!(
            (delivery.state, delivery.attempts),
            (DeliveryState::Sending, 1)
        );
        assert_eq!(delivery.fence.as_ref(), Some(&before.push.fence));
        assert!(delivery.change_number > before.push.change_number);
        let open = world.load(delivery.ticket_id).await.delivery;
        assert_eq!(open.map(|open| open.state), Some(DeliveryState::Sending));
    }
    assert_eq!(world.claim(50, 11).await, None);
    world.retire().await;
}

/// Each batch is of the oldest push with something to send, by the order of ids, and no longer than the limit.
pub async fn a_batch_holds_one_push_and_at_most_the_limit(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let older = world.accepted(3).await;
    let newer = world.accepted(1).await;

    let batches = [
        world.claimed(2, 10).await,
        world.claimed(2, 11).await,
        world.claimed(2, 12).await,
    ];

    let ids = batches.map(|batch| {
        let ids: Vec<DeliveryId> = batch.deliveries.iter().map(|row| row.id).collect();
        (batch.push.id, ids)
    });
    let first = (older.push, vec![older.delivery(0), older.delivery(1)]);
    let second = (older.push, vec![older.delivery(2)]);
    let third = (newer.push, vec![newer.delivery(0)]);
    assert_eq!(ids, [first, second, third]);
    assert_eq!(world.claim(2, 13).await, None);
    world.retire().await;
}

/// A workspace with much to send does not hold another one up.
pub async fn workspaces_take_turns(ports: &Ports) {
    let (busy, quick) = (World::new(ports).await, World::new(ports).await);
    busy.connect().await;
    quick.connect().await;
    busy.accepted(3).await;
    quick.accepted(1).await;

    let mut turns = Vec::new();
    for seconds in 10..14 {
        turns.push(
            busy.claim(1, seconds)
                .await
                .map(|batch| batch.push.workspace_id),
        );
    }

    let (busy_id, quick_id) = (Some(busy.workspace), Some(quick.workspace));
    assert_eq!(turns, [busy_id, quick_id, busy_id, busy_id]);
    busy.retire().await;
    quick.retire().await;
}

/// Two processes that claim at the same moment never hold the same row.
pub async fn two_claims_at_once_share_nothing(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(4).await;

    let batches = join(world.claim(2, 10), world.claim(2, 10)).await;
    let rest = [world.claim(50, 11).await, world.claim(50, 12).await];

    let all = [batches.0, batches.1].into_iter().chain(rest).flatten();
    let rows: Vec<DeliveryId> = all
        .flat_map(|batch| batch.deliveries)
        .map(|row| row.id)
        .collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(
        rows.iter().collect::<BTreeSet<_>>(),
        accepted.deliveries.iter().collect()
    );
    world.retire().await;
}

/// What waits for a repeat is claimed from its time on, as one more attempt.
pub async fn a_retry_waits_for_its_time(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(2).await;
    let first = world.claimed(50, 10).await;
    let again = Settlement::Retry {
        at: at(60),
        error: trouble(),
    };
    world.settle(&first, 0, again, 20).await;

    assert_eq!(world.claim(50, 59).await, None);
    let second = world.claimed(50, 60).await;

    let rows: Vec<_> = second
        .deliveries
        .iter()
        .map(|row| (row.id, row.attempt))
        .collect();
    assert_eq!(rows, [(accepted.delivery(0), 2)]);
    assert_eq!(
        nth(&second.deliveries, 0).payload,
        nth(&first.deliveries, 0).payload
    );
    assert_eq!(world.delivery(accepted.delivery(0)).await.attempts, 2);
    world.retire().await;
}

/// Sites that are busy are left out, and only those.
pub async fn busy_sites_are_left_out(ports: &Ports) {
    let (busy, free) = (World::new(ports).await, World::new(ports).await);
    busy.connect().await;
    free.connect().await;
    busy.accepted(1).await;
    free.accepted(1).await;
    let claim = async |sites: &[String]| {
        let lease: LeaseId = ports.ids.next();
        let batch = ok(ports.deliveries.claim(lease, 50, sites, at(10)).await);
        batch.map(|batch| batch.push.workspace_id)
    };

    assert_eq!(claim(&[busy.site(), free.site()]).await, None);
    assert_eq!(
        claim(&[busy.site(), "another".to_owned()]).await,
        Some(free.workspace)
    );
    assert_eq!(claim(&[busy.site()]).await, None);
    assert_eq!(claim(&[]).await, Some(busy.workspace));
    busy.retire().await;
    free.retire().await;
}

/// Nothing is claimed while the integration needs a reconnect or is with another account or site than the push.
pub async fn only_the_pushs_own_connection_delivers(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    let accepted = world.accepted(1).await;
    let connect = async |config: IntegrationConfig, generation| {
        let audit = world.audit(AuditAction::Connected, at(10));
        let row = Integration {
            config,
            ..row.clone()
        };
        let outcome = ports
            .connections
            .connect(&row, Some(generation), &audit)
            .await;
        assert_eq!(ok(outcome), WriteOutcome::Done);
    };

    let audit = world.audit(AuditAction::ReconnectNeeded, at(10));
    let reason = ReconnectReason::GrantEnded;
    let marked = ports
        .connections
        .mark_needs_reconnect(row.id, 1, reason, at(10), &audit)
        .await;
    assert_eq!(ok(marked), WriteOutcome::Done);
    assert_eq!(world.claim(50, 11).await, None);

    let pair = tokens("second", at(7200));
    let refreshed = ports
        .connections
        .finish_refresh(row.id, 2, &pair, "read", START)
        .await;
    assert_eq!(ok(refreshed), WriteOutcome::Done);
    assert_eq!(world.claimed(50, 12).await.push.id, accepted.push);

    let unsent = world.accepted(1).await;
    let other_account = IntegrationConfig {
        account_id: "account-2".to_owned(),
        ..row.config.clone()
    };
    connect(other_account, 3).await;
    assert_eq!(world.claim(50, 13).await, None);
    assert_eq!(world.delivery(unsent.delivery(0)).await.attempts, 0);

    connect(row.config.clone(), 4).await;
    world.cancel(unsent.push, 14).await;
    let own = world.accepted(1).await;
    assert_eq!(world.claimed(50, 14).await.push.id, own.push);

    let late = world.accepted(1).await;
    let other_site = IntegrationConfig {
        cloud_id: "elsewhere".to_owned(),
        ..row.config.clone()
    };
    connect(other_site, 5).await;
    assert_eq!(world.claim(50, 15).await, None);
    assert_ne!(
        world.delivery_state(late.delivery(0)).await,
        DeliveryState::Sending
    );
    world.retire().await;
}

async fn held(ports: &Ports, lease: LeaseId) -> Option<HeldLease> {
    let listed = ok(ports.deliveries.list_held().await);
    let mine: Vec<HeldLease> = listed
        .into_iter()
        .filter(|held| held.lease_id == lease)
        .collect();
    assert!(mine.len() <= 1, "a lease is listed twice");
    mine.first().copied()
}

/// A lease is listed while it holds a row, with the greatest change number among its rows.
pub async fn held_leases_are_listed(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(3).await;

    let first = world.claimed(2, 10).await;
    let second = world.claimed(2, 11).await;

    let report = world.report(accepted.push).await;
    let numbers: Vec<i64> = deliveries(&report)
        .iter()
        .map(|delivery| delivery.change_number)
        .collect();
    let greatest = numbers.iter().take(2).max().copied();
    let change_number = |held: Option<HeldLease>| held.map(|held| held.change_number);
    assert_eq!(change_number(held(ports, first.lease_id).await), greatest);
    let last = numbers.last().copied();
    assert_eq!(change_number(held(ports, second.lease_id).await), last);
    assert_eq!(held(ports, ports.ids.next()).await, None);

    world.settle(&first, 0, world.confirmed(), 20).await;
    assert!(held(ports, first.lease_id).await.is_some());
    world
        .settle(&first, 1, Settlement::Uncertain { error: trouble() }, 21)
        .await;
    assert_eq!(held(ports, first.lease_id).await, None);
    world.retire().await;
}

/// What an expired lease held is uncertain and never queued; its late answers count only when they prove the issue.
pub async fn an_expired_lease_leaves_uncertain_rows(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(4).await;
    let dead = world.claimed(3, 10).await;
    let alive = world.claimed(1, 11).await;
    world.settle(&dead, 0, world.confirmed(), 12).await;

    let expired = ok(ports.deliveries.expire_lease(dead.lease_id, at(60)).await);
    let again = ok(ports.deliveries.expire_lease(dead.lease_id, at(61)).await);

    assert_eq!((expired, again), (2, 0));
    let states = async || {
        let report = world.report(accepted.push).await;
        check_change_numbers(&report);
        deliveries(&report)
            .iter()
            .map(|delivery| delivery.state)
            .collect::<Vec<_>>()
    };
    use DeliveryState::{Confirmed, Sending, Uncertain};
    assert_eq!(states().await, [Confirmed, Uncertain, Uncertain, Sending]);
    assert_eq!(held(ports, dead.lease_id).await, None);
    assert!(held(ports, alive.lease_id).await.is_some());
    assert_eq!(world.claim(50, 62).await, None);
    let open = world.load(accepted.ticket(1)).await.delivery;
    assert_eq!(open.map(|open| open.state), Some(Uncertain));

    let why = world.delivery(accepted.delivery(1)).await.error;
    assert_eq!(why, Some(PushError::sender_died()));

    let refused = Settlement::Rejected { error: trouble() };
    assert_eq!(world.settle(&dead, 1, refused, 63).await, 0);
    assert_eq!(world.settle(&dead, 1, world.confirmed(), 64).await, 1);
    assert_eq!(states().await, [Confirmed, Confirmed, Uncertain, Sending]);
    world.retire().await;
}
