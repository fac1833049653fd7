//! Pauses and limits.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use handoff_domain::delivery::model::PauseScope;
use handoff_domain::delivery::tracker::PauseRequest;
use handoff_domain::shared::clock::Clock;
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
        assert_eq!(pause.until - world.clock.now(), Duration::from_secs(20));
        world.pass(20);
        world.work().await;
        assert_eq!(world.tracker.issues().len(), 2, "{scope:?}");
    }
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
