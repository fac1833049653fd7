//! Exactly once: the same at the same moment, and the caller's own key.

use std::time::Duration;

use acceptance::{App, Client, document, ids};
use serde_json::{Value, json};

use super::{adds_up, body_of};
use crate::databases::OnPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pushes_at_the_same_moment_or_again_makes_one_issue_a_ticket_on_sqlite() {
    once(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pushes_at_the_same_moment_or_again_makes_one_issue_a_ticket_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        once(&app).await;
    }
}

async fn once(app: &App) {
    let owner = app.connected().await;
    let latency = Duration::from_millis(30);
    app.sandbox
        .handle()
        .set_latency(latency, Duration::from_millis(5));
    pushes_at_the_same_moment_share_their_tickets(app, &owner).await;
    a_key_stands_for_one_push(app, &owner).await;
    a_key_is_the_callers_own_and_well_formed(app, &owner).await;
    two_clients_with_one_key_make_one_push(app, &owner).await;
    what_is_sent_is_frozen_when_the_push_is_accepted(app, &owner).await;
}

fn each_has_one_issue(app: &App, tickets: &[Value]) {
    for ticket in tickets {
        assert_eq!(app.issues_of(&ticket["id"]).len(), 1, "{ticket}");
    }
}

async fn pushes_at_the_same_moment_share_their_tickets(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(20)).await;
    let second = app.client("member");
    let (all, half) = (ids(&tickets), ids(&tickets[10..]));
    let push = async |client: &Client, tickets: &[Value]| {
        let body = body_of(&id, tickets, "SHOP");
        let answer = client.post_in_workspace("/api/execution/push", body).await;
        answer.expect(200)
    };
    let pushes = tokio::join!(
        push(owner, &all),
        push(&second, &all),
        push(owner, &half),
        push(&second, &half),
        push(owner, &all),
    );
    each_has_one_issue(app, &tickets);
    for push in [pushes.0, pushes.1, pushes.2, pushes.3, pushes.4] {
        adds_up(&push);
        let done = [&push["pushed"], &push["already_pushed"]].map(|n| n.as_u64().unwrap());
        assert_eq!(json!(done[0] + done[1]), push["total"], "{push}");
        for result in push["results"].as_array().unwrap() {
            let issue = &app.issues_of(&result["ticket_id"])[0];
            assert_eq!(result["external_key"], issue.key);
        }
    }
}

async fn a_key_stands_for_one_push(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(2)).await;
    let body = body_of(&id, &ids(&tickets), "SHOP");
    let push = async |body: &Value| {
        let headers = [("Idempotency-Key", "key one")];
        owner
            .post_with("/api/execution/push", body.clone(), &headers)
            .await
    };
    let mut refused = body.clone();
    refused["project_key"] = Value::Null;
    push(&refused).await.problem(422, "PROJECT_REQUIRED");
    let first = push(&body).await.expect(200);
    let again = push(&body).await;
    assert!(
        again
            .header("location")
            .ends_with(first["push_id"].as_str().unwrap())
    );
    assert_eq!(again.expect(200), first, "the same body is the same push");
    let mut other = body.clone();
    other["ticket_ids"] = json!([tickets[0]["id"]]);
    push(&other).await.problem(422, "IDEMPOTENCY_KEY_REUSED");
    each_has_one_issue(app, &tickets);
}

async fn a_key_is_the_callers_own_and_well_formed(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(1)).await;
    let body = body_of(&id, &ids(&tickets), "SHOP");
    let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
    for wrong in [too_long.as_str(), "", "caf\u{e9}"] {
        let headers = [("Idempotency-Key", wrong)];
        let refused = owner
            .post_with("/api/execution/push", body.clone(), &headers)
            .await;
        refused.problem(422, "VALIDATION_FAILED");
    }
    assert!(app.issues_of(&tickets[0]["id"]).is_empty());
    let headers = [("Idempotency-Key", longest.as_str())];
    let mine = owner
        .post_with("/api/execution/push", body.clone(), &headers)
        .await
        .expect(200);
    let other = app.client("member");
    let theirs = other
        .post_with("/api/execution/push", body, &headers)
        .await
        .expect(200);
    assert_ne!(mine["push_id"], theirs["push_id"]);
    assert_eq!(
        (&mine["pushed"], &theirs["already_pushed"]),
        (&json!(1), &json!(1))
    );
    each_has_one_issue(app, &tickets);
}

async fn two_clients_with_one_key_make_one_push(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(3)).await;
    let push = async || {
        let headers = [("Idempotency-Key", "at once")];
        let body = body_of(&id, &ids(&tickets), "SHOP");
        owner
            .post_with("/api/execution/push", body, &headers)
            .await
            .expect(200)
    };
    let pushes = tokio::join!(push(), push(), push());
    assert_eq!(pushes.0, pushes.1);
    assert_eq!(pushes.0, pushes.2);
    assert_eq!(pushes.0["pushed"], 3);
    each_has_one_issue(app, &tickets);
    let listed = owner
        .get_in_workspace(&format!("/api/execution/pushes?document_id={id}"))
        .await
        .expect(200);
    assert_eq!(listed["pushes"].as_array().unwrap().len(), 1);
}

async fn what_is_sent_is_frozen_when_the_push_is_accepted(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(1)).await;
    let slow = jira_sandbox::Effect::DelayBefore { ms: 800 };
    let slow = jira_sandbox::Fault::once(jira_sandbox::Endpoint::BulkCreate, slow);
    app.sandbox.handle().push_fault(slow);
    let push = owner.push_async(&id, &ids(&tickets), "SHOP").await;
    let path = acceptance::ticket_path(&tickets[0]["id"]);
    let refused = owner.patch(&path, &json!({"title": "Late"})).await;
    refused.problem(409, "DELIVERY_OPEN");
    let settled = owner.settled(&push).await;
    let issue = app.issue_of(&settled["results"][0]);
    assert_eq!(issue.summary(), tickets[0]["title"].as_str().unwrap());
}
