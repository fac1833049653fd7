//! Every answer of Jira against Atlassian's own schema.

use std::path::PathBuf;

use jira_sandbox::SandboxConfig;
use serde_json::{Value, json};

use crate::harness::{Jira, document, encode, task, task_with};
use crate::http::Reply;

/// Reads Atlassian's description, where the shared folder is at hand.
fn openapi() -> Option<Value> {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("HANDOFF_SHARED_DIR").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| repository.join("../shared"));
    let text = std::fs::read_to_string(shared.join("jira/openapi-subset.json")).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Checks a reply's status and body against what the operation may answer.
fn check(openapi: &Value, operation: &str, reply: &Reply) {
    let (method, path) = operation.split_once(' ').unwrap();
    let described = &openapi["paths"][format!("/rest/api/3/{path}")][method.to_lowercase()];
    assert!(described.is_object(), "{operation} is not described");
    let expected = &described["responses"][reply.status.to_string()];
    assert!(
        expected.is_object(),
        "{operation} answers {}: {}",
        reply.status,
        reply.text()
    );
    let Some(schema) = expected["content"]["application/json"]["schema"].as_object() else {
        return;
    };
    if reply.body.is_empty() && schema.is_empty() {
        return;
    }
    let mut schema = schema.clone();
    schema.insert("components".to_owned(), openapi["components"].clone());
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft7);
    let validator = options
        .should_validate_formats(false)
        .build(&schema.into())
        .unwrap();
    let mut body = reply.json();
    leave_out_untranslated_names(&mut body);
    let faults: Vec<_> = validator
        .iter_errors(&body)
        .map(|fault| format!("{} at {}", fault, fault.instance_path))
        .collect();
    assert!(
        faults.is_empty(),
        "{operation} {}: {faults:#?}\n{body:#}",
        reply.status
    );
}

/// Takes out the one field that Jira sends and its description leaves out.
fn leave_out_untranslated_names(body: &mut Value) {
    let kinds = body.get_mut("issueTypes").and_then(Value::as_array_mut);
    for kind in kinds.into_iter().flatten() {
        kind.as_object_mut().unwrap().remove("untranslatedName");
    }
}

#[test]
fn every_answer_fits_atlassians_schema() {
    let Some(openapi) = openapi() else {
        println!("skipped: the shared folder with openapi-subset.json is absent");
        return;
    };
    let config = SandboxConfig {
        extra_projects: 60,
        ..SandboxConfig::default()
    };
    let jira = Jira::with(config);
    writes(&jira, &openapi);
    reads(&jira, &openapi);
    searches(&jira, &openapi);
    projects(&jira, &openapi);
}

fn writes(jira: &Jira, openapi: &Value) {
    let check = |operation: &str, reply: Reply, status: u16| {
        assert_eq!(reply.status, status, "{operation}: {}", reply.text());
        check(openapi, operation, &reply);
    };
    let full = task_with(
        "SHOP",
        json!({
            "labels": ["a"], "priority": {"id": "2"}, "description": document("Why"),
            "duedate": "2026-12-24", "assignee": {"accountId": jira_sandbox::USER_ACCOUNT_ID},
        }),
    );
    let epic = task_with("TEAM", json!({"issuetype": {"name": "Epic"}}));
    let child = task_with("TEAM", json!({"parent": {"key": "TEAM-1"}}));
    let broken = task_with("SHOP", json!({"summary": ""}));
    check("POST issue", jira.post("issue", &full), 201);
    check("POST issue", jira.post("issue", &broken), 400);
    check("POST issue", jira.post("issue", &task("LOCK", "A")), 403);
    let bulk = |issues: &[&Value]| jira.post("issue/bulk", &json!({"issueUpdates": issues}));
    check("POST issue/bulk", bulk(&[&epic, &broken]), 201);
    check("POST issue/bulk", bulk(&[&child, &full]), 201);
    check("POST issue/bulk", bulk(&[&broken, &task("LOCK", "A")]), 400);
    check("POST issue/bulk", bulk(&[&full; 51]), 400);
    check("POST issue/bulk", bulk(&[]), 400);
    let edit = json!({"fields": {"summary": "New"}});
    check(
        "PUT issue/{issueIdOrKey}",
        jira.put("issue/SHOP-1", &edit),
        204,
    );
    check(
        "PUT issue/{issueIdOrKey}",
        jira.put("issue/SHOP-1?returnIssue=true", &edit),
        200,
    );
    check(
        "PUT issue/{issueIdOrKey}",
        jira.put("issue/SHOP-99", &edit),
        404,
    );
    let done = json!({"transition": {"id": "31"}});
    let path = "POST issue/{issueIdOrKey}/transitions";
    check(path, jira.post("issue/SHOP-1/transitions", &done), 204);
    let path = "PUT issue/{issueIdOrKey}/properties/{propertyKey}";
    check(
        path,
        jira.put("issue/SHOP-1/properties/mark", &json!({"a": 1})),
        201,
    );
}

fn reads(jira: &Jira, openapi: &Value) {
    let check = |operation: &str, path: &str| {
        let reply = jira.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        check(openapi, operation, &reply);
    };
    for key in ["SHOP-1", "TEAM-1", "TEAM-2"] {
        check(
            "GET issue/{issueIdOrKey}",
            &format!("issue/{key}?properties=*all"),
        );
    }
    check(
        "GET issue/{issueIdOrKey}/transitions",
        "issue/TEAM-1/transitions",
    );
    let path = "GET issue/{issueIdOrKey}/properties/{propertyKey}";
    check(path, "issue/SHOP-1/properties/mark");
    check("GET myself", "myself");
    check("GET serverInfo", "serverInfo");
    check("GET status", "status");
    check("GET priority", "priority");
    check(
        "GET mypermissions",
        "mypermissions?permissions=CREATE_ISSUES,EDIT_ISSUES",
    );
    crate::schema::check(openapi, "GET mypermissions", &jira.get("mypermissions"));
    crate::schema::check(
        openapi,
        "GET mypermissions",
        &jira.get("mypermissions?projectKey=NOPE&permissions=EDIT_ISSUES"),
    );
    crate::schema::check(
        openapi,
        "GET issue/{issueIdOrKey}",
        &jira.get("issue/SHOP-99"),
    );
}

fn searches(jira: &Jira, openapi: &Value) {
    let jql = encode("project in (SHOP, TEAM)");
    for query in ["", "&fields=*all&properties=mark", "&maxResults=1"] {
        let reply = jira.get(&format!("search/jql?jql={jql}{query}"));
        assert_eq!(reply.status, 200);
        check(openapi, "GET search/jql", &reply);
    }
    let body = json!({"jql": "project = SHOP", "fields": ["summary"], "maxResults": 1});
    check(openapi, "POST search/jql", &jira.post("search/jql", &body));
    check(
        openapi,
        "POST search/jql",
        &jira.post("search/jql", &json!({"jql": ""})),
    );
    let body = json!({"jql": "project = SHOP"});
    let path = "search/approximate-count";
    check(
        openapi,
        "POST search/approximate-count",
        &jira.post(path, &body),
    );
    jira.handle().set_issue_error("TEAM-1", Some("broken"));
    let asked = json!({"issueIdsOrKeys": ["SHOP-1", "TEAM-1", "TEAM-2"], "properties": ["mark"]});
    let reply = jira.post("issue/bulkfetch", &asked);
    assert_eq!(reply.json()["issueErrors"].as_array().unwrap().len(), 1);
    check(openapi, "POST issue/bulkfetch", &reply);
    let none = json!({"issueIdsOrKeys": []});
    check(
        openapi,
        "POST issue/bulkfetch",
        &jira.post("issue/bulkfetch", &none),
    );
}

fn projects(jira: &Jira, openapi: &Value) {
    let expand = "description,issueTypes,url,insight";
    for query in [
        "",
        "?action=create&startAt=50",
        &format!("?expand={expand}"),
    ] {
        let reply = jira.get(&format!("project/search{query}"));
        check(openapi, "GET project/search", &reply);
    }
    for (project, kind) in [
        ("SHOP", "10001"),
        ("TEAM", "10010"),
        ("OWN", "10024"),
        ("REQ", "10003"),
    ] {
        let one = jira.get(&format!("project/{project}"));
        check(openapi, "GET project/{projectIdOrKey}", &one);
        let path = format!("issue/createmeta/{project}/issuetypes");
        let types = "GET issue/createmeta/{projectIdOrKey}/issuetypes";
        check(openapi, types, &jira.get(&path));
        let fields = "GET issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}";
        check(openapi, fields, &jira.get(&format!("{path}/{kind}")));
    }
    check(
        openapi,
        "GET project/{projectIdOrKey}",
        &jira.get("project/NOPE"),
    );
}
