//! The contract: routes, codes, the document.

use std::collections::BTreeSet;

use handoff_api::error::{Code, CodeKind};
use serde_json::Value;

/// Every route that is promised.
const ROUTES: &[&str] = &[
    "DELETE /api/documents/{id}",
    "DELETE /api/execution/tickets/{id}",
    "DELETE /api/workspaces/{workspace_id}/members",
    "GET /api/documents",
    "GET /api/documents/{id}",
    "GET /api/documents/{id}/coverage",
    "GET /api/execution/deliveries",
    "GET /api/execution/pushes",
    "GET /api/execution/pushes/{id}",
    "GET /api/execution/pushes/{id}/events",
    "GET /api/execution/tickets/{id}",
    "GET /api/execution/{document_id}/tickets",
    "GET /api/integrations/jira/callback",
    "GET /api/integrations/jira/pending",
    "GET /api/integrations/jira/projects",
    "GET /api/integrations/jira/projects/{key}/issue-types",
    "GET /api/integrations/jira/status",
    "GET /api/me",
    "GET /api/openapi.json",
    "GET /api/workspaces/{workspace_id}/members",
    "GET /healthz",
    "GET /readyz",
    "PATCH /api/documents/{id}",
    "PATCH /api/execution/tickets/{id}",
    "POST /api/documents",
    "POST /api/execution/deliveries/{id}/resolve",
    "POST /api/execution/generate",
    "POST /api/execution/push",
    "POST /api/execution/pushes/{id}/cancel",
    "POST /api/execution/sync",
    "POST /api/execution/tickets/review",
    "POST /api/integrations/jira/confirm",
    "POST /api/integrations/jira/connect",
    "POST /api/integrations/jira/disconnect",
    "POST /api/scope",
    "POST /api/workspaces",
    "POST /api/workspaces/{workspace_id}/members",
];

fn document() -> Value {
    serde_json::from_str(handoff_api::openapi::json()).unwrap()
}

#[test]
fn every_promised_route_and_no_other_is_in_the_document() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let found: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let promised: BTreeSet<String> = ROUTES.iter().map(|route| (*route).to_owned()).collect();
    assert_eq!(found, promised);
}

#[test]
fn every_code_is_in_the_document() {
    let document = document();
    let words = document["components"]["schemas"]["Code"]["enum"]
        .as_array()
        .unwrap();
    let found: BTreeSet<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(found, known);
}

#[test]
fn every_guarded_route_may_answer_with_a_problem_and_the_others_have_no_guard() {
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_public = matches!(
                path.as_str(),
                "/healthz" | "/readyz" | "/api/openapi.json" | "/api/integrations/jira/callback"
            );
            let is_guarded = operation["security"].is_array();
            assert_ne!(is_public, is_guarded, "{method} {path}");
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(problem.is_object(), is_guarded, "{method} {path}");
        }
    }
}

#[test]
fn the_document_is_the_same_each_time() {
    let again = handoff_api::openapi::document().to_pretty_json().unwrap();
    assert_eq!(again, handoff_api::openapi::json());
}

#[test]
fn codes_and_their_statuses_stay_as_they_are() {
    let lines = Code::ALL.iter().map(|code| match code.kind() {
        CodeKind::Refusal(status) => format!("{} {}", status.as_u16(), code.as_str()),
        CodeKind::Ticket => format!("ticket {}", code.as_str()),
        CodeKind::Warning => format!("warning {}", code.as_str()),
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}
