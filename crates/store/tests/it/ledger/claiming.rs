use std::collections::HashSet;

use handoff_domain::audit::model::AuditAction;
use handoff_domain::connection::model::ReconnectReason;
use handoff_domain::delivery::model::{
    DeliveryState, Fence, Pause, PauseScope, PushEntry, Settlement,
};
use handoff_domain::shared::ids::{DeliveryId, LeaseId};
use handoff_store::testing::TestDatabase;

use crate::on_both_databases;
use crate::world::{World, at, error};

on_both_databases!(
    a_claim_commits_attempt_lease_and_fence,
    a_retry_waits_for_its_time,
    paused_and_busy_sites_are_left_out,
    a_longer_pause_stays_and_is_shown,
    a_workspace_that_cannot_send_is_left_out,
    the_oldest_push_goes_first_and_workspaces_take_turns,
    two_claimers_at_once_never_get_the_same_row,
);

async fn a_claim_commits_attempt_lease_and_fence(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(3).await;
    assert_eq!(world.report(push).await.push.change_number, 3);

    let batch = world.try_claim(2).await.unwrap();

    let claimed: Vec<_> = batch.deliveries.iter().map(|row| row.ticket_id).collect();
    assert_eq!(claimed, [tickets[0].id, tickets[1].id]);
    assert_eq!(
        batch.deliveries[0].payload,
        format!("{{\"ticket\":\"{}\"}}", tickets[0].id)
    );
    assert_eq!(batch.deliveries[0].attempt, 1);
    let report = world.report(push).await;
    assert_eq!(report.push.change_number, 5);
    let PushEntry::Delivery(first) = &report.entries[0] else {
        panic!("it is a delivery")
    };
    assert_eq!(first.state, DeliveryState::Sending);
    assert_eq!((first.attempts, first.change_number), (1, 4));
    assert_eq!(first.fence, Some(Fence("41".to_owned())));
    let ticket = world.load(tickets[0].id).await;
    assert_eq!(ticket.delivery.unwrap().state, DeliveryState::Sending);
    let held = world.ports.deliveries.list_held().await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].lease_id, held[0].change_number),
        (batch.lease_id, 5)
    );
    assert_eq!(world.claim().await.deliveries.len(), 1);
    assert_eq!(world.try_claim(50).await, None);
}

async fn a_retry_waits_for_its_time(database: &TestDatabase) {
    let world = World::new(database).await;
    world.push_new(1).await;
    let batch = world.claim().await;
    let retry = |_| Settlement::Retry {
        at: at(100),
        error: error("slow down"),
    };
    assert_eq!(world.settle_all(&batch, batch.lease_id, retry).await, 1);
    let claim = |now| {
        let lease: LeaseId = world.ports.ids.next();
        let deliveries = world.ports.deliveries.clone();
        async move { deliveries.claim(lease, 50, &[], now).await.unwrap() }
    };

    assert_eq!(claim(at(99)).await, None);
    let again = claim(at(100)).await.unwrap();

    assert_eq!(again.deliveries[0].id, batch.deliveries[0].id);
    assert_eq!(again.deliveries[0].attempt, 2);
}

async fn paused_and_busy_sites_are_left_out(database: &TestDatabase) {
    let world = World::new(database).await;
    world.push_new(1).await;
    let deliveries = &world.ports.deliveries;
    let pause = |scope, until| {
        let pause = Pause {
            scope,
            until,
            reason: "jira-burst-based".to_owned(),
        };
        async move { deliveries.pause(&pause).await.unwrap() }
    };

    let lease: LeaseId = world.ports.ids.next();
    let busy = [world.site.clone()];
    assert_eq!(
        deliveries.claim(lease, 50, &busy, at(20)).await.unwrap(),
        None
    );
    pause(PauseScope::Site("elsewhere".to_owned()), at(100)).await;
    pause(PauseScope::Creates(world.site.clone()), at(21)).await;
    assert_eq!(
        deliveries.claim(lease, 50, &[], at(20)).await.unwrap(),
        None
    );
    pause(PauseScope::Site(world.site.clone()), at(22)).await;
    assert_eq!(
        deliveries.claim(lease, 50, &[], at(21)).await.unwrap(),
        None
    );
    pause(PauseScope::App, at(23)).await;
    assert_eq!(
        deliveries.claim(lease, 50, &[], at(22)).await.unwrap(),
        None
    );

    assert!(
        deliveries
            .claim(lease, 50, &[], at(23))
            .await
            .unwrap()
            .is_some()
    );
}

async fn a_longer_pause_stays_and_is_shown(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, _) = world.push_new(1).await;
    let pause = |until, reason: &str| Pause {
        scope: PauseScope::Creates(world.site.clone()),
        until,
        reason: reason.to_owned(),
    };
    let long = pause(at(100), "long");
    world.ports.deliveries.pause(&long).await.unwrap();
    world
        .ports
        .deliveries
        .pause(&pause(at(90), "short"))
        .await
        .unwrap();

    assert_eq!(world.report(push).await.pause, Some(long));
    world.disconnect().await;
    assert_eq!(
        world.report(push).await.pause,
        None,
        "a settled push waits for nothing"
    );
}

async fn a_workspace_that_cannot_send_is_left_out(database: &TestDatabase) {
    let world = World::new(database).await;
    world.push_new(1).await;
    let connections = &world.ports.connections;
    let row = world.stored_integration().await;
    let audit = world.audit(AuditAction::ReconnectNeeded);
    let reason = ReconnectReason::GrantEnded;
    connections
        .mark_needs_reconnect(row.id, row.generation, reason, at(15), &audit)
        .await
        .unwrap();
    assert_eq!(world.try_claim(50).await, None, "it needs a reconnect");

    world.connect(&world.site, Some(2)).await;
    assert!(world.try_claim(50).await.is_some());
}

async fn the_oldest_push_goes_first_and_workspaces_take_turns(database: &TestDatabase) {
    let world = World::new(database).await;
    let (first, _) = world.push_new(2).await;
    let (second, _) = world.push_new(2).await;
    let neighbour = World::beside(world.ports.clone()).await;
    let (theirs, _) = neighbour.push_new(2).await;

    let mut order = Vec::new();
    while let Some(batch) = world.try_claim(1).await {
        order.push(batch.push.id);
    }

    assert_eq!(order, [first, theirs, first, theirs, second, second]);
}

async fn two_claimers_at_once_never_get_the_same_row(database: &TestDatabase) {
    let world = World::new(database).await;
    world.push_new(60).await;
    world.push_new(60).await;

    let mut seen: HashSet<DeliveryId> = HashSet::new();
    loop {
        let claims = tokio::join!(
            world.try_claim(7),
            world.try_claim(7),
            world.try_claim(7),
            world.try_claim(7)
        );
        let batches = [claims.0, claims.1, claims.2, claims.3];
        let rows: Vec<_> = batches
            .into_iter()
            .flatten()
            .flat_map(|batch| batch.deliveries)
            .collect();
        if rows.is_empty() {
            break;
        }
        for row in rows {
            assert_eq!(row.attempt, 1);
            assert!(seen.insert(row.id), "a row was claimed twice");
        }
    }

    assert_eq!(seen.len(), 120);
}
