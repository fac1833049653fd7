//! Waiting for a push, listing pushes and deliveries, calling them off.

use std::time::Duration;

use handoff_domain::audit::model::AuditAction;
use handoff_domain::delivery::error::DeliveryError;
use handoff_domain::delivery::model::{DeliveryState, PushState};
use handoff_domain::delivery::plan::PushCommand;
use handoff_domain::delivery::ports::PushFilter;
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::page::PageRequest;
use handoff_domain::ticket::model::TicketStatus;

use crate::world::World;

#[tokio::test]
async fn waiting_for_a_settled_push_takes_no_time() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    let id = world.push(&world.push_of(document)).await;
    world.work().await;
    let begun = world.clock.monotonic();

    let waited = world
        .delivery
        .wait(world.workspace, id, Duration::from_secs(20))
        .await;

    assert_eq!(waited.unwrap().push.state, PushState::Settled);
    assert_eq!(world.clock.monotonic(), begun);
}

#[tokio::test]
async fn waiting_ends_when_the_push_settles() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    let id = world.push(&world.push_of(document)).await;
    let begun = world.clock.monotonic();
    let wait = world
        .delivery
        .wait(world.workspace, id, Duration::from_secs(20));

    let (waited, ()) = futures_util::future::join(wait, world.work()).await;

    assert_eq!(waited.unwrap().push.state, PushState::Settled);
    assert!(world.clock.monotonic() - begun < Duration::from_secs(5));
}

#[tokio::test]
async fn waiting_gives_up_after_its_time_and_not_later() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    let id = world.push(&world.push_of(document)).await;
    for seconds in [0, 20] {
        let begun = world.clock.monotonic();
        let at_most = Duration::from_secs(seconds);
        let waited = world.delivery.wait(world.workspace, id, at_most).await;
        assert_eq!(waited.unwrap().push.state, PushState::Running);
        assert_eq!(world.clock.monotonic() - begun, at_most);
    }
}

#[tokio::test]
async fn pushes_of_other_workspaces_do_not_exist() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    let id = world.push(&world.push_of(document)).await;
    let other = world.workspaces.create(world.owner, "Other", None).await;
    let other = other.unwrap().id;
    let (wait, report, cancel) = (
        world.delivery.wait(other, id, Duration::ZERO).await,
        world.delivery.report(other, id).await,
        world.delivery.cancel(other, world.owner, id).await,
    );
    for answer in [wait, report, cancel] {
        assert!(matches!(answer, Err(DeliveryError::PushNotFound)));
    }
    assert_eq!(world.report(id).await.counts().pending, 1);
}

#[tokio::test]
async fn cancelling_calls_off_what_was_not_sent_and_frees_its_tickets() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(60).await;
    let id = world.push(&world.push_of(document)).await;
    assert!(world.worker().run_once().await.unwrap());

    let cancelled = world
        .delivery
        .cancel(world.workspace, world.owner, id)
        .await;

    let counts = cancelled.unwrap().counts();
    assert_eq!((counts.pushed, counts.cancelled), (50, 10));
    assert_eq!(world.report(id).await.push.state, PushState::Settled);
    assert_eq!(world.audited(AuditAction::PushCancelled).len(), 1);
    let freed = world.ticket(tickets[59]).await;
    assert_eq!(freed.status, TicketStatus::Reviewed);
    assert!(freed.delivery.is_none());
    world.work().await;
    assert_eq!(world.tracker.issues().len(), 50);

    world.push(&world.push_of(document)).await;
    world.work().await;
    assert_eq!(world.tracker.issues().len(), 60);
}

#[tokio::test]
async fn cancelling_leaves_the_deliveries_of_other_pushes_alone() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(2).await;
    let of = |ids: &[_]| PushCommand {
        ticket_ids: Some(ids.to_vec()),
        ..world.push_of(document)
    };
    let first = world.push(&of(&tickets[..1])).await;
    let second = world.push(&of(&tickets)).await;

    let cancelled = world
        .delivery
        .cancel(world.workspace, world.owner, second)
        .await;

    let counts = cancelled.unwrap().counts();
    assert_eq!((counts.cancelled, counts.pending), (1, 1));
    assert_eq!(world.report(first).await.counts().pending, 1);
}

#[tokio::test]
async fn pushes_are_listed_newest_first_with_their_counts() {
    let world = World::connected().await;
    let (document, _) = world.pushed(2).await;
    let (other, _) = world.reviewed(1).await;
    let running = world.push(&world.push_of(other)).await;
    let list = async |filter: PushFilter| {
        let pushes = world
            .delivery
            .list_pushes(world.workspace, filter, PageRequest::default());
        pushes.await.unwrap().items
    };

    let all = list(PushFilter::default()).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].push.id, running);
    assert_eq!(all[1].counts.pushed, 2);
    let of_document = PushFilter {
        document_id: Some(document),
        state: None,
    };
    assert_eq!(list(of_document).await, all[1..]);
    let unsettled = PushFilter {
        document_id: None,
        state: Some(PushState::Running),
    };
    assert_eq!(list(unsettled).await, all[..1]);
    let deliveries = world
        .delivery
        .list_deliveries(
            world.workspace,
            Some(DeliveryState::Confirmed),
            PageRequest::default(),
        )
        .await
        .unwrap();
    assert_eq!(deliveries.items.len(), 2);
}
