//! Changing existing issues: fields and labels, status, entity properties.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::lenient::{id, null_as_empty};
use super::values::{Status, StatusCategoryKey};
use crate::error::Error;
use crate::send::Call;
use crate::site::Jira;

const ISSUE: &str = "/rest/api/3/issue/{issueIdOrKey}";
const TRANSITIONS: &str = "/rest/api/3/issue/{issueIdOrKey}/transitions";
const PROPERTY: &str = "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}";

/// A step in an issue's workflow that the user may take now.
///
/// **Source:** Jira Cloud REST API v3, "Get transitions".
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Transition {
    /// The id.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The name, in the user's language.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
    /// The status it leads to.
    #[serde(default)]
    pub to: Option<Status>,
}

/// The status that an issue shall get, by the word that the caller knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetStatus {
    /// The status with this id.
    Id(String),
    /// The status with this name, whatever its case; names can be renamed and are translated.
    Name(String),
    /// Any status of this category; the first transition offered that leads to one.
    Category(StatusCategoryKey),
}

impl TargetStatus {
    /// Tells whether a status is one that is meant.
    #[must_use]
    pub fn is_met_by(&self, status: &Status) -> bool {
        match self {
            Self::Id(id) => status.id == *id,
            Self::Name(name) => status.name.to_lowercase() == name.to_lowercase(),
            Self::Category(key) => status.category.key == *key,
        }
    }
}

/// What to change in an issue; what is not named stays.
///
/// A field is either set here or changed by operations, Jira refuses both at once. The status is changed by a
/// transition, not by an edit.
///
/// ```
/// use jira_client::IssueEdit;
///
/// let edit = IssueEdit::default()
///     .field("summary", "Export to CSV")
///     .add_label("reviewed")
///     .remove_label("draft");
/// assert_eq!(edit.add_labels, ["reviewed"]);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IssueEdit {
    /// Fields to set, in Jira's JSON form; `null` empties a field.
    pub fields: Map<String, Value>,
    /// Labels to add; they may hold no spaces.
    pub add_labels: Vec<String>,
    /// Labels to remove.
    pub remove_labels: Vec<String>,
    /// Further operations by field id, such as `[{"add": {"name": "1.0"}}]`.
    pub update: Map<String, Value>,
}

impl IssueEdit {
    /// Sets a field to its JSON form.
    #[must_use]
    pub fn field(mut self, id: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(id.to_owned(), value.into());
        self
    }

    /// Adds a label; other people's labels stay.
    #[must_use]
    pub fn add_label(mut self, label: impl Into<String>) -> Self {
        self.add_labels.push(label.into());
        self
    }

    /// Removes a label.
    #[must_use]
    pub fn remove_label(mut self, label: impl Into<String>) -> Self {
        self.remove_labels.push(label.into());
        self
    }

    fn body(&self) -> EditRequest<'_> {
        let mut update = self.update.clone();
        let add = self.add_labels.iter().map(|label| json!({ "add": label }));
        let remove = self.remove_labels.iter();
        let labels: Vec<Value> = add
            .chain(remove.map(|label| json!({ "remove": label })))
            .collect();
        if !labels.is_empty() {
            let all = match update.remove("labels") {
                Some(Value::Array(given)) => given.into_iter().chain(labels).collect(),
                Some(given) => std::iter::once(given).chain(labels).collect(),
                None => labels,
            };
            update.insert("labels".to_owned(), all.into());
        }
        EditRequest {
            fields: &self.fields,
            update,
        }
    }
}

#[derive(Serialize)]
struct EditRequest<'a> {
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    update: Map<String, Value>,
}

#[derive(Deserialize)]
struct Transitions {
    #[serde(deserialize_with = "null_as_empty")]
    transitions: Vec<Transition>,
}

#[derive(Deserialize)]
struct EntityProperty {
    value: Value,
}

impl Jira {
    /// Changes an issue.
    ///
    /// Setting the same again does no harm, unless somebody changed it in between. Needs the scope
    /// `write:jira-work`.
    ///
    /// # Errors
    /// [`Error`]; 400 with [`Error::field_errors`], 404 for gone or not visible, 409 when somebody edits at the
    /// same moment. Ask [`Error::may_have_been_applied`] before repeating.
    ///
    /// **Source:** Jira Cloud REST API v3, "Edit issue".
    pub async fn edit_issue(&self, id_or_key: &str, edit: &IssueEdit) -> Result<(), Error> {
        let call = Call::put(ISSUE).argument(id_or_key).json(&edit.body());
        self.send(call).await?.without_content()
    }

    /// Adds and removes labels; all other labels of the issue stay.
    ///
    /// Repeating it does no harm. Needs the scope `write:jira-work`.
    ///
    /// # Errors
    /// [`Error`]; 400 for a label with spaces, 409 when somebody edits at the same moment.
    pub async fn edit_labels(
        &self,
        id_or_key: &str,
        add: &[String],
        remove: &[String],
    ) -> Result<(), Error> {
        let edit = IssueEdit {
            add_labels: add.to_vec(),
            remove_labels: remove.to_vec(),
            ..IssueEdit::default()
        };
        self.edit_issue(id_or_key, &edit).await
    }

    /// Lists the transitions that the user may make now; none is an empty list.
    ///
    /// Needs the scope `read:jira-work`. What a transition leads to depends on the issue's present status.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    ///
    /// **Source:** Jira Cloud REST API v3, "Get transitions".
    pub async fn transitions(&self, id_or_key: &str) -> Result<Vec<Transition>, Error> {
        let call = Call::get(TRANSITIONS).argument(id_or_key);
        let found: Transitions = self.send(call).await?.json()?;
        Ok(found.transitions)
    }

    /// Makes a transition, by an id that [`transitions`](Self::transitions) gave for this issue.
    ///
    /// Needs the scope `write:jira-work`.
    ///
    /// # Errors
    /// [`Error`]; 400 when it is not available any more, 409 when another one is made at the same moment. Ask
    /// [`Error::may_have_been_applied`] before repeating: a second time may lead somewhere else.
    ///
    /// **Source:** Jira Cloud REST API v3, "Transition issue".
    pub async fn transition(&self, id_or_key: &str, transition_id: &str) -> Result<(), Error> {
        let call = Call::post(TRANSITIONS)
            .argument(id_or_key)
            .json(&json!({ "transition": { "id": transition_id } }));
        self.send(call).await?.without_content()
    }

    /// Takes an issue to a status by the first transition offered that leads there.
    ///
    /// Returns the transition made; `None`, with nothing done, when the user is offered none that leads there
    /// in one step. It is not looked whether the issue has that status already.
    ///
    /// # Errors
    /// [`Error`] of listing the transitions or of making the one found.
    ///
    /// **Source:** Jira Cloud REST API v3, "Get transitions" and "Transition issue".
    pub async fn transition_to(
        &self,
        id_or_key: &str,
        target: &TargetStatus,
    ) -> Result<Option<Transition>, Error> {
        let offered = self.transitions(id_or_key).await?;
        let leads_there =
            |offer: &Transition| offer.to.as_ref().is_some_and(|to| target.is_met_by(to));
        let Some(found) = offered.into_iter().find(leads_there) else {
            return Ok(None);
        };
        self.transition(id_or_key, &found.id).await?;
        Ok(Some(found))
    }

    /// Returns an issue's entity property, `None` when the issue or the property is not there.
    ///
    /// Needs the scope `read:jira-work`. [`FetchOptions::properties`](crate::FetchOptions::properties) reads
    /// those of many issues at once.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    ///
    /// **Source:** Jira Cloud REST API v3, "Get issue property".
    pub async fn issue_property(&self, id_or_key: &str, key: &str) -> Result<Option<Value>, Error> {
        let call = Call::get(PROPERTY).argument(id_or_key).argument(key);
        match self.send(call).await {
            Ok(answer) => answer
                .json::<EntityProperty>()
                .map(|property| Some(property.value)),
            Err(error) if error.is_jiras_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets an issue's entity property; the key has at most 255, the value 32,768 characters of JSON.
    ///
    /// Repeating it does no harm, unless somebody changed it in between. Needs the scope `write:jira-work`.
    ///
    /// # Errors
    /// [`Error`]; 400 for a value that is too long, 404 for an issue gone or not visible.
    ///
    /// **Source:** Jira Cloud REST API v3, "Set issue property".
    pub async fn set_issue_property(
        &self,
        id_or_key: &str,
        key: &str,
        value: &Value,
    ) -> Result<(), Error> {
        let call = Call::put(PROPERTY)
            .argument(id_or_key)
            .argument(key)
            .json(value);
        self.send(call).await?.without_content()
    }

    /// Deletes an issue's entity property; false when the issue or the property was not there.
    ///
    /// Repeating it does no harm. Needs the scope `write:jira-work`.
    ///
    /// # Errors
    /// [`Error`]; 403 without the permission to edit the issue.
    ///
    /// **Source:** Jira Cloud REST API v3, "Delete issue property".
    pub async fn delete_issue_property(&self, id_or_key: &str, key: &str) -> Result<bool, Error> {
        let call = Call::delete(PROPERTY).argument(id_or_key).argument(key);
        match self.send(call).await {
            Ok(answer) => answer.without_content().map(|()| true),
            Err(error) if error.is_jiras_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
