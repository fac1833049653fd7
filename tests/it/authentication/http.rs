//! What every answer has in common, and what needs no token.

use std::collections::BTreeSet;

use acceptance::{Answer, App, Client};
use reqwest::Method;
use serde_json::json;

const APP_ORIGIN: &str = "http://web.example.test";

async fn preflight(client: &Client, origin: &str) -> Answer {
    let request = client
        .anonymous()
        .request(Method::OPTIONS, "/api/documents")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,idempotency-key,prefer",
        );
    client.send(request).await
}

async fn get_from(client: &Client, origin: &str, path: &str) -> Answer {
    let request = client.request(Method::GET, path).header("origin", origin);
    client.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_app_may_call_across_origins_and_nobody_else() {
    let app = App::start().await;
    let member = app.client("member");

    let asked = preflight(&member, APP_ORIGIN).await;
    assert!(
        matches!(asked.status, 200 | 204),
        "{} {}",
        asked.status,
        asked.text
    );
    assert_eq!(asked.header("access-control-allow-origin"), APP_ORIGIN);
    assert_eq!(asked.header("access-control-allow-credentials"), "true");
    let methods = asked.header("access-control-allow-methods");
    for method in ["GET", "POST", "PATCH", "DELETE"] {
        assert!(methods.contains(method), "{methods}");
    }
    let answer = get_from(&member, APP_ORIGIN, "/api/me").await;
    assert_eq!(answer.header("access-control-allow-origin"), APP_ORIGIN);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let exposed = answer
        .header("access-control-expose-headers")
        .to_ascii_lowercase();
    for header in ["x-request-id", "location", "retry-after", "etag"] {
        assert!(exposed.contains(header), "{exposed}");
    }
    let refused = get_from(&member.anonymous(), APP_ORIGIN, "/api/me").await;
    assert_eq!(
        refused.header("access-control-allow-origin"),
        APP_ORIGIN,
        "the web app can read why"
    );
    refused.problem(401, "UNAUTHORIZED");

    for origin in [
        "http://elsewhere.example.test",
        "https://web.example.test",
        "http://web.example.test:81",
        "null",
    ] {
        let asked = preflight(&member, origin).await;
        assert_eq!(asked.header("access-control-allow-origin"), "", "{origin}");
        let answer = get_from(&member, origin, "/api/me").await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_a_request_id_and_every_refusal_is_a_problem() {
    let app = App::start().await;
    let member = app.client("member");
    let mut ids = BTreeSet::new();
    for path in [
        "/api/me",
        "/api/nothing",
        "/nothing",
        "/healthz",
        "/docs/",
        "/api/openapi.json",
        "/api/integrations/jira/callback",
    ] {
        let answer = member.get(path).await;
        let id = answer.header("x-request-id").to_owned();
        assert!(!id.is_empty(), "{path}");
        assert!(ids.insert(id), "{path}: an id is given once");
    }
    ids.insert(
        preflight(&member, APP_ORIGIN)
            .await
            .header("x-request-id")
            .to_owned(),
    );
    assert!(!ids.contains(""), "a preflight has one too");
    for (given, kept) in [
        ("from-the-web-app.1", true),
        ("two words", false),
        (&*"x".repeat(300), false),
    ] {
        let request = member
            .request(Method::GET, "/api/me")
            .header("x-request-id", given);
        let answer = member.send(request).await;
        assert_eq!(answer.header("x-request-id") == given, kept, "{given}");
        assert!(!answer.header("x-request-id").is_empty());
    }

    member.get("/api/nothing").await.problem(404, "NOT_FOUND");
    for (method, path) in [
        (Method::PUT, "/api/documents"),
        (Method::DELETE, "/api/execution/push"),
        (Method::GET, "/api/execution/sync"),
        (Method::POST, "/api/me"),
    ] {
        let answer = member.send(member.request(method.clone(), path)).await;
        let allowed = answer.header("allow").to_owned();
        assert!(
            !allowed.is_empty() && !allowed.contains(method.as_str()),
            "{allowed}"
        );
        let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
        answer.problem(405, &code);
        assert_eq!(code, "METHOD_NOT_ALLOWED");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let body = json!({"workspace_id": member.workspace_id}).to_string();
        let request = member
            .request(Method::POST, "/api/execution/sync")
            .header("content-type", kind)
            .body(body);
        let answer = member.send(request).await;
        answer.problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused_announced_or_not() {
    let app = App::start().await;
    let member = app.client("member");
    let filling = |size: usize| {
        let empty = json!({"workspace_id": member.workspace_id, "ticket_ids": [""]}).to_string();
        let text = "x".repeat(size - empty.len());
        json!({"workspace_id": member.workspace_id, "ticket_ids": [text]}).to_string()
    };
    let limit = 1024 * 1024;
    let send = async |body: reqwest::Body| {
        let request = member
            .request(Method::POST, "/api/execution/tickets/review")
            .header("content-type", "application/json")
            .body(body);
        member.send(request).await
    };
    let allowed = filling(limit);
    assert_eq!(allowed.len(), limit);
    let answer = send(allowed.into()).await;
    assert_eq!(answer.status, 422, "it is read: {}", answer.text);
    send(filling(limit + 1).into())
        .await
        .problem(413, "PAYLOAD_TOO_LARGE");
    let chunks: Vec<Result<String, std::io::Error>> = vec![Ok(filling(limit)), Ok(" ".to_owned())];
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    send(stream).await.problem(413, "PAYLOAD_TOO_LARGE");
    member.get("/api/me").await.expect(200);
}

/// What a page of HTML refers to.
fn references(html: &str) -> Vec<&str> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| html.split(*attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_documentation_need_no_token_and_load_nothing_from_elsewhere() {
    let app = App::start().await;
    let anyone = app.client_with(None);
    anyone.get("/healthz").await.expect(200);
    anyone.get("/readyz").await.expect(200);

    let document = anyone.get("/api/openapi.json").await.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    for (method, path) in [
        ("post", "/api/integrations/jira/connect"),
        ("get", "/api/integrations/jira/callback"),
        ("get", "/api/integrations/jira/pending"),
        ("post", "/api/integrations/jira/confirm"),
        ("get", "/api/integrations/jira/status"),
        ("get", "/api/integrations/jira/projects"),
        ("get", "/api/integrations/jira/projects/{key}/issue-types"),
        ("post", "/api/integrations/jira/disconnect"),
        ("post", "/api/documents"),
        ("get", "/api/documents"),
        ("post", "/api/execution/generate"),
        ("post", "/api/execution/tickets/review"),
        ("post", "/api/execution/push"),
        ("get", "/api/execution/pushes"),
        ("get", "/api/execution/deliveries"),
        ("post", "/api/execution/sync"),
        ("get", "/api/me"),
        ("post", "/api/workspaces"),
        ("get", "/healthz"),
        ("get", "/readyz"),
    ] {
        assert!(
            document["paths"][path][method].is_object(),
            "{method} {path}"
        );
    }
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );

    let moved = anyone.get("/docs").await;
    assert!((300..400).contains(&moved.status), "{}", moved.status);
    let page = anyone.get("/docs/").await;
    assert_eq!(page.status, 200);
    let references = references(&page.text);
    assert!(references.len() > 1, "{}", page.text);
    for reference in references {
        assert!(
            !reference.contains("//"),
            "{reference} is loaded from elsewhere"
        );
        let path = format!("/docs/{}", reference.trim_start_matches("./"));
        let asset = anyone.get(&path).await;
        assert_eq!(asset.status, 200, "{path}");
        if path.ends_with(".css") || path.ends_with("initializer.js") {
            assert!(!asset.text.contains("https://"), "{path}");
        }
    }
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'self'") && !policy.contains("http"),
        "{policy}"
    );
}
