//! Generating: once, again, in part, and at the same moment as others.

use std::sync::Arc;
use std::time::Duration;

use handoff_domain::document::model::BlockType;
use handoff_domain::document::service::DocumentChanges;
use handoff_domain::scoping::model::NoteCode;
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::ids::{BlockId, DocumentId};
use handoff_domain::ticket::error::TicketError;
use handoff_domain::ticket::model::{Ticket, TicketStatus};
use handoff_domain::ticket::service::Generate;

use super::{THREE_BLOCKS, in_delivery, titles};
use crate::world::World;

/// Writes new content into a document.
async fn rewrite(world: &World, document: DocumentId, content: &str) {
    let changes = DocumentChanges {
        content: Some(content.to_owned()),
        ..DocumentChanges::default()
    };
    let updated = world
        .documents
        .update(world.workspace, document, changes, None);
    updated.await.unwrap();
}

async fn generate_part(
    world: &World,
    document: DocumentId,
    block: Option<BlockId>,
    types: Option<Vec<BlockType>>,
) -> Result<Vec<Ticket>, TicketError> {
    let command = Generate {
        block_id: block,
        include_block_types: types,
        leaves_out_epics: false,
    };
    world
        .tickets
        .generate(world.workspace, document, command)
        .await
        .map(|generated| generated.tickets)
}

#[tokio::test]
async fn a_document_becomes_generated_tickets_that_know_their_source() {
    let world = World::new().await;
    let (document, blocks) = world.document(THREE_BLOCKS).await;

    let tickets = world.generate(document.summary.id).await;

    assert_eq!(
        titles(&tickets),
        [
            "Keep the cart",
            "Empty the cart",
            "Pay by card",
            "Drop the old page"
        ]
    );
    assert!(
        tickets
            .iter()
            .all(|ticket| ticket.status == TicketStatus::Generated)
    );
    assert_eq!(tickets[2].block_id, Some(blocks[1].id));
    assert_eq!(tickets[2].source_line, Some(5));
}

#[tokio::test]
async fn a_document_with_no_work_in_it_gives_no_tickets() {
    let world = World::new().await;
    let (document, _) = world.document("# note: Background").await;
    assert!(world.generate(document.summary.id).await.is_empty());
    let empty = world.document("").await.0;
    assert!(world.generate(empty.summary.id).await.is_empty());
}

#[tokio::test]
async fn generating_again_changes_nothing() {
    let world = World::new().await;
    let (document, _) = world.document(THREE_BLOCKS).await;
    let first = world.generate(document.summary.id).await;
    world.pass(60);
    assert_eq!(world.generate(document.summary.id).await, first);
}

#[tokio::test]
async fn unreviewed_tickets_follow_the_document_and_others_are_left_alone() {
    let world = World::new().await;
    let id = world.document(THREE_BLOCKS).await.0.summary.id;
    let first = world.generate(id).await;
    let reviewed = world.review(first[1].id).await;
    rewrite(
        &world,
        id,
        "# requirement: Cart\n- Keep the cart | v2\n- Empty the cart | v2\n# task: Tidy\n- New work",
    )
    .await;

    let second = world.generate(id).await;

    assert_eq!(
        titles(&second),
        ["Keep the cart", "Empty the cart", "New work"]
    );
    assert_eq!(second[0].id, first[0].id);
    assert_eq!(second[0].content.description, "v2");
    assert_eq!(second[0].version, first[0].version + 1);
    assert_eq!(second[1].content, reviewed.content, "a person's work stays");
    assert_eq!(second[1].version, reviewed.version);
}

#[tokio::test]
async fn a_reviewed_ticket_stays_although_its_source_is_gone() {
    let world = World::new().await;
    let id = world.document(THREE_BLOCKS).await.0.summary.id;
    let ticket = world.generate(id).await[0].id;
    world.review(ticket).await;
    rewrite(&world, id, "").await;
    let left = world.generate(id).await;
    assert_eq!(titles(&left), ["Keep the cart"]);
    assert_eq!(left[0].block_id, None, "its block is no longer there");
}

#[tokio::test]
async fn a_ticket_in_delivery_and_a_pushed_one_are_left_alone() {
    let (world, open) = in_delivery().await;
    rewrite(
        &world,
        open.document_id,
        "# requirement: Needs\n- Ticket 1 | changed",
    )
    .await;
    let generated = world.generate(open.document_id).await;
    assert_eq!(generated[0].content, open.content);

    world.work().await;
    rewrite(&world, open.document_id, "# note: Nothing").await;
    let generated = world.generate(open.document_id).await;
    assert_eq!(generated[0].status, TicketStatus::Pushed);
    assert_eq!(generated[0].content, open.content);
}

#[tokio::test]
async fn a_deleted_ticket_does_not_come_back() {
    let world = World::new().await;
    let id = world.document(THREE_BLOCKS).await.0.summary.id;
    let first = world.generate(id).await;
    let deleted = world.tickets.delete(world.workspace, first[0].id, None);
    deleted.await.unwrap();

    let again = world.generate(id).await;

    assert_eq!(
        titles(&again),
        ["Empty the cart", "Pay by card", "Drop the old page"]
    );
    rewrite(&world, id, &format!("{THREE_BLOCKS}\n- More")).await;
    assert_eq!(world.generate(id).await.len(), 4);
}

#[tokio::test]
async fn one_block_or_some_types_can_be_asked_for_and_nothing_else_is_touched() {
    let world = World::new().await;
    let (document, blocks) = world.document(THREE_BLOCKS).await;
    let id = document.summary.id;

    let paying = generate_part(&world, id, Some(blocks[1].id), None).await;
    assert_eq!(titles(&paying.unwrap()), ["Pay by card"]);
    let types = vec![BlockType::Task, BlockType::UserStory];
    let some = generate_part(&world, id, None, Some(types)).await;
    assert_eq!(titles(&some.unwrap()), ["Pay by card", "Drop the old page"]);
    let both = generate_part(&world, id, Some(blocks[0].id), Some(vec![BlockType::Task])).await;
    assert!(both.unwrap().is_empty(), "both conditions hold at once");
    let none = generate_part(&world, id, None, Some(Vec::new())).await;
    assert!(none.unwrap().is_empty());

    let page = world
        .tickets
        .list(world.workspace, id, None, Default::default());
    let (kept, total) = page.await.unwrap();
    assert_eq!(titles(&kept.items), ["Pay by card", "Drop the old page"]);
    assert_eq!(total, 2);
}

#[tokio::test]
async fn an_unknown_block_or_document_is_told() {
    let world = World::new().await;
    let (document, _) = world.document(THREE_BLOCKS).await;
    let (_, other_blocks) = world.document(THREE_BLOCKS).await;
    let id = document.summary.id;

    let foreign = generate_part(&world, id, Some(other_blocks[0].id), None).await;
    assert!(matches!(foreign, Err(TicketError::BlockNotFound)));
    let unknown = generate_part(&world, world.ids.next(), None, None).await;
    assert!(matches!(unknown, Err(TicketError::DocumentNotFound)));
    let elsewhere = world.workspaces.create(world.owner, "Other", None).await;
    let elsewhere = elsewhere.unwrap().id;
    let command = Generate::default();
    let foreign = world.tickets.generate(elsewhere, id, command).await;
    assert!(matches!(foreign, Err(TicketError::DocumentNotFound)));
    assert!(!world.generate(id).await.is_empty(), "the document is free");
}

#[tokio::test]
async fn two_generations_at_once_never_double_a_ticket() {
    let world = World::new().await;
    let id = world.document(THREE_BLOCKS).await.0.summary.id;

    let both = futures_util::future::join(
        generate_part(&world, id, None, None),
        generate_part(&world, id, None, None),
    );
    let (first, second) = both.await;

    assert!(first.is_ok());
    assert!(matches!(second, Err(TicketError::GenerationInProgress)));
    assert_eq!(world.generate(id).await.len(), 4);
}

#[tokio::test]
async fn a_generation_whose_process_died_is_taken_over_later() {
    let world = World::new().await;
    let id = world.document(THREE_BLOCKS).await.0.summary.id;
    let held = world.document_rows.begin_generation(
        id,
        world.ids.next(),
        world.clock.now(),
        Duration::ZERO,
    );
    assert!(held.await.unwrap());

    let busy = generate_part(&world, id, None, None).await;
    assert!(matches!(busy, Err(TicketError::GenerationInProgress)));
    world.pass(3600);
    assert_eq!(world.generate(id).await.len(), 4);
}

#[tokio::test]
async fn a_document_changed_at_the_last_moment_is_generated_as_it_is_now() {
    let world = Arc::new(World::new().await);
    let id = world.document(THREE_BLOCKS).await.0.summary.id;
    let other = world.clone();
    world.hooks.before("begin_generation", move || async move {
        rewrite(&other, id, "# task: Tidy\n- New work").await;
        other.generate(id).await;
    });

    assert_eq!(titles(&world.generate(id).await), ["New work"]);
}

#[tokio::test]
async fn a_document_changed_while_it_is_scoped_gives_nothing() {
    let world = Arc::new(World::new().await);
    let id = world.document(THREE_BLOCKS).await.0.summary.id;
    let other = world.clone();
    world.hooks.before("begin_generation", move || async move {
        let editor = other.clone();
        other.hooks.after("find", move || async move {
            rewrite(&editor, id, "# task: Tidy\n- New work").await;
        });
    });

    let outdated = generate_part(&world, id, None, None).await;

    assert!(matches!(outdated, Err(TicketError::DocumentChanged)));
    assert_eq!(titles(&world.generate(id).await), ["New work"]);
}

#[tokio::test]
async fn a_reworded_item_keeps_its_ticket_and_a_pushed_one_says_that_it_differs() {
    let (world, open) = in_delivery().await;
    world.work().await;
    rewrite(
        &world,
        open.document_id,
        "# requirement: Needs\n- Ticket 1 of more",
    )
    .await;

    let command = Generate::default();
    let generated = world
        .tickets
        .generate(world.workspace, open.document_id, command);
    let generated = generated.await.unwrap();

    assert_eq!(generated.tickets[0].id, open.id);
    assert!(generated.tickets[0].differs_from_document);
    assert_eq!(generated.notes[0].code, NoteCode::DiffersFromDocument);
}
