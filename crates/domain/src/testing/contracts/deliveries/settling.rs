//! The promises about what becomes of claimed deliveries.

use super::super::Ports;
use super::super::world::{World, at, nth, ok};
use super::ledger::{check_change_numbers, deliveries, refusal, trouble};
use crate::delivery::model::{DeliveryState, Fence, PushState, SettledBatch, Settlement};
use crate::delivery::ports::{AcceptOutcome, NewEntry};
use crate::shared::ids::LeaseId;
use crate::ticket::model::{Ticket, TicketStatus};

pub mod proof;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    a_confirmed_delivery_makes_its_ticket_pushed(ports).await;
    a_rejected_delivery_makes_its_ticket_failed(ports).await;
    a_retry_waits_in_the_queue(ports).await;
    an_uncertain_delivery_is_never_sent_again(ports).await;
    a_push_ends_with_its_last_entry(ports).await;
    points_add_up(ports).await;
    a_late_answer_costs_its_points_too(ports).await;
    the_fence_follows_what_was_seen(ports).await;
    proof::check(ports).await;
}

/// The issue is written to delivery and ticket in one step, and a second confirmation changes nothing.
pub async fn a_confirmed_delivery_makes_its_ticket_pushed(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (document, tickets) = world.reviewed(1).await;
    let failed = Ticket {
        status: TicketStatus::PushFailed,
        push_error: Some(refusal()),
        ..nth(&tickets, 0).clone()
    };
    ok(ports.tickets.save(&failed).await);
    let failed = world.load(failed.id).await;
    let accepted = world.accepted_of(document, vec![failed.clone()]).await;
    let before = world.load(failed.id).await;
    let batch = world.claimed(50, 10).await;
    let issue = world.issue("7");

    let confirmed = Settlement::Confirmed {
        external: issue.clone(),
    };
    let written = world.settle(&batch, 0, confirmed, 20).await;
    let again = world.settle(&batch, 0, world.confirmed(), 30).await;

    assert_eq!((written, again), (1, 0));
    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.attempts),
        (DeliveryState::Confirmed, 1)
    );
    assert_eq!(
        (delivery.external.as_ref(), &delivery.error),
        (Some(&issue), &None)
    );
    let ticket = world.load(failed.id).await;
    let expected = Ticket {
        status: TicketStatus::Pushed,
        platform: Some("jira".to_owned()),
        external: Some(issue),
        push_error: None,
        delivery: None,
        pushed_at: Some(at(20)),
        version: ticket.version,
        updated_at: ticket.updated_at,
        ..failed
    };
    assert_eq!(ticket, expected);
    assert!(ticket.version > before.version);
    let report = world.report(accepted.push).await;
    assert_eq!(
        (report.push.state, report.push.settled_at),
        (PushState::Settled, Some(at(20)))
    );
    check_change_numbers(&report);
    world.retire().await;
}

/// The reason is written to delivery and ticket, and the ticket can be pushed again.
pub async fn a_rejected_delivery_makes_its_ticket_failed(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1).await;
    let before = world.load(accepted.ticket(0)).await;
    let batch = world.claimed(50, 10).await;

    let written = world
        .settle(&batch, 0, Settlement::Rejected { error: refusal() }, 20)
        .await;

    assert_eq!(written, 1);
    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.error),
        (DeliveryState::Rejected, Some(refusal()))
    );
    let ticket = world.load(accepted.ticket(0)).await;
    assert_eq!(
        (ticket.status, &ticket.push_error),
        (TicketStatus::PushFailed, &Some(refusal()))
    );
    assert_eq!((ticket.delivery, &ticket.external), (None, &None));
    assert!(ticket.version > before.version);
    assert_eq!(world.state(accepted.push).await, PushState::Settled);
    assert_eq!(world.report(accepted.push).await.counts().failed, 1);
    let second = world.accepted_of(accepted.document, vec![ticket]).await;
    assert_eq!(world.claimed(50, 30).await.push.id, second.push);
    world.retire().await;
}

/// What was certainly not applied is queued again until its time, and its ticket stays in delivery.
pub async fn a_retry_waits_in_the_queue(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1).await;
    let batch = world.claimed(50, 10).await;

    let again = Settlement::Retry {
        at: at(60),
        error: trouble(),
    };
    let written = world.settle(&batch, 0, again, 20).await;

    assert_eq!(written, 1);
    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.retry_at),
        (DeliveryState::Queued, Some(at(60)))
    );
    assert_eq!((delivery.attempts, delivery.error), (1, Some(trouble())));
    let ticket = world.load(accepted.ticket(0)).await;
    assert_eq!(ticket.status, TicketStatus::Reviewed);
    assert_eq!(
        ticket.delivery.map(|open| open.state),
        Some(DeliveryState::Queued)
    );
    assert_eq!(world.state(accepted.push).await, PushState::Running);
    assert_eq!(
        world
            .settle(&batch, 0, Settlement::Rejected { error: refusal() }, 21)
            .await,
        0
    );
    world.retire().await;
}

/// What may have been applied is neither claimed nor cancelled nor joined by a second create.
pub async fn an_uncertain_delivery_is_never_sent_again(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1).await;
    let batch = world.claimed(50, 10).await;

    let written = world
        .settle(&batch, 0, Settlement::Uncertain { error: trouble() }, 20)
        .await;

    assert_eq!(written, 1);
    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.error),
        (DeliveryState::Uncertain, Some(trouble()))
    );
    assert_eq!(world.claim(50, 1_000_000).await, None);
    assert_eq!(world.cancel(accepted.push, 30).await, Some(0));
    assert_eq!(world.state(accepted.push).await, PushState::Running);
    let ticket = world.load(accepted.ticket(0)).await;
    assert_eq!(
        ticket.delivery.map(|open| open.state),
        Some(DeliveryState::Uncertain)
    );
    let second = world.new_push(accepted.document, vec![world.deliver(&ticket)]);
    assert_eq!(world.accept(&second).await, AcceptOutcome::Accepted);
    let joined = world.report(second.push.id).await;
    assert_eq!(nth(&deliveries(&joined), 0).id, accepted.delivery(0));
    assert_eq!(world.claim(50, 1_000_000).await, None);
    world.retire().await;
}

/// A push runs until the last of its entries is settled, its own and the joined ones, and then says when.
pub async fn a_push_ends_with_its_last_entry(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let first = world.accepted(1).await;
    let batch = world.claimed(50, 10).await;
    let (_, tickets) = world.reviewed(2).await;
    let issue = world.pushed_ticket(first.document, "issue");
    world
        .add_tickets(first.document, std::slice::from_ref(&issue))
        .await;
    let entries = vec![
        NewEntry::Existing {
            ticket_id: first.ticket(0),
        },
        world.deliver(nth(&tickets, 0)),
        NewEntry::Existing {
            ticket_id: issue.id,
        },
        world.refuse(nth(&tickets, 1)),
    ];
    let second = world.new_push(first.document, entries);
    assert_eq!(world.accept(&second).await, AcceptOutcome::Accepted);

    let own = world.claimed(50, 20).await;
    assert_eq!(own.push.id, second.push.id);
    world.settle(&own, 0, world.confirmed(), 30).await;
    assert_eq!(world.state(second.push.id).await, PushState::Running);
    let counts = world.report(second.push.id).await.counts();
    assert_eq!(
        (
            counts.pushed,
            counts.pending,
            counts.failed,
            counts.already_pushed
        ),
        (1, 1, 1, 1)
    );
    world
        .settle(&batch, 0, Settlement::Rejected { error: refusal() }, 40)
        .await;

    let report = world.report(second.push.id).await;
    assert_eq!(
        (report.push.state, report.push.settled_at),
        (PushState::Settled, Some(at(40)))
    );
    let counts = report.counts();
    assert_eq!(
        (
            counts.total,
            counts.pushed,
            counts.failed,
            counts.already_pushed
        ),
        (4, 1, 2, 1)
    );
    check_change_numbers(&report);
    check_change_numbers(&world.report(first.push).await);
    world.retire().await;
}

/// Many outcomes are written at once, each with a new change number; the points of a request are added once, although
/// its outcomes may be brought again because the answer was lost.
pub async fn points_add_up(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(4).await;
    let batch = world.claimed(50, 10).await;
    let before = world.report(accepted.push).await;
    let settle = async |lease: LeaseId, points| {
        let outcomes = [
            (accepted.delivery(0), world.confirmed()),
            (
                accepted.delivery(1),
                Settlement::Rejected { error: refusal() },
            ),
            (
                accepted.delivery(2),
                Settlement::Retry {
                    at: at(60),
                    error: trouble(),
                },
            ),
            (ports.ids.next(), Settlement::Rejected { error: refusal() }),
        ];
        let settled = SettledBatch {
            push_id: accepted.push,
            lease_id: lease,
            outcomes: outcomes.to_vec(),
            quota_points: points,
            fence: None,
        };
        ok(ports.deliveries.settle(&settled, at(20)).await)
    };

    let written = settle(batch.lease_id, 55).await;
    let again = settle(batch.lease_id, 55).await;

    assert_eq!((written, again), (3, 0));
    let report = world.report(accepted.push).await;
    assert_eq!(report.push.quota_points, 55);
    check_change_numbers(&report);
    for (index, delivery) in deliveries(&report).iter().enumerate() {
        let has_changed = delivery.change_number > before.push.change_number;
        assert_eq!(has_changed, index < 3, "delivery {index}");
    }
    let counts = report.counts();
    assert_eq!((counts.pushed, counts.failed, counts.pending), (1, 1, 2));

    ok(ports.deliveries.expire_lease(batch.lease_id, at(30)).await);
    let late = SettledBatch {
        push_id: accepted.push,
        lease_id: batch.lease_id,
        outcomes: vec![(accepted.delivery(3), world.confirmed())],
        quota_points: 2,
        fence: None,
    };
    assert_eq!(ok(ports.deliveries.settle(&late, at(40)).await), 1);
    assert_eq!(world.report(accepted.push).await.push.quota_points, 57);
    world.retire().await;
}

/// The points of a request count, once, also when others had found out what became of all of its deliveries.
pub async fn a_late_answer_costs_its_points_too(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1).await;
    let batch = world.claimed(50, 10).await;
    let issue = world.confirmed();
    let (push, id) = (accepted.push, accepted.delivery(0));
    world.settle_as_stranger(push, id, issue.clone()).await;
    let late = SettledBatch {
        push_id: push,
        lease_id: batch.lease_id,
        outcomes: vec![(id, issue)],
        quota_points: 2,
        fence: None,
    };

    for _ in 0..2 {
        assert_eq!(ok(ports.deliveries.settle(&late, at(40)).await), 0);
    }

    assert_eq!(world.report(push).await.push.quota_points, 2);
    world.retire().await;
}

/// The highest position that an answer showed is where later attempts are looked for; earlier ones keep theirs, and a late
/// answer that saw less lowers nothing.
pub async fn the_fence_follows_what_was_seen(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (document, tickets) = world.reviewed(4).await;
    let entries = tickets.iter().map(|ticket| world.deliver(ticket)).collect();
    let mut push = world.new_push(document, entries);
    let first = Fence("9".to_owned());
    push.push.fence = first.clone();
    assert_eq!(world.accept(&push).await, AcceptOutcome::Accepted);
    let push = push.push.id;
    let batch = world.claimed(2, 10).await;
    let early = world.claimed(1, 11).await;
    let settle = async |index, fence: Option<&str>| {
        let settled = SettledBatch {
            push_id: push,
            lease_id: batch.lease_id,
            outcomes: vec![(nth(&batch.deliveries, index).id, world.confirmed())],
            quota_points: 0,
            fence: fence.map(|fence| Fence(fence.to_owned())),
        };
        ok(ports.deliveries.settle(&settled, at(20)).await)
    };

    settle(0, Some("41")).await;
    settle(1, None).await;
    for lower in ["10", "8", "41", "no number"] {
        assert_eq!(settle(1, Some(lower)).await, 0);
    }

    let seen = Fence("41".to_owned());
    assert_eq!(world.report(push).await.push.fence, seen);
    let late = world.claimed(50, 30).await;
    assert_eq!(late.push.fence, seen);
    for (batch, fence) in [(&early, &first), (&late, &seen)] {
        let id = nth(&batch.deliveries, 0).id;
        assert_eq!(world.delivery(id).await.fence.as_ref(), Some(fence));
    }
    world.retire().await;
}
