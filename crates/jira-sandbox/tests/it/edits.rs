//! Changing issues: edits and transitions.

use serde_json::json;

use crate::harness::{Jira, task, task_with};

#[test]
fn an_edit_changes_only_what_it_names() {
    let jira = Jira::start();
    jira.post(
        "issue",
        &task_with("SHOP", json!({"labels": ["ours", "theirs"]})),
    );
    let edit = json!({"fields": {"summary": "New", "status": {"name": "Done"}},
        "update": {"labels": [{"add": "more"}, {"remove": "ours"}]}});
    assert_eq!(jira.put("issue/SHOP-1", &edit).status, 204);
    let issue = jira.handle().issue("SHOP-1").unwrap();
    assert_eq!(issue.summary(), "New");
    assert_eq!(issue.fields["labels"], json!(["theirs", "more"]));
    assert_eq!(issue.status(), "To Do", "an edit never changes the status");
    let returned = jira.put("issue/SHOP-1?returnIssue=true", &json!({"fields": {}}));
    assert_eq!(
        (returned.status, returned.json()["key"].as_str()),
        (200, Some("SHOP-1"))
    );
    let both = json!({"fields": {"labels": []}, "update": {"labels": [{"add": "x"}]}});
    assert_eq!(jira.put("issue/SHOP-1", &both).status, 400);
    let bad = json!({"update": {"labels": [{"add": "a b"}]}});
    assert_eq!(
        jira.put("issue/SHOP-1", &bad).json()["errors"]["labels"],
        "The label 'a b' contains spaces which is invalid."
    );
}

#[test]
fn an_edit_asks_no_screen() {
    let jira = Jira::start();
    jira.post("issue", &task("TEAM", "No priority on the create screen"));
    let edit = json!({"fields": {"priority": {"name": "High"}}});
    assert_eq!(jira.put("issue/TEAM-1", &edit).status, 204);
    let priority = jira.handle().issue("TEAM-1").unwrap().fields["priority"].clone();
    assert_eq!(priority["name"], "High");
}

#[test]
fn a_transition_moves_an_issue_and_resolves_it() {
    let jira = Jira::start();
    jira.create(&["One"]);
    let listed = jira.get("issue/SHOP-1/transitions").json();
    let done = &listed["transitions"][2];
    assert_eq!(done["to"]["statusCategory"]["key"], "done");
    let go = json!({"transition": {"id": done["id"]}});
    assert_eq!(jira.post("issue/SHOP-1/transitions", &go).status, 204);
    let issue = jira.handle().issue("SHOP-1").unwrap();
    assert_eq!(issue.status(), "Done");
    assert_eq!(issue.fields["resolution"]["name"], "Done");
    let unknown = json!({"transition": {"id": "999"}});
    assert_eq!(jira.post("issue/SHOP-1/transitions", &unknown).status, 400);
}
