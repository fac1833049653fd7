//! Error bodies and texts of Atlassian, and the sandbox's own errors.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kit::http::Answer;

/// What can go wrong while starting a sandbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The address could not be bound.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address that was asked for.
        address: std::net::SocketAddr,
        /// Why the system refused it.
        source: std::io::Error,
    },
    /// A seed file cannot be read; the text names the line.
    #[error("{0}")]
    SeedFile(String),
    /// A described world or its faults contradict themselves.
    #[error("the world cannot be built: {0}")]
    World(String),
    /// The server's thread or runtime could not be started.
    #[error("cannot start the sandbox's server")]
    Start(#[source] std::io::Error),
}

/// Jira's text for an issue that is gone or hidden; nothing tells the two apart.
pub(crate) const NO_SUCH_ISSUE: &str =
    "Issue does not exist or you do not have permission to see it.";
/// A text for somebody who may see an issue but not edit it; Atlassian shows none.
pub(crate) const NO_RIGHT_TO_EDIT: &str =
    "You do not have permission to edit issues in this project.";
/// Jira's text for a description that is no document.
pub(crate) const NOT_A_DOCUMENT: &str =
    "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
/// Jira's text for a description beyond the limit.
pub(crate) const TEXT_TOO_LONG: &str =
    "The entered text is too long. It exceeds the allowed limit of 32,767 characters.";
/// Jira's text for a type the project does not have.
pub(crate) const BAD_ISSUE_TYPE: &str = "The issue type selected is invalid.";
/// Jira's text for a search without any restriction.
pub(crate) const UNBOUNDED_JQL: &str =
    "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
/// Jira's text on the search that was taken away.
pub(crate) const SEARCH_REMOVED: &str = "The requested API has been removed. Please migrate to \
     the /rest/api/3/search/jql API. A full migration guideline is available at \
     https://developer.atlassian.com/changelog/#CHANGE-2046";

/// Answers in Jira's own shape with one general message.
pub(crate) fn jira_error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"errorMessages": [message], "errors": {}}))
}

/// Answers in the shape of the gateway that stands before Jira.
pub(crate) fn gateway_error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"code": status, "message": message}))
}

/// Answers with a page of HTML, as proxies do.
pub(crate) fn html_error(status: u16) -> Answer {
    let page = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went \
                wrong</h1></body></html>";
    Answer::html(status, page.to_owned())
}

/// Answers in the shape of the token endpoint.
pub(crate) fn token_error(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(
        status,
        &json!({"error": error, "error_description": description}),
    )
}

/// Why Jira refuses a write: general messages and one text per field.
#[derive(Clone, Debug)]
pub(crate) struct Problems {
    pub(crate) status: u16,
    pub(crate) messages: Vec<String>,
    pub(crate) errors: BTreeMap<String, String>,
    /// Where a document is at fault; Jira keeps that to itself, the sandbox says it in a header.
    pub(crate) hint: Option<String>,
}

impl Default for Problems {
    fn default() -> Self {
        Self {
            status: 400,
            messages: Vec::new(),
            errors: BTreeMap::new(),
            hint: None,
        }
    }
}

impl Problems {
    pub(crate) fn message(status: u16, text: impl Into<String>) -> Self {
        Self {
            status,
            messages: vec![text.into()],
            ..Self::default()
        }
    }

    pub(crate) fn field(field: &str, text: impl Into<String>) -> Self {
        let mut problems = Self::default();
        problems.add(field, text);
        problems
    }

    /// Notes a text for a field; the first one stays.
    pub(crate) fn add(&mut self, field: &str, text: impl Into<String>) {
        self.errors
            .entry(field.to_owned())
            .or_insert_with(|| text.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.errors.is_empty()
    }

    pub(crate) fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    pub(crate) fn body(&self) -> Value {
        json!({"errorMessages": self.messages, "errors": self.errors})
    }

    /// Gives the hint as a header, which Jira does not send.
    pub(crate) fn hint_header(&self) -> Option<(String, String)> {
        let hint = self.hint.clone()?;
        Some(("X-Sandbox-Hint".to_owned(), hint))
    }
}

impl From<Problems> for Answer {
    fn from(problems: Problems) -> Self {
        let mut answer = Self::json(problems.status, &problems.body());
        answer.headers.extend(problems.hint_header());
        answer
    }
}

/// Says that a field is not on the create screen or does not exist.
pub(crate) fn cannot_be_set(field: &str) -> String {
    format!("Field '{field}' cannot be set. It is not on the appropriate screen, or unknown.")
}

/// Says that a project is unknown, by the way it was asked for.
pub(crate) fn no_project(id_or_key: &str) -> String {
    let asked_by = if is_number(id_or_key) { "id" } else { "key" };
    format!("No project could be found with {asked_by} '{id_or_key}'.")
}

/// Tells numbers from keys.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
