//! What pauses when Jira asks to slow down, and what a preflight costs of the quota.

use std::time::Duration;

use handoff_domain::delivery::model::PauseScope;
use handoff_domain::delivery::tracker::{
    CreateOutcome, IssueTracker, PreflightBatch, PreflightTicket,
};
use jira_sandbox::{ACME_CLOUD_ID, Effect, Endpoint, Fault, RateLimitReason};
use serde_json::{Map, json};

use crate::absence::assert_not_yet;
use crate::world::{World, titled};

#[tokio::test]
async fn a_429_is_retryable_and_pauses_what_its_reason_names() {
    let acme = ACME_CLOUD_ID.to_owned();
    let cases = [
        (RateLimitReason::GlobalQuota, PauseScope::App),
        (RateLimitReason::TenantQuota, PauseScope::Site(acme.clone())),
        (RateLimitReason::Burst, PauseScope::Creates(acme)),
    ];
    for (reason, scope) in cases {
        let world = World::start().await;
        let judged = world
            .judge("SHOP", vec![titled("A ticket")], Map::new())
            .await
            .unwrap();
        let effect = Effect::rate_limited(reason, Duration::from_secs(40));
        world
            .sandbox
            .handle()
            .push_fault(Fault::once(Endpoint::BulkCreate, effect));
        let report = world.create(&judged).await;
        assert!(
            matches!(report.outcomes[0], CreateOutcome::Retryable { .. }),
            "{report:?}"
        );
        let pause = report.pause.unwrap();
        assert_eq!((pause.scope, pause.wait), (scope, Duration::from_secs(40)));
        assert_eq!(world.sandbox.handle().issue_count(), 0);
    }
}

#[tokio::test]
async fn a_503_that_names_a_wait_and_a_limited_element_pause_the_creates_of_the_site() {
    let unavailable = Effect::Answer {
        status: 503,
        headers: vec![("retry-after".to_owned(), "120".to_owned())],
        body: json!({}),
        acting: false,
    };
    let limited = Effect::FailElements {
        elements: vec![1],
        status: 429,
        acting: false,
    };
    for (effect, wait) in [(unavailable, Some(120)), (limited, None)] {
        let world = World::start().await;
        let contents = vec![titled("One"), titled("Two")];
        let judged = world.judge("SHOP", contents, Map::new()).await.unwrap();
        let fault = Fault::once(Endpoint::BulkCreate, effect);
        world.sandbox.handle().push_fault(fault);
        let pause = world.create(&judged).await.pause.unwrap();
        assert_eq!(pause.scope, PauseScope::Creates(ACME_CLOUD_ID.to_owned()));
        let wait = wait.map(Duration::from_secs);
        assert!(wait.is_none_or(|wait| pause.wait == wait), "{pause:?}");
        assert!(!pause.wait.is_zero());
    }
}

#[tokio::test]
async fn a_quota_that_is_spent_is_told_beside_the_verdict() {
    for (reason, is_of_app) in [
        (RateLimitReason::GlobalQuota, true),
        (RateLimitReason::TenantQuota, false),
    ] {
        let world = World::start().await;
        let marks = world.never_sent().await;
        let wait = Duration::from_secs(1_847);
        world.fail(Endpoint::Search, Effect::rate_limited(reason, wait));
        let report = world.tracker_prove(&marks).await;
        assert_not_yet(&report, "search did not answer");
        let error = report.failure.unwrap();
        assert_eq!(error.retry_after(), Some(wait));
        let scope = match is_of_app {
            true => PauseScope::App,
            false => PauseScope::Site(world.site.cloud_id.clone()),
        };
        let pause = error.pause(&world.site.cloud_id).unwrap();
        assert_eq!((pause.scope, pause.wait), (scope, wait));
    }
}

#[tokio::test]
async fn a_burst_is_a_wait_for_the_look_alone() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    let wait = Duration::from_secs(90);
    let burst = Effect::rate_limited(RateLimitReason::Burst, wait);
    world.fail(Endpoint::BulkFetch, burst);
    let error = world.tracker_prove(&marks).await.failure.unwrap();
    assert_eq!(error.retry_after(), Some(wait));
    assert_eq!(error.pause(&world.site.cloud_id), None);
}

#[tokio::test]
async fn a_preflight_tells_what_it_cost() {
    let world = World::start().await;
    let cost = || i64::try_from(world.sandbox.handle().quota_points()).unwrap();
    for is_known in [false, true] {
        let before = cost();
        let project = world.tracker.project(&world.site, "SHOP").await.unwrap();
        let batch = PreflightBatch {
            project: crate::looks::shop(),
            issue_type: None,
            fields: Map::new(),
            document_title: "The plan".to_owned(),
            tickets: vec![PreflightTicket {
                ticket_id: world.ids.next(),
                delivery_id: world.ids.next(),
                content: titled("One"),
                parent: None,
                depends_on: Vec::new(),
            }],
        };
        let verdicts = world.tracker.preflight(&world.site, &batch).await.unwrap();
        let fence = world.tracker.fence(&world.site, &batch.project).await;
        let told = [
            project.quota_points,
            verdicts.quota_points,
            fence.unwrap().quota_points,
        ];
        assert_eq!(told.iter().sum::<i64>(), cost() - before);
        assert_eq!(told[1] == 0, is_known, "{told:?}");
    }
}
