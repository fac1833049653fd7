//! Who is let in, and the order of refusals.

use handoff_domain::workspace::model::{Actor, Role};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_valid_token_is_unauthorized_whatever_else_is_wrong() {
    let app = TestApp::start().await;

    for bearer in [
        None,
        Some(""),
        Some("handoff_0000"),
        Some("a.b.c"),
        Some("x"),
    ] {
        let mut request = app
            .request(Method::POST, "/api/documents")
            .body("{not json");
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        let answer = app.send(request).await;
        answer.refused(401, "UNAUTHORIZED");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_at_once() {
    let app = TestApp::start().await;
    app.get("/api/me").await.ok(200);

    assert!(
        app.operator
            .revoke_token(Actor::System, &app.token)
            .await
            .unwrap()
    );

    app.get("/api/me").await.refused(401, "UNAUTHORIZED");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_workspace_is_forbidden_before_its_input_is_looked_at() {
    let app = TestApp::start().await;
    let (other, _) = app.other_workspace().await;

    for workspace in [other, Uuid::nil().to_string()] {
        let body = json!({"workspace_id": workspace, "nonsense": 1});
        app.post("/api/documents", body.clone())
            .await
            .refused(403, "FORBIDDEN");
        app.post("/api/execution/push", body)
            .await
            .refused(403, "FORBIDDEN");
        let path = format!("/api/documents?nonsense=1&workspace_id={workspace}");
        app.get(&path).await.refused(403, "FORBIDDEN");
        let path = format!("/api/workspaces/{workspace}/members");
        app.get(&path).await.refused(403, "FORBIDDEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_members_role_is_too_low_for_connecting_and_for_members() {
    let mut app = TestApp::start().await;
    app.token = app.token_of(&app.workspace, Role::Member).await;

    for path in ["connect", "confirm", "disconnect"] {
        let path = format!("/api/integrations/jira/{path}");
        app.post(&path, app.own(json!({})))
            .await
            .refused(403, "FORBIDDEN");
    }
    let members = format!("/api/workspaces/{}/members", app.workspace);
    app.get(&members).await.refused(403, "FORBIDDEN");
    app.get(&app.in_own("/api/integrations/jira/status"))
        .await
        .ok(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_feature_only_status_sync_and_disconnect_remain() {
    let app = TestApp::start().await;
    let workspace = app.workspace.parse().unwrap();
    app.operator
        .set_feature(Actor::System, workspace, "has_integrations", false)
        .await
        .unwrap();

    for path in ["/api/integrations/jira/connect", "/api/execution/push"] {
        app.post(path, app.own(json!({})))
            .await
            .refused(403, "FEATURE_NOT_ENABLED");
    }
    for path in [
        "/api/integrations/jira/projects",
        "/api/integrations/jira/projects/SHOP/issue-types",
    ] {
        app.get(&app.in_own(path))
            .await
            .refused(403, "FEATURE_NOT_ENABLED");
    }
    app.get(&app.in_own("/api/integrations/jira/status"))
        .await
        .ok(200);
    let gone = app
        .post("/api/integrations/jira/disconnect", app.own(json!({})))
        .await
        .ok(200);
    assert_eq!(gone, json!({"disconnected": true, "was_connected": false}));
    let sync = app.post("/api/execution/sync", app.own(json!({}))).await;
    sync.refused(404, "NO_ACTIVE_INTEGRATION");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_other_workspaces_do_not_exist() {
    let mut app = TestApp::start().await;
    let document = app.document(crate::app::THREE_TASKS).await;
    let ticket = app.generate(&document).await.remove(0);
    let (_, stranger) = app.other_workspace().await;
    app.token = stranger;

    let (document, ticket) = (
        format!("/api/documents/{document}"),
        format!("/api/execution/tickets/{ticket}"),
    );
    app.get(&document).await.refused(404, "DOCUMENT_NOT_FOUND");
    app.patch(&document, json!({}))
        .await
        .refused(404, "DOCUMENT_NOT_FOUND");
    app.delete(&document)
        .await
        .refused(404, "DOCUMENT_NOT_FOUND");
    app.get(&ticket).await.refused(404, "TICKET_NOT_FOUND");
    app.patch(&ticket, json!({}))
        .await
        .refused(404, "TICKET_NOT_FOUND");
    app.delete(&ticket).await.refused(404, "TICKET_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_asks_too_much_is_told_when_to_come_back() {
    let app = TestApp::with(&[("limits.requests_per_minute", "3")]).await;

    for _ in 0..3 {
        app.get("/api/me").await.ok(200);
    }
    let answer = app.get("/api/me").await;
    answer.refused(429, "RATE_LIMITED");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let (_, other) = app.other_workspace().await;
    app.send(app.request(Method::GET, "/api/me").bearer_auth(other))
        .await
        .ok(200);
    app.send(app.request(Method::GET, "/healthz")).await.ok(200);
}
