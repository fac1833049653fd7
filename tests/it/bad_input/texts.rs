//! Texts that are hard to carry: from the request through the database to Jira.

use acceptance::{App, Client, document, ids, ticket_path};
use serde_json::{Value, json};

pub(super) async fn odd_texts(app: &App) {
    let owner = app.connected().await;
    control_characters_never_break_the_database(&owner).await;
    labels_and_titles_reach_jira(app, &owner).await;
    strange_markdown_reaches_jira(app, &owner).await;
    strange_documents_make_tickets(app, &owner).await;
}

/// PostgreSQL cannot keep a NUL in text; both databases must behave alike.
async fn control_characters_never_break_the_database(owner: &Client) {
    let (id, tickets) = owner.generated(&document(1)).await;
    let document = format!("/api/documents/{id}");
    let ticket = ticket_path(&tickets[0]["id"]);
    for (odd, is_nul) in [
        ("before\u{0}after", true),
        ("before\u{1}\u{7f}\u{fffe}after", false),
    ] {
        for field in ["title", "content"] {
            let mut body = json!({"title": "T"});
            body[field] = json!(odd);
            told_or_taken(
                &owner.post_in_workspace("/api/documents", body).await,
                field,
                is_nul,
            );
            told_or_taken(
                &owner.patch(&document, &json!({field: odd})).await,
                field,
                is_nul,
            );
        }
        for (field, value) in [
            ("title", json!(odd)),
            ("description", json!(odd)),
            ("priority", json!(odd)),
            ("labels", json!([odd])),
            ("acceptance_criteria", json!([odd])),
        ] {
            told_or_taken(
                &owner.patch(&ticket, &json!({field: value})).await,
                field,
                is_nul,
            );
        }
        for field in ["platform", "project_key", "issue_type", "fields"] {
            let mut body = json!({
                "document_id": id, "platform": "jira", "ticket_ids": ids(&tickets), "project_key": "SHOP",
            });
            body[field] = if field == "fields" {
                json!({"x/y": [odd]})
            } else {
                json!(odd)
            };
            let answer = owner.post_in_workspace("/api/execution/push", body).await;
            assert!(
                (400..500).contains(&answer.status),
                "{field}: {}",
                answer.text
            );
        }
    }
    let body = json!({"title": "T", "content": {"a~/b": ["x\u{0}"]}});
    let refused = owner.post_in_workspace("/api/documents", body).await;
    let refused = refused.problem(422, "VALIDATION_FAILED");
    assert_eq!(refused["errors"][0]["pointer"], "/content/a~0~1b/0");
    for query in ["document_type=%00", "cursor=%00", "limit=%00", "status=%ff"] {
        let answer = owner
            .get_in_workspace(&format!("/api/documents?{query}"))
            .await;
        answer.problem(422, "VALIDATION_FAILED");
    }
}

#[track_caller]
fn told_or_taken(answer: &acceptance::Answer, field: &str, is_refused: bool) {
    if !is_refused && answer.status < 300 {
        return;
    }
    let problem = answer.clone().problem(422, "VALIDATION_FAILED");
    let pointer = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
    assert!(pointer.starts_with(&format!("/{field}")), "{problem}");
}

/// Pushes one ticket with these values, and gives its result and the fields of its issue.
async fn pushed(app: &App, owner: &Client, change: Value) -> (Value, Value) {
    let (id, tickets) = owner.generated(&document(1)).await;
    owner.change(&tickets[0]["id"], change).await;
    let push = owner.push(&id, &tickets, "SHOP").await;
    assert_eq!(push["pushed"], 1, "{push}");
    let result = push["results"][0].clone();
    let fields = app.issue_of(&result).fields;
    (result, fields)
}

fn warned(result: &Value) -> Vec<&str> {
    let warnings = result["warnings"].as_array().unwrap();
    warnings
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}

async fn labels_and_titles_reach_jira(app: &App, owner: &Client) {
    let labels = json!(["two words", "🚀 launch", "שלום עולם", "plain"]);
    let (result, fields) = pushed(app, owner, json!({"labels": labels})).await;
    let held = fields["labels"].as_array().unwrap();
    assert_eq!(held.len(), 4, "{held:?}");
    assert!(
        held.iter()
            .all(|label| !label.as_str().unwrap().contains(' ')),
        "{held:?}"
    );
    for part in ["plain", "🚀", "שלום"] {
        assert!(
            held.iter()
                .any(|label| label.as_str().unwrap().contains(part)),
            "{held:?}"
        );
    }
    assert!(warned(&result).contains(&"LABEL_CHANGED"), "{result}");

    let title = "Überlang 🚀 "
        .repeat(1_000)
        .trim()
        .chars()
        .take(10_000)
        .collect::<String>();
    let (result, fields) = pushed(app, owner, json!({"title": title})).await;
    let summary = fields["summary"].as_str().unwrap();
    assert!(summary.chars().count() <= 255 && summary.starts_with("Überlang 🚀 Überlang"));
    assert!(
        fields["description"].to_string().contains("Überlang"),
        "nothing is dropped"
    );
    assert_eq!(warned(&result), ["TEXT_CUT"]);
    let rtl = "שלום \u{202e}olleh";
    let (result, fields) = pushed(app, owner, json!({"title": rtl})).await;
    assert_eq!(
        (fields["summary"].as_str(), warned(&result)),
        (Some(rtl), Vec::new())
    );
}

fn table(rows: usize) -> String {
    let rows = (1..=rows).map(|row| format!("| FR-{row} | Export number {row} | High |\n"));
    format!(
        "| ID | Requirement | Priority |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

async fn strange_markdown_reaches_jira(app: &App, owner: &Client) {
    let nested_list: String = (0..100)
        .map(|at| format!("{}- level {at}\n", "  ".repeat(at)))
        .collect();
    let nested_quote = format!("{}deep\n", "> ".repeat(100));
    let html =
        "<script>alert(1)</script>\n\n<div onclick=x>text <b>bold</b></div>\n\n&amp; &lt;tag&gt;";
    for (name, text) in [
        ("nested list", nested_list),
        ("nested quotes", nested_quote),
        (
            "emphasis",
            format!("{}deep{}", "*".repeat(100), "*".repeat(100)),
        ),
        ("brackets", "[".repeat(5_000)),
        (
            "links",
            "[a](javascript:alert(1)) ![x](data:text/plain,x) <http://x.test>".to_owned(),
        ),
        ("html", html.to_owned()),
        ("table of 500 rows", table(500)),
        (
            "code",
            format!("```rust\n{}\n```", "let x = 1;\n".repeat(500)),
        ),
        ("long line", "x".repeat(200_000)),
        ("long text", "A paragraph.\n\n".repeat(20_000)),
        ("empty", String::new()),
    ] {
        let (result, fields) = pushed(app, owner, json!({"description": text})).await;
        assert_eq!(fields["description"]["type"], "doc", "{name}");
        let is_cut = warned(&result).contains(&"TEXT_CUT");
        assert_eq!(is_cut, text.len() > 100_000, "{name}: {result}");
    }
}

async fn strange_documents_make_tickets(app: &App, owner: &Client) {
    let many = format!("# Exports\n\n## Functional Requirements\n\n{}", table(500));
    let (id, tickets) = owner.generated(&many).await;
    assert_eq!(tickets.len(), 500);
    let creates = app.creates().len();
    let push = owner.push(&id, &tickets, "SHOP").await;
    assert_eq!(push["pushed"], 500);
    assert_eq!(app.creates().len(), creates + 10);
    for (ticket, result) in tickets
        .iter()
        .zip(push["results"].as_array().unwrap())
        .step_by(49)
    {
        assert_eq!(
            app.issue_of(result).summary(),
            ticket["title"].as_str().unwrap()
        );
    }
    let deep: String = (0..100)
        .map(|at| format!("{}- [ ] Write part {at}\n", "  ".repeat(at)))
        .collect();
    let (id, tickets) = owner
        .generated(&format!("# Deep\n\n## Tasks\n\n{deep}"))
        .await;
    assert!(!tickets.is_empty());
    let push = owner.push(&id, &tickets, "SHOP").await;
    assert_eq!(push["pushed"], push["total"], "{push}");
    let html = "<h1>Tasks</h1><ul><li>Do it</li></ul>\n\n<!-- ## Tasks\n- [ ] hidden -->\n";
    let (_, tickets) = owner.generated(html).await;
    assert!(
        tickets
            .iter()
            .all(|ticket| !ticket["title"].as_str().unwrap().contains('<'))
    );
}
