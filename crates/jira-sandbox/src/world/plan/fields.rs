//! Custom fields of a described world.

use serde::{Deserialize, Serialize};

use crate::world::{CustomField, FieldKind};

/// A custom field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSeed {
    /// The name.
    pub name: String,
    /// The id, such as `customfield_10050`; the next free one where it is left out.
    #[serde(default)]
    pub id: Option<String>,
    /// What it takes.
    #[serde(default)]
    pub kind: FieldSeedKind,
    /// The options of a select field.
    #[serde(default)]
    pub options: Vec<String>,
    /// Whether a create must give it.
    #[serde(default)]
    pub required: bool,
    /// The only type (untranslated name) that has it.
    #[serde(default)]
    pub only_on: Option<String>,
}

/// What a custom field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldSeedKind {
    /// One line of text.
    #[default]
    Text,
    /// A document.
    Paragraph,
    /// A number.
    Number,
    /// One of some options.
    Select,
}

impl FieldSeed {
    /// Makes the field, under this number where it has no id of its own.
    pub(crate) fn field(self, number: u64) -> CustomField {
        let kind = match self.kind {
            FieldSeedKind::Text => FieldKind::Text,
            FieldSeedKind::Paragraph => FieldKind::Paragraph,
            FieldSeedKind::Number => FieldKind::Number,
            FieldSeedKind::Select => {
                let ids = (number * 10..).map(|id| id.to_string());
                FieldKind::Select(ids.zip(self.options).collect())
            }
        };
        CustomField {
            id: self.id.unwrap_or_else(|| format!("customfield_{number}")),
            name: self.name,
            kind,
            required: self.required,
            only_on: self.only_on,
        }
    }
}
