//! Workers and lookers that were frozen and wake up after the world has gone on without them.

use handoff_domain::delivery::model::{
    AttemptFindings, ClaimedBatch, Finding, PushState, Settlement,
};
use handoff_domain::shared::ids::LeaseId;
use handoff_store::testing::TestDatabase;

use crate::on_both_databases;
use crate::world::{World, at, error, states};

on_both_databases!(
    a_worker_that_wakes_up_changes_nothing_that_it_no_longer_owns,
    a_look_that_wakes_up_decides_nothing_about_a_newer_attempt,
    proof_from_a_frozen_worker_is_taken_even_from_a_person,
);

/// What a worker could want to write that is no proof of presence.
fn without_proof() -> [Settlement; 3] {
    let error = error("late");
    [
        Settlement::Rejected {
            error: error.clone(),
        },
        Settlement::Retry {
            at: at(40),
            error: error.clone(),
        },
        Settlement::Uncertain { error },
    ]
}

async fn reconcile(world: &World, batch: &ClaimedBatch, number: i64, finding: &Finding) -> u32 {
    let findings = batch.deliveries.iter().map(|row| (row.id, finding.clone()));
    let found = [AttemptFindings {
        lease_id: batch.lease_id,
        change_number: number,
        findings: findings.collect(),
    }];
    let deliveries = &world.ports.deliveries;
    let written = deliveries.reconcile(batch.push.id, &found, 0, at(50));
    written.await.unwrap()
}

/// The worker's lease ends while it is frozen; answers the change number of its attempt.
async fn expire(world: &World, batch: &ClaimedBatch) -> i64 {
    let deliveries = &world.ports.deliveries;
    let rows = deliveries.expire_lease(batch.lease_id, at(40)).await;
    assert_eq!(rows.unwrap(), 2);
    let listed = deliveries.list_uncertain(10, at(40)).await.unwrap();
    let attempt = listed[0].attempts[0];
    assert_eq!(attempt.lease_id, batch.lease_id);
    attempt.change_number
}

async fn a_worker_that_wakes_up_changes_nothing_that_it_no_longer_owns(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(2).await;
    let frozen = world.claim().await;
    let number = expire(&world, &frozen).await;
    let before = world.report(push).await;
    for late in without_proof() {
        let outcome = |_| late.clone();
        assert_eq!(world.settle_all(&frozen, frozen.lease_id, outcome).await, 0);
    }
    assert_eq!(world.report(push).await.entries, before.entries);

    assert_eq!(
        reconcile(&world, &frozen, number, &Finding::Absent).await,
        2
    );
    let present = world.claim().await;
    let claimed = world.report(push).await;
    for late in without_proof() {
        let outcome = |_| late.clone();
        assert_eq!(world.settle_all(&frozen, frozen.lease_id, outcome).await, 0);
    }
    let deliveries = &world.ports.deliveries;
    let expired = deliveries.expire_lease(frozen.lease_id, at(60)).await;
    assert_eq!(expired.unwrap(), 0);
    assert_eq!(world.report(push).await, claimed);

    let proof = |index| world.confirmed(index);
    assert_eq!(world.settle_all(&frozen, frozen.lease_id, proof).await, 2);
    for late in without_proof() {
        let outcome = |_| late.clone();
        assert_eq!(
            world.settle_all(&present, present.lease_id, outcome).await,
            0
        );
    }
    assert!(world.load(tickets[0].id).await.is_pushed());
    assert_eq!(world.report(push).await.push.state, PushState::Settled);
}

async fn a_look_that_wakes_up_decides_nothing_about_a_newer_attempt(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, _) = world.push_new(2).await;
    let first = world.claim().await;
    let number = expire(&world, &first).await;
    let undecidable = Finding::Undecidable {
        error: error("nobody knows"),
    };
    assert_eq!(
        reconcile(&world, &first, number - 1, &Finding::Absent).await,
        0
    );
    assert_eq!(reconcile(&world, &first, number, &Finding::Absent).await, 2);
    let second = world.claim().await;
    let later = expire(&world, &second).await;

    for finding in [&Finding::Absent, &undecidable] {
        assert_eq!(reconcile(&world, &first, number, finding).await, 0);
        assert_eq!(reconcile(&world, &first, later, finding).await, 0);
    }

    assert_eq!(states(&world.report(push).await), [Some("uncertain"); 2]);
    assert_eq!(reconcile(&world, &second, later, &undecidable).await, 2);
}

async fn proof_from_a_frozen_worker_is_taken_even_from_a_person(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(2).await;
    let frozen = world.claim().await;
    let number = expire(&world, &frozen).await;
    let undecidable = Finding::Undecidable {
        error: error("nobody knows"),
    };
    assert_eq!(reconcile(&world, &frozen, number, &undecidable).await, 2);
    let stranger: LeaseId = world.ports.ids.next();

    let proof = |index| world.confirmed(index);
    assert_eq!(world.settle_all(&frozen, stranger, proof).await, 2);

    assert_eq!(states(&world.report(push).await), [Some("confirmed"); 2]);
    assert!(world.load(tickets[1].id).await.is_pushed());
}
