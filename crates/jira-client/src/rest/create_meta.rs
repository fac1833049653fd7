//! What can be created in a project: issue types, and the fields of each.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::lenient::{id, null_as_empty, number};
use super::values::Priority;
use crate::error::Error;
use crate::send::Call;
use crate::site::Jira;

const TYPES: &str = "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes";
const FIELDS: &str = "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}";
/// More answers 400 here.
const PAGE_SIZE: usize = 200;
/// A server whose pages never end is given up; real projects have at most a few hundred fields.
const MAX_ITEMS: usize = 20_000;

/// An issue type ("work type") that can be created in a project.
///
/// **Source:** Jira Cloud REST API v3, "Get create metadata issue types for a project".
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IssueTypeMeta {
    /// The id.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The name, in the user's language.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
    /// The name before translation, such as `Task`, where Jira gives it.
    #[serde(default)]
    pub untranslated_name: Option<String>,
    /// Whether issues of this type need a parent.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub subtask: bool,
    /// 1 for epics, 0 for usual types, -1 for sub-tasks; higher in some plans.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub hierarchy_level: i32,
}

/// A field on the create screen of an issue type.
///
/// **Source:** Jira Cloud REST API v3, "Get create field metadata for a project and issue type id".
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FieldMeta {
    /// The id to use in `fields`, such as `summary` or `customfield_10010`.
    pub field_id: String,
    /// The key; equals the id for system fields.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub key: String,
    /// The name, in the user's language.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
    /// Whether a create without a value fails, unless there is a default.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub required: bool,
    /// Whether Jira fills the field when it is left out.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub has_default_value: bool,
    /// The default value in its JSON form, where Jira tells.
    #[serde(default)]
    pub default_value: Option<Value>,
    /// The values allowed, in their JSON form; empty when any is, or where they are not listed.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub allowed_values: Vec<Value>,
    /// The type of the value.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub schema: FieldSchema,
    /// What can be done with the field, such as `set` and `add`.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub operations: Vec<String>,
}

impl FieldMeta {
    /// Tells whether a create fails unless the caller gives a value.
    #[must_use]
    pub const fn must_be_given(&self) -> bool {
        self.required && !self.has_default_value
    }
}

/// The type of a field's value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FieldSchema {
    /// The type, such as `string`, `array`, `option` or `priority`.
    #[serde(default, rename = "type", deserialize_with = "null_as_empty")]
    pub kind: String,
    /// The type of an array's elements.
    #[serde(default)]
    pub items: Option<String>,
    /// The system field's name.
    #[serde(default)]
    pub system: Option<String>,
    /// The custom field type's key.
    #[serde(default)]
    pub custom: Option<String>,
    /// The custom field's number.
    #[serde(default, deserialize_with = "number")]
    pub custom_id: Option<i64>,
}

impl Jira {
    /// Returns all issue types that the user can create in a project.
    ///
    /// Needs the scope `read:jira-work` and the permission to create issues; what Jira answers without
    /// it is not documented (an empty list, 400 or 404).
    ///
    /// # Errors
    /// [`Error`] as for every read.
    pub async fn create_meta_issue_types(
        &self,
        project_id_or_key: &str,
    ) -> Result<Vec<IssueTypeMeta>, Error> {
        self.all_pages("issueTypes", || {
            Call::get(TYPES).argument(project_id_or_key)
        })
        .await
    }

    /// Returns all fields on the create screen of an issue type in a project.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    pub async fn create_meta_fields(
        &self,
        project_id_or_key: &str,
        issue_type_id: &str,
    ) -> Result<Vec<FieldMeta>, Error> {
        self.all_pages("fields", || {
            Call::get(FIELDS)
                .argument(project_id_or_key)
                .argument(issue_type_id)
        })
        .await
    }

    /// Returns the priorities that issues of a type can be created with in a project.
    ///
    /// `None` when the create screen has no priority field: a create must not name one then. Ids and names
    /// differ per site and project; send the id.
    ///
    /// # Errors
    /// [`Error`] as for every read; [`Error::Decode`] when an allowed value is no priority.
    pub async fn create_meta_priorities(
        &self,
        project_id_or_key: &str,
        issue_type_id: &str,
    ) -> Result<Option<Vec<Priority>>, Error> {
        let fields = self
            .create_meta_fields(project_id_or_key, issue_type_id)
            .await?;
        let field = fields
            .into_iter()
            .find(|field| field.field_id == "priority");
        let Some(field) = field else {
            return Ok(None);
        };
        let priorities: Result<Vec<Priority>, _> = field
            .allowed_values
            .into_iter()
            .map(Priority::deserialize)
            .collect();
        priorities.map(Some).map_err(|_not_quoted| Error::Decode {
            route: Call::get(FIELDS).route,
            status: 200,
            path: "fields.allowedValues".to_owned(),
            reason: "expected priorities".to_owned(),
        })
    }

    /// Collects pages that tell a total but not which is the last.
    async fn all_pages<T>(&self, list: &str, call: impl Fn() -> Call) -> Result<Vec<T>, Error>
    where
        T: DeserializeOwned,
    {
        let mut all: Vec<T> = Vec::new();
        loop {
            let call = call()
                .query("startAt", all.len().to_string())
                .query("maxResults", PAGE_SIZE.to_string());
            let answer = self.send(call).await?;
            let page: MetaPage<T> = answer.json()?;
            let total = page.total;
            let Some(items) = page.into_items() else {
                let reason = format!("missing field `{list}`");
                return Err(answer.undecodable(list.to_owned(), reason));
            };
            let count = items.len();
            all.extend(items);
            let complete = match total {
                Some(total) => all.len() >= total,
                None => count < PAGE_SIZE,
            };
            if count == 0 || complete {
                return Ok(all);
            }
            if all.len() > MAX_ITEMS {
                let reason = "the pages do not end".to_owned();
                return Err(answer.undecodable("total".to_owned(), reason));
            }
        }
    }
}

/// A page of createmeta; Jira documents two names for each list, and an answer may hold both.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct MetaPage<T> {
    #[serde(
        default = "none",
        deserialize_with = "present",
        alias = "issueTypes",
        alias = "fields"
    )]
    items: Option<Vec<T>>,
    #[serde(
        default = "none",
        deserialize_with = "present",
        alias = "createMetaIssueType",
        alias = "results"
    )]
    items_again: Option<Vec<T>>,
    #[serde(default, deserialize_with = "number")]
    total: Option<usize>,
}

impl<T> MetaPage<T> {
    /// Returns the items, `None` where neither list is there.
    fn into_items(self) -> Option<Vec<T>> {
        match (self.items, self.items_again) {
            (Some(items), Some(again)) if items.is_empty() => Some(again),
            (items, again) => items.or(again),
        }
    }
}

/// Reads a list that is there, be it null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    null_as_empty(deserializer).map(Some)
}

const fn none<T>() -> Option<T> {
    None
}
