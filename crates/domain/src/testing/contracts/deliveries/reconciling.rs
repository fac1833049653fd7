//! The promises about finding out what became of deliveries whose answer was lost.

use super::super::Ports;
use super::super::world::{World, at, nth, ok, tokens};
use super::ledger::{Accepted, check_change_numbers, deliveries, trouble};
use crate::audit::model::AuditAction;
use crate::connection::model::ReconnectReason;
use crate::connection::ports::WriteOutcome;
use crate::delivery::model::{
    AttemptFindings, ClaimedBatch, DeliveryState, Finding, Pause, PauseScope, PushState,
    Settlement, UncertainPush,
};
use crate::shared::ids::{DeliveryId, LeaseId, PushId};
use crate::ticket::model::{PushErrorCode, TicketStatus};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    uncertain_deliveries_are_listed_by_request(ports).await;
    only_what_can_be_looked_for_is_listed(ports).await;
    pauses_hold_looks_back(ports).await;
    one_observer_takes_a_look(ports).await;
    presence_is_taken_from_anybody(ports).await;
    absence_queues_again(ports).await;
    what_cannot_be_decided_waits_for_a_person(ports).await;
    all_but_presence_needs_the_attempt_unchanged(ports).await;
    findings_of_an_older_attempt_are_refused(ports).await;
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

/// Each request is listed with its uncertain deliveries, and with the greatest number among all of its deliveries.
pub async fn uncertain_deliveries_are_listed_by_request(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(5).await;
    assert_eq!(world.listed(accepted.push, 5).await, None);
    let lost = world.claimed(3, 10).await;
    let dead = world.claimed(1, 11).await;
    assert_eq!(world.listed(accepted.push, 12).await, None);
    let doubt = Settlement::Uncertain { error: trouble() };
    world.settle(&lost, 1, doubt.clone(), 20).await;
    world.settle(&lost, 2, doubt, 21).await;
    world.settle(&lost, 0, world.confirmed(), 22).await;
    ok(ports.deliveries.expire_lease(dead.lease_id, at(60)).await);

    let Some(listed) = world.listed(accepted.push, 70).await else {
        panic!("the push is not listed")
    };

    let report = world.report(accepted.push).await;
    assert_eq!((&listed.push, listed.next_look_at), (&report.push, None));
    let mut attempts = listed.attempts;
    attempts.sort_by_key(|attempt| attempt.lease_id);
    let numbers: Vec<i64> = deliveries(&report)
        .iter()
        .map(|delivery| delivery.change_number)
        .collect();
    let expected = [
        (lost.lease_id, *nth(&numbers, 0), vec![(1, 10), (2, 10)]),
        (dead.lease_id, *nth(&numbers, 3), vec![(3, 11)]),
    ];
    assert_eq!(attempts.len(), expected.len());
    for (attempt, (lease, number, rows)) in attempts.iter().zip(expected) {
        assert_eq!((attempt.lease_id, attempt.change_number), (lease, number));
        let mut found: Vec<_> = attempt.deliveries.clone();
        found.sort_by_key(|row| row.id);
        let found: Vec<_> = found
            .iter()
            .map(|row| (row.id, &row.fence, row.attempted_at))
            .collect();
        let rows: Vec<_> = rows
            .iter()
            .map(|(index, seconds)| (accepted.delivery(*index), &report.push.fence, at(*seconds)))
            .collect();
        assert_eq!(found, rows);
    }
    world.retire().await;
}

/// What belongs to no working connection with the push's site as its account is left out until there is one again.
pub async fn only_what_can_be_looked_for_is_listed(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    let (accepted, _) = uncertain(&world, 1).await;
    let is_listed = async || world.listed(accepted.push, 40).await.is_some();
    assert!(is_listed().await);

    let audit = world.audit(AuditAction::ReconnectNeeded, at(30));
    let reason = ReconnectReason::GrantEnded;
    let marked = ports
        .connections
        .mark_needs_reconnect(row.id, 1, reason, at(30), &audit);
    assert_eq!(ok(marked.await), WriteOutcome::Done);
    assert!(!is_listed().await);
    let pair = tokens("second", at(7200));
    let refreshed = ports
        .connections
        .finish_refresh(row.id, 2, &pair, "read", at(31));
    assert_eq!(ok(refreshed.await), WriteOutcome::Done);
    assert!(is_listed().await);

    assert!(world.disconnect(32).await);
    assert!(!is_listed().await);
    world.retire().await;
}

/// A pause of the site or of the whole app holds looks back while it lasts; one of creates does not.
pub async fn pauses_hold_looks_back(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (accepted, _) = uncertain(&world, 1).await;
    let pause = async |scope, seconds| {
        let pause = Pause {
            scope,
            until: at(seconds),
            reason: "jira-quota-tenant-based".to_owned(),
        };
        ok(ports.deliveries.pause(&pause).await);
    };
    let is_listed = async |seconds| world.listed(accepted.push, seconds).await.is_some();

    pause(PauseScope::Creates(world.site()), 90).await;
    assert!(is_listed(30).await);
    pause(PauseScope::Site(world.site()), 60).await;
    assert!(!is_listed(59).await);
    assert!(is_listed(60).await);
    pause(PauseScope::App, 5).await;
    assert!(!is_listed(4).await);
    world.retire().await;
}

/// Of two observers that saw the same wish, one takes the look; those without a wish come first, then the soonest.
pub async fn one_observer_takes_a_look(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (older, _) = uncertain(&world, 1).await;
    let (newer, _) = uncertain(&world, 1).await;
    let begin = async |push, seen: Option<i64>, next: i64| {
        let begun = ports.deliveries.begin_look(push, seen.map(at), at(next));
        ok(begun.await)
    };
    let order = async |limit| {
        let listed = ok(ports.deliveries.list_uncertain(limit, at(30)).await);
        let pushes: Vec<PushId> = listed.iter().map(|listed| listed.push.id).collect();
        pushes
    };
    assert_eq!(order(10).await, [older.push, newer.push]);

    assert!(begin(older.push, None, 100).await);
    assert!(!begin(older.push, None, 101).await);
    assert_eq!(order(10).await, [newer.push, older.push]);
    assert!(begin(newer.push, None, 200).await);
    assert_eq!(order(10).await, [older.push, newer.push]);
    assert!(!begin(older.push, Some(99), 300).await);
    assert!(begin(older.push, Some(100), 300).await);

    assert_eq!(order(1).await, [newer.push]);
    let wish = world.listed(older.push, 30).await;
    assert_eq!(wish.and_then(|listed| listed.next_look_at), Some(at(300)));
    assert!(!begin(ports.ids.next(), None, 100).await);
    world.retire().await;
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

    assert_eq!(written, 3, "what is queued was not sent");
    use DeliveryState::{Confirmed, Queued};
    for (index, state) in [Confirmed, Confirmed, Confirmed, Queued]
        .into_iter()
        .enumerate()
    {
        let delivery = world.delivery(id(index)).await;
        assert_eq!(delivery.state, state, "delivery {index}");
        let ticket = world.load(accepted.ticket(index)).await;
        assert_eq!(ticket.external, delivery.external);
        assert_eq!(ticket.is_pushed(), state == Confirmed);
    }
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

/// A delivery that was sent again belongs to the new request alone.
pub async fn findings_of_an_older_attempt_are_refused(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (accepted, first) = uncertain(&world, 2).await;
    let (push, id) = (accepted.push, accepted.delivery(0));
    let attempt = (first.lease_id, world.number(push).await);
    let absent = || vec![(id, Finding::Absent)];
    assert_eq!(world.reconcile(push, attempt, absent(), 30).await, 1);
    let old = (first.lease_id, world.number(push).await);
    assert_eq!(world.reconcile(push, old, absent(), 31).await, 0, "queued");
    let second = world.claimed(50, 40).await;
    assert_eq!(world.reconcile(push, old, absent(), 41).await, 0, "sending");
    let doubt = Settlement::Uncertain { error: trouble() };
    world.settle(&second, 0, doubt, 42).await;

    let Some(listed) = world.listed(push, 43).await else {
        panic!("the push is not listed")
    };
    let number = |lease| {
        let mut attempts = listed.attempts.iter();
        let found = attempts.find(|attempt| attempt.lease_id == lease);
        found.map_or(0, |attempt| attempt.change_number)
    };
    let old = (first.lease_id, number(first.lease_id));
    assert_eq!(world.reconcile(push, old, absent(), 44).await, 0);
    let new = (second.lease_id, number(second.lease_id));
    assert_eq!(world.reconcile(push, new, absent(), 45).await, 1);
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
