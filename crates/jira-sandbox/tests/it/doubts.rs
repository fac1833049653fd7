//! More of what Atlassian leaves open, one switch at a time.

use std::time::Duration;

use jira_sandbox::{ACME_CLOUD_ID, Switches, TooManyCreates};
use serde_json::{Value, json};

use crate::harness::{
    CALLBACK, Jira, SCOPES, consent, consent_fields, decide, document, exchange, form, parameter,
    refresh, task, task_with,
};
use crate::http::send;

fn switched(change: impl FnOnce(&mut Switches)) -> Jira {
    let jira = Jira::start();
    jira.handle().switch(change);
    jira
}

#[test]
fn reads_can_lag_behind_writes() {
    let jira = switched(|switches| switches.timing.read_lag_ms = 60_000);
    jira.handle().set_clock_stopped(true);
    jira.create(&["A"]);
    let fetch = || {
        let asked = json!({"issueIdsOrKeys": ["SHOP-1"], "fields": ["summary"]});
        let issues = jira.post("issue/bulkfetch", &asked).json()["issues"].clone();
        issues[0]["fields"]["summary"].clone()
    };
    assert_eq!(jira.get("issue/SHOP-1").status, 404);
    assert_eq!(fetch(), Value::Null);
    jira.handle().advance_clock(Duration::from_secs(60));
    assert_eq!(fetch(), "A");
    let edit = json!({"fields": {"summary": "B"}});
    assert_eq!(jira.put("issue/SHOP-1", &edit).status, 204);
    assert_eq!(
        jira.put("issue/SHOP-1/properties/mark", &json!(1)).status,
        201
    );
    let read = || jira.get("issue/SHOP-1").json()["fields"]["summary"].clone();
    let mark = || jira.get("issue/SHOP-1/properties/mark").status;
    assert_eq!((read(), fetch(), mark()), (json!("A"), json!("A"), 404));
    jira.handle().advance_clock(Duration::from_secs(60));
    assert_eq!((read(), fetch(), mark()), (json!("B"), json!("B"), 200));
}

#[test]
fn a_missing_field_can_be_told_in_a_general_message() {
    let jira = switched(|switches| switches.writes.required_in_messages = true);
    let refused = jira.post("issue", &task("REQ", "A")).json();
    let text = "Field 'customfield_10010' is required";
    assert_eq!(refused, json!({"errorMessages": [text], "errors": {}}));
}

#[test]
fn the_token_endpoint_can_take_forms() {
    let jira = Jira::start();
    let base = jira.sandbox.base_url();
    let body = form(&[
        ("grant_type", "refresh_token"),
        ("client_id", "sandbox-client"),
        ("client_secret", "sandbox-client-value"),
        ("refresh_token", &jira.refresh_token),
    ]);
    let post = || {
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        send(base, "POST", "/oauth/token", &headers, body.as_bytes()).unwrap()
    };
    assert_eq!(post().status, 400);
    jira.handle()
        .switch(|switches| switches.oauth.token_takes_forms = true);
    let reply = post();
    assert_eq!(reply.status, 200);
    assert!(reply.json()["access_token"].is_string());
}

#[test]
fn an_error_can_come_back_without_the_state() {
    let jira = Jira::start();
    let declined = || {
        let mut fields = consent_fields(SCOPES);
        fields.push(("decision", "decline"));
        let reply = decide(jira.sandbox.base_url(), &fields);
        let location = reply.header("Location").unwrap();
        assert!(location.starts_with(CALLBACK));
        assert_eq!(
            parameter(location, "error").as_deref(),
            Some("access_denied")
        );
        parameter(location, "state")
    };
    assert!(declined().is_some());
    jira.handle()
        .switch(|switches| switches.oauth.error_redirect_without_state = true);
    assert_eq!(declined(), None);
}

#[test]
fn a_second_consent_can_go_on_with_the_same_token_family() {
    for (joins, status) in [(false, 200), (true, 401)] {
        let mut jira = switched(|switches| switches.oauth.consent_joins_family = joins);
        let base = jira.sandbox.base_url().to_owned();
        let used = jira.refresh_token.clone();
        jira.refresh();
        let code = consent(&base, SCOPES, &[ACME_CLOUD_ID]);
        let second = exchange(&base, &code).json();
        jira.access_token = second["access_token"].as_str().unwrap().to_owned();
        assert_eq!(jira.get("myself").status, 200);
        jira.handle().advance_clock(Duration::from_secs(601));
        assert_eq!(refresh(&base, &used).status, 403, "reuse after the leeway");
        assert_eq!(jira.get("myself").status, status, "joins: {joins}");
    }
}

#[test]
fn too_many_issues_can_be_refused_as_a_whole() {
    let jira =
        switched(|switches| switches.writes.too_many_creates = TooManyCreates::Whole).lenient();
    let issues = json!({"issueUpdates": vec![task("SHOP", "A"); 51]});
    let refused = jira.post("issue/bulk", &issues);
    assert_eq!(refused.status, 400);
    let text = "You can create at most 50 issues in one request.";
    assert_eq!(
        refused.json(),
        json!({"errorMessages": [text], "errors": {}})
    );
}

#[test]
fn a_document_can_come_back_with_attributes_that_nobody_has_sent() {
    let jira = switched(|switches| switches.writes.stored_documents_grow = true);
    let mut sent = document("A");
    let item = json!({"type": "listItem", "content": [sent["content"][0]]});
    let list = json!({"type": "orderedList", "content": [item]});
    sent["content"].as_array_mut().unwrap().push(list);
    let issue = task_with("SHOP", json!({"description": sent}));
    assert_eq!(jira.post("issue", &issue).status, 201);
    let read = || jira.get("issue/SHOP-1").json()["fields"]["description"].clone();
    let first = read();
    assert!(
        first["content"][0]["attrs"]["localId"].is_string(),
        "{first}"
    );
    assert_eq!(first["content"][1]["attrs"]["order"], 1);
    assert_eq!(
        first["content"][0]["content"],
        sent["content"][0]["content"]
    );
    assert_eq!(read(), first, "it stays as it was stored");
}
