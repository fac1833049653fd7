//! How often is looked, and what the tracker's wishes and the cost of looks change about that.

use std::time::Duration;

use handoff_domain::delivery::model::PauseScope;
use handoff_domain::delivery::tracker::TrackerError;
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::ticket::model::PushErrorCode;

use super::{
    Confirmed, MADE, NOT_MADE, NeedsAttention, Queued, SETTLE, deliveries, pushed, reconciler,
    states, watch,
};
use crate::world::World;

/// Lets the next look be answered with a wish to wait.
fn ask_to_wait(world: &World, seconds: u64) {
    let busy = Failure::new(FailureKind::RateLimited, "slow down")
        .with_retry_after(Some(Duration::from_secs(seconds)));
    world.tracker.fail_next(TrackerError::Failure(busy));
}

fn looks(world: &World) -> usize {
    let calls = world.tracker.calls();
    calls.finds.len() + calls.proofs.len()
}

#[tokio::test]
async fn a_wait_that_the_tracker_asks_for_is_kept_to_its_end() {
    for is_ripe in [false, true] {
        let (world, _) = pushed(&[MADE]).await;
        let reconciler = reconciler(&world);
        if is_ripe {
            ask_to_wait(&world, 1);
            reconciler.run_once().await.unwrap();
            world.pass(SETTLE);
        }
        ask_to_wait(&world, 1_847);
        assert!(reconciler.run_once().await.unwrap());

        watch(&world, &reconciler, 1_000).await;
        world
            .clock
            .set(world.clock.now() + time::Duration::hours(12));
        watch(&world, &reconciler, 846).await;
        assert_eq!(looks(&world), 0);

        watch(&world, &reconciler, 400).await;
        assert_eq!(states(&world).await, [Confirmed]);
    }
}

#[tokio::test]
async fn one_look_that_is_told_to_wait_speaks_for_all_pushes_of_its_site() {
    let (world, _) = pushed(&[MADE]).await;
    let (document, _) = world.reviewed(1).await;
    world.push(&world.push_of(document)).await;
    world.tracker.next_outcomes([MADE]);
    world.work().await;
    let reconciler = reconciler(&world);
    ask_to_wait(&world, 600);
    reconciler.run_once().await.unwrap();
    watch(&world, &reconciler, 599).await;
    assert_eq!(looks(&world), 0);
    watch(&world, &reconciler, 100).await;
    assert_eq!(states(&world).await, [Confirmed, Confirmed]);
}

#[tokio::test]
async fn a_wait_that_no_quota_lasts_is_cut() {
    let (world, _) = pushed(&[MADE]).await;
    let reconciler = reconciler(&world);
    ask_to_wait(&world, 7 * 24 * 3_600);
    reconciler.run_once().await.unwrap();
    watch(&world, &reconciler, 70 * 60).await;
    assert_eq!(states(&world).await, [Confirmed]);
}

#[tokio::test]
async fn a_quota_that_is_spent_during_a_look_stops_every_process() {
    let (world, push) = pushed(&[MADE]).await;
    world.tracker.fail_next(TrackerError::QuotaSpent {
        is_of_app: true,
        wait: Duration::from_secs(1_847),
        reason: "jira-quota-global-based".to_owned(),
    });
    world.hooks.fail("pause", 2);
    reconciler(&world).run_once().await.unwrap();

    let pause = world.report(push).await.pause.unwrap();
    assert_eq!(pause.scope, PauseScope::App);
    let left = pause.until - world.clock.now();
    assert!(left >= Duration::from_secs(1_840), "{left}");
    watch(&world, &reconciler(&world), 1_800).await;
    assert_eq!(looks(&world), 0);
}

#[tokio::test]
async fn looks_that_cost_much_become_rare_after_the_first() {
    let (world, _) = pushed(&[NOT_MADE]).await;
    world.tracker.set_look_cost(2_000);
    let reconciler = reconciler(&world);
    watch(&world, &reconciler, 60).await;
    assert!(looks(&world) >= 3, "{} looks", looks(&world));
    watch(&world, &reconciler, SETTLE - 60).await;
    assert!(looks(&world) <= 4, "{} looks", looks(&world));
    watch(&world, &reconciler, 1_500).await;
    assert_eq!(states(&world).await, [Queued]);
}

#[tokio::test]
async fn a_look_that_failed_is_paid_for_like_another() {
    let (world, push) = pushed(&[NOT_MADE]).await;
    world.tracker.set_look_cost(7);
    world.tracker.break_off_next_look();
    let before = world.report(push).await.push.quota_points;
    reconciler(&world).run_once().await.unwrap();
    assert_eq!(world.report(push).await.push.quota_points, before + 7);
}

#[tokio::test]
async fn a_mark_on_anothers_issue_leaves_only_its_own_ticket_to_a_person() {
    let (world, _) = pushed(&[NOT_MADE, NOT_MADE]).await;
    let reconciler = reconciler(&world);
    let strayed = deliveries(&world).await[0].id;
    world.tracker.stray(strayed, "ENG-99");

    watch(&world, &reconciler, SETTLE + 60).await;

    assert_eq!(states(&world).await, [NeedsAttention, Queued]);
    let error = deliveries(&world).await[0].error.clone().unwrap();
    assert_eq!(error.code, PushErrorCode::OutcomeUnknown);
    assert!(error.message.contains("ENG-99"), "{}", error.message);
}
