//! The promises about whose word is taken, and for what.

use super::super::super::Ports;
use super::super::super::world::{World, at, ok, page};
use super::super::ledger::{check_change_numbers, deliveries, refusal, trouble};
use crate::audit::model::AuditAction;
use crate::delivery::model::{DeliveryState, PushState, SettledBatch, Settlement};
use crate::shared::ids::DeliveryId;
use crate::ticket::model::{PushError, TicketStatus};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    proof_is_taken_while_a_delivery_waits_to_be_sent_again(ports).await;
    an_issue_that_comes_too_late_is_recorded_once(ports).await;
    an_issue_of_another_ticket_stops_only_its_own_row(ports).await;
}

/// A frozen worker may wake up with its proof when the delivery was queued again: it is not sent a second time.
pub async fn proof_is_taken_while_a_delivery_waits_to_be_sent_again(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1).await;
    let frozen = world.claimed(50, 10).await;
    let again = Settlement::Retry {
        at: at(60),
        error: trouble(),
    };
    assert_eq!(world.settle(&frozen, 0, again, 20).await, 1);

    assert_eq!(world.settle(&frozen, 0, world.confirmed(), 30).await, 1);

    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.retry_at, delivery.error),
        (DeliveryState::Confirmed, None, None)
    );
    let ticket = world.load(accepted.ticket(0)).await;
    assert_eq!(
        (ticket.status, ticket.delivery),
        (TicketStatus::Pushed, None)
    );
    assert_eq!(ticket.external, delivery.external);
    assert_eq!(world.claim(50, 100).await, None);
    assert_eq!(world.state(accepted.push).await, PushState::Settled);
    world.retire().await;
}

/// An issue of a delivery that has ended otherwise changes nothing, but the audit record names both, once, although the answer
/// may be brought again.
pub async fn an_issue_that_comes_too_late_is_recorded_once(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1).await;
    let id = accepted.delivery(0);
    let batch = world.claimed(50, 10).await;
    let refused = Settlement::Rejected { error: refusal() };
    world.settle(&batch, 0, refused, 20).await;
    let before = (
        world.delivery(id).await,
        world.load(accepted.ticket(0)).await,
    );

    let external = world.issue("70");
    let late = SettledBatch {
        push_id: accepted.push,
        lease_id: ports.ids.next(),
        outcomes: vec![(id, Settlement::Confirmed { external })],
        quota_points: 0,
        fence: None,
    };
    for _ in 0..2 {
        assert_eq!(ok(ports.deliveries.settle(&late, at(90)).await), 0);
    }

    let after = (
        world.delivery(id).await,
        world.load(accepted.ticket(0)).await,
    );
    assert_eq!(after, before);
    let expected = [(format!("delivery:{id}"), "ENG-70".to_owned())];
    assert_eq!(unlinked(&world, id).await, expected);

    let seen = vec![(id, world.present())];
    let attempt = (ports.ids.next(), 0);
    assert_eq!(world.reconcile(accepted.push, attempt, seen, 95).await, 0);
    assert_eq!(unlinked(&world, id).await.len(), 2, "a look found another");
    world.retire().await;
}

/// The issues of a delivery that are linked to no ticket, as they were recorded.
async fn unlinked(world: &World<'_>, id: DeliveryId) -> Vec<(String, String)> {
    let listed = ok(world
        .ports
        .audit
        .list(world.workspace, page(200, None))
        .await);
    let subject = format!("delivery:{id}");
    let entries = listed
        .items
        .into_iter()
        .filter(|entry| entry.action == AuditAction::IssueUnlinked && entry.subject == subject);
    entries.map(|entry| (entry.subject, entry.result)).collect()
}

/// An issue that is another ticket's, also a deleted one's, leaves its row to a person; the others are written.
pub async fn an_issue_of_another_ticket_stops_only_its_own_row(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let first = world.accepted(1).await;
    let batch = world.claimed(50, 10).await;
    let issue = world.issue("8");
    let taken = Settlement::Confirmed {
        external: issue.clone(),
    };
    world.settle(&batch, 0, taken.clone(), 20).await;
    let accepted = world.accepted(3).await;
    let batch = world.claimed(50, 30).await;
    let id = |index| accepted.delivery(index);

    let outcomes = [
        (id(0), world.confirmed()),
        (id(1), taken),
        (id(2), world.confirmed()),
    ];
    assert_eq!(world.settle_all(&batch, &outcomes, 40).await, 3);
    assert_eq!(world.settle_all(&batch, &outcomes, 41).await, 0);

    use DeliveryState::{Confirmed, NeedsAttention};
    let report = world.report(accepted.push).await;
    let states: Vec<_> = deliveries(&report).iter().map(|one| one.state).collect();
    assert_eq!(states, [Confirmed, NeedsAttention, Confirmed]);
    let delivery = world.delivery(id(1)).await;
    let expected = PushError::linked_elsewhere(&issue.key);
    assert_eq!((delivery.error, delivery.external), (Some(expected), None));
    assert_eq!(world.load(accepted.ticket(1)).await.external, None);
    assert_eq!(world.load(first.ticket(0)).await.external, Some(issue));
    check_change_numbers(&report);
    world.retire().await;
}
