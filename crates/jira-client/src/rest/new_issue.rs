//! What a create sends.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// An issue to be created: its fields in Jira's JSON form, and entity properties set with it.
///
/// ```
/// use jira_client::NewIssue;
/// use serde_json::json;
///
/// let issue = NewIssue::new("10000", "10001", "Export to CSV")
///     .labels(["export"])
///     .field("priority", json!({"id": "2"}))
///     .property("example.origin", json!({"row": 17}));
/// assert_eq!(issue.fields["project"], json!({"id": "10000"}));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewIssue {
    /// The fields by id. What may be set is what [`Jira::create_meta_fields`] lists.
    ///
    /// [`Jira::create_meta_fields`]: crate::Jira::create_meta_fields
    pub fields: Map<String, Value>,
    /// Entity properties by key: invisible to people, set in the same step as the issue.
    ///
    /// Keys have at most 255 characters, values at most 32,768 characters of JSON. Whoever may edit the
    /// issue may read them, so they are no place for secrets.
    pub properties: Vec<(String, Value)>,
}

impl NewIssue {
    /// Starts an issue from the ids of its project and type and its title.
    ///
    /// The summary may have at most 255 characters and no line break.
    #[must_use]
    pub fn new(project_id: &str, issue_type_id: &str, summary: &str) -> Self {
        Self::default()
            .field("project", json!({ "id": project_id }))
            .field("issuetype", json!({ "id": issue_type_id }))
            .field("summary", summary)
    }

    /// Sets the description, an Atlassian document.
    #[must_use]
    pub fn description(self, document: Value) -> Self {
        self.field("description", document)
    }

    /// Sets the labels, which may hold no spaces.
    #[must_use]
    pub fn labels<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Self {
        let labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        self.field("labels", labels)
    }

    /// Sets any field to its JSON form.
    #[must_use]
    pub fn field(mut self, id: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(id.to_owned(), value.into());
        self
    }

    /// Sets an entity property.
    #[must_use]
    pub fn property(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.properties.push((key.to_owned(), value.into()));
        self
    }
}

impl Serialize for NewIssue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("NewIssue", 2)?;
        body.serialize_field("fields", &self.fields)?;
        if !self.properties.is_empty() {
            let properties: Vec<Value> = self
                .properties
                .iter()
                .map(|(key, value)| json!({ "key": key, "value": value }))
                .collect();
            body.serialize_field("properties", &properties)?;
        }
        body.end()
    }
}
