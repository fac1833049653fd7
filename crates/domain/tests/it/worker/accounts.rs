//! The workspace is connected anew in the middle of a push, as another person of the same site.

use std::sync::Arc;

use handoff_domain::delivery::model::{Delivery, DeliveryState, PushEntry};
use handoff_domain::shared::ids::{DocumentId, PushId};
use handoff_domain::ticket::model::PushErrorCode;

use super::probe::Probe;
use crate::world::World;

const TICKETS: usize = 52;
use DeliveryState::{Cancelled, Confirmed, NeedsAttention};

/// A push whose first 50 tickets leave in one request.
async fn accepted() -> (Arc<World>, DocumentId, PushId) {
    let world = World::connected().await;
    let (document, _) = world.reviewed(TICKETS).await;
    let push = world.push(&world.push_of(document)).await;
    (Arc::new(world), document, push)
}

/// Somebody else connects, to the same site.
async fn connect_as_another(world: &World) {
    let account = "account-2".to_owned();
    world.authorizer.next_account(Ok(account.clone()));
    world.connect().await;
    let connected = world.integration().await.unwrap();
    assert_eq!(connected.config.account_id, account);
}

async fn in_state(world: &World, push: PushId, state: DeliveryState) -> Vec<Delivery> {
    let entries = world.report(push).await.entries.into_iter();
    let deliveries = entries.filter_map(|entry| match entry {
        PushEntry::Delivery(delivery) => Some(delivery),
        PushEntry::AlreadyPushed { .. } => None,
    });
    deliveries
        .filter(|delivery| delivery.state == state)
        .collect()
}

#[tokio::test]
async fn what_was_sent_as_the_former_account_is_confirmed_and_the_rest_is_free_for_the_new_one() {
    let (world, document, push) = accepted().await;
    let probe = Probe::new(&world);
    let other = world.clone();
    probe.during(move || async move { connect_as_another(&other).await });

    probe.worker(&world, 4).run_once().await.unwrap();
    world.work().await;

    assert_eq!(in_state(&world, push, Confirmed).await.len(), 50);
    assert_eq!(in_state(&world, push, Cancelled).await.len(), 2);
    assert_eq!(world.tracker.calls().creates, [50]);

    let again = world.push(&world.push_of(document)).await;
    let report = world.report(again).await;
    assert_eq!(report.push.account_id, "account-2");
    world.work().await;
    assert_eq!(in_state(&world, again, Confirmed).await.len(), 2);
    assert_eq!(world.tracker.issues().len(), TICKETS);
    assert_eq!(world.tracker.duplicates(), 0);
}

#[tokio::test]
async fn nothing_leaves_as_the_new_account_for_a_push_of_the_former_one() {
    let (world, _, push) = accepted().await;
    let other = world.clone();
    world.hooks.after(
        "claim",
        move || async move { connect_as_another(&other).await },
    );

    world.work().await;
    world.pass(600);
    world.work().await;

    assert!(world.tracker.calls().creates.is_empty());
    assert_eq!(in_state(&world, push, Cancelled).await.len(), 2);
    let left = in_state(&world, push, NeedsAttention).await;
    assert_eq!(left.len(), 50);
    for delivery in left {
        assert_eq!(delivery.error.unwrap().code, PushErrorCode::SiteChanged);
    }
}
