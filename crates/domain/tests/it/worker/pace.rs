//! Pauses and limits.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use handoff_domain::delivery::model::PauseScope;
use handoff_domain::delivery::tracker::PauseRequest;
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::ids::PushId;
use handoff_domain::testing::{CreateScript, FakeAuthorizer, FakeCreate};

use super::probe::Probe;
use crate::world::World;

/// Connects a second workspace of the owner's to this site and accepts a push of one ticket there.
async fn second_workspace(world: &mut World, cloud_id: &str) {
    let other = world.workspaces.create(world.owner, "Other", None).await;
    world.workspace = other.unwrap().id;
    let site = FakeAuthorizer::site(cloud_id, "other");
    world.authorizer.next_sites(Ok(vec![site]));
    world.connect().await;
    let (document, _) = world.reviewed(1).await;
    world.push(&world.push_of(document)).await;
}

#[tokio::test]
async fn a_pause_holds_back_what_it_speaks_of_and_nothing_else() {
    let cases = [
        (PauseScope::App, "cloud-1", false),
        (PauseScope::App, "cloud-2", false),
        (PauseScope::Site("cloud-1".to_owned()), "cloud-1", false),
        (PauseScope::Site("cloud-1".to_owned()), "cloud-2", true),
        (PauseScope::Creates("cloud-1".to_owned()), "cloud-1", false),
        (PauseScope::Creates("cloud-1".to_owned()), "cloud-2", true),
    ];
    for (scope, other_site, goes_on) in cases {
        let mut world = World::connected().await;
        let (document, _) = world.reviewed(1).await;
        let paused = world.push(&world.push_of(document)).await;
        let first = world.workspace;
        world.tracker.next_create(CreateScript {
            elements: vec![FakeCreate::Retry { retry_after: None }],
            pause: Some(PauseRequest {
                scope: scope.clone(),
                wait: Duration::from_secs(120),
                reason: "jira-quota-tenant-based".to_owned(),
            }),
            quota_points: 0,
        });
        world.work().await;
        second_workspace(&mut world, other_site).await;
        world.pass(100);

        world.work().await;

        assert_eq!(
            world.tracker.issues().len(),
            usize::from(goes_on),
            "{scope:?}"
        );
        let report = world.delivery.report(first, paused).await.unwrap();
        let pause = report.pause.unwrap();
        assert_eq!(pause.reason, "jira-quota-tenant-based");
        let left = pause.until - world.clock.now();
        assert!((20..=32).contains(&left.whole_seconds()), "{left}");
        world.pass(32);
        world.work().await;
        assert_eq!(world.tracker.issues().len(), 2, "{scope:?}");
    }
}

/// A push of one ticket whose create is answered with a wish for a pause.
async fn slowed_down(wait: Duration) -> (World, PushId) {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    let push = world.push(&world.push_of(document)).await;
    world.tracker.next_create(CreateScript {
        elements: vec![FakeCreate::Retry {
            retry_after: Some(wait),
        }],
        pause: Some(PauseRequest {
            scope: PauseScope::App,
            wait,
            reason: "jira-quota-global-based".to_owned(),
        }),
        quota_points: 0,
    });
    (world, push)
}

#[tokio::test]
async fn a_pause_that_cannot_be_written_down_at_once_is_tried_again() {
    let (world, push) = slowed_down(Duration::from_secs(1_847)).await;
    world.hooks.fail("pause", 3);
    world.work().await;
    let pause = world.report(push).await.pause.unwrap();
    let left = pause.until - world.clock.now();
    assert!(left > Duration::from_secs(1_840), "{left}");
}

#[tokio::test]
async fn a_wait_beyond_every_quotas_hour_is_not_believed() {
    let (world, push) = slowed_down(Duration::from_secs(7 * 24 * 3_600)).await;
    world.work().await;
    let report = world.report(push).await;
    let left = report.pause.unwrap().until - world.clock.now();
    assert!((60..=70).contains(&left.whole_minutes()), "{left}");
    world.pass(70 * 60);
    world.work().await;
    assert_eq!(world.report(push).await.counts().pushed, 1);
}

#[tokio::test]
async fn repeats_of_different_requests_are_spread_and_those_of_one_leave_together() {
    let world = World::connected().await;
    let retry_after = Some(Duration::from_secs(60));
    for _ in 0..8 {
        let (document, _) = world.reviewed(2).await;
        world.push(&world.push_of(document)).await;
        world
            .tracker
            .next_outcomes(vec![FakeCreate::Retry { retry_after }; 2]);
    }
    world.work().await;
    let listed = world
        .delivery
        .list_deliveries(world.workspace, None, Default::default());
    let rows = listed.await.unwrap().items;
    let at: BTreeSet<_> = rows.iter().map(|row| row.retry_at.unwrap()).collect();
    assert_eq!(at.len(), 8, "{at:?}");
    let floor = world.clock.now() + Duration::from_secs(60);
    assert!(at.iter().all(|at| *at >= floor), "{at:?}");
}

#[tokio::test]
async fn a_hundred_and_twenty_tickets_take_three_requests() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(120).await;
    let push = world.push(&world.push_of(document)).await;
    world.work().await;
    assert_eq!(world.tracker.calls().creates, [50, 50, 20]);
    assert_eq!(world.report(push).await.counts().pushed, 120);
}

#[tokio::test]
async fn no_more_requests_are_in_flight_on_a_site_than_allowed() {
    for allowed in [1, 4] {
        let world = World::connected().await;
        let (document, _) = world.reviewed(400).await;
        let push = world.push(&world.push_of(document)).await;
        let probe = Probe::new(&world);
        let worker = probe.worker(&world, allowed);
        let task = async || while worker.run_once().await.unwrap() {};

        join_all((0..6).map(|_| task())).await;
        task().await;

        assert_eq!(probe.most_in_flight(), allowed);
        assert_eq!(world.report(push).await.counts().pushed, 400);
    }
}

#[tokio::test]
async fn a_busy_site_does_not_hold_another_one_back() {
    let mut world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    world.push(&world.push_of(document)).await;
    second_workspace(&mut world, "cloud-2").await;
    let world = Arc::new(world);
    let probe = Probe::new(&world);
    let worker = Arc::new(probe.worker(&world, 1));
    let (same, other) = (worker.clone(), world.clone());
    probe.during(move || async move {
        assert!(same.run_once().await.unwrap());
        assert_eq!(other.tracker.issues().len(), 2);
        assert!(!same.run_once().await.unwrap());
    });
    worker.run_once().await.unwrap();
}

#[tokio::test]
async fn several_workers_never_send_the_same_delivery() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(230).await;
    let push = world.push(&world.push_of(document)).await;
    let probe = Probe::new(&world);
    let workers: Vec<_> = (0..3).map(|_| probe.worker(&world, 4)).collect();
    let tasks = workers.iter().chain(&workers);

    join_all(tasks.map(async |worker| while worker.run_once().await.unwrap() {})).await;

    assert_eq!(world.tracker.issues().len(), 230);
    assert_eq!(world.tracker.duplicates(), 0);
    assert_eq!(world.report(push).await.counts().pushed, 230);
}

#[tokio::test]
async fn workspaces_take_turns() {
    let mut world = World::connected().await;
    let (document, _) = world.reviewed(150).await;
    world.push(&world.push_of(document)).await;
    second_workspace(&mut world, "cloud-1").await;
    let worker = world.worker();
    worker.run_once().await.unwrap();
    worker.run_once().await.unwrap();
    assert_eq!(world.tracker.calls().creates, [50, 1]);
}
