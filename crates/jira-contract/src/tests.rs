use super::*;

const ISSUE: &str = "/rest/api/3/issue";
const SEARCH: &str = "/rest/api/3/search/jql";

/// The descriptions, or nothing after saying so.
fn contract() -> Option<Contract> {
    let found = Contract::find();
    if found.is_none() {
        println!("skipped: the shared folder with Atlassian's descriptions is absent");
    }
    found
}

fn sent(
    contract: &Contract,
    method: &str,
    template: &str,
    query: &str,
    body: &Value,
) -> Vec<String> {
    let pairs: Vec<_> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let body = match body {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    contract.faults_of_request(&Request {
        method,
        template,
        query: &pairs,
        content_type: "application/json",
        body: &body,
    })
}

fn issue(description: Value) -> Value {
    json!({"fields": {"summary": "A", "description": description}})
}

#[test]
fn what_atlassian_describes_passes() {
    let Some(contract) = contract() else { return };
    let document = json!({"type": "doc", "version": 1, "content": []});
    for (method, template, query, body) in [
        ("POST", ISSUE, "", issue(document)),
        (
            "GET",
            SEARCH,
            "jql=x&fields=id,key&maxResults=5&reconcileIssues=1,2",
            Value::Null,
        ),
        (
            "POST",
            SEARCH,
            "",
            json!({"jql": "x", "reconcileIssues": [1]}),
        ),
        (
            "PUT",
            "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}",
            "",
            json!({"a": 1}),
        ),
    ] {
        assert_eq!(
            sent(&contract, method, template, query, &body),
            [""; 0],
            "{method} {template}"
        );
    }
    let refusal = br#"{"errorMessages": ["No"], "errors": {}}"#;
    assert_eq!(
        contract.faults_of_answer("POST", ISSUE, 400, refusal),
        [""; 0]
    );
    let gateway = br#"{"code": 401, "message": "Unauthorized"}"#;
    assert_eq!(
        contract.faults_of_answer("GET", SEARCH, 401, gateway),
        [""; 0]
    );
}

#[test]
fn every_departure_is_named() {
    let Some(contract) = contract() else { return };
    let bad = json!({"type": "doc", "version": 1, "content": [{"type": "text", "text": ""}]});
    for (method, template, query, body, expected) in [
        (
            "POST",
            ISSUE,
            "",
            issue(json!("text")),
            "a text instead of a document",
        ),
        (
            "POST",
            ISSUE,
            "",
            issue(bad),
            "the document /fields/description is invalid",
        ),
        (
            "POST",
            ISSUE,
            "",
            json!({"field": {}}),
            "/field is not described",
        ),
        (
            "POST",
            "/rest/api/3/webhook",
            "",
            json!({"url": "u", "webhooks": [{"events": [], "jqlFilter": "x", "filter": 1}]}),
            "/webhooks/0/filter is not described",
        ),
        ("POST", ISSUE, "", Value::Null, "not JSON"),
        ("POST", ISSUE, "", json!([]), "is not of type \"object\""),
        (
            "POST",
            ISSUE,
            "dryRun=true",
            json!({}),
            "'dryRun' is not described",
        ),
        (
            "POST",
            SEARCH,
            "",
            json!({"jql": 1}),
            "is not of type \"string\"",
        ),
        ("POST", SEARCH, "", json!({"startAt": 1}), "startAt"),
        (
            "GET",
            SEARCH,
            "jql=x&maxResults=many",
            Value::Null,
            "'maxResults' cannot be 'many'",
        ),
        (
            "GET",
            SEARCH,
            "jql=x&reconcileIssues=A-1",
            Value::Null,
            "cannot be 'A-1'",
        ),
        (
            "GET",
            SEARCH,
            "jql=x",
            json!({}),
            "a body where none is described",
        ),
        (
            "GET",
            "/rest/api/3/project/search",
            "action=own",
            Value::Null,
            "cannot be 'own'",
        ),
    ] {
        let faults = sent(&contract, method, template, query, &body);
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "{expected}: {faults:?}"
        );
    }
    for (status, body, expected) in [
        (201, &br#"{"id": 1}"#[..], "is not of type \"string\""),
        (204, b"", "the status 204 is not described"),
        (201, b"<html>", "not JSON"),
        (429, b"{}", "an error of no known shape"),
    ] {
        let faults = contract.faults_of_answer("POST", ISSUE, status, body);
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "{expected}: {faults:?}"
        );
    }
}

/// No path of the platform, so that it stays undescribed however the subset grows.
const NOT_DESCRIBED: &str = "/rest/api/3/nonesuch";

#[test]
fn operations_that_are_not_described_are_told_apart_and_not_checked() {
    let Some(contract) = contract() else { return };
    assert!(contract.describes("post", ISSUE) && contract.describes("GET", SEARCH));
    assert!(!contract.describes("PATCH", ISSUE) && !contract.describes("GET", NOT_DESCRIBED));
    let faults = sent(&contract, "GET", NOT_DESCRIBED, "odd=1", &json!([]));
    assert_eq!(faults, [""; 0]);
    let faults = contract.faults_of_answer("GET", NOT_DESCRIBED, 299, b"odd");
    assert_eq!(faults, [""; 0]);
}
