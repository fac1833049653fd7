//! What fails, and whether it may have happened.

use std::sync::Arc;
use std::time::Duration;

use jira_client::auth::StaticBearer;
use jira_client::{
    Alignment, ElementOutcome, Error, Jira, RateLimitReason, RetryPolicy, SendDeadline,
    SiteAddress, Url,
};
use jira_sandbox::{ACME_CLOUD_ID, Effect, Endpoint, Fault, SandboxConfig};
use serde_json::json;

use super::connected::{Connected, connect, consent, soon};

#[tokio::test]
async fn whatever_fails_a_create_called_not_applied_has_made_nothing() {
    let html = |status, acting| Effect::Html { status, acting };
    let answer = |status, acting| Effect::Answer {
        status,
        headers: vec![("Retry-After".to_owned(), "0".to_owned())],
        body: json!({"errorMessages": ["no"], "errors": {}}),
        acting,
    };
    let mut effects = vec![
        Effect::DropBefore,
        Effect::DropAfter,
        Effect::DelayBefore { ms: 600 },
        Effect::DelayAfter { ms: 600 },
        Effect::Empty,
        Effect::Truncated,
        html(200, true),
        html(403, false),
        Effect::rate_limited(jira_sandbox::RateLimitReason::Burst, Duration::ZERO),
    ];
    for status in [200, 202, 302, 307, 408, 409, 500, 502, 503, 504] {
        effects.extend([answer(status, false), answer(status, true)]);
    }
    effects.extend([400, 401, 403, 404, 413, 422, 429].map(|status| answer(status, false)));
    let on = connect(SandboxConfig::default()).await;
    let batch = on.issues("SHOP", 3).await;
    let url = Url::parse(on.sandbox.base_url()).unwrap();
    let set = on
        .oauth
        .exchange_code(&consent(&on.oauth).await)
        .await
        .unwrap();
    let bearer = StaticBearer::new(set.access_token);
    let jira = Jira::builder(SiteAddress::Cloud {
        cloud_id: ACME_CLOUD_ID.to_owned(),
    })
    .api_url(url)
    .token_source(Arc::new(bearer))
    .request_timeout(Duration::from_millis(300))
    .retry_policy(RetryPolicy::NONE)
    .build()
    .unwrap();
    let handle = on.sandbox.handle();
    for effect in effects {
        for endpoint in [Endpoint::BulkCreate, Endpoint::CreateIssue] {
            let before = (handle.issue_count(), posts(&on));
            handle.set_faults([Fault::once(endpoint, effect.clone())]);
            let failed = match endpoint {
                Endpoint::BulkCreate => jira.create_issues(&batch, soon()).await.err(),
                _ => jira.create_issue(&batch[0]).await.err(),
            };
            let error = failed.unwrap_or_else(|| panic!("{effect:?} did not fail"));
            handle.clear_faults();
            if !error.may_have_been_applied() {
                assert_eq!(handle.issue_count(), before.0, "{effect:?}: {error:?}");
            }
            assert!(posts(&on) <= before.1 + 1, "{effect:?} was sent again");
        }
    }
}

fn posts(on: &Connected) -> usize {
    let entries = on.sandbox.handle().journal();
    let creates = [Endpoint::BulkCreate, Endpoint::CreateIssue];
    entries
        .iter()
        .filter(|entry| creates.contains(&entry.endpoint))
        .count()
}

#[tokio::test]
async fn elements_that_fail_in_the_server_and_shuffled_answers_are_not_trusted() {
    let on = connect(SandboxConfig::default()).await;
    let batch = on.issues("SHOP", 4).await;
    let fail = Effect::FailElements {
        elements: vec![1],
        status: 500,
        acting: true,
    };
    on.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, fail));
    let bulk = on.jira.create_issues(&batch, soon()).await.unwrap();
    assert!(matches!(&bulk.outcomes[1], ElementOutcome::Rejected(why)
        if why.may_have_been_applied()));

    on.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, Effect::Shuffled));
    let bulk = on.jira.create_issues(&batch, soon()).await.unwrap();
    assert_eq!(bulk.alignment, Alignment::Ambiguous);
}

#[tokio::test]
async fn past_the_deadline_the_sandbox_sees_no_create() {
    let on = connect(SandboxConfig::default()).await;
    let batch = on.issues("SHOP", 2).await;
    let passed = SendDeadline::after(Duration::ZERO);
    let error = on.jira.create_issues(&batch, passed).await.unwrap_err();
    assert!(matches!(error, Error::DeadlinePassed { .. }));
    assert_eq!(on.sandbox.handle().issue_count(), 0);
}

#[tokio::test]
async fn limits_missing_scopes_and_foreign_sites_are_told_apart() {
    let on = connect(SandboxConfig::default()).await;
    let quota = Effect::rate_limited(
        jira_sandbox::RateLimitReason::GlobalQuota,
        Duration::from_secs(1_847),
    );
    on.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::Myself, quota));
    let error = on.jira.myself().await.unwrap_err();
    assert_eq!(
        error.rate_limit_reason(),
        Some(&RateLimitReason::GlobalQuota)
    );
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1_847)));

    // The first site waits until its window ends; another client knows nothing of that.
    let on = connect(SandboxConfig::default()).await;
    on.sandbox
        .handle()
        .remove_site(jira_sandbox::USER_ACCOUNT_ID, ACME_CLOUD_ID);
    let error = on.jira.myself().await.unwrap_err();
    assert_eq!(error.status(), Some(403));
    assert!(!error.needs_reconnect());
}
