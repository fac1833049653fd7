//! Search by JQL over HTTP: shape, paging, lag.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Jira, document, encode, task_with};

fn search(jira: &Jira, body: Value) -> Value {
    let reply = jira.post("search/jql", &body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn ids(page: &Value) -> Vec<String> {
    let id = |issue: &Value| issue["id"].as_str().unwrap().to_owned();
    page["issues"].as_array().unwrap().iter().map(id).collect()
}

#[test]
fn only_ids_are_shown_unless_fields_are_asked_for() {
    let jira = Jira::start();
    jira.create(&["A"]);
    let path = format!("search/jql?jql={}", encode("project = SHOP"));
    assert_eq!(
        jira.get(&path).json(),
        json!({"issues": [{"id": "10001"}], "isLast": true})
    );
    let shown = jira.get(&format!("{path}&fields=summary,status")).json();
    assert_eq!(shown["issues"][0]["fields"]["summary"], "A");
    assert_eq!(shown["issues"][0]["key"], "SHOP-1");
    let key = jira.get(&format!("{path}&fields=key")).json();
    assert_eq!(key["issues"][0]["key"], "SHOP-1");
    assert_eq!(jira.handle().journal().pop().unwrap().quota_points, 2);
}

#[test]
fn every_clause_that_the_field_list_announces_can_be_asked_for() {
    let jira = Jira::start();
    let bug = json!({"issuetype": {"name": "Bug"}, "summary": "Crash", "duedate": "2026-12-24",
        "description": document("Long words"), "customfield_10010": "CC-1",
        "customfield_10011": {"value": "High impact"}, "customfield_10013": 3,
        "customfield_10012": document("Slowly, by hand")});
    assert_eq!(jira.post("issue", &task_with("REQ", bug)).status, 201);
    let plain = json!({"customfield_10010": "CC-2"});
    assert_eq!(jira.post("issue", &task_with("REQ", plain)).status, 201);
    let find = |jql: &str| jira.post("search/jql", &json!({"jql": jql}));
    for field in jira.get("field").json().as_array().unwrap() {
        for name in field["clauseNames"].as_array().unwrap() {
            let reply = find(&format!("{name} = 1"));
            let refused = reply.text();
            assert!(!refused.contains("Field '"), "{name}: {refused}");
            assert!(find(&format!("{name} is not EMPTY")).status < 500);
        }
    }
    for (jql, expected) in [
        ("due <= 2026-12-24", &["10001"][..]),
        ("duedate is EMPTY", &["10002"]),
        ("description ~ words", &["10001"]),
        ("description is EMPTY", &["10002"]),
        ("cf[10010] ~ cc ORDER BY id", &["10001", "10002"]),
        ("\"Cost centre\" ~ 2", &["10002"]),
        ("cf[10010] is EMPTY", &[]),
        ("Impact = \"High impact\"", &["10001"]),
        ("cf[10011] in (\"Low impact\", EMPTY)", &["10002"]),
        ("cf[10011] != \"Low impact\"", &["10001"]),
        ("\"Rollout notes\" ~ \"hand\"", &["10001"]),
        ("\"Rollout notes\" !~ \"foot\"", &["10001"]),
        ("\"Story points\" > 2.5", &["10001"]),
        ("\"Story points\" = 3", &["10001"]),
        ("cf[10013] < 3", &[]),
    ] {
        let page = search(&jira, json!({"jql": jql}));
        assert_eq!(ids(&page), expected, "{jql}");
    }
    let text = "The value 'Middling' does not exist for the field 'Impact'.";
    let refused = find("Impact = Middling").json();
    assert_eq!(refused["errorMessages"], json!([text]));
}

#[test]
fn pages_are_followed_by_token_to_the_last() {
    let jira = Jira::start();
    jira.create(&["A", "B", "C", "D", "E"]);
    let mut body = json!({"jql": "project = SHOP ORDER BY id", "maxResults": 2});
    let mut seen = Vec::new();
    loop {
        let page = search(&jira, body.clone());
        seen.extend(ids(&page));
        let Some(token) = page.get("nextPageToken") else {
            assert_eq!(page["isLast"], true);
            break;
        };
        assert_eq!(page["isLast"], false);
        body["nextPageToken"] = token.clone();
    }
    assert_eq!(seen, ["10001", "10002", "10003", "10004", "10005"]);
    jira.handle()
        .advance_clock(Duration::from_secs(7 * 24 * 3600));
    assert_ne!(
        jira.post("search/jql", &body).status,
        200,
        "tokens and bearers have expired"
    );
    let forged = json!({"jql": "project = SHOP", "nextPageToken": "forged"});
    assert_ne!(jira.post("search/jql", &forged).status, 200);
}

#[test]
fn search_lags_behind_writes_and_reads_by_id_do_not() {
    let jira = Jira::start();
    jira.handle().set_search_lag(Duration::from_secs(30));
    jira.create(&["A"]);
    let all = || json!({"jql": "project = SHOP", "fields": ["status"]});
    assert_eq!(ids(&search(&jira, all())), [""; 0]);
    assert_eq!(jira.get("issue/SHOP-1").status, 200);
    let fetched = jira
        .post("issue/bulkfetch", &json!({"issueIdsOrKeys": ["SHOP-1"]}))
        .json();
    assert_eq!(ids(&fetched), ["10001"]);
    let mut reconciled = all();
    reconciled["reconcileIssues"] = json!([10001]);
    assert_eq!(ids(&search(&jira, reconciled.clone())), ["10001"]);
    jira.handle().advance_clock(Duration::from_secs(30));
    assert_eq!(ids(&search(&jira, all())), ["10001"]);
    jira.handle().move_issue("SHOP-1", "Done");
    let status = |body| search(&jira, body)["issues"][0]["fields"]["status"]["name"].clone();
    assert_eq!(status(all()), "To Do", "search still shows the old status");
    assert_eq!(status(reconciled), "Done");
    let done = json!({"jql": "status = Done AND project = SHOP"});
    assert_eq!(ids(&search(&jira, done.clone())), [""; 0]);
    jira.handle().advance_clock(Duration::from_secs(30));
    assert_eq!(ids(&search(&jira, done)), ["10001"]);
}

#[test]
fn refusals_carry_jiras_text() {
    let jira = Jira::start();
    let refused = |jql: &str| {
        let reply = jira.post("search/jql", &json!({"jql": jql}));
        assert_eq!(reply.status, 400, "{jql}");
        reply.json()["errorMessages"][0]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(refused("").starts_with("Unbounded JQL queries are not allowed"));
    assert_eq!(
        refused("project = NOPE"),
        "The value 'NOPE' does not exist for the field 'project'."
    );
    let many: Vec<_> = (0..51).collect();
    let body = json!({"jql": "project = SHOP", "reconcileIssues": many});
    assert_eq!(jira.post("search/jql", &body).status, 400);
}

#[test]
fn the_old_search_is_gone() {
    let jira = Jira::start();
    let reply = jira.get("search?jql=project%20%3D%20SHOP");
    assert_eq!(reply.status, 410);
    let text = reply.json()["errorMessages"][0]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        text.starts_with("The requested API has been removed."),
        "{text}"
    );
}

#[test]
fn counts_are_given_without_issues() {
    let jira = Jira::start();
    jira.create(&["A", "B"]);
    let reply = jira.post(
        "search/approximate-count",
        &json!({"jql": "project = SHOP"}),
    );
    assert_eq!(reply.json(), json!({"count": 2}));
}
