//! The promises about bringing scoped tickets in; what is decided there is tested beside the rule.

use time::OffsetDateTime;

use super::super::Ports;
use super::super::world::{START, World, at, nth, ok};
use crate::document::ports::DocumentOutcome;
use crate::scoping::model::CoverageReason;
use crate::scoping::model::{CoverageEntry, LineOutcome, NoteCode, ScopedTicket, ScopingNote};
use crate::shared::ids::{BlockId, DocumentId};
use crate::ticket::model::{Parent, Ticket, TicketStatus, TicketType};
use crate::ticket::ports::{Generated, GenerationOutcome, GenerationScope, KeptCoverage};
use crate::ticket::regeneration::{Candidate, Generation};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    what_is_new_is_written_whole(ports).await;
    many_tickets_come_in_at_once(ports).await;
    unreviewed_tickets_follow_and_vanish_with_their_source(ports).await;
    touched_and_deleted_tickets_are_left_alone(ports).await;
    a_pushed_ticket_says_that_it_differs(ports).await;
    a_document_that_changed_meanwhile_is_not_generated_from(ports).await;
    the_newest_coverage_is_kept_while_the_document_is_there(ports).await;
}

/// A generation of all of a document, of what is scoped in this order.
fn whole(
    world: &World<'_>,
    document: DocumentId,
    scoped: Vec<ScopedTicket>,
    block_id: Option<BlockId>,
    now: OffsetDateTime,
) -> Generation {
    let candidates = scoped.into_iter().map(|scoped| Candidate {
        id: world.ports.ids.next(),
        block_id,
        scoped,
        is_wanted: true,
    });
    Generation {
        workspace_id: world.workspace,
        document_id: document,
        document_version: 1,
        scope: GenerationScope::Whole,
        candidates: candidates.collect(),
        coverage: vec![CoverageEntry {
            start_line: 1,
            end_line: 2,
            outcome: LineOutcome::Context,
            ticket: None,
            reason: None,
        }],
        notes: vec![ScopingNote {
            code: NoteCode::Prose,
            message: "prose".to_owned(),
            line: Some(1),
        }],
        now,
    }
}

async fn apply(world: &World<'_>, generation: &Generation) -> Generated {
    match ok(world.ports.tickets.apply_generation(generation).await) {
        GenerationOutcome::Done(generated) => generated,
        GenerationOutcome::DocumentChanged => panic!("the document did not change"),
    }
}

/// The tickets of a document after generating from sources of these names.
pub(in super::super) async fn generated(
    world: &World<'_>,
    document: DocumentId,
    names: &[&str],
    now: OffsetDateTime,
) -> Vec<Ticket> {
    let scoped = names.iter().copied().map(World::scoped).collect();
    apply(world, &whole(world, document, scoped, None, now))
        .await
        .tickets
}

/// New tickets have every member that was scoped, their parents and their blocks, and come in the order of ids.
pub async fn what_is_new_is_written_whole(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.document("With a block");
    let id = document.summary.id;
    let block = world.block(id, 0, "A block");
    ok(ports
        .documents
        .insert(&document, std::slice::from_ref(&block))
        .await);
    let (mut epic, mut child) = (World::scoped("epic"), World::scoped("child"));
    epic.content.ticket_type = TicketType::Epic;
    child.parent = Some(0);
    let generation = whole(&world, id, vec![epic, child], Some(block.id), START);

    let first = apply(&world, &generation).await;
    let again = whole(
        &world,
        id,
        generation
            .candidates
            .iter()
            .map(|one| one.scoped.clone())
            .collect(),
        Some(block.id),
        at(60),
    );
    let second = apply(&world, &again).await;

    let (epic, child) = (nth(&first.tickets, 0), nth(&first.tickets, 1));
    let expected = Ticket {
        id: child.id,
        block_id: Some(block.id),
        parent: Some(Parent::Ticket(epic.id)),
        ..world.ticket(id, "child")
    };
    assert_eq!(*child, expected);
    assert_eq!(world.load(child.id).await, expected);
    assert_eq!(first.ids, [Some(epic.id), Some(child.id)]);
    assert_eq!(first.notes, generation.notes);
    assert_eq!(second, first, "generating again changed something");
}

/// A document may call for hundreds of tickets.
pub async fn many_tickets_come_in_at_once(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let names: Vec<String> = (0..1_500)
        .map(|number| format!("ticket {number}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();

    let first = generated(&world, document, &names, START).await;
    let second = generated(&world, document, &names, at(60)).await;

    assert_eq!(first.len(), 1_500);
    assert!(
        second == first,
        "generating many tickets again changed some"
    );
}

/// What nobody has touched follows its source, and is gone with it; it returns with it, too.
pub async fn unreviewed_tickets_follow_and_vanish_with_their_source(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let first = generated(&world, document, &["stays", "vanishes"], START).await;
    let mut moved = World::scoped("stays");
    moved.source_line = 30;
    moved.content.title = "Another title".to_owned();

    let second = apply(&world, &whole(&world, document, vec![moved], None, at(60))).await;
    let third = generated(&world, document, &["stays", "vanishes"], at(90)).await;

    let mut expected = nth(&first, 0).clone();
    expected.content.title = "Another title".to_owned();
    expected.source_line = Some(30);
    (expected.version, expected.updated_at) = (2, at(60));
    assert_eq!(second.tickets, [expected]);
    assert_eq!(third.len(), 2);
    assert_ne!(nth(&third, 1).id, nth(&first, 1).id);
}

/// What a person has decided for stays although its source vanishes, and what they have deleted does not come back.
pub async fn touched_and_deleted_tickets_are_left_alone(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let first = generated(&world, document, &["deleted", "kept"], START).await;
    let (deleted, kept) = (nth(&first, 0).id, nth(&first, 1).clone());
    ok(ports
        .tickets
        .delete(world.workspace, deleted, 1, at(30))
        .await);
    let reviewed = Ticket {
        status: TicketStatus::Reviewed,
        ..kept.clone()
    };
    ok(ports.tickets.save(&reviewed).await);
    let reviewed = world.load(kept.id).await;

    for names in [
        ["deleted", "kept"].as_slice(),
        &[],
        &["deleted"],
        &["kept", "deleted"],
    ] {
        assert_eq!(
            generated(&world, document, names, at(60)).await,
            std::slice::from_ref(&reviewed)
        );
    }
}

/// The text that was pushed is remembered, whatever the document says later.
pub async fn a_pushed_ticket_says_that_it_differs(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let document = world.add_document().await;
    let mut item = World::scoped("one");
    item.item_id = Some("FR-1".to_owned());
    let first = apply(
        &world,
        &whole(&world, document, vec![item.clone()], None, START),
    )
    .await;
    let id = nth(&first.tickets, 0).id;
    world.accepted_of(document, first.tickets).await;
    let sent = world.load(id).await;
    item.source_text = "something else".to_owned();

    for (text, differs) in [
        ("something else", true),
        ("something else", true),
        ("one", false),
    ] {
        item.source_text = text.to_owned();
        let now = apply(
            &world,
            &whole(&world, document, vec![item.clone()], None, at(60)),
        )
        .await;
        let ticket = nth(&now.tickets, 0);
        assert_eq!((ticket.id, &ticket.content), (sent.id, &sent.content));
        assert_eq!(ticket.differs_from_document, differs);
    }
    world.retire().await;
}

/// Lines of a former version name nothing in the present one.
pub async fn a_document_that_changed_meanwhile_is_not_generated_from(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let mut generation = whole(&world, document, vec![World::scoped("one")], None, START);
    generation.document_version = 2;

    let outcome = ok(ports.tickets.apply_generation(&generation).await);

    assert_eq!(outcome, GenerationOutcome::DocumentChanged);
    assert_eq!(generated(&world, document, &[], START).await, []);
}

/// Coverage and notes are those of the newest generation that was written, and nobody else's.
pub async fn the_newest_coverage_is_kept_while_the_document_is_there(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let document = world.add_document().await;
    let (untouched, workspace) = (world.add_document().await, world.workspace);
    assert_eq!(ok(ports.tickets.coverage(workspace, document).await), None);

    let first = whole(&world, document, vec![World::scoped("one")], None, START);
    apply(&world, &first).await;
    let mut second = whole(&world, document, vec![World::scoped("two")], None, at(60));
    second.notes.clear();
    second.coverage = vec![
        CoverageEntry {
            start_line: 1,
            end_line: 1,
            outcome: LineOutcome::Ticket,
            ticket: Some(0),
            reason: None,
        },
        CoverageEntry {
            start_line: 2,
            end_line: 3,
            outcome: LineOutcome::NotWork,
            ticket: None,
            reason: Some(CoverageReason::Background),
        },
    ];
    let generated = apply(&world, &second).await;
    let mut refused = whole(&world, document, Vec::new(), None, at(90));
    refused.document_version = 7;
    ok(ports.tickets.apply_generation(&refused).await);

    let expected = KeptCoverage {
        document_version: 1,
        coverage: generated.coverage,
        notes: Vec::new(),
        created_at: at(60),
    };
    assert_eq!(
        ok(ports.tickets.coverage(workspace, document).await),
        Some(expected)
    );
    for (workspace, document) in [(other.workspace, document), (workspace, untouched)] {
        assert_eq!(ok(ports.tickets.coverage(workspace, document).await), None);
    }
    let deleted = ports.documents.delete(workspace, document, None, at(120));
    assert_eq!(ok(deleted.await), DocumentOutcome::Done);
    assert_eq!(ok(ports.tickets.coverage(workspace, document).await), None);
}
