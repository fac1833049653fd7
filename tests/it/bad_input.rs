//! Bad input gets a clear error, and nothing is lost.

mod foreign;
mod texts;

use acceptance::{Answer, App, Client, document, ticket_path};
use reqwest::Method;
use serde_json::{Value, json};

use crate::databases::OnPostgres;

/// A route that takes a body.
struct Route {
    method: Method,
    path: String,
    /// A body that could be read.
    body: Value,
    /// Which of its fields must be there.
    required: &'static [&'static str],
}

impl Route {
    async fn send(&self, client: &Client, body: Vec<u8>, content_type: &str) -> Answer {
        let request = client.request(self.method.clone(), &self.path);
        let request = request.header("content-type", content_type).body(body);
        client.send(request).await
    }

    async fn send_json(&self, client: &Client, body: &Value) -> Answer {
        self.send(client, body.to_string().into_bytes(), "application/json")
            .await
    }

    /// The route with a body in which one field is another.
    fn with(&self, field: &str, value: Value) -> Value {
        let mut body = self.body.clone();
        body[field] = value;
        body
    }

    fn may_be_empty(&self) -> bool {
        self.path.contains("/execution/tickets/") && self.method == Method::PATCH
    }
}

/// Every route with a body that a workspace token may call.
async fn routes(owner: &Client) -> Vec<Route> {
    let (id, tickets) = owner.generated(&document(1)).await;
    let ticket = &tickets[0]["id"];
    let workspace = &owner.workspace_id;
    let post = |path: &str, mut body: Value, required| {
        body["workspace_id"] = json!(workspace);
        let path = path.to_owned();
        Route {
            method: Method::POST,
            path,
            body,
            required,
        }
    };
    let push = json!({
        "document_id": id, "platform": "jira", "ticket_ids": [ticket], "project_key": "SHOP",
        "issue_type": "Task", "fields": {}, "dry_run": true,
    });
    let changed = json!({
        "title": "New", "description": "Text", "ticket_type": "bug", "priority": "P1", "labels": ["a"],
        "acceptance_criteria": ["b"], "estimated_effort": "small",
    });
    let generate = json!({"document_id": id, "block_id": null, "include_block_types": ["task"]});
    vec![
        post(
            "/api/integrations/jira/connect",
            json!({"return_to": null}),
            &["workspace_id"],
        ),
        post(
            "/api/integrations/jira/confirm",
            json!({"confirm": "x", "cloud_id": null}),
            &["workspace_id", "confirm"],
        ),
        post(
            "/api/integrations/jira/disconnect",
            json!({}),
            &["workspace_id"],
        ),
        post(
            "/api/documents",
            json!({"title": "T", "content": "C", "document_type": "prd", "status": "draft"}),
            &["workspace_id", "title"],
        ),
        Route {
            method: Method::PATCH,
            path: format!("/api/documents/{id}"),
            body: json!({"title": "T", "content": "C", "document_type": "prd", "status": "draft"}),
            required: &[],
        },
        post(
            "/api/execution/generate",
            generate,
            &["workspace_id", "document_id"],
        ),
        Route {
            method: Method::PATCH,
            path: ticket_path(ticket),
            body: changed,
            required: &[],
        },
        post(
            "/api/execution/tickets/review",
            json!({"ticket_ids": [ticket]}),
            &["workspace_id", "ticket_ids"],
        ),
        post(
            "/api/execution/push",
            push,
            &["workspace_id", "document_id", "platform"],
        ),
        post(
            "/api/execution/sync",
            json!({"document_id": id, "ticket_ids": [ticket]}),
            &["workspace_id"],
        ),
        Route {
            method: Method::POST,
            path: format!("/api/workspaces/{workspace}/members"),
            body: json!({"subject": "someone", "role": "member"}),
            required: &["subject", "role"],
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_body_that_cannot_be_read_is_refused_with_its_place() {
    let app = App::start().await;
    let owner = app.connected().await;
    for route in routes(&owner).await {
        what_is_not_json_is_refused(&route, &owner).await;
        fields_are_checked_by_name(&route, &owner).await;
        values_of_another_type_are_refused(&route, &owner).await;
        the_workspace_must_be_the_callers(&route, &app, &owner).await;
    }
    let documents = owner.get_in_workspace("/api/documents").await.expect(200);
    assert_eq!(documents["total"], 1, "nothing was made");
    assert!(app.creates().is_empty());
}

async fn what_is_not_json_is_refused(route: &Route, owner: &Client) {
    let path = &route.path;
    let deep = "[".repeat(200) + &"]".repeat(200);
    for text in [
        "{",
        "{\"a\":1,}",
        "nonsense",
        "null",
        "[]",
        "\"text\"",
        "7",
        "{} {}",
        &deep,
    ] {
        let answer = route
            .send(owner, text.as_bytes().to_vec(), "application/json")
            .await;
        assert_eq!(answer.status, 400, "{path} {text}: {}", answer.text);
        answer.problem(400, "INVALID_JSON");
    }
    let invalid_utf8 = b"{\"title\":\"\xff\xfe\"}".to_vec();
    let answer = route.send(owner, invalid_utf8, "application/json").await;
    answer.problem(400, "INVALID_JSON");
    let lone_surrogate = br#"{"title":"\ud800"}"#.to_vec();
    let answer = route.send(owner, lone_surrogate, "application/json").await;
    answer.problem(400, "INVALID_JSON");
    if !route.may_be_empty() {
        let answer = route.send(owner, Vec::new(), "application/json").await;
        answer.problem(400, "INVALID_JSON");
    }
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonish",
    ] {
        let body = route.body.to_string().into_bytes();
        let answer = route.send(owner, body, content_type).await;
        answer.problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let size = if path.starts_with("/api/documents") {
        16
    } else {
        1
    } * 1024
        * 1024;
    let large = format!("{{\"title\":\"{}\"}}", "x".repeat(size));
    let answer = route
        .send(owner, large.into_bytes(), "application/json")
        .await;
    answer.problem(413, "PAYLOAD_TOO_LARGE");
}

async fn fields_are_checked_by_name(route: &Route, owner: &Client) {
    let body = route.with("colour", json!("red"));
    let problem = route
        .send_json(owner, &body)
        .await
        .problem(400, "UNKNOWN_FIELD");
    assert_eq!(problem["errors"][0]["pointer"], "/colour", "{}", route.path);
    assert!(problem["detail"].as_str().unwrap().contains("colour"));
    for field in route.required {
        let mut body = route.body.clone();
        body.as_object_mut().unwrap().remove(*field);
        let answer = route.send_json(owner, &body).await;
        assert_eq!(
            answer.status, 422,
            "{} without {field}: {}",
            route.path, answer.text
        );
        let problem = answer.problem(422, "VALIDATION_FAILED");
        assert_eq!(
            problem["errors"][0]["pointer"],
            format!("/{field}"),
            "{}",
            route.path
        );
    }
}

/// Whatever is put in place of a field's value, the answer names the field.
async fn values_of_another_type_are_refused(route: &Route, owner: &Client) {
    for (field, value) in route.body.as_object().unwrap() {
        let mut wrong = vec![json!(7.5), json!([[]])];
        if field != "fields" {
            wrong.push(json!({"a": 1}));
        }
        if !value.is_boolean() {
            wrong.push(json!(true));
        }
        if field.ends_with("_id") && field != "cloud_id" {
            wrong.extend([json!(""), json!("nonsense"), json!("0190-")]);
        }
        if field == "ticket_ids" {
            wrong.extend([json!(["nonsense"]), json!([null]), json!("nonsense")]);
        }
        for wrong in wrong {
            let answer = route
                .send_json(owner, &route.with(field, wrong.clone()))
                .await;
            let place = format!("{} {field} {wrong}: {}", route.path, answer.text);
            let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
            let is_expected = matches!(
                (answer.status, code.as_str()),
                (400, "INVALID_JSON") | (422, "VALIDATION_FAILED")
            );
            assert!(is_expected, "{place}");
            let pointer = answer.body["errors"][0]["pointer"]
                .as_str()
                .unwrap_or_default();
            assert!(pointer.starts_with(&format!("/{field}")), "{place}");
        }
    }
}

async fn the_workspace_must_be_the_callers(route: &Route, app: &App, owner: &Client) {
    if route.body.get("workspace_id").is_none() {
        return;
    }
    let others = app.workspace("Not mine");
    for workspace in [others.as_str(), "00000000-0000-0000-0000-000000000000"] {
        let body = route.with("workspace_id", json!(workspace));
        route
            .send_json(owner, &body)
            .await
            .problem(403, "FORBIDDEN");
    }
    let nobody = app.client_with(None);
    for body in [&route.body, &json!([])] {
        route
            .send_json(&nobody, body)
            .await
            .problem(401, "UNAUTHORIZED");
    }
    let mut body = route.with("workspace_id", json!(others));
    body["colour"] = json!("red");
    route
        .send_json(owner, &body)
        .await
        .problem(403, "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_routes_methods_and_parameters_are_told_apart() {
    let app = App::start().await;
    let owner = app.client("owner");
    for path in [
        "/api/nonsense",
        "/api/documents/",
        "/api/execution/tickets",
        "/nonsense",
        "/api/execution/push/x/y",
    ] {
        owner.get(path).await.problem(404, "NOT_FOUND");
    }
    for (method, path) in [
        (Method::PUT, "/api/documents"),
        (Method::GET, "/api/execution/generate"),
        (Method::DELETE, "/api/execution/sync"),
        (Method::GET, "/api/integrations/jira/connect"),
    ] {
        let answer = owner.send(owner.request(method, path)).await;
        assert!(!answer.header("allow").is_empty(), "{path}");
        answer.problem(405, "METHOD_NOT_ALLOWED");
    }
    for path in [
        "/api/documents",
        "/api/execution/pushes",
        "/api/execution/deliveries",
        "/api/integrations/jira/status",
        "/api/integrations/jira/projects",
        "/api/integrations/jira/projects/SHOP/issue-types",
    ] {
        let missing = owner.get(path).await.problem(422, "VALIDATION_FAILED");
        assert_eq!(missing["errors"][0]["pointer"], "/workspace_id", "{path}");
        owner
            .get(&format!("{path}?workspace_id=7"))
            .await
            .problem(422, "VALIDATION_FAILED");
        let unknown = owner.get_in_workspace(&format!("{path}?colour=red")).await;
        assert_eq!(
            unknown.problem(400, "UNKNOWN_FIELD")["errors"][0]["pointer"],
            "/colour"
        );
        let twice = format!("{path}?workspace_id={}", owner.workspace_id);
        owner
            .get_in_workspace(&twice)
            .await
            .problem(422, "VALIDATION_FAILED");
        let other = app.workspace("Not mine");
        owner
            .get(&format!("{path}?workspace_id={other}"))
            .await
            .problem(403, "FORBIDDEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_texts_are_kept_or_refused_and_never_break_on_sqlite() {
    texts::odd_texts(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_texts_are_kept_or_refused_and_never_break_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        texts::odd_texts(&app).await;
    }
}
