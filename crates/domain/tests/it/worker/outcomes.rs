//! What becomes of a delivery in each of the four outcomes, and when the store fails around the request.

use std::time::Duration;

use handoff_domain::delivery::model::{Delivery, DeliveryState, PushState};
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::ids::{PushId, TicketId};
use handoff_domain::testing::{CreateScript, FakeCreate};
use handoff_domain::ticket::error::TicketError;
use handoff_domain::ticket::model::{PushError, PushErrorCode, TicketChanges, TicketStatus};

use super::probe::Probe;
use crate::world::World;

/// A connected workspace with an accepted push of so many tickets.
async fn accepted(count: usize) -> (World, PushId, Vec<TicketId>) {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(count).await;
    let push = world.push(&world.push_of(document)).await;
    (world, push, tickets)
}

async fn deliveries(world: &World) -> Vec<Delivery> {
    let listed = world
        .delivery
        .list_deliveries(world.workspace, None, Default::default());
    let mut deliveries = listed.await.unwrap().items;
    deliveries.reverse();
    deliveries
}

#[tokio::test]
async fn a_confirmed_delivery_makes_its_ticket_pushed() {
    let (world, push, tickets) = accepted(1).await;
    world.work().await;

    let report = world.report(push).await;
    assert_eq!(report.push.state, PushState::Settled);
    assert!(report.push.settled_at.is_some());
    let ticket = world.ticket(tickets[0]).await;
    assert_eq!(ticket.status, TicketStatus::Pushed);
    assert_eq!(ticket.platform.as_deref(), Some("jira"));
    assert!(ticket.delivery.is_none() && ticket.pushed_at.is_some());
    let issue = &world.tracker.issues()[0];
    assert_eq!(ticket.external.as_ref(), Some(&issue.external));
    let delivery = &deliveries(&world).await[0];
    assert_eq!(issue.mark, delivery.id, "the mark is the delivery's id");
    assert_eq!(delivery.attempts, 1);
}

#[tokio::test]
async fn the_row_is_committed_as_sending_before_the_request() {
    let (world, push, _) = accepted(1).await;
    world.tracker.set_fence("never read again");
    let world = std::sync::Arc::new(world);
    let probe = Probe::new(&world);
    let other = world.clone();
    probe.during(move || async move {
        let row = deliveries(&other).await.remove(0);
        assert_eq!(row.state, DeliveryState::Sending);
        assert_eq!(row.attempts, 1);
        let fence = row.fence.unwrap();
        assert_eq!(fence, other.report(push).await.push.fence);
    });
    assert!(probe.worker(&world, 4).run_once().await.unwrap());
    assert_eq!(world.report(push).await.counts().pushed, 1);
}

#[tokio::test]
async fn one_refused_ticket_among_many_fails_alone() {
    let (world, push, tickets) = accepted(50).await;
    let error = PushError::new(PushErrorCode::FieldRejected, "too long").of_field("summary");
    let mut ends = vec![FakeCreate::Succeed; 50];
    ends[7] = FakeCreate::Reject(error.clone());
    world.tracker.next_outcomes(ends);

    world.work().await;

    let counts = world.report(push).await.counts();
    assert_eq!((counts.pushed, counts.failed), (49, 1));
    let failed = world.ticket(tickets[7]).await;
    assert_eq!(failed.status, TicketStatus::PushFailed);
    assert_eq!(failed.push_error, Some(error));
    assert_eq!(world.tracker.calls().creates, [50]);
}

#[tokio::test]
async fn what_certainly_was_not_applied_waits_and_is_sent_again() {
    let (world, push, _) = accepted(1).await;
    let retry = || FakeCreate::Retry { retry_after: None };
    for _ in 0..4 {
        world.tracker.next_outcomes([retry()]);
    }
    let mut waits = Vec::new();
    for attempt in 1..=4 {
        world.work().await;
        let row = deliveries(&world).await.remove(0);
        assert_eq!(row.state, DeliveryState::Queued);
        assert_eq!(row.attempts, attempt);
        assert!(row.error.is_some());
        let wait = row.retry_at.unwrap() - world.clock.now();
        assert!(wait.is_positive());
        world
            .clock
            .advance(wait.unsigned_abs() - Duration::from_millis(1));
        world.work().await;
        let calls = world.tracker.calls().creates.len();
        assert_eq!(calls, usize::try_from(attempt).unwrap(), "not before");
        world.clock.advance(Duration::from_millis(1));
        waits.push(wait);
    }
    assert!(
        waits.windows(2).all(|pair| pair[1] > pair[0]),
        "{waits:?} grows"
    );
    world.work().await;
    assert_eq!(world.report(push).await.counts().pushed, 1);
    assert_eq!(world.tracker.issues().len(), 1);
}

#[tokio::test]
async fn what_the_tracker_asks_to_wait_is_a_floor() {
    let (world, _, _) = accepted(1).await;
    let retry_after = Some(Duration::from_secs(97));
    world
        .tracker
        .next_outcomes([FakeCreate::Retry { retry_after }]);
    world.work().await;
    let row = deliveries(&world).await.remove(0);
    assert!(row.retry_at.unwrap() - world.clock.now() >= Duration::from_secs(97));
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_never_sent_again() {
    for applied in [false, true] {
        let (world, push, tickets) = accepted(1).await;
        world.tracker.next_outcomes([FakeCreate::Lose { applied }]);
        let worker = world.worker();
        for _ in 0..100 {
            worker.run_once().await.unwrap();
            world.pass(600);
        }

        assert_eq!(world.tracker.calls().creates, [1], "sent once");
        let row = deliveries(&world).await.remove(0);
        assert_eq!(row.state, DeliveryState::Uncertain);
        assert!(row.error.is_some() && row.retry_at.is_none());
        let report = world.report(push).await;
        assert_eq!(report.push.state, PushState::Running);
        assert_eq!(report.counts().pending, 1);
        let ticket = world.ticket(tickets[0]).await;
        assert_eq!(ticket.delivery.unwrap().state, DeliveryState::Uncertain);
        let changes = TicketChanges::default();
        let edited = world
            .tickets
            .review(world.workspace, ticket.id, changes, None)
            .await;
        assert!(matches!(edited, Err(TicketError::DeliveryOpen)));
        let again = handoff_domain::delivery::plan::PushCommand {
            ticket_ids: Some(tickets),
            ..world.push_of(ticket.document_id)
        };
        world.push(&again).await;
        world.work().await;
        assert_eq!(world.tracker.calls().creates, [1], "not even when asked to");
    }
}

#[tokio::test]
async fn a_cancel_leaves_what_may_have_been_sent() {
    let (world, push, _) = accepted(2).await;
    let lost = FakeCreate::Lose { applied: true };
    let retry = FakeCreate::Retry { retry_after: None };
    world.tracker.next_outcomes([lost, retry]);
    world.work().await;
    let cancelled = world.delivery.cancel(world.workspace, world.owner, push);
    let counts = cancelled.await.unwrap().counts();
    assert_eq!((counts.pending, counts.cancelled), (1, 1));
}

#[tokio::test]
async fn outcomes_are_still_written_down_when_the_store_comes_back() {
    let (world, push, tickets) = accepted(2).await;
    let error = PushError::new(PushErrorCode::FieldRejected, "no");
    world
        .tracker
        .next_outcomes([FakeCreate::Succeed, FakeCreate::Reject(error)]);
    world.hooks.fail("settle", 20);

    world.work().await;

    let counts = world.report(push).await.counts();
    assert_eq!((counts.pushed, counts.failed), (1, 1));
    let ticket = world.ticket(tickets[0]).await;
    assert_eq!(ticket.external.unwrap().key, "ENG-1");
    assert_eq!(world.tracker.calls().creates, [2]);
}

#[tokio::test]
async fn a_store_that_stays_away_leaves_doubt_and_no_second_create() {
    let (world, push, _) = accepted(1).await;
    world.hooks.fail("settle", 10_000);
    let worker = world.worker();
    worker.run_once().await.unwrap();
    world.hooks.clear();
    for _ in 0..10 {
        worker.run_once().await.unwrap();
        world.pass(60);
    }
    assert_eq!(deliveries(&world).await[0].state, DeliveryState::Uncertain);
    assert_eq!(world.tracker.calls().creates, [1]);
    assert_eq!(world.report(push).await.counts().pending, 1);
}

#[tokio::test]
async fn an_outcome_written_twice_is_written_once() {
    let (world, push, tickets) = accepted(1).await;
    world.hooks.lose("settle");
    world.work().await;
    assert_eq!(world.report(push).await.counts().pushed, 1);
    let version = world.ticket(tickets[0]).await.version;
    assert_eq!(version, 4, "made, reviewed, accepted, confirmed");
}

#[tokio::test]
async fn a_commit_that_is_not_known_to_have_happened_sends_nothing() {
    let (world, push, _) = accepted(1).await;
    world.hooks.lose("claim");
    let worker = world.worker();
    worker.run_once().await.unwrap_err();
    for _ in 0..10 {
        worker.run_once().await.unwrap();
        world.pass(60);
    }
    assert!(world.tracker.calls().creates.is_empty());
    assert_eq!(world.report(push).await.counts().pending, 1);
    assert_eq!(deliveries(&world).await[0].state, DeliveryState::Uncertain);
}

#[tokio::test]
async fn the_points_of_all_requests_add_up() {
    let (world, push, _) = accepted(60).await;
    for quota_points in [51, 11] {
        world.tracker.next_create(CreateScript {
            quota_points,
            ..CreateScript::default()
        });
    }
    world.work().await;
    assert_eq!(world.report(push).await.push.quota_points, 62);
}
