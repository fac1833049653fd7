//! Which tickets a push takes, and what it refuses as a whole.

use std::sync::Arc;

use handoff_domain::audit::model::AuditAction;
use handoff_domain::connection::ports::{AccessTokens, AuthorizerError};
use handoff_domain::delivery::error::DeliveryError;
use handoff_domain::delivery::model::{DeliveryState, PushEntry, PushState};
use handoff_domain::delivery::plan::PushCommand;
use handoff_domain::delivery::service::Pushed;
use handoff_domain::delivery::tracker::TrackerError;
use handoff_domain::shared::ids::{DocumentId, TicketId};
use handoff_domain::shared::validation::Problems;
use handoff_domain::testing::FakeCreate;
use handoff_domain::ticket::model::{PushError, PushErrorCode, TicketChanges, TicketStatus};

use crate::world::World;

fn pointers(problems: &Problems) -> Vec<&str> {
    let problems = problems.as_slice().iter();
    problems.map(|problem| problem.pointer.as_str()).collect()
}

fn by_id(world: &World, document: DocumentId, ids: &[TicketId]) -> PushCommand {
    PushCommand {
        ticket_ids: Some(ids.to_vec()),
        ..world.push_of(document)
    }
}

async fn refusal(world: &World, command: &PushCommand) -> DeliveryError {
    let pushes = world.audited(AuditAction::PushAccepted).len();
    let refused = world.delivery.push(world.owner, command, None).await;
    let after = world.audited(AuditAction::PushAccepted).len();
    assert_eq!(after, pushes, "a refused push writes nothing");
    refused.unwrap_err()
}

#[tokio::test]
async fn all_reviewed_tickets_go_when_none_are_named() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(3).await;
    let id = world.push(&world.push_of(document)).await;

    let report = world.report(id).await;

    assert_eq!(report.push.state, PushState::Running);
    assert_eq!(report.counts().total, 3);
    assert_eq!(report.counts().pending, 3);
    assert_eq!(report.push.site_id, "cloud-1");
    assert_eq!(report.push.account_id, "account-1");
    assert_eq!(report.push.project.id, "10000");
    let ticket = world.ticket(tickets[0]).await;
    assert_eq!(ticket.status, TicketStatus::Reviewed);
    assert_eq!(ticket.delivery.unwrap().state, DeliveryState::Queued);
    assert!(world.tracker.issues().is_empty(), "only workers deliver");
    assert_eq!(world.wakes.count(), 1);
}

#[tokio::test]
async fn without_a_reviewed_ticket_there_is_nothing_to_push() {
    let world = World::connected().await;
    let document = world.document("# task: Tidy\n- Only generated").await;
    let document = document.0.summary.id;
    world.generate(document).await;
    let command = world.push_of(document);
    let pushed = world.delivery.push(world.owner, &command, None).await;
    assert_eq!(pushed.unwrap(), Pushed::Nothing);
    assert!(world.audited(AuditAction::PushAccepted).is_empty());
}

#[tokio::test]
async fn generated_and_failed_tickets_may_be_pushed_by_id() {
    let world = World::connected().await;
    let content = "# task: Tidy\n- Generated\n- Failed";
    let document = world.document(content).await.0.summary.id;
    let tickets: Vec<TicketId> = world
        .generate(document)
        .await
        .iter()
        .map(|t| t.id)
        .collect();
    let error = PushError::new(PushErrorCode::FieldRejected, "no");
    world.tracker.next_outcomes([FakeCreate::Reject(error)]);
    world.push(&by_id(&world, document, &tickets[1..])).await;
    world.work().await;
    let failed = world.ticket(tickets[1]).await;
    assert_eq!(failed.status, TicketStatus::PushFailed);

    let id = world.push(&by_id(&world, document, &tickets)).await;
    world.work().await;

    assert_eq!(world.report(id).await.counts().pushed, 2);
    assert_eq!(world.tracker.issues().len(), 2);
    let mended = world.ticket(tickets[1]).await;
    assert_eq!(mended.status, TicketStatus::Pushed);
    assert!(mended.push_error.is_none());
}

#[tokio::test]
async fn repeated_ids_are_folded_and_their_order_is_kept() {
    let world = World::connected().await;
    let (document, t) = world.reviewed(3).await;
    let ids = [t[2], t[0], t[2], t[1], t[0]];
    let id = world.push(&by_id(&world, document, &ids)).await;
    let entries = world.report(id).await.entries;
    let order: Vec<TicketId> = entries
        .iter()
        .map(|entry| match entry {
            PushEntry::Delivery(delivery) => delivery.ticket_id,
            PushEntry::AlreadyPushed { ticket_id, .. } => *ticket_id,
        })
        .collect();
    assert_eq!(order, [t[2], t[0], t[1]]);
}

#[tokio::test]
async fn ids_that_are_no_tickets_of_the_document_are_pointed_at_and_nothing_is_sent() {
    let world = World::connected().await;
    let (document, mine) = world.reviewed(1).await;
    let (_, others) = world.reviewed(1).await;
    let deleted = world.document("# task: Tidy\n- Gone").await.0.summary.id;
    let deleted = world.generate(deleted).await[0].id;
    let gone = world.tickets.delete(world.workspace, deleted, None);
    gone.await.unwrap();
    let ids = [world.ids.next(), mine[0], others[0], deleted];

    let refused = refusal(&world, &by_id(&world, document, &ids)).await;

    let DeliveryError::TicketNotFound(problems) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        pointers(&problems),
        ["/ticket_ids/0", "/ticket_ids/2", "/ticket_ids/3"]
    );
    assert!(world.ticket(mine[0]).await.delivery.is_none());
}

#[tokio::test]
async fn one_to_ten_thousand_ids_are_taken() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(1).await;
    for count in [0, 10_001] {
        let ids = vec![tickets[0]; count];
        let refused = refusal(&world, &by_id(&world, document, &ids)).await;
        let DeliveryError::Invalid(problems) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(pointers(&problems), ["/ticket_ids"]);
    }
    let ids = vec![tickets[0]; 10_000];
    let id = world.push(&by_id(&world, document, &ids)).await;
    assert_eq!(world.report(id).await.counts().total, 1);
}

#[tokio::test]
async fn documents_that_are_unknown_or_of_another_workspace_are_told() {
    let world = World::connected().await;
    let unknown = world.push_of(world.ids.next());
    let refused = refusal(&world, &unknown).await;
    assert!(matches!(refused, DeliveryError::DocumentNotFound));

    let (document, _) = world.reviewed(1).await;
    let other = world.workspaces.create(world.owner, "Other", None).await;
    let foreign = PushCommand {
        workspace_id: other.unwrap().id,
        ..world.push_of(document)
    };
    let refused = refusal(&world, &foreign).await;
    assert!(matches!(refused, DeliveryError::DocumentNotFound));
}

#[tokio::test]
async fn without_a_connection_that_works_nothing_is_accepted() {
    let world = World::new().await;
    let (document, _) = world.reviewed(1).await;
    let command = world.push_of(document);
    let never = refusal(&world, &command).await;
    assert!(matches!(
        never,
        DeliveryError::Tracker(TrackerError::NotConnected)
    ));

    world.connect().await;
    let site = world.integration().await.unwrap().site();
    world.pass(3600);
    let ended = AuthorizerError::GrantRefused {
        reason: "invalid_grant".to_owned(),
    };
    world.authorizer.next_refresh(Err(ended));
    world.keeper.token(&site).await.unwrap_err();
    let ended = refusal(&world, &command).await;
    assert!(matches!(
        ended,
        DeliveryError::Tracker(TrackerError::ReconnectRequired)
    ));

    let gone = world.connection.disconnect(world.workspace, world.owner);
    gone.await.unwrap();
    let gone = refusal(&world, &command).await;
    assert!(matches!(
        gone,
        DeliveryError::Tracker(TrackerError::NotConnected)
    ));
}

#[tokio::test]
async fn a_connection_that_goes_at_the_last_moment_refuses_the_push() {
    let world = Arc::new(World::connected().await);
    let (document, tickets) = world.reviewed(1).await;
    let other = world.clone();
    world.hooks.before("accept", move || async move {
        let gone = other.connection.disconnect(other.workspace, other.owner);
        gone.await.unwrap();
    });

    let refused = refusal(&world, &world.push_of(document)).await;

    assert!(matches!(
        refused,
        DeliveryError::Tracker(TrackerError::NotConnected)
    ));
    assert!(world.ticket(tickets[0]).await.delivery.is_none());
}

#[tokio::test]
async fn an_issue_is_already_pushed_and_is_not_created_again() {
    let world = World::connected().await;
    let (document, tickets) = world.pushed(1).await;
    let id = world.push(&by_id(&world, document, &tickets)).await;

    let report = world.report(id).await;

    assert_eq!(report.push.state, PushState::Settled);
    assert_eq!(report.counts().already_pushed, 1);
    let PushEntry::AlreadyPushed { external, .. } = &report.entries[0] else {
        panic!("{report:?}");
    };
    assert_eq!(external.as_ref().unwrap().key, "ENG-1");
    world.work().await;
    assert_eq!(world.tracker.issues().len(), 1);
}

#[tokio::test]
async fn a_ticket_in_delivery_joins_with_that_delivery() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(2).await;
    let first = world.push(&by_id(&world, document, &tickets[..1])).await;
    let second = world.push(&by_id(&world, document, &tickets)).await;

    let joined = world.report(second).await;
    assert_eq!(joined.entries[0], world.report(first).await.entries[0]);
    assert_eq!(joined.counts().pending, 2);

    world.work().await;
    for push in [first, second] {
        let report = world.report(push).await;
        assert_eq!(report.push.state, PushState::Settled);
        assert_eq!(report.counts().pushed, report.counts().total);
    }
    assert_eq!(world.tracker.issues().len(), 2);
}

#[tokio::test]
async fn two_pushes_of_the_same_tickets_at_the_same_moment_create_each_once() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(5).await;
    let command = by_id(&world, document, &tickets);

    let (first, second) =
        futures_util::future::join(world.push(&command), world.push(&command)).await;
    world.work().await;

    assert_ne!(first, second);
    assert_eq!(world.tracker.issues().len(), 5);
    for push in [first, second] {
        assert_eq!(world.report(push).await.counts().pushed, 5);
    }
}

#[tokio::test]
async fn a_ticket_edited_at_the_last_moment_is_sent_as_it_is_now() {
    let world = Arc::new(World::connected().await);
    let (document, tickets) = world.reviewed(1).await;
    let (other, ticket) = (world.clone(), tickets[0]);
    world.hooks.before("accept", move || async move {
        let changes = TicketChanges {
            title: Some("Edited".to_owned()),
            ..TicketChanges::default()
        };
        let edited = other.tickets.review(other.workspace, ticket, changes, None);
        edited.await.unwrap();
    });

    world.push(&world.push_of(document)).await;
    world.work().await;

    let issues = world.tracker.issues();
    assert_eq!(issues.len(), 1);
    assert!(issues[0].payload.contains("Edited"));
}

#[tokio::test]
async fn a_ticket_deleted_at_the_last_moment_is_not_sent() {
    let world = Arc::new(World::connected().await);
    let (document, tickets) = world.reviewed(2).await;
    let (other, ticket) = (world.clone(), tickets[0]);
    world.hooks.before("accept", move || async move {
        let gone = other.tickets.delete(other.workspace, ticket, None);
        gone.await.unwrap();
    });

    let id = world.push(&world.push_of(document)).await;

    assert_eq!(world.report(id).await.counts().total, 1);
}

#[tokio::test]
async fn what_the_preflight_costs_is_counted_on_the_push() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    world.tracker.set_question_cost(2);
    let push = world.push(&world.push_of(document)).await;
    assert_eq!(world.report(push).await.push.quota_points, 6);
}

#[tokio::test]
async fn a_quota_that_is_spent_at_the_preflight_stops_every_process() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    world.tracker.fail_next(TrackerError::QuotaSpent {
        is_of_app: true,
        wait: std::time::Duration::from_secs(1_847),
        reason: "jira-quota-global-based".to_owned(),
    });
    let refused = refusal(&world, &world.push_of(document)).await;
    assert!(matches!(
        refused,
        DeliveryError::Tracker(TrackerError::QuotaSpent { .. })
    ));

    let push = world.push(&world.push_of(document)).await;
    world.work().await;

    let report = world.report(push).await;
    assert_eq!(report.counts().pending, 1);
    assert_eq!(report.pause.unwrap().reason, "jira-quota-global-based");
}
