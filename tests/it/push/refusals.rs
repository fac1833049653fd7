//! Pushes and tickets that are refused before anything is sent, and dry runs.

use acceptance::{App, Client, document, ids};
use serde_json::{Value, json};

use super::{adds_up, body_of};
use crate::databases::OnPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_succeed_is_refused_by_name_and_nothing_is_sent_on_sqlite() {
    refusals(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_succeed_is_refused_by_name_and_nothing_is_sent_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        refusals(&app).await;
    }
}

async fn refusals(app: &App) {
    let owner = app.connected().await;
    whole_pushes_are_refused(app, &owner).await;
    a_locked_project_refuses_each_ticket(&owner).await;
    required_fields_must_be_filled(app, &owner).await;
    the_issue_type_is_taken_by_id_or_name(app, &owner).await;
    a_dry_run_writes_nothing(app, &owner).await;
    without_a_key_the_only_project_is_taken(app, &owner).await;
    no_push_without_a_connection(app, &owner).await;
}

async fn push(owner: &Client, mut body: Value, change: &Value) -> acceptance::Answer {
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    owner.post_in_workspace("/api/execution/push", body).await
}

async fn whole_pushes_are_refused(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(2)).await;
    let (_, others) = owner.generated(&document(1)).await;
    let stranger = app.client_of(&app.workspace("Stranger"), "owner");
    let (foreign_document, foreign) = stranger.generated(&document(1)).await;
    let base = body_of(&id, &ids(&tickets), "SHOP");
    let first = &tickets[0]["id"];
    let unknown = json!(owner.workspace_id);
    for (change, status, code, pointer) in [
        (
            json!({"platform": "linear"}),
            422,
            "UNSUPPORTED_PLATFORM",
            "",
        ),
        (
            json!({"platform": "github"}),
            422,
            "UNSUPPORTED_PLATFORM",
            "",
        ),
        (json!({"project_key": null}), 422, "PROJECT_REQUIRED", ""),
        (json!({"project_key": "NONE"}), 404, "PROJECT_NOT_FOUND", ""),
        (
            json!({"project_key": "../SHOP?x=1#y"}),
            404,
            "PROJECT_NOT_FOUND",
            "",
        ),
        (
            json!({"issue_type": "Poem"}),
            422,
            "ISSUE_TYPE_NOT_FOUND",
            "",
        ),
        (
            json!({"document_id": unknown}),
            404,
            "DOCUMENT_NOT_FOUND",
            "",
        ),
        (
            json!({"document_id": foreign_document}),
            404,
            "DOCUMENT_NOT_FOUND",
            "",
        ),
        (
            json!({"ticket_ids": [first, unknown]}),
            404,
            "TICKET_NOT_FOUND",
            "/ticket_ids/1",
        ),
        (
            json!({"ticket_ids": [foreign[0]["id"], first]}),
            404,
            "TICKET_NOT_FOUND",
            "/ticket_ids/0",
        ),
        (
            json!({"ticket_ids": [first, first, others[0]["id"]]}),
            404,
            "TICKET_NOT_FOUND",
            "/ticket_ids/2",
        ),
        (
            json!({"ticket_ids": []}),
            422,
            "VALIDATION_FAILED",
            "/ticket_ids",
        ),
        (
            json!({"ticket_ids": vec![first; 10_001]}),
            422,
            "VALIDATION_FAILED",
            "/ticket_ids",
        ),
        (
            json!({"fields": {"customfield_1": 1}}),
            422,
            "VALIDATION_FAILED",
            "/fields/customfield_1",
        ),
        (
            json!({"fields": {"summary": "x"}}),
            422,
            "VALIDATION_FAILED",
            "/fields/summary",
        ),
    ] {
        let problem = push(owner, base.clone(), &change)
            .await
            .problem(status, code);
        if !pointer.is_empty() {
            let errors = problem["errors"].as_array().unwrap();
            assert_eq!(errors.len(), 1, "{problem}");
            assert_eq!(errors[0]["pointer"], pointer);
        }
        if code == "PROJECT_REQUIRED" {
            let text = problem.to_string();
            for key in ["SHOP", "TEAM", "OWN", "REQ"] {
                assert!(text.contains(key), "{text}");
            }
            assert!(!text.contains("LOCK"), "{text}");
        }
    }
    nothing_has_happened(app, owner, &tickets).await;
    let folded = push(owner, base, &json!({"ticket_ids": [first, first, first]})).await;
    assert_eq!(folded.expect(200)["total"], 1, "repeats are folded");
    assert_eq!(app.issues_of(first).len(), 1);
}

async fn nothing_has_happened(app: &App, owner: &Client, tickets: &[Value]) {
    assert!(app.creates().is_empty());
    let pushes = owner
        .get_in_workspace("/api/execution/pushes")
        .await
        .expect(200);
    assert_eq!(pushes["pushes"], json!([]));
    for ticket in tickets {
        assert_eq!(owner.ticket(&ticket["id"]).await, *ticket);
    }
}

async fn a_locked_project_refuses_each_ticket(owner: &Client) {
    let (id, tickets) = owner.generated(&document(2)).await;
    let refused = owner.push(&id, &tickets, "LOCK").await;
    adds_up(&refused);
    assert_eq!(refused["failed"], 2);
    for result in refused["results"].as_array().unwrap() {
        assert_eq!(result["error"]["code"], "PERMISSION_DENIED");
        assert_eq!(result["attempts"], 0);
        let ticket = owner.ticket(&result["ticket_id"]).await;
        assert_eq!(ticket["push_error"]["code"], "PERMISSION_DENIED");
    }
    let changed = owner.change(&tickets[0]["id"], json!({})).await;
    assert_eq!(
        (&changed["status"], &changed["push_error"]),
        (&json!("reviewed"), &Value::Null)
    );
    let pushed = owner.push(&id, &tickets, "SHOP").await;
    assert_eq!(pushed["pushed"], 2, "{pushed}");
}

async fn required_fields_must_be_filled(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(3)).await;
    let base = body_of(&id, &ids(&tickets), "REQ");
    let creates = app.creates().len();
    let refused = push(owner, base.clone(), &json!({})).await.expect(200);
    assert_eq!(refused["failed"], 3);
    for result in refused["results"].as_array().unwrap() {
        assert_eq!(result["error"]["code"], "REQUIRED_FIELD");
        assert_eq!(result["error"]["field"], "customfield_10010");
        assert!(
            result["error"]["message"]
                .as_str()
                .unwrap()
                .contains("Cost centre")
        );
    }
    for (field, value) in [
        ("customfield_10010", json!(7)),
        ("customfield_10010", Value::Null),
        ("customfield_10013", json!("many")),
        ("customfield_99999", json!("x")),
    ] {
        let mut fields = json!({"customfield_10010": "CC-1"});
        fields[field] = value;
        let problem = push(owner, base.clone(), &json!({"fields": fields})).await;
        let problem = problem.problem(422, "VALIDATION_FAILED");
        assert_eq!(problem["errors"][0]["pointer"], format!("/fields/{field}"));
    }
    assert_eq!(app.creates().len(), creates);

    owner
        .change(&tickets[1]["id"], json!({"ticket_type": "bug"}))
        .await;
    let fields = json!({"customfield_10010": "CC-1", "customfield_10013": 5});
    let pushed = push(owner, base.clone(), &json!({"fields": fields}))
        .await
        .expect(200);
    adds_up(&pushed);
    assert_eq!(
        (&pushed["pushed"], &pushed["failed"]),
        (&json!(2), &json!(1)),
        "{pushed}"
    );
    let error = &pushed["results"][1]["error"];
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("REQUIRED_FIELD"), &json!("customfield_10011"))
    );
    let issue = app.issue_of(&pushed["results"][0]);
    assert_eq!(issue.fields["customfield_10010"], "CC-1");
    let mut fields = fields;
    fields["customfield_10011"] = json!({"value": "High impact"});
    let pushed = push(owner, base, &json!({"fields": fields}))
        .await
        .expect(200);
    assert_eq!(
        (&pushed["pushed"], &pushed["already_pushed"]),
        (&json!(1), &json!(2)),
        "{pushed}"
    );
    let issue = app.issue_of(&pushed["results"][1]);
    assert_eq!(issue.fields["customfield_10011"]["value"], "High impact");
}

async fn the_issue_type_is_taken_by_id_or_name(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(2)).await;
    for (ticket, wanted) in ids(&tickets).iter().zip(["Bug", "10003"]) {
        let base = body_of(&id, std::slice::from_ref(ticket), "SHOP");
        let pushed = push(owner, base, &json!({"issue_type": wanted}))
            .await
            .expect(200);
        let issue = app.issue_of(&pushed["results"][0]);
        assert_eq!(issue.fields["issuetype"]["name"], "Bug", "{wanted}");
    }
}

async fn a_dry_run_writes_nothing(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(2)).await;
    let (creates, issues) = (app.creates().len(), app.sandbox.handle().issue_count());
    let pushes = owner
        .get_in_workspace("/api/execution/pushes")
        .await
        .expect(200);
    let base = body_of(&id, &ids(&tickets), "SHOP");
    let dry = async |project: &str| {
        let mut body = base.clone();
        body["project_key"] = json!(project);
        body["dry_run"] = json!(true);
        let headers = [("Idempotency-Key", "dry")];
        owner
            .post_with("/api/execution/push", body, &headers)
            .await
            .expect(200)
    };
    let would = dry("SHOP").await;
    assert!(would.get("push_id").is_none());
    assert_eq!(
        (&would["total"], &would["pushed"]),
        (&json!(2), &json!(2)),
        "{would}"
    );
    for (result, ticket) in would["results"].as_array().unwrap().iter().zip(&tickets) {
        assert_eq!(result["status"], "would_push");
        let payload = &result["payload"];
        assert_eq!(payload["fields"]["summary"], ticket["title"]);
        assert_eq!(payload["fields"]["description"]["type"], "doc");
    }
    for (project, code) in [("LOCK", "PERMISSION_DENIED"), ("REQ", "REQUIRED_FIELD")] {
        let would = dry(project).await;
        assert_eq!(would["failed"], 2);
        for result in would["results"].as_array().unwrap() {
            assert_eq!(result["status"], "would_fail");
            assert_eq!(result["error"]["code"], code);
        }
    }
    for ticket in &tickets {
        assert_eq!(owner.ticket(&ticket["id"]).await, *ticket);
    }
    assert_eq!(
        owner
            .get_in_workspace("/api/execution/pushes")
            .await
            .expect(200),
        pushes
    );
    assert_eq!(
        (app.creates().len(), app.sandbox.handle().issue_count()),
        (creates, issues)
    );
    let headers = [("Idempotency-Key", "dry")];
    let pushed = owner
        .post_with("/api/execution/push", base, &headers)
        .await
        .expect(200);
    assert_eq!(pushed["pushed"], 2, "a dry run does not use up the key");
}

async fn without_a_key_the_only_project_is_taken(app: &App, owner: &Client) {
    for key in ["TEAM", "OWN", "REQ"] {
        app.sandbox.handle().set_can_create(key, false);
    }
    let (id, tickets) = owner.generated(&document(1)).await;
    let body = json!({"document_id": id, "platform": "jira", "ticket_ids": ids(&tickets)});
    let pushed = push(owner, body.clone(), &json!({})).await.expect(200);
    assert_eq!(
        (&pushed["project_key"], &pushed["pushed"]),
        (&json!("SHOP"), &json!(1))
    );
    app.sandbox.handle().set_can_create("SHOP", false);
    push(owner, body, &json!({}))
        .await
        .problem(422, "PROJECT_REQUIRED");
}

async fn no_push_without_a_connection(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(1)).await;
    let body = json!({});
    owner
        .post_in_workspace("/api/integrations/jira/disconnect", body)
        .await
        .expect(200);
    let creates = app.creates().len();
    let base = body_of(&id, &ids(&tickets), "SHOP");
    for change in [
        json!({}),
        json!({"ticket_ids": null}),
        json!({"dry_run": true}),
    ] {
        let refused = push(owner, base.clone(), &change).await;
        refused.problem(404, "NO_ACTIVE_INTEGRATION");
    }
    assert_eq!(app.creates().len(), creates);
}
