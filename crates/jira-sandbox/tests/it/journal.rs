//! What the sandbox remembers of requests, and what they cost.

use std::time::{Duration, Instant};

use jira_sandbox::{Effect, Endpoint, Fault};
use serde_json::{Value, json};

use crate::harness::{Jira, task};

fn journal(jira: &Jira, query: &str) -> Vec<Value> {
    let shown = jira.beside("GET", &format!("/sandbox/journal{query}"), "");
    assert_eq!(shown.status, 200);
    shown.json()["entries"].as_array().unwrap().clone()
}

#[test]
fn every_request_is_noted_with_its_template_cost_and_fault() {
    let jira = Jira::start();
    jira.create(&["A", "B"]);
    jira.get("issue/SHOP-2?fields=summary");
    jira.handle()
        .push_fault(Fault::once(Endpoint::Myself, Effect::status(503)));
    jira.get("myself");

    let entries = journal(&jira, "");
    let noted: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                &entry["method"],
                &entry["template"],
                &entry["status"],
                &entry["quota_points"],
            )
        })
        .collect();
    let expected = json!([
        ["POST", "/authorize/decision", 302, 0],
        ["POST", "/oauth/token", 200, 0],
        ["POST", "/rest/api/3/issue/bulk", 201, 2],
        ["GET", "/rest/api/3/issue/{issueIdOrKey}", 200, 2],
        ["GET", "/rest/api/3/myself", 503, 1],
    ]);
    assert_eq!(json!(noted), expected);
    let get = &entries[3];
    assert_eq!(
        (&get["app"], &get["query"]),
        (&json!("sandbox-client"), &json!("fields=summary"))
    );
    assert!(get["bytes_out"].as_u64() > Some(50) && get["duration_us"].as_u64() > Some(0));
    assert_eq!(entries[4]["fault"], "answer");
}

#[test]
fn the_journal_is_filtered_and_read_on_from_where_one_was() {
    let jira = Jira::start();
    jira.create(&["A"]);
    for key in ["SHOP-1", "SHOP-9", "SHOP-1"] {
        jira.get(&format!("issue/{key}"));
    }
    let count = |query: &str| journal(&jira, query).len();
    assert_eq!(count("?endpoint=get_issue"), 3);
    assert_eq!(count("?endpoint=get_issue&status=404"), 1);
    assert_eq!(count("?path=SHOP-1&method=GET"), 2);
    assert_eq!(count("?fault=any"), 0);
    let latest = journal(&jira, "?limit=2");
    assert_eq!(latest[0]["status"], 404);
    let next = journal(&jira, "?after=2&limit=2");
    assert_eq!((&next[0]["sequence"], next.len()), (&json!(3), 2));
}

#[test]
fn charges_are_summed_by_app_and_endpoint() {
    let jira = Jira::start();
    let before = jira.handle().charges().total;
    jira.create(&["A", "B", "C"]);
    jira.post("search/jql", &json!({"jql": "project = SHOP"}));
    jira.post("issue", &task("NOPE", "A"));

    let spent = jira.handle().charges().total.since(before);
    assert_eq!((spent.requests, spent.quota_points), (3, 3 + 4 + 1));
    assert_eq!((spent.created_issues, spent.refused), (3, 1));
    let report = jira.beside("GET", "/sandbox/charges", "").json();
    let app = report["apps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|app| app["app"] == "sandbox-client")
        .unwrap();
    assert_eq!(app["total"]["quota_points"], 8);
    let dearest = &app["endpoints"][0];
    assert_eq!(
        (&dearest["endpoint"], &dearest["quota_points"]),
        (&json!("search"), &json!(4))
    );
}

#[test]
fn what_is_done_after_the_answer_is_noted_and_charged_too() {
    let jira = Jira::start();
    for ms_per_issue in [0, 1] {
        let late = Effect::ActLater {
            ms: 1,
            ms_per_issue,
            status: Some(504),
        };
        let charged = || jira.handle().charges().total;
        let (before, issues) = (charged(), jira.handle().issue_count());
        jira.handle()
            .push_fault(Fault::once(Endpoint::BulkCreate, late));
        let five = json!({"issueUpdates": vec![task("SHOP", "A"); 5]});
        assert_eq!(jira.post("issue/bulk", &five).status, 504);

        let patience = Instant::now() + Duration::from_secs(20);
        while jira.handle().chaos_report().pending_late > 0 {
            assert!(Instant::now() < patience, "the late work never ended");
            std::thread::yield_now();
        }
        assert_eq!(jira.handle().issue_count(), issues + 5);
        let entries = jira.handle().journal();
        let entry = entries.last().unwrap();
        assert_eq!((entry.quota_points, entry.created_issues), (5, 5));
        let added = charged().since(before);
        assert_eq!(
            (added.requests, added.quota_points, added.created_issues),
            (1, 5, 5)
        );
    }
}

#[test]
fn the_handle_makes_every_control_call_without_http() {
    let jira = Jira::start();
    jira.create(&["A"]);
    let control =
        |method: &str, call: &str, body: Value| jira.handle().control(method, call, &body);
    let copy = json!({"with_properties": true});
    let copied = control("POST", "issues/SHOP-1/clone", copy).unwrap();
    assert_eq!(copied["key"], "SHOP-2");
    let listed = control("GET", "issues?project=SHOP&limit=1", Value::Null).unwrap();
    assert_eq!(
        (&listed["total"], listed["issues"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    assert_eq!(control("DELETE", "faults", Value::Null), Ok(Value::Null));
    let refused = control("POST", "issues/SHOP-9/clone", json!({}));
    assert_eq!(refused, Err("There is no such issue.".to_owned()));
    let unknown = control("POST", "clock", json!({"advance": 5})).unwrap_err();
    assert!(unknown.contains("advance"), "{unknown}");
}
