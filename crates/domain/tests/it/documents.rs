//! Documents and their blocks.

use handoff_domain::document::error::DocumentError;
use handoff_domain::document::model::{DocumentStatus, DocumentType, MAX_CONTENT_BYTES};
use handoff_domain::document::ports::DocumentFilter;
use handoff_domain::document::service::{DocumentChanges, NewDocument};
use handoff_domain::ticket::error::TicketError;
use handoff_domain::ticket::model::TicketStatus;

use crate::world::World;

const CONTENT: &str = "# requirement: Cart\n- Keep the cart\n# task: Tidy\n- Drop the old page";

fn content(text: &str) -> DocumentChanges {
    DocumentChanges {
        content: Some(text.to_owned()),
        ..DocumentChanges::default()
    }
}

#[tokio::test]
async fn a_document_is_cut_into_blocks_that_know_their_lines() {
    let world = World::new().await;
    let (document, blocks) = world.document(CONTENT).await;
    assert_eq!(document.summary.version, 1);
    assert_eq!(document.summary.created_by, world.owner);
    let lines: Vec<u32> = blocks.iter().map(|block| block.body.start_line).collect();
    assert_eq!(lines, [1, 3]);
    let found = world
        .documents
        .find(world.workspace, document.summary.id)
        .await;
    assert_eq!(found.unwrap(), (document, blocks));
}

#[tokio::test]
async fn blocks_keep_their_id_while_type_and_title_stay() {
    let world = World::new().await;
    let (document, before) = world.document(CONTENT).await;
    let changed = "# task: Tidy\n- Other work\n# requirement: Basket\n- Keep the cart";
    let updated =
        world
            .documents
            .update(world.workspace, document.summary.id, content(changed), None);
    let (document, after) = updated.await.unwrap();
    assert_eq!(after[0].id, before[1].id);
    assert!(before.iter().all(|block| block.id != after[1].id));
    assert_eq!(document.summary.version, 2);
}

#[tokio::test]
async fn four_mebibytes_are_taken_and_one_byte_more_is_not() {
    let world = World::new().await;
    let id = world.document("").await.0.summary.id;
    let write = async |bytes: usize| {
        let changes = content(&"x".repeat(bytes));
        let updated = world.documents.update(world.workspace, id, changes, None);
        updated.await.map(|_| ())
    };
    assert!(write(MAX_CONTENT_BYTES).await.is_ok());
    assert_eq!(MAX_CONTENT_BYTES, 4 * 1024 * 1024);
    let refused = write(MAX_CONTENT_BYTES + 1).await;
    assert!(matches!(refused, Err(DocumentError::TooLarge)));
}

#[tokio::test]
async fn a_title_is_one_line_of_one_to_five_hundred_characters() {
    let world = World::new().await;
    let create = |title: &str| {
        world.documents.create(NewDocument {
            workspace_id: world.workspace,
            created_by: world.owner,
            document_type: DocumentType::Memo,
            title: title.to_owned(),
            content: String::new(),
            status: DocumentStatus::Draft,
        })
    };
    let (document, _) = create(" Two\nlines\t").await.unwrap();
    assert_eq!(document.summary.title, "Two lines");
    for title in ["", " \n", &"x".repeat(501)] {
        let Err(DocumentError::Invalid(problems)) = create(title).await else {
            panic!("{title:?} was taken");
        };
        assert_eq!(problems.as_slice()[0].pointer, "/title");
    }
}

#[tokio::test]
async fn a_version_that_is_no_longer_the_present_one_is_refused() {
    let world = World::new().await;
    let id = world.document(CONTENT).await.0.summary.id;
    let update = |version| {
        world
            .documents
            .update(world.workspace, id, content(CONTENT), version)
    };
    update(Some(1)).await.unwrap();
    let stale = update(Some(1)).await;
    assert!(matches!(stale, Err(DocumentError::VersionConflict)));
    let stale = world.documents.delete(world.workspace, id, Some(1)).await;
    assert!(matches!(stale, Err(DocumentError::VersionConflict)));
    world
        .documents
        .delete(world.workspace, id, Some(2))
        .await
        .unwrap();
}

#[tokio::test]
async fn documents_of_other_workspaces_do_not_exist() {
    let world = World::new().await;
    let id = world.document(CONTENT).await.0.summary.id;
    let other = world.workspaces.create(world.owner, "Other", None).await;
    let other = other.unwrap().id;
    let found = world.documents.find(other, id).await;
    assert!(matches!(found, Err(DocumentError::NotFound)));
    let updated = world.documents.update(other, id, content(""), None).await;
    assert!(matches!(updated, Err(DocumentError::NotFound)));
    let deleted = world.documents.delete(other, id, None).await;
    assert!(matches!(deleted, Err(DocumentError::NotFound)));
    let listed = world
        .documents
        .list(other, DocumentFilter::default(), Default::default())
        .await;
    assert_eq!(listed.unwrap().1, 0);
}

#[tokio::test]
async fn deleting_hides_a_document_and_its_pushed_tickets_keep_syncing() {
    let world = World::connected().await;
    let (id, tickets) = world.pushed(1).await;
    let more = "# requirement: Needs\n- Ticket 1\n- Never pushed";
    let updated = world
        .documents
        .update(world.workspace, id, content(more), None);
    updated.await.unwrap();
    let unpushed = world.generate(id).await[1].id;

    world
        .documents
        .delete(world.workspace, id, None)
        .await
        .unwrap();

    let found = world.documents.find(world.workspace, id).await;
    assert!(matches!(found, Err(DocumentError::NotFound)));
    let gone = world.tickets.find(world.workspace, unpushed).await;
    assert!(matches!(gone, Err(TicketError::NotFound)));
    let report = world.sync.sync(world.workspace, &Default::default()).await;
    assert_eq!(report.unwrap().synced, 1);
    assert_eq!(world.ticket(tickets[0]).await.status, TicketStatus::Synced);
}

#[tokio::test]
async fn a_document_with_a_ticket_in_delivery_cannot_be_deleted_but_changed() {
    let world = World::connected().await;
    let (id, _) = world.reviewed(1).await;
    world.push(&world.push_of(id)).await;
    let deleted = world.documents.delete(world.workspace, id, None).await;
    assert!(matches!(deleted, Err(DocumentError::DeliveryOpen)));
    let updated = world
        .documents
        .update(world.workspace, id, content(""), None);
    assert!(updated.await.is_ok());

    world.work().await;
    let sent = world.tracker.issues().remove(0).payload;
    assert!(sent.contains("Ticket 1"), "what is sent was frozen");
    let deleted = world.documents.delete(world.workspace, id, None).await;
    assert!(deleted.is_ok());
}
