//! Changing existing issues: labels, status, entity properties.

use serde::Deserialize;
use serde_json::{Value, json};

use super::lenient::{id, null_as_empty};
use super::values::Status;
use crate::error::Error;
use crate::http::Call;
use crate::site::Jira;

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

#[derive(Deserialize)]
struct Transitions {
    #[serde(default, deserialize_with = "null_as_empty")]
    transitions: Vec<Transition>,
}

#[derive(Deserialize)]
struct EntityProperty {
    #[serde(default)]
    value: Value,
}

impl Jira {
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
        let add = add.iter().map(|label| json!({ "add": label }));
        let operations: Vec<Value> = add
            .chain(remove.iter().map(|label| json!({ "remove": label })))
            .collect();
        let call = Call::put("/rest/api/3/issue/{issueIdOrKey}")
            .argument(id_or_key)
            .json(&json!({ "update": { "labels": operations } }));
        self.send(call).await?.without_content()
    }

    /// Lists the transitions that the user may make now; none is an empty list.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    pub async fn transitions(&self, id_or_key: &str) -> Result<Vec<Transition>, Error> {
        let call = Call::get(TRANSITIONS).argument(id_or_key);
        let found: Transitions = self.send(call).await?.json()?;
        Ok(found.transitions)
    }

    /// Makes a transition.
    ///
    /// # Errors
    /// [`Error`]; 400 when it is not available any more, 409 when another one is made at the same moment.
    pub async fn transition(&self, id_or_key: &str, transition_id: &str) -> Result<(), Error> {
        let call = Call::post(TRANSITIONS)
            .argument(id_or_key)
            .json(&json!({ "transition": { "id": transition_id } }));
        self.send(call).await?.without_content()
    }

    /// Returns an issue's entity property, `None` when the issue or the property is not there.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    pub async fn issue_property(&self, id_or_key: &str, key: &str) -> Result<Option<Value>, Error> {
        let call = Call::get(PROPERTY).argument(id_or_key).argument(key);
        match self.send(call).await {
            Ok(answer) => answer
                .json::<EntityProperty>()
                .map(|property| Some(property.value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets an issue's entity property; the key has at most 255, the value 32,768 characters of JSON.
    ///
    /// # Errors
    /// [`Error`].
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
}
