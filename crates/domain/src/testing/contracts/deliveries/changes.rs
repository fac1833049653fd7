//! The promises about watching a push.

use super::super::Ports;
use super::super::world::{World, at, nth, ok, there};
use super::ledger::{Accepted, trouble};
use crate::delivery::model::{PushChanges, PushEntry, PushState, Settlement};
use crate::delivery::ports::{AcceptOutcome, NewEntry};
use crate::shared::ids::{PushId, TicketId};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    every_entry_has_a_number_from_the_beginning(ports).await;
    changes_are_told_in_their_order(ports).await;
    a_joined_delivery_takes_numbers_of_both_pushes(ports).await;
    a_push_is_watched_from_its_own_workspace(ports).await;
}

impl World<'_> {
    async fn changes(&self, push: PushId, after: i64, limit: u32) -> PushChanges {
        let repository = &self.ports.deliveries;
        let changes = repository.list_changes(self.workspace, push, after, limit, at(100));
        there(changes.await)
    }

    /// A push that joins one delivery, sends a ticket, holds an issue and refuses a ticket.
    async fn mixed(&self, joined: &Accepted) -> (PushId, Vec<TicketId>) {
        let (_, tickets) = self.reviewed(2).await;
        let issue = self.pushed_ticket(joined.document, "issue");
        self.add_tickets(joined.document, std::slice::from_ref(&issue))
            .await;
        let (sent, refused) = (nth(&tickets, 0), nth(&tickets, 1));
        let entries = vec![
            NewEntry::Existing {
                ticket_id: joined.ticket(0),
            },
            self.deliver(sent),
            NewEntry::Existing {
                ticket_id: issue.id,
            },
            self.refuse(refused),
        ];
        let push = self.new_push(joined.document, entries);
        assert_eq!(self.accept(&push).await, AcceptOutcome::Accepted);
        let ids = vec![joined.ticket(0), sent.id, issue.id, refused.id];
        (push.push.id, ids)
    }
}

fn tickets(changes: &PushChanges) -> Vec<TicketId> {
    let ticket = |entry: &PushEntry| match entry {
        PushEntry::Delivery(delivery) => delivery.ticket_id,
        PushEntry::AlreadyPushed { ticket_id, .. } => *ticket_id,
    };
    let entries = changes.entries.iter();
    entries.map(|entry| ticket(&entry.entry)).collect()
}

fn numbers(changes: &PushChanges) -> Vec<i64> {
    let entries = changes.entries.iter();
    entries.map(|entry| entry.change_number).collect()
}

/// Own deliveries, joined ones, refused ones and old issues have different numbers above zero; the push has the greatest.
pub async fn every_entry_has_a_number_from_the_beginning(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let first = world.accepted(1).await;
    let (push, ids) = world.mixed(&first).await;

    let changes = world.changes(push, 0, 100).await;

    let numbers = numbers(&changes);
    assert!(numbers.first().is_some_and(|first| *first > 0));
    assert!(
        numbers.is_sorted_by(|left, right| left < right),
        "{numbers:?}"
    );
    let greatest = changes.summary.push.change_number;
    assert_eq!(numbers.last(), Some(&greatest));
    let mut told = tickets(&changes);
    let mut given = ids;
    told.sort_unstable();
    given.sort_unstable();
    assert_eq!(told, given);
    let report = world.report(push).await;
    assert_eq!(changes.summary.counts, report.counts());
    assert_eq!(changes.summary.push, report.push);
    assert!(numbers_after(&world, push, greatest).await.is_empty());
    world.retire().await;
}

async fn numbers_after(world: &World<'_>, push: PushId, after: i64) -> Vec<i64> {
    numbers(&world.changes(push, after, 100).await)
}

/// What changed after a number is told oldest first, as it is now, so many at a time.
pub async fn changes_are_told_in_their_order(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(3).await;
    let before = world.changes(accepted.push, 0, 100).await;
    let begun = before.summary.push.change_number;
    assert_eq!(begun, 3);
    let batch = world.claimed(50, 10).await;
    let order = [2, 0];
    for index in order {
        world.settle(&batch, index, world.confirmed(), 20).await;
    }

    let all = world.changes(accepted.push, begun, 100).await;
    let claimed = accepted.ticket(1);
    let expected = [claimed, accepted.ticket(2), accepted.ticket(0)];
    assert_eq!(tickets(&all), expected);
    let (mut after, mut told) = (begun, Vec::new());
    loop {
        let some = world.changes(accepted.push, after, 2).await;
        assert!(some.entries.len() <= 2);
        let Some(last) = some.entries.last() else {
            break;
        };
        after = last.change_number;
        told.extend(tickets(&some));
    }
    assert_eq!(told, expected);

    world.settle(&batch, 1, world.confirmed(), 30).await;
    let last = world.changes(accepted.push, after, 100).await;
    assert_eq!(tickets(&last), [claimed]);
    assert_eq!(last.summary.push.state, PushState::Settled);
    assert_eq!(last.summary.counts.pushed, 3);
    for entry in &last.entries {
        let PushEntry::Delivery(delivery) = &entry.entry else {
            panic!("a delivery is told as an issue")
        };
        assert_eq!(delivery.change_number, entry.change_number);
    }
    world.retire().await;
}

/// A change of a delivery is told to the push that made it and to each that joined it, by the numbers of each.
pub async fn a_joined_delivery_takes_numbers_of_both_pushes(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let first = world.accepted(1).await;
    let (push, _) = world.mixed(&first).await;
    let begun = world.changes(push, 0, 100).await.summary.push.change_number;
    let own = world.changes(first.push, 0, 100).await;
    let batch = world.claimed(50, 10).await;
    assert_eq!(batch.push.id, first.push);

    let claimed = world.changes(push, begun, 100).await;
    let doubt = Settlement::Uncertain { error: trouble() };
    world.settle(&batch, 0, doubt, 20).await;
    let settled = world.changes(push, begun, 100).await;

    for changes in [&claimed, &settled] {
        assert_eq!(tickets(changes), [first.ticket(0)]);
        let greatest = changes.summary.push.change_number;
        assert_eq!(numbers(changes), [greatest]);
    }
    assert!(numbers(&settled) > numbers(&claimed));
    let after = own.summary.push.change_number;
    assert_eq!(numbers_after(&world, first.push, after).await.len(), 1);
    assert_eq!(numbers(&claimed), [begun + 1]);
    world.retire().await;
}

/// Another workspace sees no such push, and nobody one that is not there.
pub async fn a_push_is_watched_from_its_own_workspace(ports: &Ports) {
    let (world, other) = (World::new(ports).await, World::new(ports).await);
    world.connect().await;
    let accepted = world.accepted(1).await;
    let watch = async |workspace, push| {
        let changes = ports
            .deliveries
            .list_changes(workspace, push, 0, 100, at(10));
        ok(changes.await)
    };

    assert!(watch(world.workspace, accepted.push).await.is_some());
    assert_eq!(watch(other.workspace, accepted.push).await, None);
    assert_eq!(watch(world.workspace, ports.ids.next()).await, None);
    world.retire().await;
}
