//! A project with its types, priorities, statuses and create screen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Who manages a project; decides much of what its screens offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Company-managed.
    Classic,
    /// Team-managed.
    NextGen,
}

impl Style {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::NextGen => "next-gen",
        }
    }
}

/// Jira's fixed status categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// No category, as statuses have that nobody has sorted.
    Undefined,
    /// To do.
    New,
    /// In progress.
    Indeterminate,
    /// Done.
    Done,
}

impl Category {
    pub(crate) fn id(self) -> u8 {
        match self {
            Self::Undefined => 1,
            Self::New => 2,
            Self::Done => 3,
            Self::Indeterminate => 4,
        }
    }

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::New => "new",
            Self::Done => "done",
            Self::Indeterminate => "indeterminate",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Undefined => "No Category",
            Self::New => "To Do",
            Self::Done => "Done",
            Self::Indeterminate => "In Progress",
        }
    }

    pub(crate) fn color(self) -> &'static str {
        match self {
            Self::Undefined => "medium-gray",
            Self::New => "blue-gray",
            Self::Done => "green",
            Self::Indeterminate => "yellow",
        }
    }
}

/// A status of a project's workflow, which lets every status follow every other.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) category: Category,
    /// The transition that leads here.
    pub(crate) transition_id: String,
}

/// A priority of a project's scheme, the most urgent first in its list.
#[derive(Clone, Debug)]
pub(crate) struct Priority {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// An issue type as one project offers it.
#[derive(Clone, Debug)]
pub(crate) struct IssueType {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) untranslated_name: String,
    /// 1 for epics, 0 for stories and their like, -1 for sub-tasks.
    pub(crate) level: i32,
}

impl IssueType {
    pub(crate) fn is_subtask(&self) -> bool {
        self.level < 0
    }
}

/// What a custom field takes.
#[derive(Clone, Debug)]
pub(crate) enum FieldKind {
    /// One line of text, up to 255 characters.
    Text,
    /// A document.
    Paragraph,
    Number,
    /// One of these options, by id and value.
    Select(Vec<(String, String)>),
}

/// A custom field on a project's create screens.
#[derive(Clone, Debug)]
pub(crate) struct CustomField {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    pub(crate) required: bool,
    /// The only type (untranslated name) that has it; none means all.
    pub(crate) only_on: Option<String>,
}

/// A project (a "space" in Jira's newer words).
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) style: Style,
    pub(crate) types: Vec<IssueType>,
    pub(crate) priorities: Vec<Priority>,
    pub(crate) default_priority: Option<String>,
    pub(crate) priority_on_screen: bool,
    pub(crate) statuses: Vec<Status>,
    pub(crate) custom_fields: Vec<CustomField>,
    /// Whether the caller may see the project and its issues.
    pub(crate) can_browse: bool,
    pub(crate) can_create: bool,
    pub(crate) can_edit: bool,
    pub(crate) can_transition: bool,
    pub(crate) deleted: bool,
    /// Keys it had before, which still lead to it.
    pub(crate) former_keys: Vec<String>,
    pub(crate) last_number: u64,
    /// Issue ids by their number in this project.
    pub(crate) numbers: BTreeMap<u64, u64>,
}

impl Project {
    /// Tells whether the project had this key before.
    pub(crate) fn was(&self, key: &str) -> bool {
        let former = &self.former_keys;
        former.iter().any(|held| held.eq_ignore_ascii_case(key))
    }

    /// Gives the project another key; the old one goes on leading to it.
    pub(crate) fn rename_key(&mut self, key: &str) {
        self.former_keys.retain(|former| former != key);
        let old = std::mem::replace(&mut self.key, key.to_owned());
        self.former_keys.push(old);
    }

    /// Gives the first type that is neither above nor below the others.
    pub(crate) fn plain_type(&self) -> Option<&IssueType> {
        self.types.iter().find(|kind| kind.level == 0)
    }

    pub(crate) fn issue_type(&self, id: &str) -> Option<&IssueType> {
        self.types.iter().find(|kind| kind.id == id)
    }

    pub(crate) fn priority(&self, id: &str) -> Option<&Priority> {
        self.priorities.iter().find(|priority| priority.id == id)
    }

    pub(crate) fn status(&self, id: &str) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }

    /// Gives the custom fields that one type has.
    pub(crate) fn fields_of<'a>(
        &'a self,
        kind: &'a IssueType,
    ) -> impl Iterator<Item = &'a CustomField> {
        self.custom_fields
            .iter()
            .filter(|field| match &field.only_on {
                Some(name) => *name == kind.untranslated_name,
                None => true,
            })
    }
}
