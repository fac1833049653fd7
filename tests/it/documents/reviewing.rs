//! Reviewing, changing and deleting tickets.

use std::time::Duration;

use acceptance::{App, Client, document, ids, ticket_path};
use jira_sandbox::{Effect, Endpoint, Fault, RateLimitReason};
use reqwest::Method;
use serde_json::{Value, json};

use crate::databases::OnPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_is_the_review_and_a_ticket_that_is_pushed_is_closed_on_sqlite() {
    reviewing(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_is_the_review_and_a_ticket_that_is_pushed_is_closed_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        reviewing(&app).await;
    }
}

async fn reviewing(app: &App) {
    let owner = app.connected().await;
    a_patch_reviews_and_null_clears(&owner).await;
    versions_guard_changes(&owner).await;
    many_are_reviewed_each_for_itself(&owner).await;
    a_pushed_ticket_is_left_alone(&owner).await;
    while_a_delivery_is_open_the_ticket_counts_as_pushed(app, &owner).await;
}

async fn a_patch_reviews_and_null_clears(owner: &Client) {
    let (_, tickets) = owner.generated(&document(2)).await;
    let [first, second] = [0, 1].map(|at| tickets[at]["id"].clone());
    let reviewed = owner.change(&first, json!({})).await;
    assert_eq!(reviewed["status"], "reviewed");
    assert_eq!(reviewed["title"], tickets[0]["title"]);
    let reviewed = owner
        .send(owner.request(Method::PATCH, &ticket_path(&second)))
        .await;
    assert_eq!(reviewed.expect(200)["status"], "reviewed");

    let change = json!({
        "title": "  A title\nover two lines ", "description": "**Bold**", "ticket_type": "bug",
        "priority": "p1", "labels": ["two words", "🚀 launch", "שלום עולם"],
        "acceptance_criteria": ["It works"], "estimated_effort": "xlarge",
    });
    let changed = owner.change(&first, change).await;
    assert_eq!(changed["title"], "A title over two lines");
    assert_eq!(
        changed["labels"],
        json!(["two words", "🚀 launch", "שלום עולם"])
    );
    assert_eq!(
        (
            &changed["priority"],
            &changed["ticket_type"],
            &changed["estimated_effort"]
        ),
        (&json!("P1"), &json!("bug"), &json!("xlarge"))
    );
    let cleared = owner
        .change(
            &first,
            json!({
                "description": null, "ticket_type": null, "priority": null, "labels": null,
                "acceptance_criteria": null, "estimated_effort": null,
            }),
        )
        .await;
    assert_eq!(
        (
            &cleared["description"],
            &cleared["ticket_type"],
            &cleared["priority"]
        ),
        (&json!(""), &json!("task"), &Value::Null)
    );
    assert_eq!(
        (
            &cleared["labels"],
            &cleared["acceptance_criteria"],
            &cleared["estimated_effort"]
        ),
        (&json!([]), &json!([]), &Value::Null)
    );
    assert_eq!(cleared["title"], "A title over two lines");
    let longest = "é".repeat(10_000);
    assert_eq!(
        owner.change(&first, json!({"title": longest})).await["title"],
        longest
    );
    for (field, value) in [
        ("title", json!("x".repeat(10_001))),
        ("title", json!(" ")),
        ("title", Value::Null),
        ("priority", json!("")),
        ("priority", json!("x".repeat(61))),
        ("ticket_type", json!("chore")),
        ("estimated_effort", json!("huge")),
    ] {
        let refused = owner
            .patch(&ticket_path(&first), &json!({field: value}))
            .await;
        let refused = refused.problem(422, "VALIDATION_FAILED");
        assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"));
    }
}

async fn versions_guard_changes(owner: &Client) {
    let (document, tickets) = owner.generated(&document(1)).await;
    let path = ticket_path(&tickets[0]["id"]);
    let read = owner.get(&path).await;
    let tag = read.header("etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", tickets[0]["version"]));
    let with = |method: Method, tag: &str| {
        owner
            .request(method, &path)
            .header("If-Match", tag)
            .json(&json!({"title": "New"}))
    };
    let changed = owner.send(with(Method::PATCH, &tag)).await;
    assert_ne!(changed.header("etag"), tag);
    changed.expect(200);
    for method in [Method::PATCH, Method::DELETE] {
        let late = owner.send(with(method, &tag)).await;
        late.problem(412, "VERSION_CONFLICT");
    }
    let gone = owner.delete(&path).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let answer = owner.send(owner.request(method, &path)).await;
        answer.problem(404, "TICKET_NOT_FOUND");
    }
    assert!(
        owner.generate(&document).await.is_empty(),
        "a deleted ticket stays away"
    );
}

async fn many_are_reviewed_each_for_itself(owner: &Client) {
    let (_, tickets) = owner.generated(&document(2)).await;
    let [first, second] = [0, 1].map(|at| tickets[at]["id"].clone());
    let unknown = json!(owner.workspace_id);
    let body = json!({"ticket_ids": [first, unknown, second, first]});
    let done = owner
        .post_in_workspace("/api/execution/tickets/review", body)
        .await
        .expect(200);
    assert_eq!(done["reviewed"], json!([first, second]));
    let failed = done["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["ticket_id"], unknown);
    assert_eq!(failed[0]["error"]["code"], "TICKET_NOT_FOUND");
    for wrong in [json!([]), json!(vec![unknown; 10_001])] {
        let body = json!({"ticket_ids": wrong});
        let refused = owner
            .post_in_workspace("/api/execution/tickets/review", body)
            .await;
        let refused = refused.problem(422, "VALIDATION_FAILED");
        assert_eq!(refused["errors"][0]["pointer"], "/ticket_ids");
    }
}

async fn a_pushed_ticket_is_left_alone(owner: &Client) {
    let content = document(2);
    let (id, tickets) = owner.generated(&content).await;
    owner.push(&id, &tickets[..1], "SHOP").await;
    let pushed = owner.ticket(&tickets[0]["id"]).await;
    assert_eq!(pushed["status"], "pushed");
    let path = ticket_path(&pushed["id"]);
    owner
        .patch(&path, &json!({"title": "Late"}))
        .await
        .problem(409, "TICKET_ALREADY_PUSHED");
    owner
        .patch(&path, &json!({}))
        .await
        .problem(409, "TICKET_ALREADY_PUSHED");
    owner
        .delete(&path)
        .await
        .problem(409, "TICKET_ALREADY_PUSHED");
    let body = json!({"ticket_ids": ids(&tickets)});
    let done = owner
        .post_in_workspace("/api/execution/tickets/review", body)
        .await
        .expect(200);
    assert_eq!(done["reviewed"], json!([tickets[1]["id"]]));
    assert_eq!(done["failed"][0]["error"]["code"], "TICKET_ALREADY_PUSHED");
    let edited = content.replace("The system shall", "The system need not");
    let document = format!("/api/documents/{id}");
    owner
        .patch(&document, &json!({"content": edited}))
        .await
        .expect(200);
    let again = owner.generate(&id).await;
    let again = again.iter().find(|ticket| ticket["id"] == pushed["id"]);
    let mut expected = pushed.clone();
    // What is in the tracker stays as it is, and says that the document goes on without it.
    expected["differs_from_document"] = json!(true);
    for told_anew in ["version", "updated_at"] {
        expected[told_anew] = again.unwrap()[told_anew].clone();
    }
    assert_eq!(again, Some(&expected));
    assert_eq!(owner.delete(&document).await.status, 204);
    assert_eq!(
        owner.ticket(&pushed["id"]).await,
        expected,
        "it outlives its document"
    );
}

async fn while_a_delivery_is_open_the_ticket_counts_as_pushed(app: &App, owner: &Client) {
    let jira = app.sandbox.handle();
    jira.push_fault(Fault::once(Endpoint::BulkCreate, Effect::DropBefore));
    open_delivery_is_closed_to_changes(owner, "uncertain").await;
    let pause = Effect::rate_limited(RateLimitReason::Burst, Duration::from_secs(3_600));
    jira.push_fault(Fault::once(Endpoint::BulkCreate, pause));
    let (push, ticket) = open_delivery_is_closed_to_changes(owner, "queued").await;

    let cancel = format!("/api/execution/pushes/{push}/cancel");
    let cancelled = owner.post(&cancel, &json!({})).await.expect(200);
    assert_eq!(
        (&cancelled["state"], &cancelled["cancelled"]),
        (&json!("settled"), &json!(1)),
        "{cancelled}"
    );
    let changed = owner.change(&ticket, json!({"title": "Mine again"})).await;
    assert_eq!(
        (&changed["status"], &changed["delivery"]),
        (&json!("reviewed"), &Value::Null)
    );
}

async fn open_delivery_is_closed_to_changes(owner: &Client, state: &str) -> (String, Value) {
    let content = document(1);
    let (id, tickets) = owner.generated(&content).await;
    let push = owner.push_async(&id, &ids(&tickets), "SHOP").await;
    let open = owner.delivery_is(&tickets[0]["id"], state).await;
    let path = ticket_path(&open["id"]);
    owner
        .patch(&path, &json!({}))
        .await
        .problem(409, "DELIVERY_OPEN");
    owner
        .patch(&path, &json!({"title": "Late"}))
        .await
        .problem(409, "DELIVERY_OPEN");
    owner.delete(&path).await.problem(409, "DELIVERY_OPEN");
    let body = json!({"ticket_ids": [open["id"]]});
    let done = owner
        .post_in_workspace("/api/execution/tickets/review", body)
        .await
        .expect(200);
    assert_eq!(done["failed"][0]["error"]["code"], "DELIVERY_OPEN");
    let document = format!("/api/documents/{id}");
    owner.delete(&document).await.problem(409, "DELIVERY_OPEN");
    let edited = content.replace("The system shall", "The system need not");
    owner
        .patch(&document, &json!({"content": edited}))
        .await
        .expect(200);
    let again = owner.generate(&id).await;
    assert_eq!(
        (&again[0]["id"], &again[0]["description"], again.len()),
        (&open["id"], &open["description"], 1)
    );
    (push, open["id"].clone())
}
