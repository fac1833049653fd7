//! The promises about cancelling pushes.

use super::super::Ports;
use super::super::world::{World, at, ok};
use super::ledger::{check_change_numbers, deliveries};
use crate::audit::model::AuditAction;
use crate::delivery::model::{DeliveryState, PushState};
use crate::delivery::ports::{AcceptOutcome, NewEntry};
use crate::ticket::model::TicketStatus;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    cancelling_calls_off_what_was_not_sent(ports).await;
    a_joined_delivery_is_cancelled_only_by_its_own_push(ports).await;
}

/// Cancelling calls off what is queued and nothing else, frees its tickets, and is recorded.
pub async fn cancelling_calls_off_what_was_not_sent(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(3).await;
    let batch = world.claimed(1, 10).await;
    let before = world.load(accepted.ticket(2)).await;
    let audit = world.audit(AuditAction::PushCancelled, at(20));
    let cancel = |workspace, push| ports.deliveries.cancel(workspace, push, at(20), &audit);

    assert_eq!(ok(cancel(other.workspace, accepted.push).await), None);
    assert_eq!(ok(cancel(world.workspace, ports.ids.next()).await), None);
    assert_eq!(
        world.delivery_state(accepted.delivery(2)).await,
        DeliveryState::Queued
    );
    assert_eq!(ok(cancel(world.workspace, accepted.push).await), Some(2));

    assert!(world.has_audit(&audit).await);
    assert_eq!(world.cancel(accepted.push, 21).await, Some(0));
    let report = world.report(accepted.push).await;
    let states: Vec<_> = deliveries(&report)
        .iter()
        .map(|delivery| delivery.state)
        .collect();
    use DeliveryState::{Cancelled, Sending};
    assert_eq!(states, [Sending, Cancelled, Cancelled]);
    assert_eq!(
        (report.push.state, report.counts().cancelled),
        (PushState::Running, 2)
    );
    check_change_numbers(&report);
    let ticket = world.load(accepted.ticket(2)).await;
    assert_eq!(
        (ticket.status, ticket.delivery),
        (TicketStatus::Reviewed, None)
    );
    assert!(ticket.version > before.version);

    world.settle(&batch, 0, world.confirmed(), 30).await;
    assert_eq!(world.state(accepted.push).await, PushState::Settled);
    let again = world.accepted_of(accepted.document, vec![ticket]).await;
    assert_eq!(world.claimed(50, 40).await.push.id, again.push);
    world.retire().await;
}

/// A push that joined cannot call off what another push made, and ends with it.
pub async fn a_joined_delivery_is_cancelled_only_by_its_own_push(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let first = world.accepted(1).await;
    let joining = vec![NewEntry::Existing {
        ticket_id: first.ticket(0),
    }];
    let second = world.new_push(first.document, joining);
    assert_eq!(world.accept(&second).await, AcceptOutcome::Accepted);

    assert_eq!(world.cancel(second.push.id, 10).await, Some(0));
    assert_eq!(
        world.delivery_state(first.delivery(0)).await,
        DeliveryState::Queued
    );
    assert_eq!(world.cancel(first.push, 20).await, Some(1));

    for push in [first.push, second.push.id] {
        let report = world.report(push).await;
        assert_eq!(
            (report.push.state, report.push.settled_at),
            (PushState::Settled, Some(at(20)))
        );
        assert_eq!(report.counts().cancelled, 1);
    }
    world.retire().await;
}
