//! The promises about accepting pushes.

use futures_util::future::join;

use super::super::Ports;
use super::super::world::{START, World, at, nth, ok};
use super::keys::key;
use super::ledger::{check_change_numbers, deliveries, refusal, warning};
use crate::connection::model::Platform;
use crate::delivery::model::{Delivery, DeliveryState, Push, PushEntry, PushState};
use crate::delivery::ports::{AcceptOutcome, KeyLookup, NewEntry, NewPush};
use crate::shared::ids::DeliveryId;
use crate::ticket::model::{Ticket, TicketStatus};
use crate::ticket::ports::SaveOutcome;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    accepting_queues_one_delivery_for_each_ticket(ports).await;
    refused_tickets_have_failed_at_once(ports).await;
    tickets_that_are_issues_by_now_are_already_pushed(ports).await;
    tickets_in_delivery_join_with_that_delivery(ports).await;
    two_accepts_at_once_make_one_delivery(ports).await;
    a_changed_ticket_refuses_the_whole_push(ports).await;
    a_push_to_another_site_is_refused(ports).await;
    many_tickets_are_accepted_at_once(ports).await;
}

/// Every ticket gets a queued delivery, in the given order; the ticket counts as pushed and its version has risen.
pub async fn accepting_queues_one_delivery_for_each_ticket(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    world.connect().await;
    let (document, tickets) = world.reviewed(2).await;
    let entries = [nth(&tickets, 1), nth(&tickets, 0)].map(|ticket| world.deliver(ticket));
    let mut new = world.new_push(document, entries.to_vec());
    new.push.quota_points = 9;

    let outcome = world.accept(&new).await;

    assert_eq!(outcome, AcceptOutcome::Accepted);
    let report = world.report(new.push.id).await;
    let expected = Push {
        state: PushState::Running,
        change_number: report.push.change_number,
        settled_at: None,
        ..new.push.clone()
    };
    assert_eq!(report.push, expected);
    assert_eq!(report.pause, None);
    check_change_numbers(&report);
    let counts = report.counts();
    assert_eq!((counts.total, counts.pending), (2, 2));
    for (entry, delivery) in new.entries.iter().zip(deliveries(&report)) {
        assert!(
            matches!(entry, NewEntry::Deliver { ticket_id, delivery_id, .. }
            if *ticket_id == delivery.ticket_id && *delivery_id == delivery.id)
        );
        assert_eq!(delivery.push_id, new.push.id);
        assert_eq!(
            (delivery.workspace_id, &delivery.site_id),
            (world.workspace, &world.site())
        );
        assert_eq!(
            (delivery.state, delivery.attempts),
            (DeliveryState::Queued, 0)
        );
        assert_eq!(
            (delivery.retry_at, &delivery.error, &delivery.external),
            (None, &None, &None)
        );
        assert_eq!(delivery.warnings, [warning()]);
        assert_eq!(delivery.created_at, START);
    }
    for (before, delivery) in tickets.iter().rev().zip(deliveries(&report)) {
        let ticket = world.load(before.id).await;
        let open = ticket.delivery.map(|open| (open.id, open.state));
        assert_eq!(open, Some((delivery.id, DeliveryState::Queued)));
        assert_eq!(ticket.status, TicketStatus::Reviewed);
        assert!(ticket.version > before.version);
    }
    assert!(world.has_audit(&new.audit).await);
    assert_eq!(world.state(new.push.id).await, PushState::Running);
    let foreign = ports
        .deliveries
        .find_push(other.workspace, new.push.id, START)
        .await;
    assert_eq!(ok(foreign), None);
    assert_eq!(
        ok(ports
            .deliveries
            .push_state(other.workspace, new.push.id)
            .await),
        None
    );
    world.retire().await;
}

/// A refused ticket has a rejected delivery and is `push_failed`; with nothing to send the push is settled at once.
pub async fn refused_tickets_have_failed_at_once(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (document, tickets) = world.reviewed(3).await;
    let refused = world.refuse(nth(&tickets, 0));
    let only = world.new_push(document, vec![refused]);
    let mixed = vec![
        world.refuse(nth(&tickets, 1)),
        world.deliver(nth(&tickets, 2)),
    ];
    let mixed = world.new_push(document, mixed);

    assert_eq!(world.accept(&only).await, AcceptOutcome::Accepted);
    assert_eq!(world.accept(&mixed).await, AcceptOutcome::Accepted);

    let report = world.report(only.push.id).await;
    assert_eq!(
        (report.push.state, report.push.settled_at),
        (PushState::Settled, Some(START))
    );
    check_change_numbers(&report);
    let delivery = *nth(&deliveries(&report), 0);
    assert_eq!(
        (delivery.state, delivery.attempts),
        (DeliveryState::Rejected, 0)
    );
    assert_eq!(delivery.error, Some(refusal()));
    assert_eq!(delivery.warnings, [warning()]);
    let before = nth(&tickets, 0);
    let ticket = world.load(before.id).await;
    assert_eq!(
        (ticket.status, &ticket.push_error),
        (TicketStatus::PushFailed, &Some(refusal()))
    );
    assert_eq!((ticket.delivery, ticket.external.is_none()), (None, true));
    assert!(ticket.version > before.version);

    let report = world.report(mixed.push.id).await;
    let counts = report.counts();
    assert_eq!(report.push.state, PushState::Running);
    assert_eq!((counts.total, counts.failed, counts.pending), (2, 1, 1));

    let again = world.new_push(document, vec![world.deliver(&ticket)]);
    assert_eq!(
        world.accept(&again).await,
        AcceptOutcome::Accepted,
        "a failed ticket is free"
    );
    world.retire().await;
}

/// Whatever was planned for it, a ticket that is an issue by now is no delivery but `already_pushed`.
pub async fn tickets_that_are_issues_by_now_are_already_pushed(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let document = world.add_document().await;
    let pushed = world.pushed_ticket(document, "pushed");
    let synced = Ticket {
        status: TicketStatus::Synced,
        ..world.pushed_ticket(document, "synced")
    };
    let third = world.pushed_ticket(document, "third");
    let tickets = [pushed, synced, third];
    world.add_tickets(document, &tickets).await;
    let [pushed, synced, third] = &tickets;
    let outdated = Ticket {
        version: 0,
        ..pushed.clone()
    };
    let entries = vec![
        world.deliver(&outdated),
        world.refuse(synced),
        NewEntry::Existing {
            ticket_id: third.id,
        },
    ];
    let new = world.new_push(document, entries);

    assert_eq!(world.accept(&new).await, AcceptOutcome::Accepted);

    let report = world.report(new.push.id).await;
    let expected = tickets.iter().map(|ticket| PushEntry::AlreadyPushed {
        ticket_id: ticket.id,
        external: ticket.external.clone(),
    });
    assert_eq!(report.entries, expected.collect::<Vec<_>>());
    assert_eq!(
        (report.push.state, report.push.settled_at),
        (PushState::Settled, Some(START))
    );
    assert_eq!(report.counts().already_pushed, 3);
    for ticket in &tickets {
        assert_eq!(world.load(ticket.id).await, *ticket);
    }
    world.retire().await;
}

/// Whatever was planned for it, a ticket with an open delivery joins with it, and both pushes end together.
pub async fn tickets_in_delivery_join_with_that_delivery(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let first = world.accepted(3).await;
    let [one, two, three] = [0, 1, 2].map(|index| nth(&first.tickets, index).clone());
    let entries = vec![
        world.deliver(&one),
        world.refuse(&two),
        NewEntry::Existing {
            ticket_id: three.id,
        },
    ];
    let second = world.new_push(first.document, entries);

    assert_eq!(world.accept(&second).await, AcceptOutcome::Accepted);

    let joined = world.report(second.push.id).await;
    assert_eq!(joined.entries, world.report(first.push).await.entries);
    assert_eq!(
        (joined.push.state, joined.counts().pending),
        (PushState::Running, 3)
    );
    let batch = world.claimed(50, 10).await;
    assert_eq!((batch.push.id, batch.deliveries.len()), (first.push, 3));
    world.settle(&batch, 0, world.confirmed(), 20).await;
    world.settle(&batch, 1, world.confirmed(), 20).await;
    assert_eq!(world.state(second.push.id).await, PushState::Running);
    world.settle(&batch, 2, world.confirmed(), 30).await;
    for push in [first.push, second.push.id] {
        let report = world.report(push).await;
        assert_eq!(
            (report.push.state, report.push.settled_at),
            (PushState::Settled, Some(at(30)))
        );
        assert_eq!(report.counts().pushed, 3);
    }
    world.retire().await;
}

/// When two people push the same tickets at the same moment, each ticket has one delivery and both pushes hold it.
pub async fn two_accepts_at_once_make_one_delivery(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (document, tickets) = world.reviewed(3).await;
    let push_of = |tickets: Vec<&Ticket>| {
        world.new_push(
            document,
            tickets.into_iter().map(|one| world.deliver(one)).collect(),
        )
    };
    let left = push_of(tickets.iter().collect());
    let right = push_of(tickets.iter().rev().collect());

    let outcomes = join(world.accept(&left), world.accept(&right)).await;

    assert_eq!(outcomes, (AcceptOutcome::Accepted, AcceptOutcome::Accepted));
    let marks = |entries: Vec<&Delivery>| -> Vec<DeliveryId> {
        let mut marks: Vec<_> = entries.iter().map(|delivery| delivery.id).collect();
        marks.sort_unstable();
        marks
    };
    let (left, right) = (
        world.report(left.push.id).await,
        world.report(right.push.id).await,
    );
    assert_eq!(marks(deliveries(&left)), marks(deliveries(&right)));
    let batch = world.claimed(50, 10).await;
    assert_eq!(batch.deliveries.len(), 3);
    assert_eq!(world.claim(50, 10).await, None);
    world.retire().await;
}

/// A ticket that was changed, deleted, or is not what the preflight saw refuses the push, and nothing is written.
pub async fn a_changed_ticket_refuses_the_whole_push(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    world.connect().await;
    let (document, tickets) = world.reviewed(3).await;
    let (_, foreign) = other.reviewed(1).await;
    let [kept, edited, deleted] = [0, 1, 2].map(|index| nth(&tickets, index).clone());
    assert_eq!(ok(ports.tickets.save(&edited).await), SaveOutcome::Done);
    let gone = ports
        .tickets
        .delete(world.workspace, deleted.id, deleted.version, at(1))
        .await;
    assert_eq!(ok(gone), SaveOutcome::Done);
    let spoilers = [
        world.deliver(&edited),
        world.refuse(&edited),
        world.deliver(&deleted),
        world.deliver(nth(&foreign, 0)),
        world.deliver(&world.ticket(document, "unwritten")),
        NewEntry::Existing { ticket_id: kept.id },
        NewEntry::Existing {
            ticket_id: deleted.id,
        },
    ];

    for spoiler in spoilers {
        let (_, free) = world.reviewed(1).await;
        let free = nth(&free, 0).clone();
        let key = key("spoiled", world.actor, 1);
        let new = NewPush {
            idempotency: Some(key.clone()),
            ..world.new_push(document, vec![world.deliver(&free), spoiler.clone()])
        };

        assert_eq!(
            world.accept(&new).await,
            AcceptOutcome::TicketsChanged,
            "{spoiler:?}"
        );

        assert_eq!(world.load(free.id).await, free);
        let found = ports
            .deliveries
            .find_push(world.workspace, new.push.id, START)
            .await;
        assert_eq!(ok(found), None);
        assert!(!world.has_audit(&new.audit).await);
        let kept_key = ports
            .deliveries
            .find_key(world.workspace, &key, START)
            .await;
        assert_eq!(ok(kept_key), KeyLookup::Free, "a refused push keeps no key");
    }
    assert_eq!(world.load(kept.id).await, kept);
    world.retire().await;
}

/// Without an active integration with the push's site and account nothing is written.
pub async fn a_push_to_another_site_is_refused(ports: &Ports) {
    let world = World::new(ports).await;
    let (document, tickets) = world.reviewed(1).await;
    let new = world.new_push(document, vec![world.deliver(nth(&tickets, 0))]);

    let never_connected = world.accept(&new).await;
    world.connect().await;
    let elsewhere = Push {
        site_id: "another site".to_owned(),
        ..new.push.clone()
    };
    let other_site = world
        .accept(&NewPush {
            push: elsewhere,
            ..new.clone()
        })
        .await;
    let somebody = Push {
        account_id: "account-2".to_owned(),
        ..new.push.clone()
    };
    let other_account = world
        .accept(&NewPush {
            push: somebody,
            ..new.clone()
        })
        .await;
    world.disconnect(10).await;
    let disconnected = world.accept(&new).await;

    for outcome in [never_connected, other_site, other_account, disconnected] {
        assert_eq!(outcome, AcceptOutcome::NotConnected);
    }
    assert_eq!(world.load(nth(&tickets, 0).id).await, *nth(&tickets, 0));
    assert_eq!(
        ok(ports
            .deliveries
            .push_state(world.workspace, new.push.id)
            .await),
        None
    );
    assert!(!world.has_audit(&new.audit).await);
    let stored = world.stored_integration().await;
    assert_eq!((stored.platform, stored.is_active), (Platform::Jira, false));
}

/// A push may hold more tickets than a statement takes parameters.
pub async fn many_tickets_are_accepted_at_once(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1_500).await;

    let report = world.report(accepted.push).await;

    check_change_numbers(&report);
    let marks: Vec<DeliveryId> = deliveries(&report)
        .iter()
        .map(|delivery| delivery.id)
        .collect();
    assert!(
        marks == accepted.deliveries,
        "the entries are not in the order they were given"
    );
    assert_eq!(world.cancel(accepted.push, 10).await, Some(1_500));
    assert_eq!(world.state(accepted.push).await, PushState::Settled);
    world.retire().await;
}
