//! A 429 holds back exactly what its reason names, and nobody longer than needed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jira_client::{Error, Permission, RateLimitReason, SiteLimits};
use serde_json::json;

use crate::server::{Reply, Seen, Server};
use crate::support::{builder, issue, jira, soon};

const ME: &str = r#"{"accountId":"a-1","permissions":{}}"#;

fn limited(reason: &str, wait: u64) -> Reply {
    let headers = format!("RateLimit-Reason: {reason}\r\nRetry-After: {wait}\r\n");
    Reply::with(429, &headers, "")
}

/// Answers what every call of these tests can read.
fn fine(seen: &Seen) -> Reply {
    match seen.method.as_str() {
        "PUT" => Reply::raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
        "POST" => Reply::json(
            201,
            r#"{"id":"1","key":"A-1","issues":[{"id":"1","key":"A-1"}]}"#,
        ),
        _ => Reply::json(200, ME),
    }
}

#[tokio::test]
async fn after_a_burst_limit_only_this_endpoint_is_held_back() {
    let server = Server::start(|seen, number| match number {
        0 => limited("jira-burst-based", 1_000),
        _ => fine(seen),
    })
    .await;
    let jira = jira(&server.url);
    let first = jira.myself().await.unwrap_err();
    assert_eq!(first.status(), Some(429));
    let held = jira.myself().await.unwrap_err();
    assert!(matches!(held, Error::Paused { .. }), "{held:?}");
    assert_eq!(held.rate_limit_reason(), Some(&RateLimitReason::Burst));
    assert!(held.retry_after().unwrap() > Duration::from_secs(990));
    assert!(!held.may_have_been_applied());
    assert_eq!(server.seen().len(), 1);
    jira.server_info().await.unwrap();
    jira.create_issue(&issue("x")).await.unwrap();
}

#[tokio::test]
async fn after_a_per_issue_limit_only_this_issue_is_held_back() {
    let server = Server::start(|seen, number| match number {
        0 => limited("jira-per-issue-on-write", 1_000),
        _ => fine(seen),
    })
    .await;
    let jira = jira(&server.url);
    let label = ["a".to_owned()];
    jira.edit_labels("A-1", &label, &[]).await.unwrap_err();
    let held = jira.edit_labels("A-1", &label, &[]).await.unwrap_err();
    assert_eq!(held.rate_limit_reason(), Some(&RateLimitReason::PerIssue));
    let held = jira.set_issue_property("A-1", "k", &json!(1)).await;
    assert!(matches!(held, Err(Error::Paused { .. })), "{held:?}");
    jira.edit_labels("A-2", &label, &[]).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn after_a_quota_limit_the_whole_site_is_held_back() {
    for reason in ["jira-quota-global-based", "jira-quota-tenant-based"] {
        let server = Server::start(move |seen, number| match number {
            0 => limited(reason, 1_000),
            _ => fine(seen),
        })
        .await;
        let jira = jira(&server.url);
        jira.myself().await.unwrap_err();
        let held = jira.server_info().await.unwrap_err();
        assert!(held.rate_limit_reason().unwrap().is_quota());
        let held = jira.create_issues(&[issue("x")], soon()).await.unwrap_err();
        assert!(matches!(held, Error::Paused { .. }) && !held.may_have_been_applied());
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_short_pause_is_waited_for_by_all_who_share_the_site() {
    let server = Server::start(|seen, number| match number {
        0 => limited("jira-quota-tenant-based", 1),
        _ => fine(seen),
    })
    .await;
    let limits = SiteLimits::new(4);
    let of_site = || builder(&server.url).site_limits(limits.clone());
    let (first, second) = (of_site().build().unwrap(), of_site().build().unwrap());
    let started = Instant::now();
    let permissions = [Permission::CreateIssues];
    let other = async {
        server.wait_until(|seen| seen.len() == 1).await;
        // The answer is on its way; until it has come the second client knows of nothing.
        while started.elapsed() < Duration::from_millis(300) {
            tokio::task::yield_now().await;
        }
        second.my_permissions(None, &permissions).await
    };
    let (me, permitted) = tokio::join!(first.myself(), other);
    me.unwrap();
    permitted.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn whoever_keeps_pauses_elsewhere_turns_them_off() {
    let server = Server::start(|seen, number| match number {
        0 => limited("jira-quota-tenant-based", 1_000),
        _ => fine(seen),
    })
    .await;
    let jira = builder(&server.url)
        .site_limits(SiteLimits::new(4).without_pauses())
        .build()
        .unwrap();
    jira.myself().await.unwrap_err();
    jira.myself().await.unwrap();
}

#[tokio::test]
async fn one_endpoint_cannot_take_all_places_of_the_site() {
    let server = Server::start(|seen, _| match seen.target.contains("myself") {
        true => Reply::Hold,
        false => fine(seen),
    })
    .await;
    let limits = SiteLimits::new(4).with_in_flight_per_endpoint(2);
    let jira = Arc::new(builder(&server.url).site_limits(limits).build().unwrap());
    let held = (0..6).map(|_| jira.myself());
    tokio::select! {
        _ = futures_util::future::join_all(held) => panic!("held"),
        () = async {
            server.wait_until(|seen| seen.len() == 2).await;
            jira.server_info().await.unwrap();
        } => {}
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn quota_headers_are_readable_also_those_not_enforced_yet() {
    let headers = "Content-Type: application/json\r\nX-RateLimit-Limit: 350\r\n\
        X-RateLimit-Remaining: 60\r\nX-RateLimit-NearLimit: true\r\n\
        RateLimit-Policy: \"global-app-quota\";q=65000;w=3600, \"tenant-app-quota\";q=100;w=60\r\n\
        RateLimit: \"global-app-quota\";r=11000;t=600\r\n\
        Beta-RateLimit-Policy: \"beta-quota\";q=7;w=8\r\nBeta-Retry-After: 30\r\n\
        X-Beta-RateLimit-Limit: 9\r\nX-Beta-RateLimit-Remaining: 1\r\n\
        X-Beta-RateLimit-Reset: 2026-09-27T10:00:00Z\r\n";
    let server = Server::start(move |_, _| Reply::with(200, headers, ME)).await;
    let jira = jira(&server.url);
    assert_eq!(jira.quota(), None);
    jira.myself().await.unwrap();
    let quota = jira.quota().unwrap();
    assert_eq!((quota.limit, quota.remaining), (Some(350), Some(60)));
    assert!(quota.near_limit);
    let names: Vec<_> = quota
        .windows
        .iter()
        .map(|window| (window.name.as_str(), window.points, window.enforced))
        .collect();
    let expected = [
        ("global-app-quota", Some(65_000), true),
        ("tenant-app-quota", Some(100), true),
        ("beta-quota", Some(7), false),
    ];
    assert_eq!(names, expected);
    let announced = quota.announced.unwrap();
    assert_eq!((announced.limit, announced.remaining), (Some(9), Some(1)));
    assert_eq!(announced.retry_after, Some(Duration::from_secs(30)));
    assert!(announced.reset_at.is_some());
}
