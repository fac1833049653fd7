//! Workers that die, freeze or are slow.

use std::sync::Arc;
use std::time::Duration;

use handoff_domain::delivery::model::DeliveryState;
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::ids::PushId;
use handoff_domain::testing::FakeCreate;
use handoff_domain::ticket::model::{PushError, PushErrorCode};

use super::probe::Probe;
use crate::world::World;

/// A connected workspace with an accepted push of one ticket.
async fn accepted() -> (Arc<World>, PushId) {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    let push = world.push(&world.push_of(document)).await;
    (Arc::new(world), push)
}

/// Claims as a process that dies before it sends.
async fn die_sending(world: &World) {
    let claimed = world
        .ledger
        .claim(world.ids.next(), 50, &[], world.clock.now());
    assert!(claimed.await.unwrap().is_some());
}

async fn count(world: &World, state: DeliveryState) -> usize {
    let listed = world
        .delivery
        .list_deliveries(world.workspace, Some(state), Default::default());
    listed.await.unwrap().items.len()
}

#[tokio::test]
async fn the_rows_of_a_dead_worker_become_uncertain_only_after_a_whole_lease_was_observed() {
    let (world, _) = accepted().await;
    die_sending(&world).await;
    world.pass(86_400);
    let worker = world.worker();
    let begun = world.clock.monotonic();
    while count(&world, DeliveryState::Sending).await == 1 {
        assert!(!worker.run_once().await.unwrap());
        world.pass(1);
    }
    let observed = world.clock.monotonic() - begun;
    assert!(observed >= Duration::from_secs(60), "{observed:?}");
    assert_eq!(count(&world, DeliveryState::Uncertain).await, 1);
    assert!(world.tracker.calls().creates.is_empty(), "never sent again");
}

#[tokio::test]
async fn a_lease_that_cannot_be_ended_keeps_no_other_push_from_being_sent() {
    let (world, _) = accepted().await;
    die_sending(&world).await;
    let worker = world.worker();
    assert!(!worker.run_once().await.unwrap());
    world.pass(180);
    let (document, _) = world.reviewed(1).await;
    let push = world.push(&world.push_of(document)).await;
    world.hooks.fail("expire_lease", 1);

    assert!(worker.run_once().await.unwrap());

    assert_eq!(world.report(push).await.counts().pushed, 1);
    while count(&world, DeliveryState::Sending).await == 1 {
        worker.run_once().await.unwrap();
        world.pass(1);
    }
    assert_eq!(count(&world, DeliveryState::Uncertain).await, 1);
}

#[tokio::test]
async fn a_row_that_moved_meanwhile_is_watched_anew() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(2).await;
    world.push(&world.push_of(document)).await;
    let lease = world.ids.next();
    let claimed = world.ledger.claim(lease, 50, &[], world.clock.now());
    let batch = claimed.await.unwrap().unwrap();
    let worker = world.worker();
    worker.run_once().await.unwrap();
    world.pass(170);
    worker.run_once().await.unwrap();
    // The other worker lives: it writes one of its outcomes down.
    let error = PushError::new(PushErrorCode::FieldRejected, "no");
    let last = batch.deliveries[1].id;
    let rejected = handoff_domain::delivery::model::Settlement::Rejected { error };
    let settled = handoff_domain::delivery::model::SettledBatch {
        push_id: batch.push.id,
        lease_id: lease,
        outcomes: vec![(last, rejected)],
        quota_points: 0,
        fence: None,
    };
    let written = world.ledger.settle(&settled, world.clock.now());
    assert_eq!(written.await.unwrap(), 1);

    worker.run_once().await.unwrap();
    world.pass(170);
    worker.run_once().await.unwrap();
    assert_eq!(count(&world, DeliveryState::Sending).await, 1);
    world.pass(600);
    worker.run_once().await.unwrap();
    assert_eq!(count(&world, DeliveryState::Uncertain).await, 1);
}

#[tokio::test]
async fn a_worker_never_takes_its_own_lease_for_dead() {
    let (world, push) = accepted().await;
    let probe = Probe::new(&world);
    let worker = Arc::new(probe.worker(&world, 4));
    let (same, other) = (worker.clone(), world.clone());
    probe.during(move || async move {
        for _ in 0..10 {
            assert!(!same.run_once().await.unwrap());
            other.pass(600);
        }
        assert_eq!(count(&other, DeliveryState::Sending).await, 1);
    });
    worker.run_once().await.unwrap();
    assert_eq!(world.report(push).await.counts().pushed, 1);
}

/// Another worker sees the lease unchanged for longer than its length.
async fn is_taken_for_dead(world: &World) {
    let observer = world.worker();
    observer.run_once().await.unwrap();
    world.pass(600);
    observer.run_once().await.unwrap();
}

#[tokio::test]
async fn a_late_proof_is_taken_although_the_lease_was_lost() {
    let (world, push) = accepted().await;
    let probe = Probe::new(&world);
    let other = world.clone();
    probe.during(move || async move {
        is_taken_for_dead(&other).await;
        assert_eq!(count(&other, DeliveryState::Uncertain).await, 1);
    });
    probe.worker(&world, 4).run_once().await.unwrap();
    assert_eq!(world.report(push).await.counts().pushed, 1);
    assert_eq!(world.tracker.duplicates(), 0);
}

#[tokio::test]
async fn a_late_refusal_or_retry_is_not_taken_once_the_lease_was_lost() {
    let error = PushError::new(PushErrorCode::FieldRejected, "no");
    for late in [
        FakeCreate::Reject(error),
        FakeCreate::Retry { retry_after: None },
    ] {
        let (world, _) = accepted().await;
        world.tracker.next_outcomes([late]);
        let probe = Probe::new(&world);
        let other = world.clone();
        probe.during(move || async move {
            is_taken_for_dead(&other).await;
        });
        probe.worker(&world, 4).run_once().await.unwrap();
        assert_eq!(count(&world, DeliveryState::Uncertain).await, 1);
    }
}

#[tokio::test]
async fn a_process_frozen_after_its_claim_sends_nothing_when_it_thaws() {
    let (world, _) = accepted().await;
    let probe = Probe::new(&world);
    let clock = world.clock.clone();
    world.hooks.after("claim", move || async move {
        clock.advance(Duration::from_secs(3600));
    });
    probe.worker(&world, 4).run_once().await.unwrap();
    assert!(world.tracker.calls().creates.is_empty());
    assert_eq!(count(&world, DeliveryState::Queued).await, 1);
}

#[tokio::test]
async fn a_disconnect_between_claim_and_request_sends_nothing() {
    let (world, push) = accepted().await;
    let other = world.clone();
    world.hooks.after("claim", move || async move {
        let gone = other.connection.disconnect(other.workspace, other.owner);
        gone.await.unwrap();
    });
    world.work().await;
    assert!(world.tracker.calls().creates.is_empty());

    world.connect().await;
    world.pass(600);
    world.work().await;
    assert_eq!(world.report(push).await.counts().pushed, 1);
    assert_eq!(world.tracker.issues().len(), 1);
}
