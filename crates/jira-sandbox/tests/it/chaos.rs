//! Random faults and what other people do meanwhile, switched by the control API.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Jira, task};

fn only(jira: &Jira, endpoints: &[&str], kind: &str, more: Value) {
    let mut rule = json!({"endpoints": endpoints, "probability": {kind: 1.0}});
    let members = rule.as_object_mut().unwrap();
    members.extend(more.as_object().cloned().unwrap_or_default());
    jira.control("POST", "chaos", &json!({"seed": 1, "rules": [rule]}));
}

fn bulk(count: usize) -> Value {
    json!({"issueUpdates": vec![task("SHOP", "A"); count]})
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < patience, "{what} never came true");
        std::thread::yield_now();
    }
}

#[test]
fn a_late_bulk_is_answered_504_at_once_and_its_issues_appear_one_by_one() {
    let jira = Jira::start();
    let later = json!({"later_ms": [20, 40], "later_ms_per_issue": 5});
    only(&jira, &["bulk_create"], "later_504", later);
    let reply = jira.post("issue/bulk", &bulk(10));
    assert_eq!(reply.status, 504, "{}", reply.text());
    let at_once = jira.handle().issue_count();
    assert!(at_once < 10, "{at_once} were made before the answer");
    eventually("the late bulk", || jira.handle().issue_count() == 10);
    eventually("the end of late work", || {
        jira.control("GET", "chaos", &Value::Null)["pending_late"] == 0
    });
    let report = jira.control("DELETE", "chaos", &Value::Null);
    assert_eq!(
        report["struck"]["bulk_create"]["later_504"],
        json!({"requests": 1, "issues": 10})
    );
    assert_eq!(jira.post("issue/bulk", &bulk(1)).status, 201);
}

#[test]
fn a_cut_answer_breaks_off_within_its_body() {
    let jira = Jira::start();
    only(&jira, &["creates"], "cut", json!({}));
    let whole = jira.try_call("POST", "issue/bulk", Some(&bulk(5)));
    let read = whole.map(|reply| reply.body.len());
    assert!(read.is_err(), "{read:?}");
    assert_eq!(jira.handle().issue_count(), 5);
    assert_eq!(jira.get("myself").status, 200, "reads are not struck");
}

#[test]
fn faults_of_elements_are_counted_only_where_an_element_was_hit() {
    let jira = Jira::start();
    for kind in [
        "element_500",
        "acting_element_500",
        "element_429",
        "shuffled",
    ] {
        only(&jira, &["jira"], kind, json!({}));
        jira.get("myself");
        jira.post("issue", &task("SHOP", "A"));
        jira.post("issue/bulk", &json!({"issueUpdates": []}));
        jira.post("issue/bulk", &bulk(51));
        let struck = jira.control("GET", "chaos", &Value::Null)["struck"].clone();
        assert_eq!(struck, json!({}), "{kind}");
        jira.post("issue/bulk", &bulk(4));
        let struck = jira.control("GET", "chaos", &Value::Null)["struck"].clone();
        assert_eq!(struck["bulk_create"][kind]["requests"], 1, "{kind}");
    }
    let journal = jira.handle().journal().into_iter();
    let named = journal.filter(|entry| entry.fault.is_some()).count();
    assert_eq!(named, 4, "the journal names only what struck");
}

#[test]
fn each_kind_is_counted_as_often_as_it_struck() {
    let jira = Jira::start();
    let rules = json!({"seed": 3, "rules": [
        {"endpoints": ["reads"], "probability": {"limit_burst": 0.3, "html_502": 0.2}},
        {"endpoints": ["token"], "probability": {"status_503": 1.0}, "retry_after_seconds": [4, 4]},
    ]});
    jira.control("POST", "chaos", &rules);
    let statuses: Vec<_> = (0..40).map(|_| jira.get("myself").status).collect();
    let count = |status| statuses.iter().filter(|it| **it == status).count();
    assert!(count(429) > 0 && count(502) > 0 && count(200) > 0);
    let refused = crate::harness::refresh(jira.sandbox.base_url(), &jira.refresh_token);
    assert_eq!(
        (refused.status, refused.header("Retry-After")),
        (503, Some("4"))
    );
    let report = jira.control("GET", "chaos", &Value::Null);
    let struck = |endpoint: &str, kind: &str| report["struck"][endpoint][kind]["requests"].clone();
    assert_eq!(struck("myself", "limit_burst"), count(429));
    assert_eq!(struck("myself", "html_502"), count(502));
    assert_eq!(struck("token", "status_503"), 1);
    assert_eq!(report["chaos"]["seed"], 3);
}

#[test]
fn nonsense_is_refused_by_name() {
    let jira = Jira::start();
    jira.create(&["A"]);
    for (path, body, named) in [
        (
            "chaos",
            json!({"rules": [{"endpoints": ["creates"], "probability": {"melt": 1.0}}]}),
            "melt",
        ),
        (
            "chaos",
            json!({"rules": [{"endpoints": ["creatz"], "probability": {"cut": 0.1}}]}),
            "creatz",
        ),
        (
            "chaos",
            json!({"rules": [{"endpoints": ["creates"], "probability": {"cut": 1.2}}]}),
            "between 0 and 1",
        ),
        ("settings", json!({"search_lagg_ms": 1}), "search_lagg_ms"),
        ("projects/SHOP", json!({"brows": false}), "brows"),
        (
            "faults",
            json!({"effect": {"kind": "answer", "status": 500, "actin": true}}),
            "actin",
        ),
        (
            "faults",
            json!({"effect": {"kind": "drop_after", "ms": 5}}),
            "ms",
        ),
        (
            "faults",
            json!({"effect": "cut", "when": {"percent": {"percent": 5, "seed": 1, "sed": 2}}}),
            "sed",
        ),
        (
            "faults",
            json!([{"effect": "cut"}, {"efect": "cut"}]),
            "efect",
        ),
        ("faults", json!({"faults": [{"effect": "cut"}]}), "faults"),
        (
            "issues/SHOP-1/status",
            json!({"status": "Done", "statuz": "Done"}),
            "statuz",
        ),
        (
            "issues/SHOP-1/hidden",
            json!({"hidden": true, "search": false}),
            "search",
        ),
        ("issues/SHOP-1/hidden", json!({"hidden": "ture"}), "hidden"),
    ] {
        let reply = jira.try_control("POST", path, &body);
        assert_eq!(reply.status, 400, "{path}");
        assert!(reply.text().contains(named), "{}", reply.text());
    }
}

#[test]
fn marks_that_occur_twice_are_reported_with_their_issues() {
    let jira = Jira::start();
    let marked = |mark: &str| {
        let mut issue = task("SHOP", "A");
        let value = json!({"delivery_id": mark});
        issue["properties"] = json!([{"key": "handoff.delivery", "value": value}]);
        issue
    };
    let issues = [marked("a"), marked("b"), marked("a"), task("SHOP", "B")];
    jira.post("issue/bulk", &json!({"issueUpdates": issues}));
    jira.control(
        "POST",
        "issues/SHOP-2/clone",
        &json!({"with_properties": true}),
    );
    let report = jira.control("GET", "duplicates", &Value::Null);
    assert_eq!(
        (&report["marked"], &report["unmarked"]),
        (&json!(4), &json!(1))
    );
    assert_eq!(
        (&report["once"], &report["repeated"]),
        (&json!(0), &json!(2))
    );
    let keys = |at: usize| {
        let issues = report["duplicates"][at]["issues"].as_array().unwrap();
        issues
            .iter()
            .map(|it| it["key"].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (keys(0), keys(1)),
        (vec!["SHOP-1", "SHOP-3"], vec!["SHOP-2", "SHOP-5"])
    );
    let other = jira.control("GET", "duplicates?property=other&field=", &Value::Null);
    assert_eq!(other["marked"], 0);
}

#[test]
fn other_people_create_issues_in_the_background() {
    let jira = Jira::start();
    let crowd = json!({"count": 50, "per_second": 2000});
    jira.control("POST", "projects/SHOP/others", &crowd);
    eventually("the work of others", || {
        jira.control("GET", "others", &Value::Null) == json!({"created": 50, "pending": 0})
    });
    let issue = jira.get("issue/SHOP-50?fields=creator,summary").json();
    let creator = &issue["fields"]["creator"]["accountId"];
    assert_eq!(creator, jira_sandbox::OTHER_USER_ACCOUNT_ID);
}

#[test]
fn two_hundred_thousand_issues_are_seeded_quickly_and_can_be_read() {
    let jira = Jira::start();
    let project = jira.control("POST", "projects/SHOP/seed", &json!({"count": 200_000}));
    assert_eq!(project["last_number"], 200_000);
    let read = jira.get("issue/SHOP-200000?fields=summary").json();
    assert_eq!(read["fields"]["summary"], "Seeded issue");
    let edit = json!({"fields": {"summary": "Other"}});
    assert_eq!(jira.put("issue/SHOP-7", &edit).status, 204);
    let neighbour = jira.get("issue/SHOP-8?fields=summary").json();
    assert_eq!(neighbour["fields"]["summary"], "Seeded issue");
    let gone = json!({"do": "delete", "from": 101, "to": 199_900});
    let deleted = jira.control("POST", "projects/SHOP/issues", &gone);
    assert_eq!(deleted["issues"], 199_800);
    assert_eq!(jira.get("issue/SHOP-101").status, 404);
}
