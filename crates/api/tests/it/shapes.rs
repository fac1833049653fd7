//! The form of every answer, and bad input.

use reqwest::Method;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn unknown_routes_and_methods_are_problems_with_a_request_id() {
    let app = TestApp::start().await;

    app.get("/api/nowhere").await.refused(404, "NOT_FOUND");
    app.get("/").await.refused(404, "NOT_FOUND");
    let answer = app.send(app.request(Method::PUT, "/api/documents")).await;
    answer.refused(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "GET, POST");
    let answer = app.delete("/api/execution/tickets/review").await;
    assert_ne!(answer.status.as_u16(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sane_request_id_is_kept_and_another_replaced() {
    let app = TestApp::start().await;

    let with = |id: &str| {
        app.request(Method::GET, "/healthz")
            .header("x-request-id", id)
    };
    let kept = app.send(with("abc-123.Z_9")).await;
    assert_eq!(kept.header("x-request-id"), "abc-123.Z_9");
    for id in ["has space", "<script>", &"x".repeat(129)] {
        let answer = app.send(with(id)).await;
        assert_ne!(answer.header("x-request-id"), id);
        assert!(!answer.header("x-request-id").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_json_are_told_from_json_that_does_not_fit() {
    let app = TestApp::start().await;
    let post = |body: Vec<u8>| {
        let request = app
            .request(Method::POST, "/api/documents")
            .bearer_auth(&app.token);
        app.send(
            request
                .header("content-type", "application/json")
                .body(body),
        )
    };

    for body in [
        "",
        "{",
        "nonsense",
        "[]",
        "\"text\"",
        "{\"title\": \"x\"} trailing",
    ] {
        post(body.into()).await.refused(400, "INVALID_JSON");
    }
    post(b"{\"title\": \"\xff\xfe\"}".to_vec())
        .await
        .refused(400, "INVALID_JSON");
    post(vec![b'['; 100_000]).await.refused(400, "INVALID_JSON");

    let plain = app
        .request(Method::POST, "/api/documents")
        .bearer_auth(&app.token)
        .body("{}");
    app.send(plain.header("content-type", "text/plain"))
        .await
        .refused(415, "UNSUPPORTED_MEDIA_TYPE");
    let bare = app
        .request(Method::POST, "/api/documents")
        .bearer_auth(&app.token)
        .body("{}");
    app.send(bare).await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_does_not_fit_is_named_by_its_pointer() {
    let app = TestApp::start().await;
    let at = |answer: &crate::app::Answer| answer.body["errors"][0]["pointer"].clone();

    let answer = app
        .post(
            "/api/documents",
            app.own(json!({"title": "x", "colour": "red"})),
        )
        .await;
    answer.refused(400, "UNKNOWN_FIELD");
    assert_eq!(at(&answer), "/colour");
    let answer = app
        .post("/api/documents", app.own(json!({"title": 5})))
        .await;
    answer.refused(400, "INVALID_JSON");
    assert_eq!(at(&answer), "/title");
    assert_eq!(answer.body["errors"][0]["message"], "expected a string");
    let answer = app
        .post("/api/documents", app.own(json!({"content": "x"})))
        .await;
    answer.refused(422, "VALIDATION_FAILED");
    assert_eq!(at(&answer), "/title");
    let answer = app
        .post(
            "/api/documents",
            app.own(json!({"title": "x", "document_type": "novel"})),
        )
        .await;
    answer.refused(422, "VALIDATION_FAILED");
    assert_eq!(at(&answer), "/document_type");
    for body in [
        json!({"title": "x"}),
        json!({"title": "x", "workspace_id": "x"}),
    ] {
        let answer = app.post("/api/documents", body).await;
        answer.refused(422, "VALIDATION_FAILED");
        assert_eq!(at(&answer), "/workspace_id");
    }
    let body = app.own(json!({"document_id": "x", "include_block_types": ["task", 7]}));
    let answer = app.post("/api/execution/generate", body).await;
    answer.refused(422, "VALIDATION_FAILED");
    assert_eq!(at(&answer), "/document_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn query_parameters_are_held_to_the_same_rules() {
    let app = TestApp::start().await;

    let list = |more: &str| app.in_own(&format!("/api/documents?{more}"));
    app.get(&list("colour=red"))
        .await
        .refused(400, "UNKNOWN_FIELD");
    for more in [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=%25",
        "status=odd",
        "limit=1&limit=2",
    ] {
        app.get(&list(more)).await.refused(422, "VALIDATION_FAILED");
    }
    app.get("/api/documents")
        .await
        .refused(422, "VALIDATION_FAILED");
    app.get("/api/documents?workspace_id=x")
        .await
        .refused(422, "VALIDATION_FAILED");
    app.get(&list("limit=200")).await.ok(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_large_are_refused() {
    let app = TestApp::start().await;

    let long = "x".repeat(1024 * 1024);
    let body = app.own(json!({"document_id": long}));
    app.post("/api/execution/generate", body)
        .await
        .refused(413, "PAYLOAD_TOO_LARGE");
    let full = "x".repeat(4 * 1024 * 1024);
    let body = app.own(json!({"title": "Full", "content": full}));
    app.post("/api/documents", body).await.ok(201);
    let body = app.own(json!({"title": "More", "content": format!("{full}x")}));
    app.post("/api/documents", body)
        .await
        .refused(413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_web_apps_origin_may_call_with_credentials() {
    let app = TestApp::start().await;
    let preflight = |origin: &str| {
        app.request(Method::OPTIONS, "/api/execution/push")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,idempotency-key,prefer",
            )
    };

    let answer = app.send(preflight("http://web.example")).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "http://web.example"
    );
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let answer = app.send(preflight("http://evil.example")).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_the_viewer_need_no_token() {
    let app = TestApp::start().await;

    for path in ["/healthz", "/readyz", "/api/openapi.json"] {
        app.send(app.request(Method::GET, path)).await.ok(200);
    }
    let answer = app.send(app.request(Method::GET, "/docs/")).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}
