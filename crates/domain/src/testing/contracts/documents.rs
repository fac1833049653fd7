//! The promises of [`DocumentRepository`](crate::document::ports::DocumentRepository).

use std::time::Duration;

use futures_util::future::join;

use super::Ports;
use super::world::{START, World, at, nth, ok, page, there};
use crate::document::model::{
    Block, Document, DocumentStatus, DocumentSummary, DocumentType, MAX_CONTENT_BYTES,
};
use crate::document::ports::{DocumentFilter, DocumentOutcome};
use crate::shared::ids::LeaseId;
use crate::ticket::model::{Ticket, TicketStatus};
use crate::ticket::ports::LinkedFilter;

/// Runs the suite.
pub async fn check(ports: &Ports) {
    a_document_is_found_with_its_blocks_in_order(ports).await;
    documents_are_listed_newest_first_with_their_number(ports).await;
    a_document_is_replaced_only_from_the_expected_version(ports).await;
    of_two_changes_at_once_one_wins(ports).await;
    tickets_let_go_of_blocks_that_are_gone_and_only_of_those(ports).await;
    deleting_hides_the_document_and_keeps_pushed_tickets(ports).await;
    deleting_compares_the_version(ports).await;
    one_caller_at_a_time_generates(ports).await;
    a_generation_whose_holder_died_is_taken_over(ports).await;
}

/// A document is found as it was inserted, with its blocks in order, and only in its workspace.
pub async fn a_document_is_found_with_its_blocks_in_order(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let mut document = world.document("Ünïcode 🦀");
    document.content = "x".repeat(MAX_CONTENT_BYTES);
    let id = document.summary.id;
    let blocks: Vec<Block> = (0..3)
        .map(|place| world.block(id, place, &format!("Block {place}")))
        .collect();
    let shuffled = [
        nth(&blocks, 2).clone(),
        nth(&blocks, 0).clone(),
        nth(&blocks, 1).clone(),
    ];
    ok(ports.documents.insert(&document, &shuffled).await);

    let (found, found_blocks) = there(ports.documents.find(world.workspace, id).await);

    assert_eq!(found.summary, document.summary);
    assert!(
        found.content == document.content,
        "4 MiB of content came back changed"
    );
    assert_eq!(found_blocks, blocks);
    assert!(ok(ports.documents.find(other.workspace, id).await).is_none());
    assert!(
        ok(ports
            .documents
            .find(world.workspace, ports.ids.next())
            .await)
        .is_none()
    );
}

/// Lists go from the newest to the oldest, page by page, filtered, with the number of all that fit.
pub async fn documents_are_listed_newest_first_with_their_number(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    other.add_document().await;
    let sorts = [
        (DocumentType::Prd, DocumentStatus::Draft),
        (DocumentType::Spec, DocumentStatus::Draft),
        (DocumentType::Prd, DocumentStatus::Published),
        (DocumentType::ReleaseNotes, DocumentStatus::Review),
        (DocumentType::Prd, DocumentStatus::Published),
    ];
    let mut newest_first = Vec::new();
    for (document_type, status) in sorts {
        let mut document = world.document("Listed");
        document.summary.document_type = document_type;
        document.summary.status = status;
        ok(ports.documents.insert(&document, &[]).await);
        newest_first.insert(0, document.summary);
    }

    let all = list(&world, DocumentFilter::default(), 2).await;
    let prd = DocumentFilter {
        document_type: Some(DocumentType::Prd),
        status: None,
    };
    let published = DocumentFilter {
        status: Some(DocumentStatus::Published),
        ..prd
    };
    let memos = DocumentFilter {
        document_type: Some(DocumentType::Memo),
        status: None,
    };

    let of_type = |wanted| move |summary: &&DocumentSummary| summary.document_type == wanted;
    let prds: Vec<_> = newest_first
        .iter()
        .filter(of_type(DocumentType::Prd))
        .cloned()
        .collect();
    assert_eq!(all, newest_first);
    assert_eq!(list(&world, prd, 2).await, prds);
    assert_eq!(
        list(&world, published, 50).await,
        prds.iter().take(2).cloned().collect::<Vec<_>>()
    );
    assert_eq!(list(&world, memos, 50).await, []);
}

async fn list(world: &World<'_>, filter: DocumentFilter, limit: u32) -> Vec<DocumentSummary> {
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let asked = page(limit, after);
        let (found, total) = ok(world
            .ports
            .documents
            .list(world.workspace, filter, asked)
            .await);
        listed.extend(found.items);
        after = found.next;
        if after.is_none() {
            assert_eq!(u64::try_from(listed.len()), Ok(total));
            return listed;
        }
        assert!(total > u64::try_from(listed.len()).unwrap_or(0));
    }
}

/// A change is written from the expected version only, and only in the document's workspace.
pub async fn a_document_is_replaced_only_from_the_expected_version(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let first = world.document("First");
    let id = first.summary.id;
    let (kept, gone) = (world.block(id, 0, "Kept"), world.block(id, 1, "Gone"));
    ok(ports.documents.insert(&first, &[kept.clone(), gone]).await);
    let second = changed(&first, "Second");
    let blocks = [
        world.block(id, 0, "New"),
        Block {
            position: 1,
            ..kept
        },
    ];

    let done = ok(ports.documents.update(&second, &blocks, 1).await);
    let late = ok(ports
        .documents
        .update(&changed(&first, "Late"), &[], 1)
        .await);
    let mut foreign = changed(&second, "Foreign");
    foreign.summary.workspace_id = other.workspace;
    let unknown = ok(ports
        .documents
        .update(&world.document("Unknown"), &[], 1)
        .await);

    assert_eq!(done, DocumentOutcome::Done);
    assert_eq!(late, DocumentOutcome::VersionConflict);
    assert_eq!(unknown, DocumentOutcome::NotFound);
    let refused = ok(ports.documents.update(&foreign, &[], 2).await);
    assert_eq!(refused, DocumentOutcome::NotFound);
    let (found, found_blocks) = there(ports.documents.find(world.workspace, id).await);
    assert_eq!(found, second);
    assert_eq!(found_blocks, blocks);
}

fn changed(document: &Document, title: &str) -> Document {
    let summary = DocumentSummary {
        title: title.to_owned(),
        document_type: DocumentType::Spec,
        status: DocumentStatus::Approved,
        version: document.summary.version + 1,
        updated_at: at(60),
        ..document.summary.clone()
    };
    Document {
        summary,
        content: format!("# {title}"),
    }
}

/// Of two changes from the same version that come at once, one is written.
pub async fn of_two_changes_at_once_one_wins(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.document("First");
    ok(ports.documents.insert(&document, &[]).await);
    let (left, right) = (changed(&document, "Left"), changed(&document, "Right"));

    let outcomes = join(
        ports.documents.update(&left, &[], 1),
        ports.documents.update(&right, &[], 1),
    )
    .await;

    let winner = match (ok(outcomes.0), ok(outcomes.1)) {
        (DocumentOutcome::Done, DocumentOutcome::VersionConflict) => left,
        (DocumentOutcome::VersionConflict, DocumentOutcome::Done) => right,
        other => panic!("two changes from one version gave {other:?}"),
    };
    let (found, _) = there(
        ports
            .documents
            .find(world.workspace, document.summary.id)
            .await,
    );
    assert_eq!(found, winner);
}

/// A ticket keeps its block while a block with that id is there.
pub async fn tickets_let_go_of_blocks_that_are_gone_and_only_of_those(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.document("First");
    let id = document.summary.id;
    let (kept, gone) = (world.block(id, 0, "Kept"), world.block(id, 1, "Gone"));
    ok(ports
        .documents
        .insert(&document, &[kept.clone(), gone.clone()])
        .await);
    let of_kept = Ticket {
        block_id: Some(kept.id),
        ..world.ticket(id, "kept")
    };
    let of_gone = Ticket {
        block_id: Some(gone.id),
        ..world.ticket(id, "gone")
    };
    world
        .add_tickets(id, &[of_kept.clone(), of_gone.clone()])
        .await;

    let moved = Block {
        position: 3,
        ..kept.clone()
    };
    ok(ports
        .documents
        .update(&changed(&document, "Second"), &[moved], 1)
        .await);

    assert_eq!(world.load(of_kept.id).await.block_id, Some(kept.id));
    assert_eq!(world.load(of_gone.id).await.block_id, None);
}

/// A deleted document is as if it never was; its tickets go with it, but for those that are issues.
pub async fn deleting_hides_the_document_and_keeps_pushed_tickets(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.document("Deleted");
    let id = document.summary.id;
    ok(ports
        .documents
        .insert(&document, &[world.block(id, 0, "A block")])
        .await);
    let of_status = |fingerprint: &str, status| Ticket {
        status,
        ..world.ticket(id, fingerprint)
    };
    let unpushed = [
        of_status("generated", TicketStatus::Generated),
        of_status("reviewed", TicketStatus::Reviewed),
        of_status("failed", TicketStatus::PushFailed),
    ];
    let pushed = world.pushed_ticket(id, "pushed");
    let synced = Ticket {
        status: TicketStatus::Synced,
        ..world.pushed_ticket(id, "synced")
    };
    world.add_tickets(id, &unpushed).await;
    world
        .add_tickets(id, &[pushed.clone(), synced.clone()])
        .await;

    let deleted = ok(ports
        .documents
        .delete(world.workspace, id, None, at(60))
        .await);

    assert_eq!(deleted, DocumentOutcome::Done);
    assert!(ok(ports.documents.find(world.workspace, id).await).is_none());
    assert_eq!(list(&world, DocumentFilter::default(), 50).await, []);
    let again = ok(ports
        .documents
        .delete(world.workspace, id, None, at(61))
        .await);
    assert_eq!(again, DocumentOutcome::NotFound);
    let late = ok(ports
        .documents
        .update(&changed(&document, "Late"), &[], 1)
        .await);
    assert_eq!(late, DocumentOutcome::NotFound);
    for ticket in unpushed {
        assert!(ok(ports.tickets.find(world.workspace, ticket.id).await).is_none());
    }
    assert_eq!(world.load(pushed.id).await.external, pushed.external);
    let linked = ok(ports
        .tickets
        .list_linked(world.workspace, &LinkedFilter::default())
        .await);
    let linked: Vec<_> = linked.iter().map(|ticket| ticket.id).collect();
    assert_eq!(linked, [pushed.id, synced.id]);
}

/// A document is deleted from the expected version, where one is given, and only in its workspace.
pub async fn deleting_compares_the_version(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let id = world.add_document().await;

    let foreign = ok(ports
        .documents
        .delete(other.workspace, id, Some(1), at(60))
        .await);
    let late = ok(ports
        .documents
        .delete(world.workspace, id, Some(2), at(60))
        .await);
    let is_there = ok(ports.documents.find(world.workspace, id).await).is_some();
    let done = ok(ports
        .documents
        .delete(world.workspace, id, Some(1), at(60))
        .await);

    assert_eq!(foreign, DocumentOutcome::NotFound);
    assert_eq!(late, DocumentOutcome::VersionConflict);
    assert!(is_there);
    assert_eq!(done, DocumentOutcome::Done);
}

/// How long a generation may be held in these promises.
const STALE_AFTER: Duration = Duration::from_secs(120);

/// A generation is held by one caller until that caller gives it back.
pub async fn one_caller_at_a_time_generates(ports: &Ports) {
    let world = World::new(ports).await;
    let id = world.add_document().await;
    let (first, second): (LeaseId, LeaseId) = (ports.ids.next(), ports.ids.next());
    let begin = |lease| {
        ports
            .documents
            .begin_generation(id, lease, START, STALE_AFTER)
    };

    let at_once = join(begin(first), begin(second)).await;
    let (holder, waiting) = match (ok(at_once.0), ok(at_once.1)) {
        (true, false) => (first, second),
        (false, true) => (second, first),
        other => panic!("two callers at once were answered {other:?}"),
    };
    ok(ports.documents.end_generation(id, waiting).await);
    let while_held = ok(begin(waiting).await);
    ok(ports.documents.end_generation(id, holder).await);
    let when_free = ok(begin(waiting).await);

    assert!(!while_held, "a caller gave back what another one holds");
    assert!(when_free);
}

/// A hold is taken over when it began longer ago than it may last, and not a moment earlier.
pub async fn a_generation_whose_holder_died_is_taken_over(ports: &Ports) {
    let world = World::new(ports).await;
    let id = world.add_document().await;
    let (dead, next, last): (LeaseId, LeaseId, LeaseId) =
        (ports.ids.next(), ports.ids.next(), ports.ids.next());
    let begin = |lease, seconds| {
        ports
            .documents
            .begin_generation(id, lease, at(seconds), STALE_AFTER)
    };
    assert!(ok(begin(dead, 0).await));

    assert!(
        !ok(begin(next, 120).await),
        "a hold of exactly the allowed length still stands"
    );
    assert!(ok(begin(next, 121).await));
    ok(ports.documents.end_generation(id, dead).await);
    assert!(
        !ok(begin(last, 122).await),
        "the dead holder gave back what is no longer its own"
    );
}
