//! Values that several resources share.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// A workflow status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Status {
    /// The id.
    #[serde(default)]
    pub id: String,
    /// The name; can be renamed and differs per project.
    pub name: String,
    /// The category, the only part to build decisions on.
    #[serde(default, rename = "statusCategory")]
    pub category: StatusCategory,
}

/// The category a status belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct StatusCategory {
    /// The key.
    #[serde(default)]
    pub key: StatusCategoryKey,
    /// The name, in the user's language.
    #[serde(default)]
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
    #[serde(default)]
    pub id: String,
    /// The name, in the user's language.
    #[serde(default)]
    pub name: String,
}

/// The account behind a creator, reporter or assignee.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserRef {
    /// The Atlassian account id.
    #[serde(default)]
    pub account_id: String,
    /// The name shown.
    #[serde(default)]
    pub display_name: String,
}

/// The project an issue is in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ProjectRef {
    /// The id.
    #[serde(default)]
    pub id: String,
    /// The key.
    #[serde(default)]
    pub key: String,
    /// The name.
    #[serde(default)]
    pub name: String,
}

/// The type of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IssueTypeRef {
    /// The id.
    #[serde(default)]
    pub id: String,
    /// The name, in the user's language.
    #[serde(default)]
    pub name: String,
    /// Whether it is a sub-task type.
    #[serde(default)]
    pub subtask: bool,
    /// 1 for epics, 0 for usual types, -1 for sub-tasks.
    #[serde(default)]
    pub hierarchy_level: i32,
}

/// Reads a list that may be null or absent.
pub(crate) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
