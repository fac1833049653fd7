//! Steps that many tests take.

use serde_json::{Value, json};

use crate::app::App;
use crate::browser::{Browser, Consent};
use crate::client::Client;

/// A document of so many requirements, each with an id, a priority and acceptance criteria.
pub fn document(requirements: usize) -> String {
    let priorities = ["Critical", "High", "Medium", "Low"];
    let items = (1..=requirements).map(|number| {
        let priority = priorities[number % priorities.len()];
        format!(
            "### Requirement {number}: Export number {number}\n\n**Priority**: {priority}\n\n\
             The system shall write export {number}.\n\n#### Acceptance Criteria\n\n\
             1. Export {number} is written\n2. Export {number} can be read back\n\n"
        )
    });
    format!(
        "# Exports\n\n## Functional Requirements\n\n{}",
        items.collect::<String>()
    )
}

impl App {
    /// A connected owner.
    pub async fn connected(&self) -> Client {
        let owner = self.client("owner");
        let landed = Browser::default().connect(&owner, Consent::Acme).await;
        assert_eq!(landed.query(), Some("jira=connected"), "{landed}");
        owner
    }
}

impl Client {
    /// Makes a document and generates its tickets; gives the document's id and the tickets.
    pub async fn generated(&self, content: &str) -> (String, Vec<Value>) {
        let body = json!({"document_type": "prd", "title": "Exports", "content": content});
        let made = self
            .post_in_workspace("/api/documents", body)
            .await
            .expect(201);
        let id = made["id"].as_str().expect("an id").to_owned();
        let body = json!({"document_id": id});
        let generated = self
            .post_in_workspace("/api/execution/generate", body)
            .await
            .expect(200);
        (
            id,
            generated["tickets"].as_array().expect("tickets").clone(),
        )
    }

    /// Pushes tickets of a document to a project and gives the push.
    pub async fn push(&self, document: &str, tickets: &[Value], project: &str) -> Value {
        let ids: Vec<&Value> = tickets.iter().map(|ticket| &ticket["id"]).collect();
        let body = json!({
            "document_id": document, "platform": "jira", "ticket_ids": ids, "project_key": project,
        });
        self.post_in_workspace("/api/execution/push", body)
            .await
            .expect(200)
    }
}
