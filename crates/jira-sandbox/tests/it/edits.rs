//! Changing issues: edits and transitions.

use serde_json::{Value, json};

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

#[test]
fn an_edit_changes_the_type_within_its_level_and_never_the_project() {
    let jira = Jira::start();
    jira.create(&["A"]);
    let edit = |fields: Value| jira.put("issue/SHOP-1", &json!({"fields": fields}));
    assert_eq!(edit(json!({"issuetype": {"name": "Bug"}})).status, 204);
    let kind = || jira.handle().issue("SHOP-1").unwrap().fields["issuetype"]["name"].clone();
    assert_eq!(kind(), "Bug");
    for (fields, field) in [
        (json!({"issuetype": {"name": "Sub-task"}}), "issuetype"),
        (json!({"issuetype": {"name": "Wish"}}), "issuetype"),
        (json!({"project": {"key": "TEAM"}}), "project"),
        (
            json!({"project": {"key": "NOPE"}, "summary": "B"}),
            "project",
        ),
    ] {
        let refused = edit(fields);
        assert_eq!(refused.status, 400);
        assert!(
            refused.json()["errors"][field].is_string(),
            "{}",
            refused.text()
        );
    }
    assert_eq!(edit(json!({"project": {"key": "SHOP"}})).status, 204);
    let story = json!({"update": {"issuetype": [{"set": {"name": "Story"}}]}});
    assert_eq!(jira.put("issue/SHOP-1", &story).status, 204);
    assert_eq!(kind(), "Story");
    assert_eq!(jira.handle().issue("SHOP-1").unwrap().summary(), "A");
}

#[test]
fn a_transition_refuses_fields_for_which_it_has_no_screen_and_stores_properties() {
    let jira = Jira::start();
    jira.create(&["A"]);
    let go = |more: Value| {
        let mut body = json!({"transition": {"id": "31"}});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        jira.post("issue/SHOP-1/transitions", &body)
    };
    for (more, field) in [
        (
            json!({"fields": {"resolution": {"name": "Done"}}}),
            "resolution",
        ),
        (json!({"update": {"labels": [{"add": "x"}]}}), "labels"),
    ] {
        let refused = go(more);
        assert_eq!(refused.status, 400);
        let text = format!(
            "Field '{field}' cannot be set. It is not on the appropriate screen, or unknown."
        );
        assert_eq!(refused.json()["errors"][field], text);
    }
    assert_eq!(jira.handle().issue("SHOP-1").unwrap().status(), "To Do");
    let marked = go(json!({"fields": {}, "properties": [{"key": "mark", "value": 1}]}));
    assert_eq!(marked.status, 204);
    let issue = jira.handle().issue("SHOP-1").unwrap();
    assert_eq!(
        (issue.status(), &issue.properties["mark"]),
        ("Done", &json!(1))
    );
}

#[test]
fn the_rights_to_edit_and_to_move_can_be_withdrawn() {
    let jira = Jira::start();
    jira.create(&["A"]);
    let rights = json!({"edit": false, "transition": false});
    jira.control("POST", "projects/SHOP", &rights);
    let asked = "permissions=EDIT_ISSUES,TRANSITION_ISSUES,CREATE_ISSUES";
    let held = |project: &str| {
        let path = format!("mypermissions?projectKey={project}&{asked}");
        let held = jira.get(&path).json()["permissions"].clone();
        ["EDIT_ISSUES", "TRANSITION_ISSUES", "CREATE_ISSUES"]
            .map(|key| held[key]["havePermission"].as_bool().unwrap())
    };
    assert_eq!(held("SHOP"), [false, false, true]);
    assert_eq!(held("TEAM"), [true, true, true]);
    let edit = json!({"fields": {"summary": "B"}});
    assert_eq!(jira.put("issue/SHOP-1", &edit).status, 403);
    assert_eq!(jira.put("issue/SHOP-1/properties/a", &json!(1)).status, 403);
    let listed = jira.get("issue/SHOP-1/transitions");
    assert_eq!(
        (listed.status, &listed.json()["transitions"]),
        (200, &json!([]))
    );
    let go = json!({"transition": {"id": "31"}});
    assert_eq!(jira.post("issue/SHOP-1/transitions", &go).status, 400);
    let editable = jira.get("project/search?action=edit&keys=SHOP").json();
    assert_eq!(editable["total"], 0);
    assert!(jira.handle().set_can_edit("SHOP", true));
    assert!(jira.handle().set_can_transition("SHOP", true));
    assert_eq!(jira.put("issue/SHOP-1", &edit).status, 204);
    assert_eq!(jira.post("issue/SHOP-1/transitions", &go).status, 204);
}
