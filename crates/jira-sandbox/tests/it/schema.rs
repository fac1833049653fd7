//! A tour of every resource; what goes over the wire is checked against Atlassian's descriptions
//! when the sandbox is dropped, as in every other test.

use std::collections::BTreeSet;

use jira_sandbox::SandboxConfig;
use serde_json::{Value, json};

use crate::contract;
use crate::harness::{Jira, document, encode, task, task_with};
use crate::http::Reply;

#[test]
fn a_tour_of_every_resource_fits_atlassians_descriptions() {
    if !contract::is_at_hand() {
        return;
    }
    let jira = Jira::with(SandboxConfig {
        extra_projects: 60,
        ..SandboxConfig::default()
    });
    writes(&jira);
    reads(&jira);
    searches(&jira);
    projects(&jira);
    let exchanges = jira.handle().exchanges();
    let seen: BTreeSet<_> = exchanges
        .iter()
        .map(|exchange| (&exchange.method, exchange.template))
        .collect();
    assert!(seen.len() >= 19, "{seen:?}");
}

#[test]
fn an_accepted_request_that_atlassian_does_not_describe_is_named() {
    if !contract::is_at_hand() {
        return;
    }
    let jira = Jira::start().lenient();
    jira.get("myself?dryRun=true");
    let faults = contract::faults_of(&jira.handle().exchanges());
    let named = faults
        .iter()
        .map(|fault| fault.contains("the query parameter 'dryRun' is not described"));
    assert_eq!(named.collect::<Vec<_>>(), [true], "{faults:?}");
}

fn expect(status: u16, reply: &Reply) {
    assert_eq!(reply.status, status, "{}", reply.text());
}

fn writes(jira: &Jira) {
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
    expect(201, &jira.post("issue", &full));
    expect(400, &jira.post("issue", &broken));
    expect(403, &jira.post("issue", &task("LOCK", "A")));
    let bulk = |issues: &[&Value]| jira.post("issue/bulk", &json!({"issueUpdates": issues}));
    expect(201, &bulk(&[&epic, &broken]));
    expect(201, &bulk(&[&child, &full]));
    expect(400, &bulk(&[&broken, &task("LOCK", "A")]));
    expect(400, &bulk(&[&full; 51]));
    expect(400, &bulk(&[]));
    let edit = json!({"fields": {"summary": "New"}});
    expect(204, &jira.put("issue/SHOP-1", &edit));
    expect(200, &jira.put("issue/SHOP-1?returnIssue=true", &edit));
    expect(404, &jira.put("issue/SHOP-99", &edit));
    let done = json!({"transition": {"id": "31"}});
    expect(204, &jira.post("issue/SHOP-1/transitions", &done));
    let mark = json!({"a": 1});
    expect(201, &jira.put("issue/SHOP-1/properties/mark", &mark));
    expect(200, &jira.put("issue/SHOP-1/properties/mark", &mark));
}

fn reads(jira: &Jira) {
    for path in [
        "issue/SHOP-1?properties=*all",
        "issue/TEAM-1?fields=summary,status",
        "issue/TEAM-2?properties=*all",
        "issue/TEAM-1/transitions",
        "issue/SHOP-1/properties/mark",
        "myself",
        "serverInfo",
        "status",
        "priority",
        "mypermissions?permissions=CREATE_ISSUES,EDIT_ISSUES",
    ] {
        expect(200, &jira.get(path));
    }
    expect(400, &jira.get("mypermissions"));
    let unknown = "mypermissions?projectKey=NOPE&permissions=EDIT_ISSUES";
    expect(404, &jira.get(unknown));
    expect(404, &jira.get("issue/SHOP-99"));
}

fn searches(jira: &Jira) {
    let jql = encode("project in (SHOP, TEAM)");
    for query in ["", "&fields=*all&properties=mark", "&maxResults=1"] {
        expect(200, &jira.get(&format!("search/jql?jql={jql}{query}")));
    }
    let search = |body: Value| jira.post("search/jql", &body);
    expect(
        200,
        &search(json!({"jql": "project = SHOP", "reconcileIssues": [10001]})),
    );
    expect(400, &search(json!({"jql": ""})));
    let count = json!({"jql": "project = SHOP"});
    expect(200, &jira.post("search/approximate-count", &count));
    jira.handle().set_issue_error("TEAM-1", Some("broken"));
    let asked = json!({"issueIdsOrKeys": ["SHOP-1", "TEAM-1", "TEAM-2"], "properties": ["mark"]});
    let reply = jira.post("issue/bulkfetch", &asked);
    assert_eq!(reply.json()["issueErrors"].as_array().unwrap().len(), 1);
    let none = json!({"issueIdsOrKeys": []});
    expect(400, &jira.post("issue/bulkfetch", &none));
}

fn projects(jira: &Jira) {
    let expand = "description,issueTypes,url,insight";
    for query in [
        "",
        "?action=create&startAt=50",
        &format!("?expand={expand}"),
    ] {
        expect(200, &jira.get(&format!("project/search{query}")));
    }
    for (project, kind) in [
        ("SHOP", "10001"),
        ("TEAM", "10010"),
        ("OWN", "10024"),
        ("REQ", "10003"),
    ] {
        expect(200, &jira.get(&format!("project/{project}")));
        let types = format!("issue/createmeta/{project}/issuetypes");
        expect(200, &jira.get(&types));
        expect(200, &jira.get(&format!("{types}/{kind}")));
    }
    expect(404, &jira.get("project/NOPE"));
}
