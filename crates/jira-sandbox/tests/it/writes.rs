//! Creating and editing: what Jira takes, and the texts with which it refuses.

use serde_json::{Value, json};

use crate::harness::{Jira, document, task, task_with};

fn refusal(jira: &Jira, body: &Value) -> (u16, Value) {
    let reply = jira.post("issue", body);
    (reply.status, reply.json())
}

fn field_error(field: &str, text: &str) -> (u16, Value) {
    (400, json!({"errorMessages": [], "errors": {field: text}}))
}

#[test]
fn an_issue_is_created_with_everything_sent() {
    let jira = Jira::start();
    let body = task_with(
        "SHOP",
        json!({
            "labels": ["web", "pay"], "priority": {"name": "High"}, "description": document("Why"),
        }),
    );
    let reply = jira.post("issue", &body);
    assert_eq!(reply.status, 201);
    let created = reply.json();
    assert_eq!(created["key"], "SHOP-1");
    let link = format!(
        "{}/sites/acme/rest/api/3/issue/10001",
        jira.sandbox.base_url()
    );
    assert_eq!(created["self"], link);
    let issue = jira.get("issue/shop-1").json();
    assert_eq!(issue["id"], created["id"]);
    let fields = &issue["fields"];
    assert_eq!(fields["labels"], json!(["web", "pay"]));
    assert_eq!(fields["priority"]["name"], "High");
    assert_eq!(fields["description"], document("Why"));
    assert_eq!(fields["status"]["statusCategory"]["key"], "new");
    assert_eq!(fields["reporter"]["displayName"], "Sandbox User");
    assert_eq!(fields["creator"], fields["reporter"]);
    let created = fields["created"].as_str().unwrap();
    assert!(
        created.ends_with("+0200") && created.len() == 28,
        "{created}"
    );
}

#[test]
fn each_refusal_has_jiras_own_text() {
    let jira = Jira::start();
    let shop = |fields| task_with("SHOP", fields);
    let long_label = "x".repeat(256);
    let cases = [
        (
            shop(json!({"summary": "x".repeat(256)})),
            "summary",
            "Summary can't exceed 255 characters.".to_owned(),
        ),
        (
            shop(json!({"summary": "a\nb"})),
            "summary",
            "The summary is invalid because it contains newline characters.".to_owned(),
        ),
        (
            shop(json!({"summary": " "})),
            "summary",
            "You must specify a summary of the issue.".to_owned(),
        ),
        (
            shop(json!({"description": "plain"})),
            "description",
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
                .to_owned(),
        ),
        (
            shop(json!({"description": document(&"x".repeat(32_768))})),
            "description",
            "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
                .to_owned(),
        ),
        (
            shop(json!({"labels": ["a b"]})),
            "labels",
            "The label 'a b' contains spaces which is invalid.".to_owned(),
        ),
        (
            shop(json!({"labels": [long_label]})),
            "labels",
            format!(
                "The label '{long_label}' exceeds the maximum length for a single label of \
                     255 characters"
            ),
        ),
        (
            shop(json!({"priority": {"name": "Urgent"}})),
            "priority",
            "The priority selected is invalid.".to_owned(),
        ),
        (
            shop(json!({"priority": "High"})),
            "priority",
            "Specify the Priority (id or name) in the string format".to_owned(),
        ),
        (
            shop(json!({"priority": {"id": null}})),
            "priority",
            "Specify the Priority (id or name) in the string format".to_owned(),
        ),
        (
            shop(json!({"priority": {"id": 2}})),
            "priority",
            "Specify the Priority (id or name) in the string format".to_owned(),
        ),
        (
            shop(json!({"customfield_99999": 1})),
            "customfield_99999",
            "Field 'customfield_99999' cannot be set. It is not on the appropriate screen, or \
             unknown."
                .to_owned(),
        ),
        (
            task_with("TEAM", json!({"priority": {"name": "High"}})),
            "priority",
            "Field 'priority' cannot be set. It is not on the appropriate screen, or unknown."
                .to_owned(),
        ),
        (
            shop(json!({"issuetype": {"id": "10021"}})),
            "issuetype",
            "The issue type selected is invalid.".to_owned(),
        ),
        (
            task_with(
                "OWN",
                json!({"issuetype": {"name": "Aufgabe"},
            "priority": {"name": "High"}}),
            ),
            "priority",
            "The priority selected is invalid.".to_owned(),
        ),
        (
            shop(json!({"status": {"name": "Done"}})),
            "status",
            "Field 'status' cannot be set. It is not on the appropriate screen, or unknown."
                .to_owned(),
        ),
        (
            task("REQ", "No cost centre"),
            "customfield_10010",
            "Cost centre is required.".to_owned(),
        ),
        (
            task("NOPE", "Nowhere"),
            "project",
            "No project could be found with key 'NOPE'.".to_owned(),
        ),
        (
            shop(json!({"issuetype": {"name": "Sub-task"}})),
            "issuetype",
            "Issue type is a sub-task but parent issue key or id not specified.".to_owned(),
        ),
    ];
    for (body, field, text) in cases {
        assert_eq!(
            refusal(&jira, &body),
            field_error(field, &text),
            "{body:.200}"
        );
    }
    assert_eq!(jira.handle().issue_count(), 0);
}

#[test]
fn an_invalid_document_is_refused_as_a_whole_and_the_hint_tells_where() {
    let jira = Jira::start();
    let broken = json!({"type": "doc", "version": 1, "content": [{"type": "bulletList",
        "content": []}]});
    let reply = jira.post("issue", &task_with("SHOP", json!({"description": broken})));
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.json(),
        json!({"errorMessages": ["INVALID_INPUT"], "errors": {}})
    );
    assert_eq!(
        reply.header("X-Sandbox-Hint"),
        Some("description/content/0/content")
    );
}

#[test]
fn several_faults_of_one_issue_are_told_together() {
    let jira = Jira::start();
    let body = task_with("SHOP", json!({"summary": "a\nb", "labels": ["a b"]}));
    let (status, body) = refusal(&jira, &body);
    assert_eq!(status, 400);
    assert_eq!(body["errors"].as_object().unwrap().len(), 2);
}

#[test]
fn lengths_are_counted_in_utf16_units() {
    let jira = Jira::start();
    let emoji = |n| task("SHOP", &"😀".repeat(n));
    assert_eq!(jira.post("issue", &emoji(127)).status, 201);
    assert_eq!(jira.post("issue", &emoji(128)).status, 400);
}

#[test]
fn creating_where_one_may_not_is_forbidden() {
    let jira = Jira::start();
    let (status, body) = refusal(&jira, &task("LOCK", "No"));
    assert_eq!(status, 403);
    assert!(
        body["errors"]["project"]
            .as_str()
            .unwrap()
            .contains("'LOCK'")
    );
}

#[test]
fn required_fields_are_taken_by_their_kind() {
    let jira = Jira::start();
    let bug = |fields: Value| {
        let mut body = task_with(
            "REQ",
            json!({"issuetype": {"name": "Bug"},
            "customfield_10010": "CC-1"}),
        );
        body["fields"]
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        body
    };
    assert_eq!(
        refusal(&jira, &bug(json!({}))),
        field_error("customfield_10011", "Impact is required.")
    );
    let wrong = bug(json!({"customfield_10011": {"value": "None"}}));
    assert_eq!(refusal(&jira, &wrong).0, 400);
    let right = bug(json!({"customfield_10011": {"value": "High impact"},
        "customfield_10012": document("Notes"), "customfield_10013": 3}));
    assert_eq!(jira.post("issue", &right).status, 201);
    let task = task_with("REQ", json!({"customfield_10010": "CC-2"}));
    assert_eq!(
        jira.post("issue", &task).status,
        201,
        "only bugs need the impact"
    );
    let fields = jira
        .get("issue/REQ-1?fields=customfield_10011,customfield_10013")
        .json();
    assert_eq!(
        fields["fields"]["customfield_10011"]["value"],
        "High impact"
    );
    assert_eq!(fields["fields"]["customfield_10013"], 3);
}

#[test]
fn defaults_follow_the_projects_scheme() {
    let jira = Jira::start();
    let own = task_with("OWN", json!({"issuetype": {"id": "10021"}}));
    assert_eq!(jira.post("issue", &own).status, 201);
    jira.post("issue", &task("SHOP", "Stock"));
    jira.post("issue", &task("TEAM", "Team"));
    let priority = |key: &str| jira.handle().issue(key).unwrap().fields["priority"].clone();
    assert_eq!(priority("OWN-1")["name"], "Major");
    assert_eq!(priority("SHOP-1")["name"], "Medium");
    assert_eq!(priority("TEAM-1"), Value::Null);
    let issue = jira.handle().issue("OWN-1").unwrap();
    assert_eq!(issue.status(), "Offen");
    assert_eq!(issue.fields["issuetype"]["name"], "Aufgabe");
}

#[test]
fn sub_tasks_and_children_need_a_fitting_parent() {
    let jira = Jira::start();
    jira.post(
        "issue",
        &task_with("SHOP", json!({"issuetype": {"name": "Epic"}})),
    );
    jira.post(
        "issue",
        &task_with("SHOP", json!({"parent": {"key": "SHOP-1"}})),
    );
    let sub = |project: &str, kind: &str, parent: &str| {
        task_with(
            project,
            json!({"issuetype": {"name": kind}, "parent": {"key": parent}}),
        )
    };
    assert_eq!(
        jira.post("issue", &sub("SHOP", "Sub-task", "SHOP-2"))
            .status,
        201
    );
    assert_eq!(refusal(&jira, &sub("SHOP", "Sub-task", "SHOP-1")).0, 400);
    assert_eq!(
        refusal(&jira, &sub("TEAM", "Subtask", "SHOP-2")),
        field_error(
            "project",
            "Sub-tasks must be created in the same project as the parent."
        )
    );
    let child = jira.get("issue/SHOP-2?fields=parent").json();
    assert_eq!(child["fields"]["parent"]["key"], "SHOP-1");
}

#[test]
fn properties_come_with_the_issue_and_have_limits() {
    let jira = Jira::start();
    let with = |properties: Value| {
        let mut body = task("SHOP", "Marked");
        body["properties"] = properties;
        body
    };
    let mark = json!([{"key": "handoff.delivery", "value": {"delivery_id": "d-1"}}]);
    assert_eq!(jira.post("issue", &with(mark)).status, 201);
    let found = jira.get("issue/SHOP-1/properties/handoff.delivery").json();
    assert_eq!(found["value"], json!({"delivery_id": "d-1"}));
    for refused in [
        json!([{"key": "k".repeat(256), "value": 1}]),
        json!([{"key": "k", "value": null}]),
        json!([{"key": "k", "value": "v".repeat(32_768)}]),
        json!({"key": "k"}),
    ] {
        assert_eq!(jira.post("issue", &with(refused)).status, 400);
    }
    assert_eq!(
        jira.put("issue/SHOP-1/properties/k", &json!([1])).status,
        201
    );
    assert_eq!(
        jira.put("issue/SHOP-1/properties/k", &json!([2])).status,
        200
    );
    assert_eq!(
        jira.get("issue/SHOP-1/properties/k").json()["value"],
        json!([2])
    );
    assert_eq!(
        jira.call("DELETE", "issue/SHOP-1/properties/k", None)
            .status,
        204
    );
    assert_eq!(jira.get("issue/SHOP-1/properties/k").status, 404);
}

#[test]
fn a_body_that_is_no_json_is_said_to_be_so() {
    let jira = Jira::start();
    let path = format!("/ex/jira/{}/rest/api/3/issue", jira.cloud_id);
    let reply = jira.beside("POST", &path, "{");
    assert_eq!(reply.status, 400);
    let text = "There was an error parsing JSON. Check that your request body is valid.";
    assert_eq!(reply.json()["errorMessages"], json!([text]));
}
