//! Values that several resources share.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::lenient::{id_or_empty, null_as_empty};

/// A workflow status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Status {
    /// The id.
    #[serde(default, deserialize_with = "id_or_empty")]
    pub id: String,
    /// The name; can be renamed and differs per project.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
    /// The category, the only part to build decisions on.
    #[serde(default, rename = "statusCategory", deserialize_with = "null_as_empty")]
    pub category: StatusCategory,
}

/// The category a status belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct StatusCategory {
    /// The key.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub key: StatusCategoryKey,
    /// The name, in the user's language.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
}

/// The four categories of Jira, the same on every site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StatusCategoryKey {
    /// `undefined`: no category.
    #[default]
    Undefined,
    /// `new`: to do.
    New,
    /// `indeterminate`: in progress.
    Indeterminate,
    /// `done`.
    Done,
    /// A key that this crate does not know.
    Other(String),
}

impl StatusCategoryKey {
    /// Returns Jira's own word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Undefined => "undefined",
            Self::New => "new",
            Self::Indeterminate => "indeterminate",
            Self::Done => "done",
            Self::Other(key) => key,
        }
    }
}

impl fmt::Display for StatusCategoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for StatusCategoryKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        Ok(match key.as_str() {
            "undefined" => Self::Undefined,
            "new" => Self::New,
            "indeterminate" => Self::Indeterminate,
            "done" => Self::Done,
            _ => Self::Other(key),
        })
    }
}

/// A priority; ids and names differ per site and scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Priority {
    /// The id.
    #[serde(default, deserialize_with = "id_or_empty")]
    pub id: String,
    /// The name, in the user's language.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
}

/// How an issue was resolved; names differ per site.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Resolution {
    /// The id.
    #[serde(default, deserialize_with = "id_or_empty")]
    pub id: String,
    /// The name, in the user's language.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
}

/// The account behind a creator, reporter or assignee.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserRef {
    /// The Atlassian account id.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub account_id: String,
    /// The name shown.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub display_name: String,
}

/// The project an issue is in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ProjectRef {
    /// The id.
    #[serde(default, deserialize_with = "id_or_empty")]
    pub id: String,
    /// The key.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub key: String,
    /// The name.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
}

/// The type of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IssueTypeRef {
    /// The id.
    #[serde(default, deserialize_with = "id_or_empty")]
    pub id: String,
    /// The name, in the user's language.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
    /// Whether it is a sub-task type.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub subtask: bool,
    /// 1 for epics, 0 for usual types, -1 for sub-tasks.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub hierarchy_level: i32,
}
