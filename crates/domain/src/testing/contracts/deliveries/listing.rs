//! The promises about lists of pushes and deliveries.

use super::super::Ports;
use super::super::world::{World, at, ok, page};
use super::ledger::refusal;
use crate::delivery::model::{DeliveryState, PushState, Settlement};
use crate::delivery::ports::PushFilter;
use crate::shared::ids::{DeliveryId, PushId};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    pushes_are_listed_newest_first_with_their_counts(ports).await;
    deliveries_are_listed_newest_first(ports).await;
}

/// Pushes go from the newest to the oldest, page by page, of one document or state where that is wanted.
pub async fn pushes_are_listed_newest_first_with_their_counts(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    world.connect().await;
    let settled = world.accepted(2).await;
    let batch = world.claimed(50, 10).await;
    world.settle(&batch, 0, world.confirmed(), 20).await;
    world
        .settle(&batch, 1, Settlement::Rejected { error: refusal() }, 20)
        .await;
    let running = world.accepted(1).await;
    let last = world.accepted(1).await;
    let list = async |filter, limit| -> Vec<PushId> {
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let asked = page(limit, after);
            let found = ports
                .deliveries
                .list_pushes(world.workspace, filter, asked, at(30));
            let found = ok(found.await);
            for summary in &found.items {
                let report = world.report(summary.push.id).await;
                assert_eq!(
                    (&summary.push, summary.counts),
                    (&report.push, report.counts())
                );
            }
            listed.extend(found.items.iter().map(|summary| summary.push.id));
            after = found.next;
            if after.is_none() {
                return listed;
            }
        }
    };
    let of_state = |state| PushFilter {
        state: Some(state),
        document_id: None,
    };
    let of_document = PushFilter {
        document_id: Some(running.document),
        state: None,
    };

    assert_eq!(
        list(PushFilter::default(), 2).await,
        [last.push, running.push, settled.push]
    );
    assert_eq!(list(of_state(PushState::Settled), 50).await, [settled.push]);
    assert_eq!(
        list(of_state(PushState::Running), 1).await,
        [last.push, running.push]
    );
    assert_eq!(list(of_document, 50).await, [running.push]);
    let both = PushFilter {
        state: Some(PushState::Settled),
        ..of_document
    };
    assert_eq!(list(both, 50).await, []);
    let filter = PushFilter::default();
    let foreign = ports
        .deliveries
        .list_pushes(other.workspace, filter, page(50, None), at(30));
    assert_eq!(ok(foreign.await).items, []);
    world.retire().await;
}

/// Deliveries go from the newest to the oldest, page by page, in one state where that is wanted.
pub async fn deliveries_are_listed_newest_first(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    world.connect().await;
    let first = world.accepted(2).await;
    let second = world.accepted(1).await;
    let batch = world.claimed(1, 10).await;
    world.settle(&batch, 0, world.confirmed(), 20).await;
    let list = async |state| -> Vec<DeliveryId> {
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let found = ports
                .deliveries
                .list_deliveries(world.workspace, state, page(2, after));
            let found = ok(found.await);
            assert!(found.items.len() <= 2);
            listed.extend(found.items.iter().map(|delivery| delivery.id));
            after = found.next;
            if after.is_none() {
                return listed;
            }
        }
    };

    let [one, two, three] = [first.delivery(0), first.delivery(1), second.delivery(0)];
    assert_eq!(list(None).await, [three, two, one]);
    assert_eq!(list(Some(DeliveryState::Queued)).await, [three, two]);
    assert_eq!(list(Some(DeliveryState::Confirmed)).await, [one]);
    assert_eq!(list(Some(DeliveryState::Abandoned)).await, []);
    let foreign = ports
        .deliveries
        .list_deliveries(other.workspace, None, page(50, None));
    assert_eq!(ok(foreign.await).items, []);
    world.retire().await;
}
