//! The mark in an issue says whose it is.

use handoff_domain::delivery::tracker::IssueStatus;
use handoff_domain::shared::ids::TicketId;
use handoff_domain::sync::service::SyncCommand;
use handoff_domain::ticket::model::{ExternalIssue, PushErrorCode, SyncedStatus, TicketStatus};

use super::sync;
use crate::world::World;

/// Says which ticket the mark in a ticket's issue names.
async fn is_marked(world: &World, ticket: TicketId, owner: TicketId) -> ExternalIssue {
    let external = world.ticket(ticket).await.external.unwrap();
    let seen = IssueStatus::Seen {
        status: SyncedStatus::InProgress,
        external_status: format!("of {}", external.key),
        external: external.clone(),
        marked_ticket: Some(owner),
    };
    world.tracker.set_status(external.id.clone(), seen);
    external
}

#[tokio::test]
async fn the_first_sync_gives_swapped_issues_back_to_their_tickets() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(4).await;
    let own = is_marked(&world, tickets[0], tickets[0]).await;
    let first = is_marked(&world, tickets[1], tickets[2]).await;
    let second = is_marked(&world, tickets[2], tickets[3]).await;
    let third = is_marked(&world, tickets[3], tickets[1]).await;

    let report = sync(&world).await;

    assert_eq!(
        (report.total, report.synced, report.failed.len()),
        (4, 4, 0)
    );
    let issues = [own, third, first, second];
    for (ticket, issue) in tickets.iter().zip(issues) {
        let ticket = world.ticket(*ticket).await;
        let words = format!("of {}", issue.key);
        assert_eq!(ticket.external, Some(issue));
        assert_eq!(ticket.external_status, Some(words));
        assert_eq!(ticket.status, TicketStatus::Synced);
    }
}

#[tokio::test]
async fn a_swapped_ticket_that_is_synced_alone_finds_its_partner() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(2).await;
    let first = is_marked(&world, tickets[0], tickets[1]).await;
    let second = is_marked(&world, tickets[1], tickets[0]).await;

    let only = SyncCommand {
        ticket_ids: Some(vec![tickets[0]]),
        ..SyncCommand::default()
    };
    let report = world.sync.sync(world.workspace, &only).await.unwrap();

    assert_eq!((report.total, report.synced), (1, 1));
    let (one, other) = (
        world.ticket(tickets[0]).await,
        world.ticket(tickets[1]).await,
    );
    assert_eq!(
        (one.external, one.status),
        (Some(second), TicketStatus::Synced)
    );
    assert_eq!(
        (other.external, other.status),
        (Some(first), TicketStatus::Pushed)
    );
}

#[tokio::test]
async fn a_mark_of_a_ticket_that_cannot_be_asked_fails_its_ticket_and_keeps_the_link() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(3).await;
    let stranger: TicketId = world.ids.next();
    let kept = is_marked(&world, tickets[0], stranger).await;
    is_marked(&world, tickets[1], tickets[2]).await;
    is_marked(&world, tickets[2], tickets[2]).await;

    let report = sync(&world).await;

    let failed: Vec<_> = report.failed.iter().map(|(id, _)| *id).collect();
    assert_eq!((report.synced, failed), (1, tickets[..2].to_vec()));
    assert_eq!(report.failed[0].1.code, PushErrorCode::IssueLinkedElsewhere);
    assert!(report.failed[0].1.message.contains(&kept.key));
    let ticket = world.ticket(tickets[0]).await;
    assert_eq!(
        (ticket.external, ticket.status),
        (Some(kept), TicketStatus::Pushed)
    );
}

#[tokio::test]
async fn only_the_first_sync_asks_whose_an_issue_is() {
    let world = World::connected().await;
    let (_, tickets) = world.pushed(2).await;
    sync(&world).await;
    let before = world.ticket(tickets[0]).await.external;
    is_marked(&world, tickets[0], tickets[1]).await;
    is_marked(&world, tickets[1], tickets[0]).await;

    let report = sync(&world).await;

    assert_eq!((report.synced, report.failed.len()), (2, 0));
    assert_eq!(world.ticket(tickets[0]).await.external, before);
}
