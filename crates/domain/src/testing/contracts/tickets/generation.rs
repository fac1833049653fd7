//! The promises about bringing scoped tickets in.

use super::super::Ports;
use super::super::world::{START, World, at, nth, ok};
use crate::shared::ids::{DocumentId, TicketId};
use crate::ticket::model::{Ticket, TicketContent, TicketStatus};
use crate::ticket::ports::GenerationScope;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    new_fingerprints_are_inserted_as_they_stand(ports).await;
    many_tickets_come_in_at_once(ports).await;
    generating_again_changes_nothing(ports).await;
    unreviewed_tickets_follow_their_source(ports).await;
    touched_tickets_are_left_alone(ports).await;
    deleted_fingerprints_stay_away(ports).await;
    a_whole_generation_removes_what_vanished(ports).await;
}

async fn generate(
    world: &World<'_>,
    document: DocumentId,
    scoped: &[Ticket],
    scope: GenerationScope,
) -> Vec<Ticket> {
    let tickets = &world.ports.tickets;
    ok(tickets
        .apply_generation(world.workspace, document, scoped, scope, at(60))
        .await)
}

/// The same sources as scoping gives them the next time: with new ids.
fn scoped_again(world: &World<'_>, tickets: &[Ticket]) -> Vec<Ticket> {
    let again = |ticket: &Ticket| Ticket {
        id: world.ports.ids.next(),
        created_at: at(60),
        updated_at: at(60),
        ..ticket.clone()
    };
    tickets.iter().map(again).collect()
}

fn with_title(ticket: &Ticket, title: &str) -> Ticket {
    let content = TicketContent {
        title: title.to_owned(),
        ..ticket.content.clone()
    };
    Ticket {
        content,
        ..ticket.clone()
    }
}

/// A new fingerprint is inserted as it stands; the answer is every ticket of the document by the order of ids.
pub async fn new_fingerprints_are_inserted_as_they_stand(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.document("With a block");
    let id = document.summary.id;
    let block = world.block(id, 0, "A block");
    ok(ports
        .documents
        .insert(&document, std::slice::from_ref(&block))
        .await);
    let elsewhere = world.add_document().await;
    let full = Ticket {
        block_id: Some(block.id),
        ..world.ticket(id, "full")
    };
    let bare = Ticket {
        content: TicketContent {
            title: "Bare".to_owned(),
            ..TicketContent::default()
        },
        ..world.ticket(id, "bare")
    };
    let issue = world.pushed_ticket(id, "issue");
    world
        .add_tickets(elsewhere, &[world.ticket(elsewhere, "full")])
        .await;

    let first = generate(
        &world,
        id,
        std::slice::from_ref(&full),
        GenerationScope::Whole,
    )
    .await;
    let part = [issue.clone(), bare.clone()];
    let all = generate(&world, id, &part, GenerationScope::Part).await;

    assert_eq!(first, std::slice::from_ref(&full));
    assert_eq!(all, [full.clone(), bare, issue]);
    assert_eq!(world.load(full.id).await, full);
}

/// A document may call for hundreds of tickets.
pub async fn many_tickets_come_in_at_once(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let many: Vec<Ticket> = (0..1_500)
        .map(|number| world.ticket(document, &format!("{number}")))
        .collect();

    let first = generate(&world, document, &many, GenerationScope::Whole).await;
    let again = scoped_again(&world, &many);
    let second = generate(&world, document, &again, GenerationScope::Whole).await;

    assert_eq!(first.len(), 1_500);
    assert!(
        first == many,
        "many tickets came back changed or in another order"
    );
    assert!(
        second == first,
        "generating many tickets again changed some"
    );
}

/// The same sources give the same tickets, and no version rises.
pub async fn generating_again_changes_nothing(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let scoped = [world.ticket(document, "1"), world.ticket(document, "2")];
    let first = generate(&world, document, &scoped, GenerationScope::Whole).await;

    for scope in [GenerationScope::Whole, GenerationScope::Part] {
        let again = scoped_again(&world, &scoped);
        assert_eq!(generate(&world, document, &again, scope).await, first);
    }
}

/// Content, block and line of a ticket that nobody has touched follow; its id and the time of its making stay.
pub async fn unreviewed_tickets_follow_their_source(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.document("With a block");
    let id = document.summary.id;
    let block = world.block(id, 0, "A block");
    ok(ports
        .documents
        .insert(&document, std::slice::from_ref(&block))
        .await);
    let scoped = [
        world.ticket(id, "title"),
        world.ticket(id, "line"),
        world.ticket(id, "block"),
    ];
    let first = generate(&world, id, &scoped, GenerationScope::Whole).await;
    let again = scoped_again(&world, &scoped);
    let changed = [
        with_title(nth(&again, 0), "Another title"),
        Ticket {
            source_line: 30,
            ..nth(&again, 1).clone()
        },
        Ticket {
            block_id: Some(block.id),
            ..nth(&again, 2).clone()
        },
    ];

    let second = generate(&world, id, &changed, GenerationScope::Part).await;

    let expected: Vec<Ticket> = first
        .iter()
        .zip(&changed)
        .map(|(before, source)| Ticket {
            id: before.id,
            version: 2,
            created_at: START,
            updated_at: at(60),
            ..source.clone()
        })
        .collect();
    assert_eq!(second, expected);
}

/// Tickets that are reviewed, failed or issues are left alone, whatever their source says and also when it vanishes.
pub async fn touched_tickets_are_left_alone(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let of_status = |status| Ticket {
        status,
        ..world.ticket(document, &format!("{status:?}"))
    };
    let touched = [
        of_status(TicketStatus::Reviewed),
        of_status(TicketStatus::PushFailed),
        world.pushed_ticket(document, "pushed"),
        Ticket {
            status: TicketStatus::Synced,
            ..world.pushed_ticket(document, "synced")
        },
    ];
    world.add_tickets(document, &touched).await;
    let changed: Vec<Ticket> = scoped_again(&world, &touched)
        .iter()
        .map(|ticket| Ticket {
            status: TicketStatus::Generated,
            external: None,
            ..with_title(ticket, "Another title")
        })
        .collect();

    assert_eq!(
        generate(&world, document, &changed, GenerationScope::Whole).await,
        touched
    );
    assert_eq!(
        generate(&world, document, &[], GenerationScope::Whole).await,
        touched
    );
}

/// What a person has deleted does not come back, however often its source is scoped.
pub async fn deleted_fingerprints_stay_away(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let (deleted, kept) = (
        world.ticket(document, "deleted"),
        world.ticket(document, "kept"),
    );
    let scoped = [deleted.clone(), kept.clone()];
    world.add_tickets(document, &scoped).await;
    ok(ports
        .tickets
        .delete(world.workspace, deleted.id, 1, at(30))
        .await);

    for scope in [GenerationScope::Whole, GenerationScope::Part] {
        let mut again = scoped_again(&world, &scoped);
        if let Some(source) = again.first_mut() {
            *source = with_title(source, "Another title");
        }
        assert_eq!(
            generate(&world, document, &again, scope).await,
            std::slice::from_ref(&kept)
        );
    }
    let _: Vec<Ticket> = generate(&world, document, &[], GenerationScope::Whole).await;
    let again = scoped_again(&world, &scoped);
    let fingerprints = |tickets: &[Ticket]| -> Vec<String> {
        tickets
            .iter()
            .map(|ticket| ticket.fingerprint.clone())
            .collect()
    };
    let back = generate(&world, document, &again, GenerationScope::Whole).await;
    assert_eq!(
        fingerprints(&back),
        ["kept"],
        "the deleted ticket came back by a detour"
    );
}

/// Where the whole document was scoped, unreviewed tickets whose source is gone are removed; they return with it.
pub async fn a_whole_generation_removes_what_vanished(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let elsewhere = world.add_document().await;
    let stays = world.ticket(document, "stays");
    let vanishes = world.ticket(document, "vanishes");
    let other = world.ticket(elsewhere, "vanishes");
    world
        .add_tickets(document, &[stays.clone(), vanishes.clone()])
        .await;
    world
        .add_tickets(elsewhere, std::slice::from_ref(&other))
        .await;
    let without = scoped_again(&world, std::slice::from_ref(&stays));

    let part = generate(&world, document, &without, GenerationScope::Part).await;
    let whole = generate(&world, document, &without, GenerationScope::Whole).await;

    assert_eq!(part, [stays.clone(), vanishes.clone()]);
    assert_eq!(whole, std::slice::from_ref(&stays));
    assert_eq!(
        ok(ports.tickets.find(world.workspace, vanishes.id).await),
        None
    );
    assert_eq!(world.load(other.id).await, other);
    let returning = scoped_again(&world, &[stays.clone(), vanishes]);
    let returned: Vec<TicketId> = generate(&world, document, &returning, GenerationScope::Whole)
        .await
        .iter()
        .map(|ticket| ticket.id)
        .collect();
    assert_eq!(returned, [stays.id, nth(&returning, 1).id]);
}
