//! Documents, and the tickets that are made from them.

mod generating;
mod reviewing;

use acceptance::{App, Client, document};
use reqwest::Method;
use serde_json::{Value, json};

use crate::databases::OnPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_made_read_changed_listed_and_hidden_on_sqlite() {
    life_of_documents(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_made_read_changed_listed_and_hidden_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        life_of_documents(&app).await;
    }
}

async fn life_of_documents(app: &App) {
    let writer = app.client("member");
    let id = a_document_is_made_with_its_blocks(&writer).await;
    a_patch_keeps_what_is_absent_and_clears_what_is_null(&writer, &id).await;
    a_document_that_is_deleted_is_hidden(&writer, &id).await;
    documents_are_listed_in_pages_and_by_filters(&app.client_of(&app.workspace("Lists"), "member"))
        .await;
}

async fn a_document_is_made_with_its_blocks(writer: &Client) -> String {
    let content = document(2);
    let body = json!({"document_type": "spec", "title": "Exports", "content": content});
    let made = writer.post_in_workspace("/api/documents", body).await;
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/api/documents/{id}"));
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.expect(201);
    assert_eq!(
        (&made["status"], &made["version"], &made["content"]),
        (&json!("draft"), &json!(1), &json!(content))
    );
    assert!(made["created_by"].as_str().unwrap().starts_with("token:"));
    let read = writer.get(&format!("/api/documents/{id}")).await;
    assert_eq!(read.header("etag"), "\"1\"");
    assert_eq!(read.expect(200), made);

    let lines: Vec<&str> = content.lines().collect();
    let blocks = made["blocks"].as_array().unwrap();
    let requirements: Vec<&Value> = blocks
        .iter()
        .filter(|block| block["block_type"] == "requirement")
        .collect();
    assert!(!requirements.is_empty(), "{blocks:?}");
    let mut last = 0;
    for block in blocks {
        let line = |name: &str| usize::try_from(block[name].as_u64().unwrap()).unwrap();
        let (start, end) = (line("start_line"), line("end_line"));
        assert!(
            last < start && start <= end && end <= lines.len(),
            "{block}"
        );
        let source = lines[start - 1..end].join("\n");
        assert_eq!(source.trim(), block["content"].as_str().unwrap().trim());
        last = end;
    }
    id
}

async fn a_patch_keeps_what_is_absent_and_clears_what_is_null(writer: &Client, id: &str) {
    let path = format!("/api/documents/{id}");
    let patch = async |change: Value, if_match: Option<&str>| {
        let mut request = writer.request(Method::PATCH, &path).json(&change);
        if let Some(tag) = if_match {
            request = request.header("If-Match", tag);
        }
        writer.send(request).await
    };
    let changed = patch(json!({"status": "review"}), Some("\"1\"")).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.expect(200);
    assert_eq!(
        (
            &changed["status"],
            &changed["title"],
            &changed["document_type"]
        ),
        (&json!("review"), &json!("Exports"), &json!("spec"))
    );
    assert!(
        changed["content"]
            .as_str()
            .unwrap()
            .contains("Requirement 2")
    );
    patch(json!({"title": "Late"}), Some("\"1\""))
        .await
        .problem(412, "VERSION_CONFLICT");
    for (tag, title) in [("*", "Any"), ("\"3\"", "Third")] {
        let changed = patch(json!({"title": title}), Some(tag)).await.expect(200);
        assert_eq!(changed["title"], title);
    }
    for field in ["title", "document_type", "status"] {
        let refused = patch(json!({field: null}), None).await;
        let refused = refused.problem(422, "VALIDATION_FAILED");
        assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"));
    }
    let cleared = patch(json!({"content": null}), None).await.expect(200);
    assert_eq!(
        (&cleared["content"], &cleared["blocks"]),
        (&json!(""), &json!([]))
    );
    assert_eq!(cleared["title"], "Third");
}

async fn a_document_that_is_deleted_is_hidden(writer: &Client, id: &str) {
    let path = format!("/api/documents/{id}");
    let stale = writer
        .request(Method::DELETE, &path)
        .header("If-Match", "\"1\"");
    writer.send(stale).await.problem(412, "VERSION_CONFLICT");
    let gone = writer.delete(&path).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    for method in [Method::GET, Method::DELETE, Method::PATCH] {
        let request = writer.request(method, &path).json(&json!({}));
        writer
            .send(request)
            .await
            .problem(404, "DOCUMENT_NOT_FOUND");
    }
    let body = json!({"document_id": id});
    writer
        .post_in_workspace("/api/execution/generate", body)
        .await
        .problem(404, "DOCUMENT_NOT_FOUND");
    let listed = writer.get_in_workspace("/api/documents").await.expect(200);
    assert_eq!(
        listed,
        json!({"documents": [], "total": 0, "next_cursor": null})
    );
}

async fn documents_are_listed_in_pages_and_by_filters(writer: &Client) {
    let kinds = [
        "prd",
        "spec",
        "memo",
        "user_story",
        "roadmap_update",
        "release_notes",
    ];
    for (index, kind) in kinds.iter().enumerate() {
        let status = ["draft", "approved"][index % 2];
        let body = json!({"document_type": kind, "title": kind, "content": "", "status": status});
        writer
            .post_in_workspace("/api/documents", body)
            .await
            .expect(201);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = writer
            .get_in_workspace(&format!("/api/documents?limit=4{cursor}"))
            .await
            .expect(200);
        assert_eq!(page["total"], 6);
        for listed in page["documents"].as_array().unwrap() {
            assert!(listed.get("content").is_none() && listed.get("blocks").is_none());
            seen.push(listed["document_type"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        assert_eq!(seen.len(), 4);
        cursor = format!("&cursor={next}");
    }
    let mut newest_first = kinds;
    newest_first.reverse();
    assert_eq!(seen, newest_first);
    for (query, total) in [
        ("document_type=memo", 1),
        ("status=approved", 3),
        ("status=review", 0),
    ] {
        let path = format!("/api/documents?{query}");
        let page = writer.get_in_workspace(&path).await.expect(200);
        assert_eq!(page["total"], total, "{query}");
        assert_eq!(
            page["documents"].as_array().unwrap().len(),
            total,
            "{query}"
        );
    }
    for query in [
        "limit=0",
        "limit=201",
        "limit=many",
        "cursor=nonsense",
        "document_type=poem",
        "status=lost",
    ] {
        let refused = writer
            .get_in_workspace(&format!("/api/documents?{query}"))
            .await;
        let refused = refused.problem(422, "VALIDATION_FAILED");
        let name = query.split('=').next().unwrap();
        assert_eq!(
            refused["errors"][0]["pointer"],
            format!("/{name}"),
            "{query}"
        );
    }
    let unknown = writer.get_in_workspace("/api/documents?colour=red").await;
    assert_eq!(
        unknown.problem(400, "UNKNOWN_FIELD")["errors"][0]["pointer"],
        "/colour"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn content_of_four_mebibytes_is_taken_and_one_byte_more_is_not() {
    const MOST: usize = 4 * 1024 * 1024;
    let app = App::start().await;
    let writer = app.client("member");
    let line = "\"Prose\" that goes on.\n";
    let mut content = line.repeat(MOST / line.len());
    content.push_str(&"x".repeat(MOST - content.len()));
    let made = writer.document("Large", &content).await;
    assert_eq!(made["content"], content);
    let path = format!("/api/documents/{}", made["id"].as_str().unwrap());

    let two_bytes_each = "é".repeat(MOST / 2);
    let change = json!({"content": two_bytes_each});
    writer.patch(&path, &change).await.expect(200);
    content.push('x');
    for more in [content, format!("{two_bytes_each}x")] {
        let body = json!({"title": "Larger", "content": more});
        let refused = writer.post_in_workspace("/api/documents", body).await;
        refused.problem(413, "PAYLOAD_TOO_LARGE");
        let refused = writer.patch(&path, &json!({"content": more})).await;
        refused.problem(413, "PAYLOAD_TOO_LARGE");
    }
    let kept = writer.get(&path).await.expect(200);
    assert_eq!(kept["content"], two_bytes_each);
}
