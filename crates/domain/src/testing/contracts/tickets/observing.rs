//! The promises about what a sync learns.

use super::super::Ports;
use super::super::world::{START, World, at, ok};
use crate::ticket::model::{ExternalIssue, SyncedStatus, Ticket, TicketStatus};
use crate::ticket::ports::TicketObservation;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    the_first_status_makes_a_pushed_ticket_synced(ports).await;
    the_version_rises_when_more_than_the_time_differs(ports).await;
    a_missing_issue_keeps_its_link_and_last_words(ports).await;
}

async fn one_pushed(world: &World<'_>) -> Ticket {
    let document = world.add_document().await;
    let ticket = world.pushed_ticket(document, "pushed");
    world
        .add_tickets(document, std::slice::from_ref(&ticket))
        .await;
    ticket
}

fn seen(ticket: &Ticket, status: SyncedStatus, words: &str, second: i64) -> TicketObservation {
    TicketObservation {
        ticket_id: ticket.id,
        synced_status: status,
        external_status: Some(words.to_owned()),
        external: ticket.external.clone(),
        synced_at: at(second),
    }
}

/// The first status makes a pushed ticket synced; tickets of another workspace are not touched.
pub async fn the_first_status_makes_a_pushed_ticket_synced(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let (ticket, foreign) = (one_pushed(&world).await, one_pushed(&other).await);
    let observations = [
        seen(&ticket, SyncedStatus::InProgress, "In Review", 60),
        seen(&foreign, SyncedStatus::Done, "Done", 60),
    ];

    ok(ports.tickets.observe(world.workspace, &observations).await);

    let stored = world.load(ticket.id).await;
    let expected = Ticket {
        status: TicketStatus::Synced,
        synced_status: Some(SyncedStatus::InProgress),
        external_status: Some("In Review".to_owned()),
        version: 2,
        synced_at: Some(at(60)),
        updated_at: stored.updated_at,
        ..ticket
    };
    assert_eq!(stored, expected);
    assert_eq!(other.load(foreign.id).await, foreign);
}

/// Seeing the same again changes the time of the sync only; a new status or a moved issue raises the version.
pub async fn the_version_rises_when_more_than_the_time_differs(ports: &Ports) {
    let world = World::new(ports).await;
    let ticket = one_pushed(&world).await;
    let observe = async |observation: TicketObservation| {
        ok(ports.tickets.observe(world.workspace, &[observation]).await);
        world.load(ticket.id).await
    };

    let first = observe(seen(&ticket, SyncedStatus::Open, "To Do", 60)).await;
    let same = observe(seen(&ticket, SyncedStatus::Open, "To Do", 120)).await;
    assert_eq!(
        same,
        Ticket {
            synced_at: Some(at(120)),
            ..first
        }
    );

    let done = observe(seen(&ticket, SyncedStatus::Done, "Done", 180)).await;
    assert_eq!(
        (done.version, done.synced_status),
        (3, Some(SyncedStatus::Done))
    );

    let words = observe(seen(&ticket, SyncedStatus::Done, "Closed", 240)).await;
    assert_eq!(
        (words.version, words.external_status.as_deref()),
        (4, Some("Closed"))
    );

    let moved_to = ticket.external.clone().map(|external| ExternalIssue {
        key: "OPS-7".to_owned(),
        url: "https://example.test/browse/OPS-7".to_owned(),
        ..external
    });
    let moved = TicketObservation {
        external: moved_to.clone(),
        ..seen(&ticket, SyncedStatus::Done, "Closed", 300)
    };
    let moved = observe(moved).await;
    assert_eq!((moved.version, moved.external), (5, moved_to));
    assert_eq!(moved.status, TicketStatus::Synced);
}

/// An issue that is gone keeps its link and the last words about it, and can be found again.
pub async fn a_missing_issue_keeps_its_link_and_last_words(ports: &Ports) {
    let world = World::new(ports).await;
    let ticket = one_pushed(&world).await;
    let gone = TicketObservation {
        external_status: None,
        external: None,
        ..seen(&ticket, SyncedStatus::Missing, "", 120)
    };
    let open = seen(&ticket, SyncedStatus::Open, "To Do", 60);
    ok(ports.tickets.observe(world.workspace, &[open]).await);

    ok(ports.tickets.observe(world.workspace, &[gone]).await);
    let missing = world.load(ticket.id).await;
    let back = seen(&ticket, SyncedStatus::Open, "To Do", 180);
    ok(ports.tickets.observe(world.workspace, &[back]).await);
    let found = world.load(ticket.id).await;

    assert_eq!(missing.synced_status, Some(SyncedStatus::Missing));
    assert_eq!(missing.external_status.as_deref(), Some("To Do"));
    assert_eq!(missing.external, ticket.external);
    assert_eq!((missing.version, missing.synced_at), (3, Some(at(120))));
    assert_eq!(
        (found.version, found.synced_status),
        (4, Some(SyncedStatus::Open))
    );
    assert_eq!(found.created_at, START);
}
