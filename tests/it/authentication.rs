//! Who is let in, what they may do, and what every answer has in common.

mod http;
mod identity;
mod members;

use acceptance::{App, AppBuilder};
use diesel::RunQueryDsl as _;
use reqwest::Method;
use serde_json::{Value, json};

const ME: &str = "/api/me";

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_that_lives_is_let_in() {
    let app = App::start().await;
    let long = "x".repeat(20_000);
    let garbage = [
        None,
        Some(""),
        Some("x"),
        Some("a.b.c"),
        Some("handoff_AAAA"),
        Some(&*long),
    ];
    for token in garbage {
        let answer = app.client_with(token).get(ME).await;
        if answer.status != 431 {
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            answer.problem(401, "UNAUTHORIZED");
        }
    }
    let member = app.client("member");
    let anonymous = member.anonymous();
    for value in [
        format!("Basic {}", member.token()),
        member.token().to_owned(),
        "Bearer".to_owned(),
    ] {
        let request = anonymous
            .request(Method::GET, ME)
            .header("authorization", value);
        anonymous.send(request).await.problem(401, "UNAUTHORIZED");
    }
    let lower = format!("bearer {}", member.token());
    let request = anonymous
        .request(Method::GET, ME)
        .header("authorization", lower);
    anonymous.send(request).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_or_ended_is_refused_at_once() {
    let app = App::start().await;
    let member = app.client("member");
    let me = member.get(ME).await.expect(200);
    assert!(
        app.run(&["token", "revoke", member.token()])
            .status
            .success()
    );
    member.get(ME).await.problem(401, "UNAUTHORIZED");
    let by_id = app.client("member");
    let id = by_id.get(ME).await.expect(200)["token_id"].clone();
    assert_ne!(id, me["token_id"]);
    let revoked = app.cli(&["token", "revoke", id.as_str().unwrap(), "--json"]);
    assert_eq!(revoked, json!({"revoked": true}));
    by_id.get(ME).await.problem(401, "UNAUTHORIZED");

    let made = app.cli(&[
        "token",
        "create",
        "--workspace",
        &app.workspace_id,
        "--role",
        "member",
        "--expires-in-days",
        "1",
        "--json",
    ]);
    assert!(made["expires_at"].is_string(), "{made}");
    let short_lived = app.client_with(made["token"].as_str());
    short_lived.get(ME).await.expect(200);
    let later = "UPDATE api_tokens SET expires_at = created_at WHERE expires_at IS NOT NULL";
    assert_eq!(
        diesel::sql_query(later)
            .execute(&mut app.database())
            .unwrap(),
        1
    );
    short_lived.get(ME).await.problem(401, "UNAUTHORIZED");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_workspace_is_forbidden_before_anything_else_is_looked_at() {
    let app = App::start().await;
    let other = app.client_of(&app.workspace("Other"), "owner");
    let nowhere = app.client_with(Some(other.token()));
    let (document, tickets) = app
        .client("member")
        .generated(&acceptance::document(1))
        .await;
    let ticket = tickets[0]["id"].as_str().unwrap();

    let bodies = [
        "/api/integrations/jira/connect",
        "/api/integrations/jira/confirm",
        "/api/integrations/jira/disconnect",
        "/api/documents",
        "/api/execution/generate",
        "/api/execution/tickets/review",
        "/api/execution/push",
        "/api/execution/sync",
    ];
    for path in bodies {
        let wrong_too = json!({"nonsense": 1});
        nowhere
            .post_in_workspace(path, wrong_too)
            .await
            .problem(403, "FORBIDDEN");
    }
    for path in [
        "/api/integrations/jira/status",
        "/api/integrations/jira/projects",
        "/api/integrations/jira/projects/SHOP/issue-types",
        "/api/documents",
        "/api/execution/pushes",
        "/api/execution/deliveries",
    ] {
        nowhere
            .get_in_workspace(path)
            .await
            .problem(403, "FORBIDDEN");
        let unknown = format!("{path}?workspace_id=00000000-0000-0000-0000-000000000000");
        other.get(&unknown).await.problem(403, "FORBIDDEN");
    }
    for (path, code) in [
        (format!("/api/documents/{document}"), "DOCUMENT_NOT_FOUND"),
        (
            format!("/api/execution/{document}/tickets"),
            "DOCUMENT_NOT_FOUND",
        ),
        (
            format!("/api/execution/tickets/{ticket}"),
            "TICKET_NOT_FOUND",
        ),
    ] {
        other.get(&path).await.problem(404, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_allows_what_the_ones_below_it_do_and_its_own() {
    let app = App::start().await;
    let (member, admin) = (app.client("member"), app.client("admin"));
    member.generated(&acceptance::document(1)).await;
    let members = format!("/api/workspaces/{}/members", app.workspace_id);
    for path in ["connect", "confirm", "disconnect"] {
        let path = format!("/api/integrations/jira/{path}");
        member
            .post_in_workspace(&path, json!({}))
            .await
            .problem(403, "FORBIDDEN");
        let answer = admin.post_in_workspace(&path, json!({})).await;
        assert_ne!(answer.status, 403, "{path}: {}", answer.text);
    }
    member.get(&members).await.problem(403, "FORBIDDEN");
    admin.get(&members).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_knows_itself_and_what_it_may_do() {
    let app = App::start().await;
    for role in ["owner", "admin", "member"] {
        let me = app.client(role).get(ME).await.expect(200);
        assert!(me["token_id"].is_string() && me.get("user_id").is_none());
        let expected = json!([{
            "id": app.workspace_id, "name": "Acceptance", "role": role, "features": ["has_integrations"],
        }]);
        assert_eq!(me["workspaces"], expected);
    }
    let owner = app.client("owner");
    owner
        .post("/api/workspaces", &json!({"name": "Mine"}))
        .await
        .problem(403, "FORBIDDEN");
    let off = [
        "feature",
        "off",
        "has_integrations",
        "--workspace",
        &app.workspace_id,
    ];
    assert!(app.run(&off).status.success());
    let me = owner.get(ME).await.expect(200);
    assert_eq!(me["workspaces"][0]["features"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_asks_too_much_is_told_when_to_come_back() {
    let app = AppBuilder::default()
        .env("HANDOFF__LIMITS__REQUESTS_PER_MINUTE", "4")
        .start()
        .await;
    let (hasty, patient) = (app.client("member"), app.client("member"));
    for _ in 0..4 {
        hasty.get(ME).await.expect(200);
    }
    let answer = hasty.get(ME).await;
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    answer.problem(429, "RATE_LIMITED");
    patient.get(ME).await.expect(200);
    hasty.get("/healthz").await.expect(200);
    let refused: Value = hasty
        .post_in_workspace("/api/documents", json!({}))
        .await
        .problem(429, "RATE_LIMITED");
    assert!(
        refused
            .get("errors")
            .is_none_or(|errors| errors == &json!([]))
    );
}
