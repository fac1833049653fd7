//! Bulk create and bulk fetch.

use serde_json::{Value, json};

use crate::harness::{Jira, task, task_with};

#[test]
fn one_bad_issue_among_good_ones_fails_alone() {
    let jira = Jira::start();
    let issues = [
        task("SHOP", "A"),
        task_with("SHOP", json!({"labels": ["a b"]})),
        task("10001", "C"),
    ];
    let mut issues = issues.to_vec();
    issues[2]["fields"]["project"] = json!({"id": "10001"});
    let reply = jira.post("issue/bulk", &json!({"issueUpdates": issues}));
    assert_eq!(reply.status, 201);
    let body = reply.json();
    let keys: Vec<_> = body["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["key"])
        .collect();
    assert_eq!(keys, ["SHOP-1", "TEAM-1"]);
    let text = "The label 'a b' contains spaces which is invalid.";
    let expected = json!([{"status": 400, "failedElementNumber": 1,
        "elementErrors": {"errorMessages": [], "errors": {"labels": text}}}]);
    assert_eq!(body["errors"], expected);
}

#[test]
fn when_all_fail_the_answer_is_400_in_the_same_shape() {
    let jira = Jira::start();
    let issues = [task("NOPE", "A"), task("LOCK", "B")];
    let reply = jira.post("issue/bulk", &json!({"issueUpdates": issues}));
    assert_eq!(reply.status, 400);
    let body = reply.json();
    assert_eq!(body["issues"], json!([]));
    let statuses: Vec<_> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["status"])
        .collect();
    assert_eq!(statuses, [400, 403]);
}

#[test]
fn fifty_go_and_fifty_one_do_not() {
    let jira = Jira::start();
    let issues = |n| json!({"issueUpdates": vec![task("SHOP", "A"); n]});
    assert_eq!(jira.post("issue/bulk", &issues(51)).status, 400);
    assert_eq!(jira.handle().issue_count(), 0);
    assert_eq!(jira.post("issue/bulk", &issues(50)).status, 201);
    let entry = jira.handle().journal().pop().unwrap();
    assert_eq!((entry.quota_points, entry.created_issues), (50, 50));
    assert_eq!(
        jira.post("issue/bulk", &json!({"issueUpdates": []})).status,
        400
    );
}

#[test]
fn fetch_gives_what_is_visible_in_ascending_order() {
    let jira = Jira::start();
    jira.create(&["A", "B", "C", "D"]);
    jira.handle().delete_issue("SHOP-2");
    jira.handle().hide_issue("SHOP-3");
    let fetch = |asked: Value| {
        let body = json!({"issueIdsOrKeys": asked, "fields": ["summary"]});
        let reply = jira.post("issue/bulkfetch", &body).json();
        let key = |issue: &Value| issue["key"].as_str().unwrap().to_owned();
        let keys: Vec<_> = reply["issues"]
            .as_array()
            .unwrap()
            .iter()
            .map(key)
            .collect();
        (keys, reply["issueErrors"].clone())
    };
    let asked = json!(["SHOP-4", "10003", "shop-1", "SHOP-2", "SHOP-77", "10001"]);
    assert_eq!(
        fetch(asked),
        (vec!["SHOP-1".to_owned(), "SHOP-4".to_owned()], json!([]))
    );
    jira.handle().show_issue("SHOP-3");
    jira.handle().set_issue_error("SHOP-3", Some("broken"));
    let errors = json!([{"id": "10003", "errorMessage": "broken"}]);
    assert_eq!(fetch(json!(["SHOP-3"])), (vec![], errors));
    let points = jira.handle().journal().pop().unwrap().quota_points;
    assert_eq!(points, 1, "an unreadable issue is not paid for");
}

#[test]
fn a_moved_issue_keeps_its_id_and_answers_to_its_old_key() {
    let jira = Jira::start();
    jira.create(&["A"]);
    assert_eq!(
        jira.handle().move_to_project("SHOP-1", "OWN").as_deref(),
        Some("OWN-1")
    );
    for asked in ["10001", "SHOP-1", "OWN-1"] {
        let issue = jira
            .get(&format!("issue/{asked}?fields=status,issuetype"))
            .json();
        assert_eq!(
            (issue["id"].as_str(), issue["key"].as_str()),
            (Some("10001"), Some("OWN-1"))
        );
        assert_eq!(issue["fields"]["status"]["name"], "Offen");
        assert_eq!(issue["fields"]["issuetype"]["name"], "Aufgabe");
    }
}

#[test]
fn fetch_has_limits_and_shows_properties() {
    let jira = Jira::start();
    let mut marked = task("SHOP", "A");
    marked["properties"] = json!([{"key": "mark", "value": "m"}, {"key": "other", "value": 1}]);
    jira.post("issue", &marked);
    let fetch = |body: Value| jira.post("issue/bulkfetch", &body);
    assert_eq!(fetch(json!({"issueIdsOrKeys": []})).status, 400);
    assert_eq!(
        fetch(json!({"issueIdsOrKeys": vec!["SHOP-1"; 101]})).status,
        400
    );
    assert_eq!(fetch(json!({"issueIdsOrKeys": [1]})).status, 400);
    let six = ["a", "b", "c", "d", "e", "f"];
    assert_eq!(
        fetch(json!({"issueIdsOrKeys": ["SHOP-1"], "properties": six})).status,
        400
    );
    let shown = fetch(json!({"issueIdsOrKeys": ["SHOP-1"], "properties": ["mark", "none"]}));
    assert_eq!(
        shown.json()["issues"][0]["properties"],
        json!({"mark": "m"})
    );
}

#[test]
fn thousands_of_issues_are_fetched_without_a_scan() {
    let jira = Jira::start();
    let batch = json!({"issueUpdates": vec![task("SHOP", "A"); 50]});
    for _ in 0..60 {
        assert_eq!(jira.post("issue/bulk", &batch).status, 201);
    }
    let asked: Vec<_> = (2_901..=3_000)
        .map(|number| format!("SHOP-{number}"))
        .collect();
    let body = json!({"issueIdsOrKeys": asked, "fields": ["status"]});
    let fetched = jira.post("issue/bulkfetch", &body).json();
    assert_eq!(fetched["issues"].as_array().unwrap().len(), 100);
    assert_eq!(jira.handle().journal().pop().unwrap().quota_points, 101);
}
