//! The promises of [`TicketRepository`](crate::ticket::ports::TicketRepository).

use futures_util::future::join;
use serde_json::{Map, Value};

use super::Ports;
use super::world::{World, at, nth, ok, page};
use crate::shared::ids::{DocumentId, TicketId};
use crate::ticket::model::{
    Dependency, Effort, Parent, Priority, PushError, PushErrorCode, SyncedStatus, Ticket,
    TicketContent, TicketStatus, TicketType,
};
use crate::ticket::ports::{LinkedFilter, SaveOutcome};

pub mod family;
pub mod generation;
pub mod observing;

/// Runs the suite.
pub async fn check(ports: &Ports) {
    generation::check(ports).await;
    family::check(ports).await;
    tickets_are_found_in_their_workspace_by_the_order_of_ids(ports).await;
    tickets_are_listed_in_pages_with_their_number(ports).await;
    saving_compares_and_raises_the_version(ports).await;
    saving_writes_nothing_but_content_status_error_and_time(ports).await;
    of_two_saves_at_once_one_wins(ports).await;
    deleting_compares_the_version(ports).await;
    linked_tickets_are_those_that_are_issues(ports).await;
    observing::check(ports).await;
}

/// Ids of one's own workspace are found, once each, in their order; thousands may be asked for.
pub async fn tickets_are_found_in_their_workspace_by_the_order_of_ids(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let document = world.add_document().await;
    let (first, second) = (world.ticket(document, "1"), world.ticket(document, "2"));
    world
        .add_tickets(document, &[first.clone(), second.clone()])
        .await;
    let mut ids: Vec<TicketId> = (0..9_997).map(|_| ports.ids.next()).collect();
    ids.extend([second.id, first.id, second.id]);

    let found = ok(ports.tickets.find_many(world.workspace, &ids).await);
    let foreign = ok(ports.tickets.find_many(other.workspace, &ids).await);

    assert_eq!(found, [first.clone(), second]);
    assert_eq!(foreign, []);
    assert_eq!(ok(ports.tickets.find_many(world.workspace, &[]).await), []);
    assert_eq!(
        ok(ports.tickets.find(world.workspace, first.id).await),
        Some(first.clone())
    );
    assert_eq!(
        ok(ports.tickets.find(other.workspace, first.id).await),
        None
    );
}

/// Lists go by the order of ids, page by page, by status where one is wanted, with the number of all that fit.
pub async fn tickets_are_listed_in_pages_with_their_number(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let elsewhere = world.add_document().await;
    let mut tickets: Vec<Ticket> = (0..5)
        .map(|number| world.ticket(document, &format!("{number}")))
        .collect();
    for ticket in tickets.iter_mut().skip(3) {
        ticket.status = TicketStatus::Reviewed;
    }
    world.add_tickets(document, &tickets).await;
    world
        .add_tickets(elsewhere, &[world.ticket(elsewhere, "0")])
        .await;
    let list = |status, after| {
        ports
            .tickets
            .list(world.workspace, document, status, page(2, after))
    };

    let (first, total) = ok(list(None, None).await);
    let (second, _) = ok(list(None, first.next).await);
    let (third, _) = ok(list(None, second.next).await);
    let (generated, generated_total) = ok(list(Some(TicketStatus::Generated), None).await);
    let by_status = |status| {
        ports
            .tickets
            .list_by_status(world.workspace, document, status)
    };

    assert_eq!((total, generated_total), (5, 3));
    assert_eq!([first.items, second.items, third.items].concat(), tickets);
    assert_eq!(third.next, None);
    assert_eq!(
        generated.items,
        tickets.iter().take(2).cloned().collect::<Vec<_>>()
    );
    assert_eq!(generated.next, Some(nth(&tickets, 1).id.as_uuid()));
    let reviewed = ok(by_status(TicketStatus::Reviewed).await);
    assert_eq!(
        reviewed,
        tickets.iter().skip(3).cloned().collect::<Vec<_>>()
    );
    assert_eq!(ok(by_status(TicketStatus::PushFailed).await), []);
}

async fn one_ticket(world: &World<'_>) -> Ticket {
    let document = world.add_document().await;
    let ticket = world.ticket(document, "one");
    world
        .add_tickets(document, std::slice::from_ref(&ticket))
        .await;
    ticket
}

/// A save is written from the stored version only, in the ticket's workspace, and raises the version by one.
pub async fn saving_compares_and_raises_the_version(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let ticket = one_ticket(&world).await;
    let changed = Ticket {
        content: TicketContent {
            title: "Another title".to_owned(),
            description: String::new(),
            ticket_type: TicketType::Bug,
            priority: Some(Priority::Other("Blocker".to_owned())),
            labels: Vec::new(),
            acceptance_criteria: vec!["First".to_owned(), "Second".to_owned()],
            estimated_effort: Some(Effort::Xlarge),
            assignee: None,
            due_on: None,
        },
        parent: Some(Parent::Key("ENG-7".to_owned())),
        depends_on: vec![Dependency::Key {
            key: "ENG-8".to_owned(),
        }],
        fields: Map::from_iter([("jira".to_owned(), Value::Bool(true))]),
        status: TicketStatus::PushFailed,
        push_error: Some(PushError::new(PushErrorCode::FieldRejected, "no").of_field("summary")),
        updated_at: at(60),
        ..ticket.clone()
    };

    let done = ok(ports.tickets.save(&changed).await);
    let stored = world.load(ticket.id).await;
    let late = ok(ports.tickets.save(&ticket).await);
    let foreign = Ticket {
        workspace_id: other.workspace,
        version: 2,
        ..ticket.clone()
    };
    let foreign = ok(ports.tickets.save(&foreign).await);
    let unknown = ok(ports
        .tickets
        .save(&world.ticket(ticket.document_id, "new"))
        .await);

    assert_eq!(done, SaveOutcome::Done);
    assert_eq!(
        stored,
        Ticket {
            version: 2,
            ..changed
        }
    );
    assert_eq!(late, SaveOutcome::VersionConflict);
    assert_eq!(foreign, SaveOutcome::NotFound);
    assert_eq!(unknown, SaveOutcome::NotFound);
    assert_eq!(world.load(ticket.id).await, stored);

    let cleared = TicketContent {
        priority: None,
        estimated_effort: None,
        ..stored.content.clone()
    };
    let cleared = Ticket {
        content: cleared,
        status: TicketStatus::Reviewed,
        push_error: None,
        ..stored
    };
    assert_eq!(ok(ports.tickets.save(&cleared).await), SaveOutcome::Done);
    assert_eq!(
        world.load(ticket.id).await,
        Ticket {
            version: 3,
            ..cleared
        }
    );
}

/// A save leaves alone what a person cannot change.
pub async fn saving_writes_nothing_but_content_status_error_and_time(ports: &Ports) {
    let world = World::new(ports).await;
    let ticket = one_ticket(&world).await;
    let bent = Ticket {
        source_line: Some(99),
        differs_from_document: true,
        platform: Some("jira".to_owned()),
        external: Some(world.issue("9")),
        synced_status: Some(SyncedStatus::Done),
        external_status: Some("Done".to_owned()),
        created_at: at(-60),
        pushed_at: Some(at(1)),
        synced_at: Some(at(2)),
        ..ticket.clone()
    };

    assert_eq!(ok(ports.tickets.save(&bent).await), SaveOutcome::Done);

    assert_eq!(
        world.load(ticket.id).await,
        Ticket {
            version: 2,
            ..ticket
        }
    );
}

/// Of two saves from the same version that come at once, one is written.
pub async fn of_two_saves_at_once_one_wins(ports: &Ports) {
    let world = World::new(ports).await;
    let ticket = one_ticket(&world).await;
    let titled = |title: &str| {
        let content = TicketContent {
            title: title.to_owned(),
            ..ticket.content.clone()
        };
        Ticket {
            content,
            ..ticket.clone()
        }
    };
    let (left, right) = (titled("Left"), titled("Right"));

    let outcomes = join(ports.tickets.save(&left), ports.tickets.save(&right)).await;

    let winner = match (ok(outcomes.0), ok(outcomes.1)) {
        (SaveOutcome::Done, SaveOutcome::VersionConflict) => left,
        (SaveOutcome::VersionConflict, SaveOutcome::Done) => right,
        other => panic!("two saves from one version gave {other:?}"),
    };
    assert_eq!(
        world.load(ticket.id).await,
        Ticket {
            version: 2,
            ..winner
        }
    );
}

/// A ticket is deleted from the stored version only, and then never given out.
pub async fn deleting_compares_the_version(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let ticket = one_ticket(&world).await;
    let delete = |workspace, version| ports.tickets.delete(workspace, ticket.id, version, at(60));

    assert_eq!(
        ok(delete(world.workspace, 2).await),
        SaveOutcome::VersionConflict
    );
    assert_eq!(ok(delete(other.workspace, 1).await), SaveOutcome::NotFound);
    assert_eq!(world.load(ticket.id).await, ticket);
    assert_eq!(ok(delete(world.workspace, 1).await), SaveOutcome::Done);

    assert_eq!(ok(delete(world.workspace, 2).await), SaveOutcome::NotFound);
    assert_eq!(
        ok(ports
            .tickets
            .save(&Ticket {
                version: 2,
                ..ticket.clone()
            })
            .await),
        SaveOutcome::NotFound
    );
    assert_eq!(
        ok(ports.tickets.find(world.workspace, ticket.id).await),
        None
    );
    assert_eq!(
        ok(ports.tickets.find_many(world.workspace, &[ticket.id]).await),
        []
    );
    let (listed, total) = ok(ports
        .tickets
        .list(world.workspace, ticket.document_id, None, page(50, None))
        .await);
    assert_eq!((listed.items.len(), total), (0, 0));
    let generated =
        ports
            .tickets
            .list_by_status(world.workspace, ticket.document_id, TicketStatus::Generated);
    assert_eq!(ok(generated.await), []);
}

/// Linked are the pushed and the synced tickets, of every document or of one, all of them or some.
pub async fn linked_tickets_are_those_that_are_issues(ports: &Ports) {
    let world = World::new(ports).await;
    let (here, there) = (world.add_document().await, world.add_document().await);
    let pushed = world.pushed_ticket(here, "pushed");
    let synced = Ticket {
        status: TicketStatus::Synced,
        ..world.pushed_ticket(here, "synced")
    };
    let elsewhere = world.pushed_ticket(there, "elsewhere");
    let generated = world.ticket(here, "generated");
    world
        .add_tickets(here, &[pushed.clone(), synced.clone(), generated.clone()])
        .await;
    world
        .add_tickets(there, std::slice::from_ref(&elsewhere))
        .await;
    let linked = async |document_id: Option<DocumentId>, ticket_ids: Option<Vec<TicketId>>| {
        let filter = LinkedFilter {
            document_id,
            ticket_ids,
        };
        let found = ok(ports.tickets.list_linked(world.workspace, &filter).await);
        found.iter().map(|ticket| ticket.id).collect::<Vec<_>>()
    };

    assert_eq!(
        linked(None, None).await,
        [pushed.id, synced.id, elsewhere.id]
    );
    assert_eq!(linked(Some(here), None).await, [pushed.id, synced.id]);
    let some = vec![elsewhere.id, generated.id, synced.id];
    assert_eq!(
        linked(None, Some(some.clone())).await,
        [synced.id, elsewhere.id]
    );
    assert_eq!(linked(Some(there), Some(some)).await, [elsewhere.id]);
    assert_eq!(linked(None, Some(Vec::new())).await, []);
    let other = World::new(ports).await;
    assert_eq!(
        ok(ports
            .tickets
            .list_linked(other.workspace, &LinkedFilter::default())
            .await),
        []
    );
}
