//! Projects that change while a client works, switched by the control API.

use serde_json::{Value, json};

use crate::harness::{Jira, task};

fn found(jira: &Jira, jql: &str) -> (u16, usize) {
    let reply = jira.post("search/jql", &json!({"jql": jql}));
    let issues = reply.json()["issues"].as_array().map_or(0, Vec::len);
    (reply.status, issues)
}

#[test]
fn a_project_that_may_not_be_browsed_looks_as_if_it_did_not_exist() {
    let jira = Jira::start();
    jira.create(&["A", "B"]);
    jira.control("POST", "projects/SHOP", &json!({"browse": false}));
    assert_eq!(jira.get("project/SHOP").status, 404);
    assert_eq!(jira.get("issue/SHOP-1").status, 404);
    assert_eq!(found(&jira, "project = SHOP").0, 400);
    assert_eq!(found(&jira, "project = TEAM").0, 200);
    let fetch = json!({"issueIdsOrKeys": ["SHOP-1"]});
    assert_eq!(
        jira.post("issue/bulkfetch", &fetch).json()["issues"],
        json!([])
    );
    assert_eq!(jira.post("issue", &task("SHOP", "C")).status, 400);
    let listed = jira.get("project/search?query=SHOP").json();
    assert_eq!(listed["total"], 0);
    jira.control(
        "POST",
        "projects/SHOP",
        &json!({"browse": true, "create": false}),
    );
    assert_eq!(jira.get("issue/SHOP-1").status, 200);
    assert_eq!(jira.post("issue", &task("SHOP", "C")).status, 403);
    jira.control("POST", "projects/SHOP", &json!({"create": true}));
    assert_eq!(jira.post("issue", &task("SHOP", "C")).status, 201);
}

#[test]
fn hidden_issues_can_be_left_out_or_named_as_errors() {
    let jira = Jira::start();
    jira.create(&["A", "B", "C"]);
    let range = json!({"do": "hide", "from": 2, "to": 3});
    assert_eq!(
        jira.control("POST", "projects/SHOP/issues", &range)["issues"],
        2
    );
    let fetch = json!({"issueIdsOrKeys": ["SHOP-1", "SHOP-2", "SHOP-3"]});
    let silent = jira.post("issue/bulkfetch", &fetch).json();
    assert_eq!(silent["issues"].as_array().unwrap().len(), 1);
    assert_eq!(silent["issueErrors"], json!([]));
    jira.control(
        "POST",
        "settings",
        &json!({"hidden_issues": "issue_errors"}),
    );
    let named = jira.post("issue/bulkfetch", &fetch).json();
    assert_eq!(named["issueErrors"].as_array().unwrap().len(), 2);
}

#[test]
fn a_renamed_project_is_found_under_both_keys() {
    let jira = Jira::start();
    jira.create(&["A"]);
    jira.control("POST", "projects/SHOP", &json!({"key": "STORE"}));
    for key in ["SHOP", "STORE"] {
        assert_eq!(jira.get(&format!("project/{key}")).json()["key"], "STORE");
        let issue = jira.get(&format!("issue/{key}-1?fields=summary")).json();
        assert_eq!(issue["key"], "STORE-1");
        assert_eq!(found(&jira, &format!("project = {key}")), (200, 1));
    }
    let created = jira.post("issue", &task("STORE", "B")).json();
    assert_eq!(created["key"], "STORE-2");
}

#[test]
fn a_project_made_again_under_the_same_key_is_another_one() {
    let jira = Jira::start();
    jira.create(&["A", "B"]);
    let old = jira.get("project/SHOP").json()["id"].clone();
    jira.control("DELETE", "projects/SHOP", &json!({}));
    assert_eq!(jira.get("project/SHOP").status, 404);
    assert_eq!(jira.get("issue/SHOP-1").status, 404);
    jira.control("POST", "projects", &json!({"key": "SHOP", "name": "Again"}));
    let new = jira.get("project/SHOP").json();
    assert_ne!(new["id"], old);
    let old_id = old.as_str().unwrap();
    assert_eq!(jira.get(&format!("project/{old_id}")).status, 404);
    assert_eq!(jira.create(&["C"]), ["SHOP-1"]);
    assert_eq!(found(&jira, "project = SHOP"), (200, 1));
}

#[test]
fn each_issue_can_lag_behind_in_search_for_itself() {
    let jira = Jira::start();
    jira.create(&["A", "B"]);
    jira.control("POST", "issues/SHOP-2/search_lag", &json!({"ms": 60_000}));
    assert_eq!(found(&jira, "project = SHOP"), (200, 1));
    assert_eq!(jira.get("issue/SHOP-2").status, 200);
    jira.control("POST", "clock", &json!({"advance_seconds": 61}));
    assert_eq!(found(&jira, "project = SHOP"), (200, 2));
    let lags = json!({"search_lag_ms": 1_000, "search_lag_most_ms": 60_000, "seed": 5});
    jira.control("POST", "settings", &lags);
    jira.create(&["C"; 40]);
    assert_eq!(found(&jira, "project = SHOP"), (200, 2));
    jira.control("POST", "clock", &json!({"advance_seconds": 30}));
    let (_, half) = found(&jira, "project = SHOP");
    assert!((10..40).contains(&half), "{half}");
    jira.control("POST", "clock", &json!({"advance_seconds": 31}));
    assert_eq!(found(&jira, "project = SHOP"), (200, 42));
}

#[test]
fn bulk_create_can_answer_or_act_in_another_order() {
    let jira = Jira::start();
    let issues: Vec<_> = (0..10).map(|at| task("SHOP", &format!("{at}"))).collect();
    let issues = json!({"issueUpdates": issues});
    jira.control(
        "POST",
        "settings",
        &json!({"shuffle_bulk_answers": true, "seed": 3}),
    );
    let ids = |body: Value| {
        let issues = body["issues"].as_array().unwrap().clone();
        issues
            .iter()
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(!ids(jira.post("issue/bulk", &issues).json()).is_sorted());
    let other = json!({"shuffle_bulk_answers": false, "shuffle_bulk_creation": true});
    jira.control("POST", "settings", &other);
    let ids = ids(jira.post("issue/bulk", &issues).json());
    assert!(!ids.is_sorted());
    for (at, id) in ids.iter().enumerate() {
        let issue = jira.get(&format!("issue/{id}?fields=summary")).json();
        assert_eq!(
            issue["fields"]["summary"],
            at.to_string(),
            "the answer is in input order"
        );
    }
}
