//! Tickets, pushes and sync over HTTP, against the Atlassian stand-in.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::{THREE_TASKS, TestApp};

const TICKET_FIELDS: [&str; 37] = [
    "id",
    "workspace_id",
    "document_id",
    "block_id",
    "source",
    "source_line",
    "source_end_line",
    "differs_from_document",
    "title",
    "description",
    "ticket_type",
    "priority",
    "labels",
    "acceptance_criteria",
    "estimated_effort",
    "parent_id",
    "parent_key",
    "assignee",
    "due_on",
    "depends_on",
    "fields",
    "status",
    "platform",
    "external_site_id",
    "external_id",
    "external_key",
    "external_url",
    "external",
    "synced_status",
    "external_status",
    "push_error",
    "delivery",
    "version",
    "created_at",
    "updated_at",
    "pushed_at",
    "synced_at",
];

fn push(app: &TestApp, body: Value) -> RequestBuilder {
    app.request(Method::POST, "/api/execution/push")
        .bearer_auth(&app.token)
        .json(&app.own(body))
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_generated_reviewed_changed_and_deleted() {
    let app = TestApp::start().await;
    let document = app.document(THREE_TASKS).await;
    let tickets = app.generate(&document).await;
    assert_eq!(tickets.len(), 3);
    assert_eq!(
        app.generate(&document).await,
        tickets,
        "again gives the same"
    );

    let path = format!("/api/execution/tickets/{}", tickets[0]);
    let ticket = app.get(&path).await.ok(200);
    for field in TICKET_FIELDS {
        assert!(ticket.get(field).is_some(), "{field} is missing");
    }
    assert_eq!(ticket.as_object().unwrap().len(), TICKET_FIELDS.len());
    assert_eq!(
        (&ticket["priority"], &ticket["status"]),
        (&json!("P0"), &json!("generated"))
    );

    let change = json!({"priority": null, "labels": ["two words"], "estimated_effort": "large"});
    let changed = app.patch(&path, change).await.ok(200);
    assert_eq!(
        (&changed["priority"], &changed["status"]),
        (&Value::Null, &json!("reviewed"))
    );
    assert_eq!(changed["labels"], json!(["two words"]));
    for (change, code) in [
        (json!({"status": "pushed"}), "UNKNOWN_FIELD"),
        (json!({"title": null}), "VALIDATION_FAILED"),
        (json!({"title": " "}), "VALIDATION_FAILED"),
        (json!({"priority": "x".repeat(61)}), "VALIDATION_FAILED"),
        (json!({"due_on": "24.12.2026"}), "VALIDATION_FAILED"),
        (
            json!({"depends_on": [{"ticket_id": app.workspace}]}),
            "VALIDATION_FAILED",
        ),
        (json!({"parent_id": tickets[1]}), "PARENT_INVALID"),
        (
            json!({"fields": {"jira": {"parent": {"key": "ENG-1"}}}}),
            "USE_PARENT_KEY",
        ),
        (json!({"labels": "text"}), "INVALID_JSON"),
    ] {
        assert_eq!(app.patch(&path, change).await.code(), code);
    }
    let change = json!({
        "parent_key": "ENG-1", "assignee": "Ada", "due_on": "2026-12-24", "acceptance_criteria": ["Given\n- x"],
        "depends_on": [{"ticket_id": tickets[1]}, {"key": "OPS-1"}], "fields": {"jira": {"customfield_1": 2}},
    });
    let changed = app.patch(&path, change.clone()).await.ok(200);
    for (member, value) in change.as_object().unwrap() {
        assert_eq!(changed[member], *value, "{member}");
    }
    let empty = app.request(
        Method::PATCH,
        &format!("/api/execution/tickets/{}", tickets[1]),
    );
    let empty = app.send(empty.bearer_auth(&app.token)).await.ok(200);
    assert_eq!(empty["status"], "reviewed");

    let gone = format!("/api/execution/tickets/{}", tickets[2]);
    assert_eq!(app.delete(&gone).await.status.as_u16(), 204);
    assert_eq!(
        app.generate(&document).await.len(),
        2,
        "a deleted ticket does not come back"
    );
    let listed = app
        .get(&format!(
            "/api/execution/{document}/tickets?status=reviewed"
        ))
        .await
        .ok(200);
    assert_eq!(listed["total"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_without_work_gives_no_ticket_and_unknown_ones_are_named() {
    let app = TestApp::start().await;
    let document = app.document("# Only words\n\nNothing to do.\n").await;

    let body = app.own(json!({"document_id": document}));
    let none = app.post("/api/execution/generate", body).await.ok(200);
    assert_eq!((&none["tickets"], &none["total"]), (&json!([]), &json!(0)));
    assert_ne!(none["notes"], json!([]), "nothing ends without a word");
    let unknown = app.own(json!({"document_id": app.workspace}));
    app.post("/api/execution/generate", unknown)
        .await
        .refused(404, "DOCUMENT_NOT_FOUND");
    let block = app.own(json!({"document_id": document, "block_id": app.workspace}));
    app.post("/api/execution/generate", block)
        .await
        .refused(404, "BLOCK_NOT_FOUND");
    app.get("/api/execution/nonsense/tickets")
        .await
        .refused(404, "DOCUMENT_NOT_FOUND");

    let body = app.own(json!({"ticket_ids": [app.workspace, app.workspace]}));
    let reviewed = app
        .post("/api/execution/tickets/review", body)
        .await
        .ok(200);
    assert_eq!(reviewed["reviewed"], json!([]));
    assert_eq!(reviewed["failed"].as_array().unwrap().len(), 1);
    assert_eq!(reviewed["failed"][0]["error"]["code"], "TICKET_NOT_FOUND");
    let none = app.own(json!({"ticket_ids": []}));
    app.post("/api/execution/tickets/review", none)
        .await
        .refused(422, "VALIDATION_FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_refused_as_a_whole_with_the_reason() {
    let app = TestApp::start().await;
    let document = app.document(THREE_TASKS).await;
    let tickets = app.generate(&document).await;
    let base = json!({"document_id": document, "platform": "jira", "ticket_ids": tickets});
    let with = |key: &str, value: Value| {
        let mut body = base.clone();
        body[key] = value;
        app.send(push(&app, body))
    };

    with("project_key", json!("SHOP"))
        .await
        .refused(404, "NO_ACTIVE_INTEGRATION");
    app.connect().await;
    with("platform", json!("linear"))
        .await
        .refused(422, "UNSUPPORTED_PLATFORM");
    with("ticket_ids", json!([]))
        .await
        .refused(422, "VALIDATION_FAILED");
    let unknown = with("ticket_ids", json!([tickets[0], app.workspace])).await;
    unknown.refused(404, "TICKET_NOT_FOUND");
    assert_eq!(unknown.body["errors"][0]["pointer"], "/ticket_ids/1");
    with("document_id", json!(app.workspace))
        .await
        .refused(404, "DOCUMENT_NOT_FOUND");
    with("project_key", json!("NOPE"))
        .await
        .refused(404, "PROJECT_NOT_FOUND");
    let choose = app.send(push(&app, base.clone())).await;
    choose.refused(422, "PROJECT_REQUIRED");
    assert!(choose.body["detail"].as_str().unwrap().contains("SHOP"));
    let mut typed = base.clone();
    typed["project_key"] = json!("SHOP");
    typed["issue_type"] = json!("Dream");
    app.send(push(&app, typed))
        .await
        .refused(422, "ISSUE_TYPE_NOT_FOUND");
    let keyed = push(&app, base.clone()).header("idempotency-key", "x".repeat(256));
    app.send(keyed).await.refused(422, "VALIDATION_FAILED");
    assert_eq!(app.sandbox.handle().issue_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_become_issues_once_and_their_status_comes_back() {
    let app = TestApp::start().await;
    app.connect().await;
    let document = app.document(THREE_TASKS).await;
    let tickets = app.generate(&document).await;
    let body = json!({"document_id": document, "platform": "jira", "project_key": "SHOP"});

    let nothing = app.send(push(&app, body.clone())).await.ok(200);
    assert_eq!(
        (&nothing["total"], &nothing["state"]),
        (&json!(0), &json!("settled"))
    );
    let reviewed = app.own(json!({"ticket_ids": tickets}));
    let reviewed = app
        .post("/api/execution/tickets/review", reviewed)
        .await
        .ok(200);
    assert_eq!(reviewed["reviewed"], json!(tickets));

    let mut dry = body.clone();
    dry["dry_run"] = json!(true);
    let dry = app.send(push(&app, dry)).await.ok(200);
    assert!(dry.get("push_id").is_none());
    assert_eq!(dry["results"][0]["status"], "would_push");
    assert_eq!(
        dry["results"][0]["payload"]["fields"]["summary"],
        "Write the importer"
    );
    assert_eq!(app.sandbox.handle().issue_count(), 0);

    let keyed = |body: &Value| push(&app, body.clone()).header("idempotency-key", "one");
    let pushed = app.send(keyed(&body)).await;
    let location = pushed.header("location").to_owned();
    let pushed = pushed.ok(200);
    assert_eq!(
        (&pushed["pushed"], &pushed["total"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(pushed["results"][0]["external_key"], "SHOP-1");
    assert_eq!(app.get(&location).await.ok(200), pushed);
    let replayed = app.send(keyed(&body)).await.ok(200);
    assert_eq!(replayed["push_id"], pushed["push_id"]);
    let mut other = body.clone();
    other["issue_type"] = json!("Bug");
    app.send(keyed(&other))
        .await
        .refused(422, "IDEMPOTENCY_KEY_REUSED");
    let mut again = body.clone();
    again["ticket_ids"] = json!(tickets);
    let again = app.send(push(&app, again)).await.ok(200);
    assert_eq!(again["already_pushed"], 3);
    assert_eq!(app.sandbox.handle().issue_count(), 3);

    let ticket = format!("/api/execution/tickets/{}", tickets[0]);
    app.patch(&ticket, json!({}))
        .await
        .refused(409, "TICKET_ALREADY_PUSHED");
    app.delete(&ticket)
        .await
        .refused(409, "TICKET_ALREADY_PUSHED");

    assert!(app.sandbox.handle().move_issue("SHOP-1", "Done"));
    let synced = app
        .post(
            "/api/execution/sync",
            app.own(json!({"document_id": document})),
        )
        .await;
    let synced = synced.ok(200);
    assert_eq!(
        (&synced["total"], &synced["synced"]),
        (&json!(3), &json!(3))
    );
    let done = synced["changed"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["to"] == "done")
        .unwrap();
    assert_eq!(done["ticket_id"], tickets[0].as_str());
    assert_eq!(app.get(&ticket).await.ok(200)["synced_status"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asynchronous_push_is_accepted_listed_and_found() {
    let app = TestApp::start().await;
    app.connect().await;
    let document = app.document(THREE_TASKS).await;
    let tickets = app.generate(&document).await;
    app.sandbox
        .handle()
        .set_latency(std::time::Duration::from_millis(300), Default::default());
    let body = json!({
        "document_id": document, "platform": "jira", "project_key": "SHOP", "ticket_ids": tickets,
    });

    let accepted = app
        .send(push(&app, body).header("prefer", "respond-async"))
        .await;
    let location = accepted.header("location").to_owned();
    let accepted = accepted.ok(202);
    assert_eq!(
        (&accepted["state"], &accepted["pending"]),
        (&json!("running"), &json!(3))
    );
    let ticket = format!("/api/execution/tickets/{}", tickets[0]);
    app.patch(&ticket, json!({}))
        .await
        .refused(409, "DELIVERY_OPEN");
    app.delete(&format!("/api/documents/{document}"))
        .await
        .refused(409, "DELIVERY_OPEN");

    let settled = loop {
        let push = app.get(&location).await.ok(200);
        if push["state"] == "settled" {
            break push;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(settled["pushed"], 3);
    let listed = app
        .get(&app.in_own("/api/execution/pushes?state=settled"))
        .await
        .ok(200);
    assert_eq!(listed["pushes"][0]["push_id"], settled["push_id"]);
    assert!(listed["pushes"][0].get("results").is_none());
    let deliveries = app
        .get(&app.in_own("/api/execution/deliveries?state=confirmed"))
        .await
        .ok(200);
    assert_eq!(deliveries["deliveries"].as_array().unwrap().len(), 3);
    let cancelled = app
        .post(&format!("{location}/cancel"), json!({}))
        .await
        .ok(200);
    assert_eq!(cancelled["cancelled"], 0);
    app.get("/api/execution/pushes/nonsense")
        .await
        .refused(404, "PUSH_NOT_FOUND");
    let unknown = format!("/api/execution/pushes/{}/cancel", app.workspace);
    app.post(&unknown, json!({}))
        .await
        .refused(404, "PUSH_NOT_FOUND");
}
