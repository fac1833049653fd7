//! Faults, limits and the journal, as a client meets them.

use std::time::{Duration, Instant};

use jira_sandbox::{Effect, Endpoint, Fault, RateLimitReason, SandboxConfig, When};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::harness::{Jira, task};

fn two() -> Value {
    json!({"issueUpdates": [task("SHOP", "A"), task("SHOP", "B")]})
}

fn bulk_fault(jira: &Jira, effect: Effect) {
    jira.handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, effect));
}

#[test]
fn a_connection_can_be_dropped_before_and_after_acting() {
    let jira = Jira::start();
    bulk_fault(&jira, Effect::DropBefore);
    assert!(jira.try_call("POST", "issue/bulk", Some(&two())).is_err());
    assert_eq!(jira.handle().issue_count(), 0);
    bulk_fault(&jira, Effect::DropAfter);
    assert!(jira.try_call("POST", "issue/bulk", Some(&two())).is_err());
    assert_eq!(jira.handle().issue_count(), 2);
    assert_eq!(
        jira.post("issue/bulk", &two()).status,
        201,
        "the fault happens once"
    );
    let journal = jira.handle().journal();
    let bulk: Vec<_> = journal
        .iter()
        .filter(|entry| entry.endpoint == Endpoint::BulkCreate)
        .collect();
    let seen: Vec<_> = bulk
        .iter()
        .map(|entry| (entry.status, entry.created_issues))
        .collect();
    assert_eq!(seen, [(None, 0), (None, 2), (Some(201), 2)]);
    assert_eq!(bulk[1].fault.as_deref(), Some("drop_after"));
}

#[test]
fn answers_can_be_unreadable_although_the_work_is_done() {
    let jira = Jira::start();
    for (effect, expected) in [
        (Effect::Truncated, 201),
        (Effect::Empty, 201),
        (
            Effect::Html {
                status: 200,
                acting: true,
            },
            200,
        ),
    ] {
        bulk_fault(&jira, effect);
        let reply = jira.post("issue/bulk", &two());
        assert_eq!(reply.status, expected);
        assert!(
            serde_json::from_slice::<Value>(&reply.body).is_err(),
            "{}",
            reply.text()
        );
    }
    assert_eq!(jira.handle().issue_count(), 6);
}

#[test]
fn statuses_can_be_answered_without_acting() {
    let jira = Jira::start();
    for status in [500, 503, 404, 403, 401] {
        bulk_fault(&jira, Effect::status(status));
        assert_eq!(jira.post("issue/bulk", &two()).status, status);
    }
    bulk_fault(
        &jira,
        Effect::Html {
            status: 502,
            acting: false,
        },
    );
    assert_eq!(jira.post("issue/bulk", &two()).status, 502);
    assert_eq!(jira.handle().issue_count(), 0);
}

#[test]
fn each_limit_names_its_reason_and_when_to_come_back() {
    let jira = Jira::start();
    for (reason, name) in [
        (RateLimitReason::GlobalQuota, "jira-quota-global-based"),
        (RateLimitReason::TenantQuota, "jira-quota-tenant-based"),
        (RateLimitReason::Burst, "jira-burst-based"),
        (RateLimitReason::PerIssueWrite, "jira-per-issue-on-write"),
    ] {
        bulk_fault(&jira, Effect::rate_limited(reason, Duration::from_secs(7)));
        let reply = jira.post("issue/bulk", &two());
        assert_eq!(reply.status, 429);
        assert_eq!(reply.header("Retry-After"), Some("7"));
        assert_eq!(reply.header("RateLimit-Reason"), Some(name));
        assert_eq!(reply.header("X-RateLimit-Remaining"), Some("0"));
        let limit = reply.header("X-RateLimit-Limit").unwrap();
        assert!(limit.parse::<u32>().unwrap() > 0);
        let reset = reply.header("X-RateLimit-Reset").unwrap();
        let reset = OffsetDateTime::parse(reset, &Rfc3339).unwrap();
        let wait = reset - jira.handle().now();
        assert!((5..=7).contains(&wait.whole_seconds()), "{wait}");
    }
    let named = json!({"endpoint": "bulk_create", "effect": {"kind": "rate_limited",
        "reason": "tenant_quota", "retry_after_seconds": 3}});
    jira.control("POST", "faults", &named);
    let reply = jira.post("issue/bulk", &two());
    assert_eq!(reply.header("Retry-After"), Some("3"));
}

#[test]
fn elements_of_a_bulk_can_fail_one_by_one() {
    let jira = Jira::start();
    bulk_fault(
        &jira,
        Effect::FailElements {
            elements: vec![0],
            status: 500,
            acting: false,
        },
    );
    let body = jira.post("issue/bulk", &two()).json();
    assert_eq!(body["errors"][0]["status"], 500);
    assert_eq!(body["issues"].as_array().unwrap().len(), 1);
    assert_eq!(jira.handle().issue_count(), 1);
    bulk_fault(
        &jira,
        Effect::FailElements {
            elements: vec![0],
            status: 500,
            acting: true,
        },
    );
    let body = jira.post("issue/bulk", &two()).json();
    assert_eq!(body["issues"].as_array().unwrap().len(), 1);
    assert_eq!(
        jira.handle().issue_count(),
        3,
        "the failed one was made all the same"
    );
}

#[test]
fn a_bulk_answer_can_come_in_another_order() {
    let jira = Jira::start();
    bulk_fault(&jira, Effect::Shuffled);
    let issues = json!({"issueUpdates": vec![task("SHOP", "A"); 6]});
    let body = jira.post("issue/bulk", &issues).json();
    let ids: Vec<_> = body["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert!(!ids.is_sorted(), "{ids:?}");
    assert_eq!(ids.len(), 6);
}

#[test]
fn a_fault_without_an_endpoint_hits_jira_but_neither_tokens_nor_control() {
    let jira = Jira::start();
    let text = r#"{"effect": {"kind": "answer", "status": 503, "headers": [["Retry-After", "1"]]},
        "when": "always", "project": "SHOP"}"#;
    let posted = jira.beside("POST", "/sandbox/faults", text);
    assert_eq!(posted.status, 201, "{}", posted.text());
    assert_eq!(jira.post("issue", &task("SHOP", "A")).status, 503);
    assert_eq!(jira.get("project/SHOP").header("Retry-After"), Some("1"));
    assert_eq!(jira.post("issue", &task("TEAM", "A")).status, 201);
    assert_eq!(
        jira.beside("GET", "/oauth/token/accessible-resources", "")
            .status,
        200
    );
    assert_eq!(
        jira.beside("GET", "/sandbox/faults", "").json()["faults"][0]["project"],
        "SHOP"
    );
    assert_eq!(jira.beside("DELETE", "/sandbox/faults", "").status, 204);
    assert_eq!(jira.post("issue", &task("SHOP", "A")).status, 201);
    let bad = jira.beside(
        "POST",
        "/sandbox/faults",
        r#"{"effect": {"kind": "flood"}}"#,
    );
    assert_eq!(bad.status, 400);
}

#[test]
fn every_nth_request_can_fail() {
    let jira = Jira::start();
    let fault = Fault::once(Endpoint::Myself, Effect::status(500)).when(When::Every(3));
    jira.handle().push_fault(fault);
    let statuses: Vec<_> = (0..6).map(|_| jira.get("myself").status).collect();
    assert_eq!(statuses, [200, 200, 500, 200, 200, 500]);
    jira.handle().clear_faults();
    assert_eq!(jira.get("myself").status, 200);
}

#[test]
fn latency_is_per_request_and_per_issue_and_does_not_block_others() {
    let mut config = SandboxConfig::default();
    config.switches.timing.latency_ms = 100;
    config.switches.timing.latency_per_issue_ms = 50;
    let jira = Jira::with(config);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        let calls = [(); 8].map(|()| scope.spawn(|| jira.post("issue/bulk", &two()).status));
        for call in calls {
            assert_eq!(call.join().unwrap(), 201);
        }
    });
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(200), "{took:?}");
    assert!(
        took < Duration::from_millis(8 * 200),
        "one after another: {took:?}"
    );
    let most = jira
        .handle()
        .journal()
        .iter()
        .map(|entry| entry.in_flight)
        .max();
    assert!(most > Some(1), "{most:?}");
    let begin = Instant::now();
    jira.beside("GET", "/sandbox/clock", "");
    assert!(
        begin.elapsed() < Duration::from_millis(100),
        "control calls are not slowed down"
    );
}

#[test]
fn a_request_that_was_given_up_is_still_carried_out() {
    let jira = Jira::start();
    bulk_fault(&jira, Effect::DelayBefore { ms: 100 });
    jira.post_and_leave("issue/bulk", &two());
    let patience = Instant::now() + Duration::from_secs(20);
    while jira.handle().issue_count() < 2 {
        assert!(
            Instant::now() < patience,
            "the request was never carried out"
        );
        std::thread::yield_now();
    }
}

#[test]
fn the_journal_counts_points_as_atlassian_does() {
    let jira = Jira::start();
    let before = jira.handle().quota_points();
    jira.post("issue/bulk", &two());
    jira.get("issue/SHOP-1");
    jira.get("myself");
    jira.get("project/search");
    jira.post(
        "issue/bulkfetch",
        &json!({"issueIdsOrKeys": ["SHOP-1", "SHOP-2"]}),
    );
    jira.put("issue/SHOP-1", &json!({"fields": {"summary": "New"}}));
    let points: Vec<_> = jira
        .handle()
        .journal()
        .iter()
        .rev()
        .take(6)
        .map(|entry| entry.quota_points)
        .collect();
    assert_eq!(points, [1, 3, 6, 3, 2, 2]);
    assert_eq!(jira.handle().quota_points() - before, 17);
    let shown = jira.beside("GET", "/sandbox/journal", "").json();
    assert_eq!(shown["jira_requests"], 6);
    assert_eq!(shown["quota_points"], 17);
}

#[test]
fn a_quota_can_be_enforced_until_the_hour_ends() {
    let mut config = SandboxConfig::default();
    config.switches.limits.quota_points_per_hour = Some(6);
    let mut jira = Jira::with(config);
    let now = jira.handle().now();
    let into_hour = u64::from(now.minute()) * 60 + u64::from(now.second());
    jira.handle()
        .advance_clock(Duration::from_secs(3_601 - into_hour));
    jira.refresh();
    let statuses: Vec<_> = (0..3).map(|_| jira.get("myself").status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    let refused = jira.get("myself");
    assert_eq!(
        refused.header("RateLimit-Reason"),
        Some("jira-quota-global-based")
    );
    let wait: u64 = refused.header("Retry-After").unwrap().parse().unwrap();
    jira.handle().advance_clock(Duration::from_secs(wait));
    jira.refresh();
    assert_eq!(jira.get("myself").status, 200);
}
