//! Generating tickets.

use acceptance::{App, Client, document, ids};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::databases::OnPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn generating_follows_the_document_and_leaves_alone_what_a_person_touched_on_sqlite() {
    generating(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn generating_follows_the_document_and_leaves_alone_what_a_person_touched_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        generating(&app).await;
    }
}

async fn generating(app: &App) {
    let writer = app.client("member");
    no_work_gives_no_ticket(&writer).await;
    edits_reach_unreviewed_tickets_only(&writer).await;
    part_of_a_document_can_be_generated(&writer).await;
    generating_at_the_same_moment_never_doubles(&writer).await;
    tickets_are_listed_in_pages_and_by_status(&writer).await;
}

async fn no_work_gives_no_ticket(writer: &Client) {
    let prose = "# Background\n\nOnce upon a time.\n\n## Risks\n\n- It may rain.\n";
    for content in ["", "\n \n", prose] {
        let made = writer.document("Nothing to do", content).await;
        let body = json!({"document_id": made["id"]});
        let none = writer
            .post_in_workspace("/api/execution/generate", body)
            .await;
        let none = none.expect(200);
        assert_eq!(none["tickets"], json!([]), "{content:?}");
        assert_eq!(none["total"], 0, "{content:?}");
        assert_ne!(none["notes"], json!([]), "{content:?} ends without a word");
    }
}

async fn edits_reach_unreviewed_tickets_only(writer: &Client) {
    let content = document(4);
    let (id, tickets) = writer.generated(&content).await;
    assert_eq!(tickets.len(), 4);
    assert_eq!(writer.generate(&id).await, tickets, "again gives the same");
    let [reviewed, followed, deleted, removed] = [0, 1, 2, 3].map(|at| tickets[at]["id"].clone());
    writer
        .change(&reviewed, json!({"description": "By hand"}))
        .await;
    let gone = writer.delete(&acceptance::ticket_path(&deleted)).await;
    assert_eq!(gone.status, 204);

    let mut edited = content
        .replace("The system shall write export 1.", "Export 1, rewritten.")
        .replace("The system shall write export 2.", "Export 2, rewritten.");
    edited.truncate(edited.find("### Requirement 4").unwrap());
    let path = format!("/api/documents/{id}");
    writer
        .patch(&path, &json!({"content": edited}))
        .await
        .expect(200);
    let after = writer.generate(&id).await;
    assert_eq!(
        ids(&after),
        [reviewed.clone(), followed.clone()],
        "{after:?}"
    );
    assert_eq!(after[0]["description"], "By hand");
    let text = after[1]["description"].as_str().unwrap();
    assert!(text.contains("Export 2, rewritten."), "{text}");
    assert_eq!(after[1]["status"], "generated");
    for gone in [deleted, removed] {
        let answer = writer.get(&acceptance::ticket_path(&gone)).await;
        answer.problem(404, "TICKET_NOT_FOUND");
    }

    writer
        .patch(&path, &json!({"content": content}))
        .await
        .expect(200);
    let back = writer.generate(&id).await;
    assert_eq!(
        back.len(),
        3,
        "requirement 4 is back, the deleted one is not"
    );
    assert!(!ids(&back).contains(&tickets[2]["id"]));
    writer
        .patch(&path, &json!({"content": ""}))
        .await
        .expect(200);
    assert_eq!(ids(&writer.generate(&id).await), [reviewed]);
}

async fn part_of_a_document_can_be_generated(writer: &Client) {
    let content = "# Shop\n\n## Functional Requirements\n\n### FR-1: Basket\n\nThe shop shall keep a basket.\n\n\
                   ### FR-2: Checkout\n\nThe shop shall have a checkout.\n\n\
                   ## Tasks\n\n- [ ] Set up the payment account\n- [ ] Order the certificates\n";
    let made = writer.document("Shop", content).await;
    let blocks = made["blocks"].as_array().unwrap();
    let block = blocks.iter().find(|block| block["block_type"] == "task");
    assert!(block.is_some(), "{blocks:?}");
    let block = &block.unwrap()["id"];
    let generate = async |mut body: Value| {
        body["document_id"] = made["id"].clone();
        writer
            .post_in_workspace("/api/execution/generate", body)
            .await
    };
    let of_block = generate(json!({"block_id": block})).await.expect(200);
    let of_block = of_block["tickets"].as_array().unwrap();
    assert!(!of_block.is_empty());
    assert!(
        of_block.iter().all(|ticket| ticket["block_id"] == *block),
        "{of_block:?}"
    );
    let of_type = generate(json!({"include_block_types": ["requirement"]})).await;
    let of_type = of_type.expect(200);
    let titles: Vec<&str> = of_type["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ticket| ticket["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["FR-1: Basket", "FR-2: Checkout"]);
    let none = generate(json!({"include_block_types": []}))
        .await
        .expect(200);
    assert_eq!((&none["tickets"], &none["total"]), (&json!([]), &json!(0)));
    let whole = writer.generate(made["id"].as_str().unwrap()).await;
    let distinct: BTreeSet<String> = whole
        .iter()
        .map(|ticket| ticket["id"].to_string())
        .collect();
    assert_eq!(distinct.len(), whole.len());
    assert!(
        of_block
            .iter()
            .all(|ticket| ids(&whole).contains(&ticket["id"]))
    );

    let other = writer.document("Other", content).await;
    for foreign in [&other["blocks"][0]["id"], &made["id"]] {
        let refused = generate(json!({"block_id": foreign})).await;
        refused.problem(404, "BLOCK_NOT_FOUND");
    }
    let refused = generate(json!({"include_block_types": ["task", "poem"]})).await;
    let refused = refused.problem(422, "VALIDATION_FAILED");
    assert_eq!(refused["errors"][0]["pointer"], "/include_block_types/1");
}

async fn generating_at_the_same_moment_never_doubles(writer: &Client) {
    let made = writer.document("Crowd", &document(30)).await;
    let id = made["id"].as_str().unwrap();
    let body = json!({"document_id": id});
    let generate = || writer.post_in_workspace("/api/execution/generate", body.clone());
    let answers = tokio::join!(generate(), generate(), generate(), generate());
    let answers = [answers.0, answers.1, answers.2, answers.3];
    for answer in answers {
        if answer.status == 409 {
            answer.problem(409, "GENERATION_IN_PROGRESS");
        } else {
            assert_eq!(answer.expect(200)["total"], 30);
        }
    }
    let listed = writer
        .get(&format!("/api/execution/{id}/tickets"))
        .await
        .expect(200);
    assert_eq!(listed["total"], 30);
    assert_eq!(writer.generate(id).await.len(), 30);
}

async fn tickets_are_listed_in_pages_and_by_status(writer: &Client) {
    let (id, tickets) = writer.generated(&document(5)).await;
    let empty = writer.request(Method::PATCH, &acceptance::ticket_path(&tickets[1]["id"]));
    writer.send(empty).await.expect(200);
    let list = async |query: &str| {
        let path = format!("/api/execution/{id}/tickets?{query}");
        writer.get(&path).await
    };
    let first = list("limit=3").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = list(&format!("limit=3&cursor={cursor}")).await.expect(200);
    assert_eq!((&first["total"], &second["total"]), (&json!(5), &json!(5)));
    assert_eq!(second["next_cursor"], Value::Null);
    let parts = [&first, &second].map(|page| ids(page["tickets"].as_array().unwrap()));
    assert_eq!(parts.concat(), ids(&tickets));
    let reviewed = list("status=reviewed").await.expect(200);
    assert_eq!(reviewed["total"], 1);
    assert_eq!(reviewed["tickets"][0]["id"], tickets[1]["id"]);
    list("status=lost").await.problem(422, "VALIDATION_FAILED");
    list("limit=0").await.problem(422, "VALIDATION_FAILED");
}
