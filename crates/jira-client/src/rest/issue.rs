//! An issue as reads return it.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::lenient::{id, null_as_empty, time};
use super::values::{IssueTypeRef, Priority, ProjectRef, Resolution, Status, UserRef};

/// An issue, with the fields and entity properties asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Issue {
    /// The id, which never changes.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The present key; changes when the issue moves to another project. Empty in a search for ids only.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub key: String,
    /// The issue's address in the REST API, on the site's own domain.
    #[serde(default, rename = "self", deserialize_with = "null_as_empty")]
    pub self_url: String,
    /// The fields.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub fields: IssueFields,
    /// The entity properties asked for, by key; those the issue lacks are absent.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub properties: Map<String, Value>,
}

/// The fields of an issue; those not asked for, not on the site or without a value are `None` or empty.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct IssueFields {
    /// The title.
    pub summary: Option<String>,
    /// The workflow status.
    pub status: Option<Status>,
    /// The priority.
    pub priority: Option<Priority>,
    /// The labels.
    pub labels: Vec<String>,
    /// The issue type.
    pub issue_type: Option<IssueTypeRef>,
    /// The project.
    pub project: Option<ProjectRef>,
    /// Who created the issue; cannot be chosen.
    pub creator: Option<UserRef>,
    /// Who reported it; can be chosen.
    pub reporter: Option<UserRef>,
    /// Who works on it.
    pub assignee: Option<UserRef>,
    /// How it was resolved; `None` while it is not, and in workflows that do not say.
    pub resolution: Option<Resolution>,
    /// The description as an Atlassian document.
    pub description: Option<Value>,
    /// When it was created.
    pub created: Option<OffsetDateTime>,
    /// When it was changed last.
    pub updated: Option<OffsetDateTime>,
    /// Every other field, as Jira sent it.
    pub other: Map<String, Value>,
}

impl<'de> Deserialize<'de> for IssueFields {
    /// Reads the fields one by one, so that an error names the field (a flattened struct would not).
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = IssueFields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields by id")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IssueFields, A::Error> {
        let mut fields = IssueFields::default();
        while let Some(id) = map.next_key::<String>()? {
            match id.as_str() {
                "summary" => fields.summary = map.next_value()?,
                "status" => fields.status = map.next_value()?,
                "priority" => fields.priority = map.next_value()?,
                "labels" => fields.labels = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "issuetype" => fields.issue_type = map.next_value()?,
                "project" => fields.project = map.next_value()?,
                "creator" => fields.creator = map.next_value()?,
                "reporter" => fields.reporter = map.next_value()?,
                "assignee" => fields.assignee = map.next_value()?,
                "resolution" => fields.resolution = map.next_value()?,
                "description" => fields.description = map.next_value()?,
                "created" => fields.created = map.next_value::<Time>()?.0,
                "updated" => fields.updated = map.next_value::<Time>()?.0,
                _ => {
                    let value = map.next_value()?;
                    fields.other.insert(id, value);
                }
            }
        }
        Ok(fields)
    }
}

#[derive(Deserialize)]
struct Time(#[serde(deserialize_with = "time")] Option<OffsetDateTime>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_unknown_fields_are_taken_as_they_come() {
        let issue: Issue = serde_json::from_str(
            r#"{"id":"1","key":"A-1","fields":{"labels":null,"priority":null,"created":null,
                "status":{"name":"Odd","statusCategory":{"id":9,"key":"in-flight"}},
                "customfield_1":{"x":1}},"properties":null,"expand":"x"}"#,
        )
        .unwrap();
        assert!(issue.fields.labels.is_empty());
        assert_eq!(
            issue.fields.status.unwrap().category.key.as_str(),
            "in-flight"
        );
        assert_eq!(issue.fields.other["customfield_1"]["x"], 1);
    }
}
