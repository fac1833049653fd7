//! Rate limits as Jira enforces them, on a clock that stands still unless it is moved.

use std::time::Duration;

use jira_sandbox::{QuotaScope, RateHeaders};
use serde_json::json;

use crate::harness::Jira;

/// Starts at the top of an hour with a clock that stands still.
fn start() -> Jira {
    let mut jira = Jira::start();
    let now = jira.handle().now();
    let into_hour = u64::from(now.minute()) * 60 + u64::from(now.second());
    jira.handle()
        .advance_clock(Duration::from_secs(3_600 - into_hour));
    jira.refresh();
    let stopped = json!({"stopped": true}).to_string();
    assert_eq!(jira.beside("POST", "/sandbox/clock", &stopped).status, 200);
    jira
}

#[test]
fn a_burst_empties_the_bucket_of_its_endpoint_and_refills_with_the_clock() {
    let jira = start();
    jira.handle().switch(|switches| {
        switches.limits.enforce_burst = true;
        switches.limits.burst_per_second = Some(2);
        switches.limits.burst_bucket = Some(3);
    });
    let first = jira.get("myself");
    assert_eq!(first.header("X-RateLimit-Limit"), Some("2"));
    assert_eq!(first.header("X-RateLimit-Remaining"), Some("2"));
    let statuses: Vec<_> = (0..3).map(|_| jira.get("myself").status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    let refused = jira.get("myself");
    assert_eq!(refused.header("RateLimit-Reason"), Some("jira-burst-based"));
    assert_eq!(refused.header("Retry-After"), Some("1"));
    assert!(refused.header("X-RateLimit-Reset").unwrap().ends_with('Z'));
    assert_eq!(
        jira.get("status").status,
        200,
        "another endpoint has its own bucket"
    );
    jira.handle().advance_clock(Duration::from_secs(1));
    let statuses: Vec<_> = (0..3).map(|_| jira.get("myself").status).collect();
    assert_eq!(statuses, [200, 200, 429]);
}

#[test]
fn one_issue_takes_twenty_writes_in_two_seconds_and_a_hundred_in_thirty() {
    let jira = start();
    jira.create(&["A", "B"]);
    jira.handle()
        .switch(|switches| switches.limits.enforce_per_issue = true);
    let edit = json!({"fields": {"summary": "C"}});
    let write = |key: &str| jira.put(&format!("issue/{key}"), &edit);
    let mut taken = 0;
    for _ in 0..6 {
        while write("SHOP-1").status == 204 {
            taken += 1;
        }
        jira.handle().advance_clock(Duration::from_secs(2));
    }
    assert_eq!(taken, 100);
    let refused = write("SHOP-1");
    assert_eq!(
        refused.header("RateLimit-Reason"),
        Some("jira-per-issue-on-write")
    );
    let wait: u64 = refused.header("Retry-After").unwrap().parse().unwrap();
    assert!((17..=19).contains(&wait), "{wait}");
    assert_eq!(write("SHOP-2").status, 204);
    assert_eq!(
        jira.get("issue/SHOP-1").status,
        200,
        "reads are not limited"
    );
    jira.handle().advance_clock(Duration::from_secs(wait));
    assert_eq!(write("SHOP-1").status, 204);
}

#[test]
fn the_quota_is_told_in_headers_and_its_rest_only_near_the_end() {
    let jira = start();
    jira.handle()
        .switch(|switches| switches.limits.quota_points_per_hour = Some(20));
    let early = jira.get("serverInfo");
    let policy = early.header("RateLimit-Policy");
    assert_eq!(policy, Some("\"global-app-quota\";q=20;w=3600"));
    assert!(
        early
            .header("RateLimit")
            .unwrap()
            .starts_with("\"global-app-quota\";t=")
    );
    assert_eq!(early.header("X-RateLimit-NearLimit"), None);
    for _ in 0..16 {
        jira.get("serverInfo");
    }
    let late = jira.get("serverInfo");
    assert!(late.header("RateLimit").unwrap().contains(";r=3;t="));
    assert_eq!(late.header("X-RateLimit-NearLimit"), Some("true"));
    jira.handle()
        .switch(|switches| switches.limits.rate_headers = RateHeaders::Off);
    assert_eq!(jira.get("serverInfo").header("RateLimit-Policy"), None);
}

#[test]
fn the_quotas_of_the_app_and_of_the_site_are_told_together_and_each_is_enforced() {
    let jira = start();
    jira.handle().switch(|switches| {
        switches.limits.quota_points_per_hour = Some(2);
        switches.limits.quota_scope = QuotaScope::Both;
    });
    let told = jira.get("serverInfo");
    let policy = "\"global-app-quota\";q=2;w=3600, \"tenant-app-quota\";q=2;w=3600";
    assert_eq!(told.header("RateLimit-Policy"), Some(policy));
    assert_eq!(told.header("RateLimit").unwrap().split(", ").count(), 2);
    jira.get("serverInfo");
    let refused = jira.get("serverInfo");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("X-RateLimit-Limit"), Some("2"));
}

#[test]
fn in_beta_the_quota_is_told_but_not_enforced() {
    let jira = start();
    jira.handle().switch(|switches| {
        switches.limits.rate_headers = RateHeaders::Beta;
        switches.limits.quota_points_per_hour = Some(2);
    });
    let replies: Vec<_> = (0..4).map(|_| jira.get("serverInfo")).collect();
    assert!(replies.iter().all(|reply| reply.status == 200));
    let last = &replies[3];
    assert!(
        last.header("Beta-RateLimit-Policy")
            .unwrap()
            .contains("q=2")
    );
    assert!(last.header("Beta-RateLimit").unwrap().contains(";r=0;"));
    assert!(last.header("Beta-Retry-After").is_some());
    assert_eq!(last.header("RateLimit-Policy"), None);
}

#[test]
fn a_quota_of_each_site_leaves_other_sites_alone() {
    let mut jira = start();
    jira.handle().switch(|switches| {
        switches.limits.quota_points_per_hour = Some(2);
        switches.limits.quota_scope = QuotaScope::Tenant;
    });
    let grant = json!({"site": "beacon"}).to_string();
    assert_eq!(jira.beside("POST", "/sandbox/grants", &grant).status, 200);
    let statuses: Vec<_> = (0..3).map(|_| jira.get("serverInfo").status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    let refused = jira.get("serverInfo");
    assert_eq!(
        refused.header("RateLimit-Reason"),
        Some("jira-quota-tenant-based")
    );
    jira.cloud_id = jira_sandbox::BEACON_CLOUD_ID.to_owned();
    assert_eq!(jira.get("serverInfo").status, 200);
}
