//! The promises about finding out what became of deliveries whose answer was lost.

use super::super::Ports;
use super::super::world::{World, at, nth, ok};
use super::ledger::{Accepted, check_change_numbers, deliveries, trouble};
use crate::delivery::model::{
    AttemptFindings, ClaimedBatch, DeliveryState, Finding, PushState, Settlement, UncertainPush,
};
use crate::shared::ids::{DeliveryId, LeaseId, PushId};
use crate::ticket::model::{PushErrorCode, TicketStatus};

pub mod looking;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    looking::check(ports).await;
    presence_is_taken_from_anybody(ports).await;
    absence_queues_again(ports).await;
    what_cannot_be_decided_waits_for_a_person(ports).await;
    all_but_presence_needs_the_attempt_unchanged(ports).await;
    findings_of_another_push_are_refused(ports).await;
    every_look_costs_its_points(ports).await;
}

/// A push of so many deliveries, all uncertain since one request.
pub(super) async fn uncertain(world: &World<'_>, count: usize) -> (Accepted, ClaimedBatch) {
    let accepted = world.accepted(count).await;
    let batch = world.claimed(50, 10).await;
    let doubt = |id: &DeliveryId| (*id, Settlement::Uncertain { error: trouble() });
    let outcomes: Vec<_> = accepted.deliveries.iter().map(doubt).collect();
    world.settle_all(&batch, &outcomes, 20).await;
    (accepted, batch)
}

impl World<'_> {
    pub(super) async fn listed(&self, push: PushId, seconds: i64) -> Option<UncertainPush> {
        let listed = self.ports.deliveries.list_uncertain(1_000, at(seconds));
        let mut listed = ok(listed.await).into_iter();
        listed.find(|uncertain| uncertain.push.id == push)
    }

    /// The greatest change number of the only uncertain request of a push.
    async fn number(&self, push: PushId) -> i64 {
        match self.listed(push, 30).await {
            Some(listed) => nth(&listed.attempts, 0).change_number,
            None => panic!("the push is not listed"),
        }
    }

    /// Writes what was found for deliveries of one request.
    pub(super) async fn reconcile(
        &self,
        push: PushId,
        (lease_id, change_number): (LeaseId, i64),
        findings: Vec<(DeliveryId, Finding)>,
        seconds: i64,
    ) -> u32 {
        let found = [AttemptFindings {
            lease_id,
            change_number,
            findings,
        }];
        let written = self
            .ports
            .deliveries
            .reconcile(push, &found, 0, at(seconds));
        ok(written.await)
    }

    pub(super) fn present(&self) -> Finding {
        Finding::Present {
            external: self.issue("9"),
        }
    }
}

fn undecidable() -> Finding {
    Finding::Undecidable { error: trouble() }
}

/// An issue that was found makes its delivery confirmed, whoever looked and whatever changed meanwhile.
pub async fn presence_is_taken_from_anybody(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(4).await;
    let batch = world.claimed(3, 10).await;
    let doubt = || Settlement::Uncertain { error: trouble() };
    world.settle(&batch, 1, doubt(), 20).await;
    world.settle(&batch, 2, doubt(), 20).await;
    let number = world.number(accepted.push).await;
    let attempt = (batch.lease_id, number);
    let id = |index| accepted.delivery(index);
    assert_eq!(
        world
            .reconcile(accepted.push, attempt, vec![(id(2), undecidable())], 30)
            .await,
        1
    );

    let stranger = (ports.ids.next(), 0);
    let findings = (0..4).map(|index| (id(index), world.present())).collect();
    let written = world.reconcile(accepted.push, stranger, findings, 40).await;

    assert_eq!(written, 4, "also what waits to be sent");
    for index in 0..4 {
        let delivery = world.delivery(id(index)).await;
        assert_eq!(delivery.state, DeliveryState::Confirmed, "delivery {index}");
        let ticket = world.load(accepted.ticket(index)).await;
        assert_eq!(ticket.external, delivery.external);
        assert!(ticket.is_pushed());
    }
    assert_eq!(world.claim(50, 50).await, None);
    check_change_numbers(&world.report(accepted.push).await);
    world.retire().await;
}

/// What is proven absent is sent again as one more attempt, or called off where its push was.
pub async fn absence_queues_again(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (accepted, batch) = uncertain(&world, 2).await;
    let attempt = (batch.lease_id, world.number(accepted.push).await);
    let absent = |index| vec![(accepted.delivery(index), Finding::Absent)];

    assert_eq!(
        world.reconcile(accepted.push, attempt, absent(0), 30).await,
        1
    );

    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.retry_at, delivery.error),
        (DeliveryState::Queued, None, None)
    );
    let again = world.claimed(50, 40).await;
    assert_eq!(
        again
            .deliveries
            .iter()
            .map(|row| (row.id, row.attempt))
            .collect::<Vec<_>>(),
        [(accepted.delivery(0), 2)]
    );
    world.settle(&again, 0, world.confirmed(), 41).await;

    assert_eq!(world.cancel(accepted.push, 50).await, Some(0));
    let before = world.load(accepted.ticket(1)).await;
    let attempt = (batch.lease_id, world.number(accepted.push).await);
    assert_eq!(
        world.reconcile(accepted.push, attempt, absent(1), 60).await,
        1
    );
    let delivery = world.delivery(accepted.delivery(1)).await;
    assert_eq!(delivery.state, DeliveryState::Cancelled);
    let ticket = world.load(accepted.ticket(1)).await;
    assert_eq!(
        (ticket.status, ticket.delivery),
        (TicketStatus::Reviewed, None)
    );
    assert!(ticket.version > before.version);
    let report = world.report(accepted.push).await;
    assert_eq!(
        (report.push.state, report.push.settled_at),
        (PushState::Settled, Some(at(60)))
    );
    check_change_numbers(&report);
    world.retire().await;
}

/// Without a verdict the delivery needs attention, tells why, and its push is settled.
pub async fn what_cannot_be_decided_waits_for_a_person(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (accepted, batch) = uncertain(&world, 1).await;
    let before = world.load(accepted.ticket(0)).await;
    let attempt = (batch.lease_id, world.number(accepted.push).await);

    let findings = vec![(accepted.delivery(0), undecidable())];
    let written = world
        .reconcile(accepted.push, attempt, findings.clone(), 30)
        .await;
    let again = world.reconcile(accepted.push, attempt, findings, 31).await;

    assert_eq!((written, again), (1, 0));
    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.error),
        (DeliveryState::NeedsAttention, Some(trouble()))
    );
    let ticket = world.load(accepted.ticket(0)).await;
    assert_eq!(
        ticket.delivery.map(|open| open.state),
        Some(DeliveryState::NeedsAttention)
    );
    assert!(ticket.version > before.version);
    assert_eq!(world.listed(accepted.push, 40).await, None);
    assert_eq!(world.state(accepted.push).await, PushState::Settled);
    world.retire().await;
}

/// When any delivery of the request changed since the look began, absence and doubt are refused; those of one look are
/// compared together.
pub async fn all_but_presence_needs_the_attempt_unchanged(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (accepted, batch) = uncertain(&world, 4).await;
    let push = accepted.push;
    let number = world.number(push).await;
    let absent = |index| (accepted.delivery(index), Finding::Absent);
    let lease = batch.lease_id;
    let before = world.report(push).await;

    for attempt in [
        (lease, number - 1),
        (lease, number + 1),
        (ports.ids.next(), number),
    ] {
        assert_eq!(world.reconcile(push, attempt, vec![absent(0)], 30).await, 0);
    }
    assert_eq!(world.report(push).await, before);

    let found = vec![(accepted.delivery(3), world.present())];
    assert_eq!(world.reconcile(push, (lease, 0), found, 31).await, 1);
    assert_eq!(
        world
            .reconcile(push, (lease, number), vec![absent(0)], 32)
            .await,
        0,
        "another issue of the same request turned up"
    );
    let grown = world.number(push).await;
    assert!(grown > number);
    let all = vec![
        absent(0),
        (accepted.delivery(1), undecidable()),
        absent(2),
        absent(3),
    ];
    assert_eq!(world.reconcile(push, (lease, grown), all, 33).await, 3);
    use DeliveryState::{Confirmed, NeedsAttention, Queued};
    let report = world.report(push).await;
    let states: Vec<_> = deliveries(&report).iter().map(|one| one.state).collect();
    assert_eq!(states, [Queued, NeedsAttention, Queued, Confirmed]);
    world.retire().await;
}

/// A look at one push writes nothing to the deliveries of another.
pub async fn findings_of_another_push_are_refused(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (one, _) = uncertain(&world, 1).await;
    let (other, batch) = uncertain(&world, 1).await;
    let attempt = (batch.lease_id, world.number(other.push).await);

    for finding in [Finding::Absent, world.present()] {
        let findings = vec![(other.delivery(0), finding)];
        assert_eq!(world.reconcile(one.push, attempt, findings, 30).await, 0);
    }

    let state = world.delivery_state(other.delivery(0)).await;
    assert_eq!(state, DeliveryState::Uncertain);
    world.retire().await;
}

/// A look is paid for by its push, also when it found nothing; an issue of another ticket makes only its row wait.
pub async fn every_look_costs_its_points(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (accepted, batch) = uncertain(&world, 2).await;
    let issue = world.issue("3");
    let present = |index| {
        let external = issue.clone();
        (accepted.delivery(index), Finding::Present { external })
    };
    let look = async |findings: &[AttemptFindings]| {
        let written = ports
            .deliveries
            .reconcile(accepted.push, findings, 7, at(30));
        ok(written.await)
    };

    assert_eq!(look(&[]).await, 0);
    let found = |index| AttemptFindings {
        lease_id: batch.lease_id,
        change_number: 0,
        findings: vec![present(index)],
    };
    assert_eq!(look(&[found(0)]).await, 1);
    assert_eq!(look(&[found(1)]).await, 1);
    assert_eq!(look(&[found(1)]).await, 0, "it waits for a person already");

    let report = world.report(accepted.push).await;
    assert_eq!(report.push.quota_points, 28);
    let delivery = world.delivery(accepted.delivery(1)).await;
    assert_eq!(delivery.state, DeliveryState::NeedsAttention);
    let Some(error) = delivery.error else {
        panic!("the reason is missing")
    };
    assert_eq!(error.code, PushErrorCode::IssueLinkedElsewhere);
    assert!(error.message.contains(&issue.key), "{}", error.message);
    assert_eq!(world.load(accepted.ticket(1)).await.external, None);
    check_change_numbers(&report);
    world.retire().await;
}
