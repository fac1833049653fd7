//! From documents to tickets over HTTP: what is asked for, what is answered beside the tickets, and the bounds.

use std::collections::BTreeSet;

use handoff_domain::workspace::model::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{THREE_TASKS, TestApp};

/// An epic with two stories, words that are no work, and a task that is done.
const EPIC: &str = "# Shop\n\n## Background\n\nThe old shop is slow.\n\n## Epic 1: Basket\n\n\
    ### Story 1.1: Keep the basket\n\nAs a buyer, I want to keep my basket, so that I can come back.\n\n\
    **Acceptance criteria**\n\n- The basket is there after a week.\n\n\
    ### Story 1.2: Empty the basket\n\nAs a buyer, I want to empty my basket, so that I can start anew.\n\n\
    ## Tasks\n\n- [x] Choose a name\n- [ ] Order the certificates\n";

async fn generate(app: &TestApp, document: &str, more: Value) -> Value {
    let mut body = app.own(more);
    body["document_id"] = json!(document);
    app.post("/api/execution/generate", body).await.ok(200)
}

/// What a member of each element holds.
fn all<'a>(list: &'a Value, member: &str) -> Vec<&'a Value> {
    let list = list.as_array().unwrap();
    list.iter().map(|element| &element[member]).collect()
}

fn types(tickets: &Value) -> Vec<&str> {
    let types = all(tickets, "ticket_type").into_iter();
    types.map(|word| word.as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn generating_tells_what_became_of_each_line_and_keeps_it() {
    let app = TestApp::start().await;
    let document = app.document(EPIC).await;
    let path = format!("/api/documents/{document}/coverage");
    let before = app.get(&path).await.ok(200);
    let nothing =
        json!({"document_version": null, "coverage": [], "notes": [], "created_at": null});
    assert_eq!(before, nothing);

    let made = generate(&app, &document, json!({})).await;

    let known: BTreeSet<&str> = all(&made["tickets"], "id")
        .into_iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    let coverage = made["coverage"].as_array().unwrap();
    let named = coverage
        .iter()
        .filter_map(|entry| entry["ticket_id"].as_str());
    assert_eq!(named.collect::<BTreeSet<_>>(), known);
    let of = |outcome: &str| {
        let found = coverage.iter().find(|entry| entry["outcome"] == outcome);
        found.unwrap_or_else(|| panic!("{outcome}: {coverage:?}"))
    };
    let background = of("not_work");
    assert_eq!(background["reason"], "background");
    assert!(background["why"].as_str().unwrap().contains("background"));
    assert_eq!(background["ticket_id"], Value::Null);
    assert_eq!(of("finished")["reason"], "done");
    assert!(of("criterion")["ticket_id"].is_string());
    let members: Vec<&String> = background.as_object().unwrap().keys().collect();
    let expected = [
        "end_line",
        "outcome",
        "reason",
        "start_line",
        "ticket_id",
        "why",
    ];
    assert_eq!(members, expected);

    let kept = app.get(&path).await.ok(200);
    assert_eq!(kept["document_version"], 1);
    assert_eq!(
        (&kept["coverage"], &kept["notes"]),
        (&made["coverage"], &made["notes"])
    );
    assert!(kept["created_at"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_coverage_replaces_the_former_and_is_nobody_elses() {
    let app = TestApp::start().await;
    let document = app.document(EPIC).await;
    let (at, path) = (
        format!("/api/documents/{document}"),
        format!("/api/documents/{document}/coverage"),
    );
    generate(&app, &document, json!({})).await;
    let prose = json!({"content": "# Only words\n\nNothing to do.\n"});
    app.patch(&at, prose).await.ok(200);
    assert_eq!(app.get(&path).await.ok(200)["document_version"], 1);

    let made = generate(&app, &document, json!({})).await;
    let kept = app.get(&path).await.ok(200);
    assert_eq!(made["total"], 0);
    assert_eq!(kept["document_version"], 2);
    assert_eq!(
        (&kept["coverage"], &kept["notes"]),
        (&made["coverage"], &made["notes"])
    );
    assert!(!made["notes"].as_array().unwrap().is_empty());

    let (_, token) = app.other_workspace().await;
    let foreign = app.request(Method::GET, &path).bearer_auth(token);
    app.send(foreign).await.refused(404, "DOCUMENT_NOT_FOUND");
    for unknown in ["nonsense", app.workspace.as_str()] {
        let path = format!("/api/documents/{unknown}/coverage");
        app.get(&path).await.refused(404, "DOCUMENT_NOT_FOUND");
    }
    assert_eq!(app.delete(&at).await.status.as_u16(), 204);
    app.get(&path).await.refused(404, "DOCUMENT_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_of_regenerating_are_told_beside_those_of_the_scoper() {
    let app = TestApp::start().await;
    let document = app.document(THREE_TASKS).await;
    let tickets = app.generate(&document).await;
    let ticket = format!("/api/execution/tickets/{}", tickets[2]);
    app.patch(&ticket, json!({})).await.ok(200);
    let shorter = THREE_TASKS.replace("- [ ] Tidy up\n", "");
    let path = format!("/api/documents/{document}");
    app.patch(&path, json!({"content": shorter})).await.ok(200);

    let made = generate(&app, &document, json!({})).await;

    let codes = all(&made["notes"], "code");
    assert!(
        codes.contains(&&json!("NO_LONGER_IN_DOCUMENT")),
        "{codes:?}"
    );
    let kept = app.get(&format!("{path}/coverage")).await.ok(200);
    assert_eq!(kept["notes"], made["notes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn epics_are_left_out_where_nobody_wants_them() {
    let app = TestApp::start().await;
    let document = app.document(EPIC).await;

    let whole = generate(&app, &document, json!({"scoper": "rules", "epics": true})).await;
    let epic = &whole["tickets"][0];
    assert_eq!(types(&whole["tickets"])[0], "epic", "{whole}");
    assert_eq!(whole["tickets"][1]["parent_id"], epic["id"]);
    assert_eq!(whole["tickets"][2]["parent_id"], epic["id"]);

    let flat = generate(&app, &document, json!({"epics": false})).await;
    assert!(!types(&flat["tickets"]).contains(&"epic"));
    assert!(
        all(&flat["tickets"], "parent_id")
            .into_iter()
            .all(Value::is_null)
    );
    assert_eq!(flat["total"], json!(whole["total"].as_u64().unwrap() - 1));
    for (flat, whole) in flat["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .zip(whole["tickets"].as_array().unwrap().iter().skip(1))
    {
        assert_eq!(
            (&flat["id"], &flat["labels"]),
            (&whole["id"], &whole["labels"])
        );
    }
    let ids = all(&flat["tickets"], "id");
    let named = flat["coverage"].as_array().unwrap().iter();
    for id in named
        .map(|entry| &entry["ticket_id"])
        .filter(|id| !id.is_null())
    {
        assert!(ids.contains(&id), "{id} names no ticket");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_rules_are_here_to_scope() {
    let app = TestApp::start().await;
    let document = app.document(THREE_TASKS).await;
    for scoper in ["model", "oracle"] {
        let body = app.own(json!({"document_id": document, "scoper": scoper}));
        let refused = app.post("/api/execution/generate", body).await;
        refused.refused(422, "VALIDATION_FAILED");
        assert_eq!(refused.body["errors"][0]["pointer"], "/scoper");
    }
    let listed = app.get(&format!("/api/execution/{document}/tickets")).await;
    assert_eq!(listed.ok(200)["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_scoped_without_being_stored() {
    let app = TestApp::start().await;
    let member = app.token_of(&app.workspace, Role::Member).await;
    let body = app.own(json!({"content": EPIC}));
    let request = app.request(Method::POST, "/api/scope").bearer_auth(member);

    let scoped = app.send(request.json(&body)).await.ok(200);

    let members: Vec<&String> = scoped.as_object().unwrap().keys().collect();
    assert_eq!(members, ["blocks", "coverage", "notes", "tickets"]);
    let (epic, story) = (&scoped["tickets"][0], &scoped["tickets"][1]);
    let fields: Vec<&String> = story.as_object().unwrap().keys().collect();
    let expected = [
        "acceptance_criteria",
        "assignee",
        "depends_on",
        "description",
        "due_on",
        "estimated_effort",
        "labels",
        "parent_line",
        "priority",
        "source_end_line",
        "source_line",
        "ticket_type",
        "title",
    ];
    assert_eq!(fields, expected);
    assert_eq!(
        (&epic["ticket_type"], &story["parent_line"]),
        (&json!("epic"), &epic["source_line"])
    );
    assert_eq!(
        story["acceptance_criteria"],
        json!(["The basket is there after a week."])
    );
    let criterion = scoped["coverage"].as_array().unwrap().iter();
    let criterion = criterion
        .clone()
        .find(|entry| entry["outcome"] == "criterion");
    assert_eq!(criterion.unwrap()["ticket"], 1);
    assert_eq!(scoped["blocks"][0]["start_line"], 1);
    let listed = app.get(&app.in_own("/api/documents")).await.ok(200);
    assert_eq!(listed["total"], 0);

    let document = app.document(EPIC).await;
    let made = generate(&app, &document, json!({})).await;
    assert_eq!(
        all(&made["tickets"], "title"),
        all(&scoped["tickets"], "title")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn scoping_a_text_has_the_bounds_and_the_doors_of_a_document() {
    let app = TestApp::start().await;
    let scope = |body: Value| app.post("/api/scope", body);
    scope(app.own(json!({"content": "x".repeat(4 * 1024 * 1024 + 1)})))
        .await
        .refused(413, "PAYLOAD_TOO_LARGE");
    scope(app.own(json!({})))
        .await
        .refused(422, "VALIDATION_FAILED");
    scope(app.own(json!({"content": "", "title": "x"})))
        .await
        .refused(400, "UNKNOWN_FIELD");
    let empty = scope(app.own(json!({"content": ""}))).await.ok(200);
    assert_eq!(
        (&empty["tickets"], &empty["blocks"]),
        (&json!([]), &json!([]))
    );

    let (other, _) = app.other_workspace().await;
    scope(json!({"workspace_id": other, "content": ""}))
        .await
        .refused(403, "FORBIDDEN");
    let nobody = app.request(Method::POST, "/api/scope");
    let nobody = nobody.json(&app.own(json!({"content": ""})));
    app.send(nobody).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gives_too_much_is_refused_wherever_it_comes_in_and_the_setting_is_named() {
    for (key, setting) in [
        (
            "limits.tickets_per_document",
            "HANDOFF__LIMITS__TICKETS_PER_DOCUMENT",
        ),
        (
            "limits.blocks_per_document",
            "HANDOFF__LIMITS__BLOCKS_PER_DOCUMENT",
        ),
    ] {
        let app = TestApp::with(&[(key, "4")]).await;
        let document = app.document("# Plan\n\n## Tasks\n\n- [ ] Tidy up\n").await;
        let many: Vec<String> = (1..=6)
            .map(|part| format!("## Part {part}\n\n- [ ] Write module {part}\n"))
            .collect();
        let many = many.join("\n");
        let new = app.own(json!({"title": "Plan", "content": many}));
        let path = format!("/api/documents/{document}");
        for refused in [
            app.post("/api/documents", new).await,
            app.patch(&path, json!({"content": many})).await,
            app.post("/api/scope", app.own(json!({"content": many})))
                .await,
        ] {
            refused.refused(422, "LIMIT_EXCEEDED");
            assert_eq!(refused.body["errors"][0]["pointer"], "/content");
            let detail = refused.body["detail"].as_str().unwrap();
            assert!(
                detail.contains(setting) && detail.contains(" 4 "),
                "{detail}"
            );
        }
        assert_eq!(app.get(&path).await.ok(200)["version"], 1);
        assert_eq!(app.generate(&document).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_saved_under_a_higher_bound_is_refused_when_it_is_generated() {
    let app = TestApp::start().await;
    let document = app.document(THREE_TASKS).await;
    let app = app.again(&[("limits.tickets_per_document", "2")]).await;

    let body = app.own(json!({"document_id": document}));
    let refused = app.post("/api/execution/generate", body.clone()).await;

    refused.refused(422, "LIMIT_EXCEEDED");
    assert_eq!(refused.body["errors"][0]["pointer"], "/content");
    let again = app.post("/api/execution/generate", body).await;
    again.refused(422, "LIMIT_EXCEEDED");
}
