//! What webhooks tell of.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An event that a dynamic webhook can be registered for.
///
/// **Source:** Jira Cloud REST API v3, "Register dynamic webhooks".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookEvent {
    /// `jira:issue_created`.
    IssueCreated,
    /// `jira:issue_updated`.
    IssueUpdated,
    /// `jira:issue_deleted`.
    IssueDeleted,
    /// `comment_created`.
    CommentCreated,
    /// `comment_updated`.
    CommentUpdated,
    /// `comment_deleted`.
    CommentDeleted,
    /// `issue_property_set`.
    IssuePropertySet,
    /// `issue_property_deleted`.
    IssuePropertyDeleted,
    /// Any other, such as `sprint_started` or `jira:version_released`; empty when a delivery named none.
    Other(String),
}

impl WebhookEvent {
    /// Returns Jira's own word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::IssueCreated => "jira:issue_created",
            Self::IssueUpdated => "jira:issue_updated",
            Self::IssueDeleted => "jira:issue_deleted",
            Self::CommentCreated => "comment_created",
            Self::CommentUpdated => "comment_updated",
            Self::CommentDeleted => "comment_deleted",
            Self::IssuePropertySet => "issue_property_set",
            Self::IssuePropertyDeleted => "issue_property_deleted",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for WebhookEvent {
    fn from(word: &str) -> Self {
        match word {
            "jira:issue_created" => Self::IssueCreated,
            "jira:issue_updated" => Self::IssueUpdated,
            "jira:issue_deleted" => Self::IssueDeleted,
            "comment_created" => Self::CommentCreated,
            "comment_updated" => Self::CommentUpdated,
            "comment_deleted" => Self::CommentDeleted,
            "issue_property_set" => Self::IssuePropertySet,
            "issue_property_deleted" => Self::IssuePropertyDeleted,
            _ => Self::Other(word.to_owned()),
        }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for WebhookEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for WebhookEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(Self::from(word.as_str()))
    }
}
