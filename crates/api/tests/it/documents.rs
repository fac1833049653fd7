//! Documents over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{THREE_TASKS, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_made_read_changed_listed_and_hidden() {
    let app = TestApp::start().await;
    let body =
        app.own(json!({"title": "  Plan\nB ", "document_type": "spec", "content": THREE_TASKS}));

    let made = app.post("/api/documents", body).await;
    let location = made.header("location").to_owned();
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.ok(201);
    assert_eq!(made["title"], "Plan B");
    assert_eq!(
        (&made["status"], &made["version"]),
        (&json!("draft"), &json!(1))
    );
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(
        made["blocks"]
            .as_array()
            .is_some_and(|blocks| !blocks.is_empty())
    );
    assert_eq!(app.get(&location).await.ok(200), made);

    let changed = app
        .patch(&location, json!({"status": "review", "content": null}))
        .await
        .ok(200);
    assert_eq!(
        (&changed["status"], &changed["version"]),
        (&json!("review"), &json!(2))
    );
    assert_eq!(
        (&changed["content"], &changed["title"]),
        (&json!(""), &json!("Plan B"))
    );
    app.patch(&location, json!({"title": null}))
        .await
        .refused(422, "VALIDATION_FAILED");
    app.patch(&location, json!({"owner": "x"}))
        .await
        .refused(400, "UNKNOWN_FIELD");

    let listed = app
        .get(&app.in_own("/api/documents?status=review"))
        .await
        .ok(200);
    assert_eq!(
        (&listed["total"], &listed["next_cursor"]),
        (&json!(1), &Value::Null)
    );
    assert!(listed["documents"][0].get("content").is_none());

    assert_eq!(app.delete(&location).await.status.as_u16(), 204);
    app.get(&location).await.refused(404, "DOCUMENT_NOT_FOUND");
    app.get("/api/documents/nonsense")
        .await
        .refused(404, "DOCUMENT_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_was_passed_by_is_not_changed() {
    let app = TestApp::start().await;
    let path = format!("/api/documents/{}", app.document("").await);
    let patch = |tag: &'static str| {
        let request = app.request(Method::PATCH, &path).bearer_auth(&app.token);
        app.send(
            request
                .header("if-match", tag)
                .json(&json!({"status": "approved"})),
        )
    };

    for tag in ["\"7\"", "\"nonsense\"", "W/\"2\""] {
        patch(tag).await.refused(412, "VERSION_CONFLICT");
    }
    assert_eq!(patch("\"1\"").await.ok(200)["version"], 2);
    assert_eq!(patch("*").await.ok(200)["version"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let app = TestApp::start().await;
    for _ in 0..5 {
        app.document("").await;
    }

    let mut seen = Vec::new();
    let mut path = app.in_own("/api/documents?limit=2");
    loop {
        let page = app.get(&path).await.ok(200);
        assert_eq!(page["total"], 5);
        let documents = page["documents"].as_array().unwrap();
        seen.extend(
            documents
                .iter()
                .map(|d| d["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = app.in_own(&format!("/api/documents?limit=2&cursor={cursor}"));
    }
    assert_eq!(seen.len(), 5);
    seen.dedup();
    assert_eq!(seen.len(), 5);
    assert!(
        seen.is_sorted_by(|newer, older| newer > older),
        "newest first"
    );
}
