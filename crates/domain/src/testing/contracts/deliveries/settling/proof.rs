//! The promises about whose word is taken, and for what.

use super::super::super::Ports;
use super::super::super::world::{World, at};
use super::super::ledger::{check_change_numbers, deliveries, refusal, trouble};
use crate::delivery::model::{DeliveryState, PushState, Settlement};
use crate::ticket::model::{PushError, TicketStatus};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    only_the_lease_settles_what_is_no_proof(ports).await;
    proof_is_taken_from_anybody(ports).await;
    what_was_not_sent_cannot_be_confirmed(ports).await;
    an_issue_of_another_ticket_stops_only_its_own_row(ports).await;
}

/// Without the lease, refusals, repeats and doubts are not taken.
pub async fn only_the_lease_settles_what_is_no_proof(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1).await;
    world.claimed(50, 10).await;
    let before = world.delivery(accepted.delivery(0)).await;
    let (push, delivery) = (accepted.push, accepted.delivery(0));

    for outcome in [
        Settlement::Rejected { error: refusal() },
        Settlement::Retry {
            at: at(60),
            error: trouble(),
        },
        Settlement::Uncertain { error: trouble() },
    ] {
        assert_eq!(world.settle_as_stranger(push, delivery, outcome).await, 0);
    }

    assert_eq!(world.delivery(delivery).await, before);
    assert_eq!(
        world.load(accepted.ticket(0)).await.status,
        TicketStatus::Reviewed
    );
    world.retire().await;
}

/// That the issue exists is taken whoever brings it, while the row is `sending` or `uncertain`.
pub async fn proof_is_taken_from_anybody(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(2).await;
    let batch = world.claimed(50, 10).await;
    world
        .settle(&batch, 1, Settlement::Uncertain { error: trouble() }, 20)
        .await;

    for index in [0, 1] {
        let delivery = accepted.delivery(index);
        let written = world
            .settle_as_stranger(accepted.push, delivery, world.confirmed())
            .await;
        assert_eq!(written, 1);
        assert_eq!(
            world.delivery_state(delivery).await,
            DeliveryState::Confirmed
        );
        assert_eq!(world.delivery(delivery).await.error, None);
        assert_eq!(
            world.load(accepted.ticket(index)).await.status,
            TicketStatus::Pushed
        );
    }
    assert_eq!(world.state(accepted.push).await, PushState::Settled);
    assert_eq!(
        world
            .settle(&batch, 0, Settlement::Rejected { error: refusal() }, 95)
            .await,
        0
    );
    world.retire().await;
}

/// Queued, cancelled and rejected rows have sent nothing that could be confirmed.
pub async fn what_was_not_sent_cannot_be_confirmed(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let rejected = world.accepted(1).await;
    let batch = world.claimed(50, 10).await;
    world
        .settle(&batch, 0, Settlement::Rejected { error: refusal() }, 20)
        .await;
    let cancelled = world.accepted(1).await;
    world.cancel(cancelled.push, 30).await;
    let queued = world.accepted(1).await;

    let expected = [
        DeliveryState::Rejected,
        DeliveryState::Cancelled,
        DeliveryState::Queued,
    ];
    for (accepted, state) in [rejected, cancelled, queued].iter().zip(expected) {
        let delivery = accepted.delivery(0);
        let written = world
            .settle_as_stranger(accepted.push, delivery, world.confirmed())
            .await;
        assert_eq!((written, world.delivery_state(delivery).await), (0, state));
        assert_eq!(world.load(accepted.ticket(0)).await.external, None);
    }
    world.retire().await;
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
