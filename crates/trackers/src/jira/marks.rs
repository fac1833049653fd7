//! Whose an issue is, and the mark it carries.

use jira_client::Issue;
use serde_json::Value;

use super::DELIVERY_PROPERTY;

/// The mark of an issue, as far as an answer shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MarkRead {
    /// The issue names a delivery.
    Delivery(String),
    /// The answer holds no mark.
    Absent,
    /// There is something in the mark's place that cannot be read.
    Garbled,
}

/// The delivery that an issue's mark names.
pub(super) fn delivery_mark(issue: &Issue) -> MarkRead {
    issue
        .properties
        .get(DELIVERY_PROPERTY)
        .map_or(MarkRead::Absent, read_delivery)
}

/// The delivery that a mark's value names.
pub(super) fn read_delivery(value: &Value) -> MarkRead {
    match named(value, "delivery_id") {
        Some(id) => MarkRead::Delivery(id.to_ascii_lowercase()),
        None => MarkRead::Garbled,
    }
}

/// The ticket that an issue's mark names, if it can be read.
pub(super) fn marked_ticket(issue: &Issue) -> Option<&str> {
    named(issue.properties.get(DELIVERY_PROPERTY)?, "ticket_id")
}

fn named<'a>(mark: &'a Value, field: &str) -> Option<&'a str> {
    mark.get(field).and_then(Value::as_str)
}

/// Whether the account created the issue; where Jira does not tell the creator, whether it reported it.
pub(super) fn is_by(issue: &Issue, account_id: &str) -> bool {
    let author = issue.fields.creator.as_ref();
    let author = author.or(issue.fields.reporter.as_ref());
    author.is_some_and(|author| author.account_id == account_id)
}

/// The number of an issue key, where the key belongs to the project of this key.
pub(super) fn number_in(issue_key: &str, project_key: &str) -> Option<u64> {
    let (project, number) = issue_key.rsplit_once('-')?;
    (project == project_key && !project.is_empty())
        .then(|| number.parse().ok())
        .flatten()
}
