//! What Handoff sends to Jira, against Atlassian's own descriptions.

use std::collections::BTreeSet;
use std::time::Duration;

use acceptance::{App, Client, document, eventually, ids};
use jira_contract::{Contract, Request};
use jira_sandbox::{Effect, Endpoint, Exchange, Fault, RateLimitReason};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn every_request_to_jira_is_one_that_atlassian_describes() {
    let Some(contract) = Contract::find() else {
        println!("skipped: the shared folder with Atlassian's descriptions is absent");
        return;
    };
    let app = App::start().await;
    app.sandbox.handle().keep_exchanges();
    let owner = app.connected().await;
    the_catalogue_is_read(&owner).await;
    for project in ["SHOP", "TEAM", "OWN"] {
        pushed(&owner, &document(3), project).await;
    }
    pushed(&owner, RICH, "SHOP").await;
    answers_are_lost_and_refused(&app, &owner).await;
    let report = owner
        .post_in_workspace("/api/execution/sync", json!({}))
        .await;
    assert_eq!(report.expect(200)["failed"], json!([]));

    let exchanges = app.sandbox.handle().exchanges();
    let faults: Vec<_> = exchanges
        .iter()
        .flat_map(|exchange| faults(&contract, exchange))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    reached_every_operation_that_is_used(&exchanges);
}

/// Markdown of every kind, for the documents made from it.
const RICH: &str = "# Exports\n\n## Functional Requirements\n\n\
    ### FR-1: Everything at once\n\n**Priority**: High\n\n\
    The *system* **shall** ~~not~~ `write` [links](https://example.test/a?b=c) and https://example.test.\n\n\
    > A quote\n> over lines\n\n1. One\n   - nested\n     1. deeper\n2. Two\n\n- [ ] open\n- [x] done\n\n\
    | a | b |\n|---|---|\n| `1` | **2** |\n\n```rust\nfn main() {}\n```\n\n---\n\n\
    ![picture](https://example.test/p.png) <b>raw</b> &amp; \u{1F600}\n";

/// Gives what is wrong with a request; what the client sends is judged whatever was answered.
fn faults(contract: &Contract, exchange: &Exchange) -> Vec<String> {
    let (method, template) = (exchange.method.as_str(), exchange.template);
    if !contract.describes(method, template) {
        return vec![format!("{method} {} is not described", exchange.path)];
    }
    let faults = contract.faults_of_request(&Request {
        method,
        template,
        query: &exchange.query,
        content_type: &exchange.content_type,
        body: &exchange.body,
    });
    let named = faults.into_iter();
    named
        .map(|fault| format!("{method} {}: {fault}", exchange.path))
        .collect()
}

async fn the_catalogue_is_read(owner: &Client) {
    for path in [
        "projects",
        "projects/SHOP/issue-types",
        "projects/SHOP/priorities",
    ] {
        let path = format!("/api/integrations/jira/{path}");
        // What the catalogue is made of matters here, not the paths of this API.
        let _ = owner.get_in_workspace(&path).await;
    }
}

/// Pushes the tickets of a document, and gives them.
async fn pushed(owner: &Client, content: &str, project: &str) -> Vec<Value> {
    let (id, tickets) = owner.generated(content).await;
    assert!(!tickets.is_empty(), "{content}");
    let push = owner.push(&id, &tickets, project).await;
    assert_eq!(push["pushed"], tickets.len(), "{push}");
    ids(&tickets)
}

/// Lets creates be refused and their answers be lost, whatever the client then asks.
async fn answers_are_lost_and_refused(app: &App, owner: &Client) {
    let effects = [
        Effect::rate_limited(RateLimitReason::Burst, Duration::from_secs(1)),
        Effect::DropAfter,
        Effect::status(503),
    ];
    for effect in effects {
        let (before, is_lost) = (app.creates().len(), effect == Effect::DropAfter);
        app.sandbox
            .handle()
            .push_fault(Fault::once(Endpoint::BulkCreate, effect));
        let (id, tickets) = owner.generated(&document(2)).await;
        owner.push_async(&id, &ids(&tickets), "SHOP").await;
        // The journal notes a request before it is carried out.
        eventually("the create has reached Jira", async || {
            let arrived = app.creates().len() > before;
            let made = !is_lost || app.issues_of(&tickets[0]["id"]).len() == 1;
            (arrived && made).then_some(())
        })
        .await;
    }
}

fn reached_every_operation_that_is_used(exchanges: &[Exchange]) {
    let seen: BTreeSet<_> = exchanges
        .iter()
        .map(|exchange| (exchange.method.as_str(), exchange.template))
        .collect();
    for used in [
        (
            "GET",
            "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes",
        ),
        (
            "GET",
            "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}",
        ),
        ("POST", "/rest/api/3/issue/bulk"),
        ("POST", "/rest/api/3/issue/bulkfetch"),
    ] {
        assert!(seen.contains(&used), "{used:?} is not among {seen:#?}");
    }
}
