//! Finding out what became of lost answers: what is looked for, when, and what is never assumed.

use std::time::Duration;

use handoff_domain::delivery::model::{
    AttemptFindings, Delivery, DeliveryState, Finding, Pause, PauseScope,
};
use handoff_domain::delivery::reconciler::Reconciler;
use handoff_domain::delivery::resolve::Decision;
use handoff_domain::delivery::times::DeliveryTimes;
use handoff_domain::delivery::tracker::{Absence, TrackerError};
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::shared::ids::PushId;
use handoff_domain::testing::FakeCreate;
use handoff_domain::ticket::model::PushErrorCode;

use crate::world::World;

mod pace;
mod sites;

const SETTLE: u64 = 300;

fn reconciler(world: &World) -> Reconciler {
    Reconciler::new(world.delivery_ports.clone(), DeliveryTimes::default())
}

/// A push whose elements ended like this.
async fn pushed(ends: &[FakeCreate]) -> (World, PushId) {
    let world = World::connected().await;
    let (document, _) = world.reviewed(ends.len()).await;
    let push = world.push(&world.push_of(document)).await;
    world.tracker.next_outcomes(ends.to_vec());
    world.work().await;
    (world, push)
}

async fn deliveries(world: &World) -> Vec<Delivery> {
    let listed = world
        .delivery
        .list_deliveries(world.workspace, None, Default::default());
    let mut all = listed.await.unwrap().items;
    all.sort_by_key(|delivery| delivery.id);
    all
}

async fn states(world: &World) -> Vec<DeliveryState> {
    let all = deliveries(world).await;
    all.iter().map(|delivery| delivery.state).collect()
}

/// Looks whenever that is due, for so many seconds.
async fn watch(world: &World, reconciler: &Reconciler, seconds: u64) {
    for _ in 0..seconds {
        reconciler.run_once().await.unwrap();
        world.pass(1);
    }
}

const MADE: FakeCreate = FakeCreate::Lose { applied: true };
const NOT_MADE: FakeCreate = FakeCreate::Lose { applied: false };
use DeliveryState::{Cancelled, Confirmed, NeedsAttention, Queued, Uncertain};

#[tokio::test]
async fn an_issue_that_exists_is_found_at_the_first_look() {
    let (world, push) = pushed(&[MADE, MADE]).await;
    world.tracker.set_look_cost(3);
    let before = world.report(push).await.push.quota_points;

    assert!(reconciler(&world).run_once().await.unwrap());

    assert_eq!(states(&world).await, [Confirmed, Confirmed]);
    let report = world.report(push).await;
    assert_eq!(report.push.quota_points, before + 3);
    for (delivery, issue) in deliveries(&world).await.iter().zip(world.tracker.issues()) {
        assert_eq!(delivery.external.as_ref(), Some(&issue.external));
    }
}

#[tokio::test]
async fn what_is_not_there_is_sent_again_only_after_the_settle_time() {
    let (world, push) = pushed(&[NOT_MADE]).await;
    let reconciler = reconciler(&world);
    watch(&world, &reconciler, SETTLE).await;
    assert_eq!(states(&world).await, [Uncertain]);
    assert!(world.tracker.calls().proofs.is_empty());
    let looks = world.tracker.calls().finds.len();
    assert!((10..=25).contains(&looks), "{looks} looks");

    watch(&world, &reconciler, 60).await;

    assert_eq!(states(&world).await, [Queued]);
    world.work().await;
    assert_eq!(world.report(push).await.counts().pushed, 1);
    assert_eq!(world.tracker.issues().len(), 1);
}

#[tokio::test]
async fn a_process_believes_no_clock_but_its_own() {
    let (world, _) = pushed(&[NOT_MADE]).await;
    world.pass(86_000);
    let late = reconciler(&world);
    watch(&world, &late, SETTLE - 1).await;
    world
        .clock
        .set(world.clock.now() + time::Duration::hours(12));
    late.run_once().await.unwrap();
    assert_eq!(states(&world).await, [Uncertain]);
    assert!(world.tracker.calls().proofs.is_empty());
}

#[tokio::test]
async fn a_clock_that_jumped_far_ahead_does_not_stop_the_looks() {
    let (world, _) = pushed(&[NOT_MADE]).await;
    let now = world.clock.now();
    world.clock.set(now + time::Duration::days(30));
    reconciler(&world).run_once().await.unwrap();
    world.clock.set(now);
    world.pass(1);

    assert!(reconciler(&world).run_once().await.unwrap());
}

#[tokio::test]
async fn another_issue_of_the_same_request_starts_the_settle_time_anew() {
    let (world, _) = pushed(&[FakeCreate::Late, NOT_MADE]).await;
    let reconciler = reconciler(&world);
    watch(&world, &reconciler, SETTLE - 20).await;
    let first = deliveries(&world).await[0].id;
    assert!(world.tracker.act_late(first));

    watch(&world, &reconciler, SETTLE - 20).await;
    assert_eq!(states(&world).await, [Confirmed, Uncertain]);

    watch(&world, &reconciler, 100).await;
    assert_eq!(states(&world).await, [Confirmed, Queued]);
}

#[tokio::test]
async fn an_issue_seen_in_the_proof_itself_forbids_the_absence_of_its_siblings() {
    let (world, _) = pushed(&[FakeCreate::Late, NOT_MADE]).await;
    let reconciler = reconciler(&world);
    reconciler.run_once().await.unwrap();
    let first = deliveries(&world).await[0].id;
    world.pass(SETTLE);
    assert!(world.tracker.act_late(first));

    reconciler.run_once().await.unwrap();

    assert_eq!(world.tracker.calls().proofs, [2]);
    assert_eq!(states(&world).await, [Confirmed, Uncertain]);
}

#[tokio::test]
async fn what_was_made_after_the_settle_time_puts_no_verdict_off() {
    let (world, _) = pushed(&[NOT_MADE]).await;
    world.tracker.lag_above("9");
    let reconciler = reconciler(&world);
    reconciler.run_once().await.unwrap();
    world.pass(SETTLE);

    reconciler.run_once().await.unwrap();
    assert_eq!(states(&world).await, [Uncertain]);

    watch(&world, &reconciler, 100).await;
    assert_eq!(states(&world).await, [Queued]);
}

#[tokio::test]
async fn two_processes_share_the_looks() {
    let (world, _) = pushed(&[NOT_MADE]).await;
    let processes = [reconciler(&world), reconciler(&world)];
    for _ in 0..SETTLE {
        for process in &processes {
            process.run_once().await.unwrap();
        }
        world.pass(1);
    }
    let looks = world.tracker.calls().finds.len();
    assert!(looks <= 25, "{looks} looks");
}

#[tokio::test]
async fn several_issues_with_one_mark_are_left_to_a_person() {
    let (world, push) = pushed(&[MADE]).await;
    let mark = world.tracker.issues()[0].mark;
    let copy = world.tracker.copy_issue(mark).unwrap();

    reconciler(&world).run_once().await.unwrap();

    let delivery = &deliveries(&world).await[0];
    assert_eq!(delivery.state, NeedsAttention);
    let error = delivery.error.clone().unwrap();
    assert_eq!(error.code, PushErrorCode::SeveralIssues);
    assert!(error.message.contains(&copy.key), "{}", error.message);
    assert_eq!(world.report(push).await.counts().needs_attention, 1);
}

#[tokio::test]
async fn without_a_verdict_the_deadline_leaves_it_to_a_person_and_tells_the_last_reason() {
    let (world, _) = pushed(&[NOT_MADE]).await;
    for _ in 0..20 {
        let why = "the account may not browse the project".to_owned();
        world.tracker.next_verdict(Absence::NotYet(why));
    }
    let reconciler = reconciler(&world);
    reconciler.run_once().await.unwrap();
    world.pass(SETTLE);
    reconciler.run_once().await.unwrap();
    world.pass(86_000);
    assert_eq!(states(&world).await, [Uncertain]);

    world.pass(400);
    reconciler.run_once().await.unwrap();

    let error = deliveries(&world).await[0].error.clone().unwrap();
    assert_eq!(states(&world).await, [NeedsAttention]);
    assert_eq!(error.code, PushErrorCode::OutcomeUnknown);
    assert!(
        error.message.contains("may not browse"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn what_no_look_can_ever_tell_is_left_to_a_person_at_once() {
    let (world, _) = pushed(&[NOT_MADE]).await;
    let why = "the range is too long".to_owned();
    world.tracker.next_verdict(Absence::Impossible(why));
    let reconciler = reconciler(&world);
    reconciler.run_once().await.unwrap();
    world.pass(SETTLE);
    reconciler.run_once().await.unwrap();
    assert_eq!(states(&world).await, [NeedsAttention]);
}

#[tokio::test]
async fn what_is_absent_is_called_off_where_its_push_was_cancelled() {
    let (world, push) = pushed(&[NOT_MADE]).await;
    let called_off = world.delivery.cancel(world.workspace, world.owner, push);
    called_off.await.unwrap();
    watch(&world, &reconciler(&world), SETTLE + 60).await;
    assert_eq!(states(&world).await, [Cancelled]);
}

#[tokio::test]
async fn looks_wait_for_the_connection_the_pause_and_the_trackers_wish() {
    let (world, _) = pushed(&[MADE]).await;
    let pause = Pause {
        scope: PauseScope::Site("cloud-1".to_owned()),
        until: world.clock.now() + Duration::from_secs(60),
        reason: "jira-quota-tenant-based".to_owned(),
    };
    world.ledger.pause(&pause).await.unwrap();
    let reconciler = reconciler(&world);
    assert!(!reconciler.run_once().await.unwrap());
    world.pass(60);
    let gone = world.connection.disconnect(world.workspace, world.owner);
    gone.await.unwrap();
    assert!(!reconciler.run_once().await.unwrap());
    world.connect().await;
    let busy = Failure::new(FailureKind::RateLimited, "slow down")
        .with_retry_after(Some(Duration::from_secs(120)));
    world.tracker.fail_next(TrackerError::Failure(busy));
    assert!(reconciler.run_once().await.unwrap());
    assert_eq!(states(&world).await, [Uncertain]);

    watch(&world, &reconciler, 150).await;

    assert_eq!(states(&world).await, [Confirmed]);
}

/// Two minutes in which nothing at all may be asked.
async fn pause_the_app(world: &World) {
    let pause = Pause {
        scope: PauseScope::App,
        until: world.clock.now() + Duration::from_secs(120),
        reason: "jira-quota-global-based".to_owned(),
    };
    world.ledger.pause(&pause).await.unwrap();
}

#[tokio::test]
async fn a_pause_does_not_start_the_settle_time_anew() {
    let (world, _) = pushed(&[NOT_MADE]).await;
    let reconciler = reconciler(&world);
    watch(&world, &reconciler, SETTLE - 60).await;
    pause_the_app(&world).await;
    watch(&world, &reconciler, 120).await;
    assert_eq!(states(&world).await, [Uncertain]);

    watch(&world, &reconciler, 31).await;

    assert_eq!(states(&world).await, [Queued]);
}

#[tokio::test]
async fn what_changed_under_a_pause_is_watched_anew_after_it() {
    let (world, _) = pushed(&[FakeCreate::Late, NOT_MADE]).await;
    let reconciler = reconciler(&world);
    watch(&world, &reconciler, SETTLE - 60).await;
    pause_the_app(&world).await;
    let first = deliveries(&world).await[0].clone();
    assert!(world.tracker.act_late(first.id));
    let found = [AttemptFindings {
        lease_id: world.ids.next(),
        change_number: 0,
        findings: vec![(first.id, present(&world))],
    }];
    let written = world
        .ledger
        .reconcile(first.push_id, &found, 0, world.clock.now());
    assert_eq!(written.await.unwrap(), 1);
    watch(&world, &reconciler, 120).await;

    watch(&world, &reconciler, SETTLE - 1).await;
    assert_eq!(states(&world).await, [Confirmed, Uncertain]);
    assert!(world.tracker.calls().proofs.is_empty());
}

fn present(world: &World) -> Finding {
    let external = world.tracker.issues()[0].external.clone();
    Finding::Present { external }
}

#[tokio::test]
async fn without_a_reconnect_the_deadline_leaves_it_to_a_person() {
    let (world, push) = pushed(&[NOT_MADE]).await;
    let gone = world.connection.disconnect(world.workspace, world.owner);
    gone.await.unwrap();
    let reconciler = reconciler(&world);
    for _ in 0..24 {
        reconciler.run_once().await.unwrap();
        world.pass(3_600);
    }
    reconciler.run_once().await.unwrap();
    assert_eq!(states(&world).await, [Uncertain]);

    world.pass(1_200);
    reconciler.run_once().await.unwrap();

    assert_eq!(states(&world).await, [NeedsAttention]);
    let delivery = deliveries(&world).await[0].clone();
    let error = delivery.error.unwrap();
    assert_eq!(error.code, PushErrorCode::OutcomeUnknown);
    assert!(error.message.contains("deadline"), "{}", error.message);
    assert_eq!(world.report(push).await.counts().needs_attention, 1);
    let decided = world.delivery.resolve(
        world.workspace,
        world.owner,
        delivery.id,
        &Decision::Abandon,
    );
    assert_eq!(decided.await.unwrap().state, DeliveryState::Abandoned);
}

#[tokio::test]
async fn after_days_without_any_process_looks_come_before_the_deadline() {
    let (world, _) = pushed(&[NOT_MADE]).await;
    world.pass(3 * 86_400);
    watch(&world, &reconciler(&world), SETTLE + 60).await;
    assert_eq!(states(&world).await, [Queued]);
}
