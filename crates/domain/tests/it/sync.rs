//! Reading the status of issues back.

mod marks;

use std::time::Duration;

use handoff_domain::connection::ports::{AccessTokens, AuthorizerError};
use handoff_domain::delivery::model::PauseScope;
use handoff_domain::delivery::tracker::{IssueStatus, TrackerError};
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::shared::ids::TicketId;
use handoff_domain::sync::error::SyncError;
use handoff_domain::sync::service::{StatusChange, SyncCommand, SyncReport};
use handoff_domain::testing::FakeAuthorizer;
use handoff_domain::ticket::model::{
    ExternalIssue, PushError, PushErrorCode, SyncedStatus, TicketStatus,
};

use crate::world::World;

async fn sync(world: &World) -> SyncReport {
    let all = SyncCommand::default();
    world.sync.sync(world.workspace, &all).await.unwrap()
}

/// Says how the issue of a ticket stands; it may have moved.
async fn stands(world: &World, ticket: TicketId, status: SyncedStatus, word: &str, key: &str) {
    let external = world.ticket(ticket).await.external.unwrap();
    let seen = IssueStatus::Seen {
        status,
        external_status: word.to_owned(),
        external: ExternalIssue {
            key: key.to_owned(),
            url: format!("https://first.example/browse/{key}"),
            ..external.clone()
        },
        marked_ticket: None,
    };
    world.tracker.set_status(external.id, seen);
}

#[tokio::test]
async fn the_first_status_makes_a_pushed_ticket_synced() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(2).await;
    stands(&world, tickets[1], SyncedStatus::Done, "Shipped", "ENG-2").await;

    let report = sync(&world).await;

    assert_eq!((report.total, report.synced), (2, 2));
    let change = |ticket_id, to, word: &str| StatusChange {
        ticket_id,
        from: None,
        to,
        external_status: Some(word.to_owned()),
    };
    assert_eq!(
        report.changed,
        [
            change(tickets[0], SyncedStatus::Open, "To Do"),
            change(tickets[1], SyncedStatus::Done, "Shipped"),
        ]
    );
    let ticket = world.ticket(tickets[1]).await;
    assert_eq!(ticket.status, TicketStatus::Synced);
    assert_eq!(ticket.synced_status, Some(SyncedStatus::Done));
    assert_eq!(ticket.external_status.as_deref(), Some("Shipped"));
    assert!(ticket.synced_at.is_some());
}

#[tokio::test]
async fn only_what_changed_is_listed_as_changed() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(2).await;
    sync(&world).await;
    let version = world.ticket(tickets[0]).await.version;
    world.pass(60);
    let report = sync(&world).await;
    assert_eq!(report.synced, 2);
    assert!(report.changed.is_empty());
    let ticket = world.ticket(tickets[0]).await;
    assert_eq!(ticket.version, version, "the time alone is no change");

    let progress = SyncedStatus::InProgress;
    stands(&world, tickets[0], progress, "In Review", "ENG-1").await;
    let report = sync(&world).await;
    assert_eq!(report.changed.len(), 1);
    assert_eq!(report.changed[0].ticket_id, tickets[0]);
    assert_eq!(report.changed[0].from, Some(SyncedStatus::Open));
    assert_eq!(report.changed[0].to, progress);
}

#[tokio::test]
async fn what_a_ticket_says_is_never_written_over() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(1).await;
    let before = world.ticket(tickets[0]).await.content;
    stands(&world, tickets[0], SyncedStatus::Done, "Done", "ENG-1").await;
    sync(&world).await;
    assert_eq!(world.ticket(tickets[0]).await.content, before);
}

#[tokio::test]
async fn a_moved_issue_keeps_its_id_and_gets_its_new_key_and_address() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(1).await;
    let before = world.ticket(tickets[0]).await.external.unwrap();
    stands(&world, tickets[0], SyncedStatus::Open, "To Do", "OPS-9").await;

    sync(&world).await;

    let after = world.ticket(tickets[0]).await.external.unwrap();
    assert_eq!(after.id, before.id);
    assert_eq!(after.key, "OPS-9");
    assert_eq!(after.url, "https://first.example/browse/OPS-9");
}

#[tokio::test]
async fn a_missing_issue_keeps_its_link_and_is_found_again() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(1).await;
    sync(&world).await;
    let before = world.ticket(tickets[0]).await;
    let id = before.external.clone().unwrap().id;
    world.tracker.set_status(&id, IssueStatus::Missing);

    let report = sync(&world).await;
    assert_eq!(report.missing, tickets);
    assert_eq!(report.synced, 0);
    assert_eq!(report.changed[0].to, SyncedStatus::Missing);
    let missing = world.ticket(tickets[0]).await;
    assert_eq!(missing.synced_status, Some(SyncedStatus::Missing));
    assert_eq!(missing.external, before.external);
    assert_eq!(missing.external_status, before.external_status);
    assert_eq!(missing.status, TicketStatus::Synced);
    let again = sync(&world).await;
    assert!(again.changed.is_empty());
    assert_eq!(again.missing, tickets, "still told");

    stands(&world, tickets[0], SyncedStatus::Done, "Done", "ENG-1").await;
    let report = sync(&world).await;
    assert_eq!(report.changed[0].from, Some(SyncedStatus::Missing));
    assert!(report.missing.is_empty());
}

#[tokio::test]
async fn issues_of_another_site_are_told_and_keep_their_last_status() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(1).await;
    stands(&world, tickets[0], SyncedStatus::Done, "Done", "ENG-1").await;
    sync(&world).await;
    let before = world.ticket(tickets[0]).await;
    let other = FakeAuthorizer::site("cloud-2", "second");
    world.authorizer.next_sites(Ok(vec![other]));
    world.connect().await;
    let asked = world.tracker.calls().statuses.len();

    let report = sync(&world).await;

    assert_eq!((report.total, report.synced), (1, 0));
    assert_eq!(report.failed[0].0, tickets[0]);
    assert_eq!(report.failed[0].1.code, PushErrorCode::OtherSite);
    assert!(report.missing.is_empty() && report.changed.is_empty());
    assert_eq!(world.ticket(tickets[0]).await, before);
    assert_eq!(world.tracker.calls().statuses.len(), asked);
}

#[tokio::test]
async fn a_failed_page_fails_its_tickets_only() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(150).await;
    let down = Failure::new(FailureKind::Unavailable, "502");
    world.tracker.fail_next(TrackerError::Failure(down));

    let report = sync(&world).await;

    assert_eq!((report.total, report.synced), (150, 50));
    assert_eq!(report.failed.len(), 100);
    assert_eq!(report.failed[0].1.code, PushErrorCode::TrackerUnavailable);
    assert_eq!(world.ticket(tickets[0]).await.status, TicketStatus::Pushed);
    assert_eq!(
        world.ticket(tickets[149]).await.status,
        TicketStatus::Synced
    );
    assert_eq!(sync(&world).await.synced, 150);
    assert_eq!(world.tracker.calls().statuses, [50, 100, 50]);
}

#[tokio::test]
async fn a_quota_that_is_spent_during_a_sync_stops_every_process() {
    let world = World::connected().await;
    world.pushed(1).await;
    world.tracker.fail_next(TrackerError::QuotaSpent {
        is_of_app: false,
        wait: Duration::from_secs(1_847),
        reason: "jira-quota-tenant-based".to_owned(),
    });

    let report = sync(&world).await;

    assert_eq!(report.failed[0].1.code, PushErrorCode::TrackerRateLimited);
    let (document, _) = world.reviewed(1).await;
    let push = world.push(&world.push_of(document)).await;
    world.work().await;
    let report = world.report(push).await;
    let pause = report.pause.clone().unwrap();
    assert_eq!(pause.scope, PauseScope::Site("cloud-1".to_owned()));
    assert_eq!(report.counts().pending, 1);
}

#[tokio::test]
async fn an_issue_that_cannot_be_asked_for_fails_alone() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(2).await;
    let id = world.ticket(tickets[0]).await.external.unwrap().id;
    let error = PushError::new(PushErrorCode::TrackerUnavailable, "unreadable");
    world
        .tracker
        .set_status(&id, IssueStatus::Failed(error.clone()));
    let report = sync(&world).await;
    assert_eq!(report.failed, [(tickets[0], error)]);
    assert_eq!(report.synced, 1);
    assert_eq!(world.ticket(tickets[0]).await.status, TicketStatus::Pushed);
}

#[tokio::test]
async fn only_the_document_or_the_tickets_asked_for_are_synced() {
    let world = World::connected().await;
    let (first, tickets) = world.pushed(2).await;
    let (_, others) = world.pushed(1).await;
    let total = async |document_id, ticket_ids| {
        let command = SyncCommand {
            document_id,
            ticket_ids,
        };
        let report = world.sync.sync(world.workspace, &command).await;
        report.unwrap().total
    };
    assert_eq!(total(None, None).await, 3);
    assert_eq!(total(Some(first), None).await, 2);
    assert_eq!(total(None, Some(vec![others[0], tickets[0]])).await, 2);
    assert_eq!(total(None, Some(vec![others[0], others[0]])).await, 1);
    assert_eq!(total(Some(first), Some(vec![tickets[0]])).await, 1);
}

#[tokio::test]
async fn tickets_that_are_no_issues_yet_are_not_asked_for() {
    let world = World::connected().await;
    world.reviewed(2).await;
    let report = sync(&world).await;
    assert_eq!(report, SyncReport::default());
    assert!(world.tracker.calls().statuses.is_empty());
}

#[tokio::test]
async fn unknown_documents_and_tickets_are_told() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(1).await;
    let command = SyncCommand {
        document_id: Some(world.ids.next()),
        ticket_ids: None,
    };
    let refused = world.sync.sync(world.workspace, &command).await;
    assert!(matches!(refused, Err(SyncError::DocumentNotFound)));

    let command = SyncCommand {
        document_id: None,
        ticket_ids: Some(vec![tickets[0], world.ids.next()]),
    };
    let refused = world.sync.sync(world.workspace, &command).await;
    let Err(SyncError::TicketNotFound(problems)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(problems.as_slice()[0].pointer, "/ticket_ids/1");

    let other = world.workspaces.create(world.owner, "Other", None).await;
    let command = SyncCommand {
        document_id: None,
        ticket_ids: Some(tickets),
    };
    let foreign = world.sync.sync(other.unwrap().id, &command).await;
    assert!(matches!(foreign, Err(SyncError::TicketNotFound(_))));
}

#[tokio::test]
async fn bad_input_is_told_before_the_missing_connection() {
    let world = World::new().await;
    for count in [0, 10_001] {
        let command = SyncCommand {
            document_id: None,
            ticket_ids: Some(vec![world.ids.next(); count]),
        };
        let refused = world.sync.sync(world.workspace, &command).await;
        let Err(SyncError::Invalid(problems)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(problems.as_slice()[0].pointer, "/ticket_ids");
    }
    let all = SyncCommand::default();
    let refused = world.sync.sync(world.workspace, &all).await;
    assert!(matches!(
        refused,
        Err(SyncError::Tracker(TrackerError::NotConnected))
    ));
}

#[tokio::test]
async fn an_ended_grant_asks_for_a_reconnect() {
    let world = World::connected().await;
    world.pushed(1).await;
    let site = world.integration().await.unwrap().site();
    world.pass(3600);
    let ended = AuthorizerError::GrantRefused {
        reason: "invalid_grant".to_owned(),
    };
    world.authorizer.next_refresh(Err(ended));
    world.keeper.token(&site).await.unwrap_err();
    let refused = world
        .sync
        .sync(world.workspace, &SyncCommand::default())
        .await;
    assert!(matches!(
        refused,
        Err(SyncError::Tracker(TrackerError::ReconnectRequired))
    ));
}
