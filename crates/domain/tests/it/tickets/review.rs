//! The review, and what may be done with a ticket in each of its states.

use std::sync::Arc;

use handoff_domain::ticket::error::TicketError;
use handoff_domain::ticket::model::{
    Dependency, Effort, Parent, Priority, SyncedStatus, Ticket, TicketChanges, TicketStatus,
    TicketType,
};
use serde_json::{Value, json};
use time::macros::date;

use super::{THREE_BLOCKS, in_delivery, push_failed, titles};
use crate::world::World;

/// A workspace with a generated ticket.
async fn generated() -> (World, Ticket) {
    let world = World::new().await;
    let id = world.document(THREE_BLOCKS).await.0.summary.id;
    let ticket = world.generate(id).await.remove(0);
    (world, ticket)
}

#[tokio::test]
async fn an_empty_change_is_a_review_too() {
    let (world, ticket) = generated().await;
    let reviewed = world.review(ticket.id).await;
    assert_eq!(reviewed.status, TicketStatus::Reviewed);
    assert_eq!(reviewed.content, ticket.content);
    assert_eq!(reviewed.version, ticket.version + 1);
    assert_eq!(world.ticket(ticket.id).await, reviewed);
}

#[tokio::test]
async fn absent_keeps_and_null_clears() {
    let (world, ticket) = generated().await;
    let ops = Dependency::Key {
        key: "OPS-2".to_owned(),
    };
    let fields = |json: Value| json.as_object().cloned().unwrap();
    let full = TicketChanges {
        title: Some("  A new\n title ".to_owned()),
        description: Some(Some("more".to_owned())),
        ticket_type: Some(Some(TicketType::Bug)),
        priority: Some(Some(Priority::P0)),
        labels: Some(Some(vec!["needs design".to_owned()])),
        acceptance_criteria: Some(Some(vec!["It works\n- also here ".to_owned()])),
        estimated_effort: Some(Some(Effort::Small)),
        assignee: Some(Some(" Ada  L".to_owned())),
        due_on: Some(Some(date!(2026 - 12 - 24))),
        parent_id: None,
        parent_key: Some(Some("ENG-1".to_owned())),
        depends_on: Some(Some(vec![ops.clone(), ops.clone()])),
        fields: Some(Some(fields(json!({"jira": {"customfield_1": 2}})))),
    };
    let change = |changes| {
        world
            .tickets
            .review(world.workspace, ticket.id, changes, None)
    };
    let changed = change(full).await.unwrap();
    assert_eq!(changed.content.title, "A new title");
    assert_eq!(changed.content.labels, ["needs design"]);
    assert_eq!(
        changed.content.acceptance_criteria,
        ["It works\n- also here"]
    );
    assert_eq!(changed.content.assignee.as_deref(), Some("Ada L"));
    assert_eq!(changed.parent, Some(Parent::Key("ENG-1".to_owned())));
    assert_eq!(changed.depends_on, [ops]);
    let kept = change(TicketChanges::default()).await.unwrap();
    assert_eq!(kept.content, changed.content);

    let clear = TicketChanges {
        title: None,
        description: Some(None),
        ticket_type: Some(None),
        priority: Some(None),
        labels: Some(None),
        acceptance_criteria: Some(None),
        estimated_effort: Some(None),
        assignee: Some(None),
        due_on: Some(None),
        parent_id: Some(None),
        parent_key: Some(None),
        depends_on: Some(None),
        fields: Some(Some(fields(json!({"jira": null})))),
    };
    let cleared = change(clear).await.unwrap();
    assert_eq!((cleared.parent, cleared.depends_on), (None, Vec::new()));
    assert!(cleared.fields.is_empty());
    let cleared = cleared.content;
    assert!(cleared.assignee.is_none() && cleared.due_on.is_none());
    assert_eq!(cleared.title, "A new title");
    assert_eq!(cleared.ticket_type, TicketType::Task);
    assert!(cleared.description.is_empty() && cleared.labels.is_empty());
    assert!(cleared.acceptance_criteria.is_empty());
    assert!(cleared.priority.is_none() && cleared.estimated_effort.is_none());
}

#[tokio::test]
async fn every_fault_of_a_change_is_pointed_at_and_nothing_is_changed() {
    let (world, ticket) = generated().await;
    let changes = TicketChanges {
        title: Some(" \n ".to_owned()),
        labels: Some(Some(vec!["ok".to_owned(), String::new()])),
        acceptance_criteria: Some(Some(vec!["x".repeat(5_001)])),
        ..TicketChanges::default()
    };
    let refused = world
        .tickets
        .review(world.workspace, ticket.id, changes, None)
        .await;
    let Err(TicketError::Invalid(problems)) = refused else {
        panic!("{refused:?}");
    };
    let pointers: Vec<&str> = problems
        .as_slice()
        .iter()
        .map(|problem| problem.pointer.as_str())
        .collect();
    assert_eq!(pointers, ["/title", "/labels/1", "/acceptance_criteria/0"]);
    assert_eq!(world.ticket(ticket.id).await, ticket);
}

#[tokio::test]
async fn a_title_of_ten_thousand_characters_is_taken_and_one_more_is_not() {
    let (world, ticket) = generated().await;
    let titled = async |length: usize| {
        let changes = TicketChanges {
            title: Some("é".repeat(length)),
            ..TicketChanges::default()
        };
        let changed = world
            .tickets
            .review(world.workspace, ticket.id, changes, None);
        changed.await.is_ok()
    };
    assert!(titled(10_000).await);
    assert!(!titled(10_001).await);
}

#[tokio::test]
async fn a_review_clears_the_error_of_a_failed_push() {
    let (world, failed) = push_failed().await;
    assert_eq!(failed.status, TicketStatus::PushFailed);
    assert_eq!(
        failed.push_error.as_ref().unwrap().field.as_deref(),
        Some("labels")
    );
    let reviewed = world.review(failed.id).await;
    assert_eq!(reviewed.status, TicketStatus::Reviewed);
    assert!(reviewed.push_error.is_none());
}

#[tokio::test]
async fn a_ticket_in_delivery_can_neither_be_changed_nor_deleted() {
    let (world, open) = in_delivery().await;
    assert!(open.delivery.is_some());
    let changed = world
        .tickets
        .review(world.workspace, open.id, TicketChanges::default(), None)
        .await;
    assert!(matches!(changed, Err(TicketError::DeliveryOpen)));
    let deleted = world.tickets.delete(world.workspace, open.id, None).await;
    assert!(matches!(deleted, Err(TicketError::DeliveryOpen)));
    assert_eq!(world.ticket(open.id).await, open);
}

#[tokio::test]
async fn a_pushed_or_synced_ticket_can_neither_be_changed_nor_deleted() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(1).await;
    for status in [TicketStatus::Pushed, TicketStatus::Synced] {
        let ticket = world.ticket(tickets[0]).await;
        assert_eq!(ticket.status, status);
        let changed = world
            .tickets
            .review(world.workspace, ticket.id, TicketChanges::default(), None)
            .await;
        assert!(matches!(changed, Err(TicketError::AlreadyPushed)));
        let deleted = world.tickets.delete(world.workspace, ticket.id, None).await;
        assert!(matches!(deleted, Err(TicketError::AlreadyPushed)));
        let synced = world.sync.sync(world.workspace, &Default::default()).await;
        synced.unwrap();
    }
    let ticket = world.ticket(tickets[0]).await;
    assert_eq!(ticket.synced_status, Some(SyncedStatus::Open));
}

#[tokio::test]
async fn a_version_that_is_no_longer_the_present_one_is_refused() {
    let (world, ticket) = generated().await;
    let stale = ticket.version;
    world.review(ticket.id).await;
    let change = |version| {
        let changes = TicketChanges::default();
        world
            .tickets
            .review(world.workspace, ticket.id, changes, Some(version))
    };
    assert!(matches!(
        change(stale).await,
        Err(TicketError::VersionConflict)
    ));
    let deleted = world
        .tickets
        .delete(world.workspace, ticket.id, Some(stale))
        .await;
    assert!(matches!(deleted, Err(TicketError::VersionConflict)));
    assert!(change(stale + 1).await.is_ok());
}

#[tokio::test]
async fn two_reviews_at_once_both_count_when_they_name_no_version() {
    let (world, ticket) = generated().await;
    let change = |changes| {
        world
            .tickets
            .review(world.workspace, ticket.id, changes, None)
    };
    let title = TicketChanges {
        title: Some("Titled".to_owned()),
        ..TicketChanges::default()
    };
    let priority = TicketChanges {
        priority: Some(Some(Priority::P1)),
        ..TicketChanges::default()
    };

    let (first, second) = futures_util::future::join(change(title), change(priority)).await;

    assert!(first.is_ok() && second.is_ok());
    let ticket = world.ticket(ticket.id).await;
    assert_eq!(ticket.content.title, "Titled");
    assert_eq!(ticket.content.priority, Some(Priority::P1));
}

#[tokio::test]
async fn tickets_of_other_workspaces_do_not_exist() {
    let (world, ticket) = generated().await;
    let other = world.workspaces.create(world.owner, "Other", None).await;
    let other = other.unwrap().id;
    let found = world.tickets.find(other, ticket.id).await;
    assert!(matches!(found, Err(TicketError::NotFound)));
    let changed = world
        .tickets
        .review(other, ticket.id, TicketChanges::default(), None)
        .await;
    assert!(matches!(changed, Err(TicketError::NotFound)));
    let deleted = world.tickets.delete(other, ticket.id, None).await;
    assert!(matches!(deleted, Err(TicketError::NotFound)));
    let listed = world
        .tickets
        .list(other, ticket.document_id, None, Default::default())
        .await;
    assert!(matches!(listed, Err(TicketError::DocumentNotFound)));
}

#[tokio::test]
async fn a_deleted_ticket_is_gone() {
    let (world, ticket) = generated().await;
    let world = Arc::new(world);
    let deleted = world.tickets.delete(world.workspace, ticket.id, None).await;
    deleted.unwrap();
    let found = world.tickets.find(world.workspace, ticket.id).await;
    assert!(matches!(found, Err(TicketError::NotFound)));
    let again = world.tickets.delete(world.workspace, ticket.id, None).await;
    assert!(matches!(again, Err(TicketError::NotFound)));
}

#[tokio::test]
async fn tickets_are_listed_by_status() {
    let (world, ticket) = generated().await;
    world.review(ticket.id).await;
    let listed = async |status| {
        let page = world.tickets.list(
            world.workspace,
            ticket.document_id,
            status,
            Default::default(),
        );
        let (page, total) = page.await.unwrap();
        assert_eq!(total, page.items.len() as u64);
        titles(&page.items).join(", ")
    };
    assert_eq!(listed(Some(TicketStatus::Reviewed)).await, "Keep the cart");
    assert_eq!(listed(Some(TicketStatus::Pushed)).await, "");
    assert_eq!(
        listed(None).await,
        "Keep the cart, Empty the cart, Pay by card, Drop the old page"
    );
}

#[tokio::test]
async fn a_parent_of_the_next_level_is_taken_and_any_other_refused() {
    let world = World::new().await;
    let id = world.document(THREE_BLOCKS).await.0.summary.id;
    let tickets = world.generate(id).await;
    let change = |ticket: &Ticket, changes| {
        world
            .tickets
            .review(world.workspace, ticket.id, changes, None)
    };
    let under = |parent: &Ticket| TicketChanges {
        parent_id: Some(Some(parent.id)),
        ..TicketChanges::default()
    };
    let of_type = |ticket_type| TicketChanges {
        ticket_type: Some(Some(ticket_type)),
        ..TicketChanges::default()
    };

    let flat = change(&tickets[1], under(&tickets[0])).await;
    assert!(matches!(flat, Err(TicketError::ParentInvalid(_))));
    let own = change(&tickets[1], under(&tickets[1])).await;
    assert!(matches!(own, Err(TicketError::ParentInvalid(_))));
    change(&tickets[0], of_type(TicketType::Epic))
        .await
        .unwrap();
    let child = change(&tickets[1], under(&tickets[0])).await.unwrap();
    assert_eq!(child.parent, Some(Parent::Ticket(tickets[0].id)));
    let robbed = change(&tickets[0], of_type(TicketType::Task)).await;
    assert!(matches!(robbed, Err(TicketError::ParentInvalid(_))));
    let key = TicketChanges {
        parent_key: Some(Some("ENG-1".to_owned())),
        ..under(&tickets[0])
    };
    let both = change(&tickets[1], key).await;
    assert!(matches!(both, Err(TicketError::Invalid(_))));

    let deleted = world.tickets.delete(world.workspace, tickets[0].id, None);
    deleted.await.unwrap();
    assert_eq!(world.ticket(tickets[1].id).await.parent, None);
}
