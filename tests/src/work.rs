//! Pushes and what they left in Jira.

use std::time::{Duration, Instant};

use jira_sandbox::{Endpoint, IssueSnapshot, JournalEntry};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::App;
use crate::client::{Answer, Client};

/// How long a condition is waited for on a busy machine.
const PATIENCE: Duration = Duration::from_secs(45);

/// Looks until there is something to see.
pub async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, look).await
}

/// Looks for so long until there is something to see.
pub async fn eventually_within<T>(
    patience: Duration,
    what: &str,
    look: impl AsyncFn() -> Option<T>,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(
            begun.elapsed() < patience,
            "{what}: not within {patience:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The ids of tickets.
pub fn ids(tickets: &[Value]) -> Vec<Value> {
    tickets.iter().map(|ticket| ticket["id"].clone()).collect()
}

/// The path of a ticket.
pub fn ticket_path(id: &Value) -> String {
    format!("/api/execution/tickets/{}", id.as_str().expect("an id"))
}

impl App {
    /// The create requests that have reached Jira.
    pub fn creates(&self) -> Vec<JournalEntry> {
        let journal = self.sandbox.handle().journal().into_iter();
        let is_create = |entry: &JournalEntry| {
            matches!(entry.endpoint, Endpoint::BulkCreate | Endpoint::CreateIssue)
        };
        journal.filter(is_create).collect()
    }

    /// The issues that carry a ticket's mark.
    pub fn issues_of(&self, ticket: &Value) -> Vec<IssueSnapshot> {
        let issues = self.sandbox.handle().issues().into_iter();
        let is_marked = |issue: &IssueSnapshot| {
            let mark = issue.properties.get("handoff.delivery");
            mark.is_some_and(|mark| mark["ticket_id"] == *ticket)
        };
        issues.filter(is_marked).collect()
    }

    /// The issue of a result of a push, after checking that it carries the ticket's mark.
    #[track_caller]
    pub fn issue_of(&self, result: &Value) -> IssueSnapshot {
        let key = result["external_key"].as_str();
        let key = key.unwrap_or_else(|| panic!("no issue: {result}"));
        let issue = self.sandbox.handle().issue(key).expect("the issue");
        let mark = &issue.properties["handoff.delivery"];
        assert_eq!(mark["ticket_id"], result["ticket_id"], "{key}");
        assert_eq!(mark["delivery_id"], result["delivery_id"], "{key}");
        assert_eq!(result["external_id"], issue.id, "{key}");
        assert_eq!(result["external_url"], issue.url, "{key}");
        issue
    }

    /// Checks that a push made exactly one issue for each of these tickets, and links to it.
    #[track_caller]
    pub fn check_delivered_once(&self, push: &Value, tickets: &[Value]) {
        assert_eq!(push["pushed"], tickets.len(), "{push}");
        for result in push["results"].as_array().expect("results") {
            self.issue_of(result);
        }
        for ticket in tickets {
            assert_eq!(self.issues_of(ticket).len(), 1, "{ticket}");
        }
    }
}

impl Client {
    /// Makes a document and gives it.
    pub async fn document(&self, title: &str, content: &str) -> Value {
        let body = json!({"document_type": "prd", "title": title, "content": content});
        self.post_in_workspace("/api/documents", body)
            .await
            .expect(201)
    }

    /// Generates a document's tickets.
    pub async fn generate(&self, document: &str) -> Vec<Value> {
        let body = json!({"document_id": document});
        let made = self
            .post_in_workspace("/api/execution/generate", body)
            .await
            .expect(200);
        let tickets = made["tickets"].as_array().expect("tickets").clone();
        assert_eq!(made["total"], tickets.len());
        tickets
    }

    /// One ticket.
    pub async fn ticket(&self, id: &Value) -> Value {
        self.get(&ticket_path(id)).await.expect(200)
    }

    /// Changes a ticket.
    pub async fn change(&self, id: &Value, change: Value) -> Value {
        self.patch(&ticket_path(id), &change).await.expect(200)
    }

    /// POST of a JSON object with the client's workspace in it and further headers.
    pub async fn post_with(&self, path: &str, mut body: Value, headers: &[(&str, &str)]) -> Answer {
        body["workspace_id"] = json!(self.workspace_id);
        let mut request = self.request(Method::POST, path).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    /// Asks for a push of tickets to a project without waiting, and gives its id.
    pub async fn push_async(&self, document: &str, tickets: &[Value], project: &str) -> String {
        let body = json!({
            "document_id": document, "platform": "jira", "ticket_ids": tickets, "project_key": project,
        });
        let headers = [("Prefer", "respond-async")];
        let answer = self.post_with("/api/execution/push", body, &headers).await;
        assert!([200, 202].contains(&answer.status), "{}", answer.text);
        answer.body["push_id"].as_str().expect("an id").to_owned()
    }

    /// A push as it stands.
    pub async fn push_report(&self, id: &str) -> Value {
        self.get(&format!("/api/execution/pushes/{id}"))
            .await
            .expect(200)
    }

    /// A push once it is settled.
    pub async fn settled(&self, id: &str) -> Value {
        eventually("the push is settled", async || {
            let push = self.push_report(id).await;
            (push["state"] == "settled").then_some(push)
        })
        .await
    }

    /// The state of a ticket's open delivery once it is this one.
    pub async fn delivery_is(&self, ticket: &Value, state: &str) -> Value {
        eventually(&format!("the delivery is {state}"), async || {
            let ticket = self.ticket(ticket).await;
            (ticket["delivery"]["state"] == state).then_some(ticket)
        })
        .await
    }
}
