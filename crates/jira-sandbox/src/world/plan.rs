//! Worlds that are described by their user, in a seed file or in code.

mod build;
mod fields;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Category, ProjectTemplate};

pub use fields::{FieldSeed, FieldSeedKind};

/// The accounts and sites that a sandbox starts with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldSeed {
    /// The accounts, the one that the consent page offers first at the front; none keeps the
    /// stock two.
    pub accounts: Vec<AccountSeed>,
    /// The sites.
    pub sites: Vec<SiteSeed>,
}

/// A person's Atlassian account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSeed {
    /// The account id.
    pub id: String,
    /// The name that people see.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// A site with its projects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSeed {
    /// What its address and control calls name it by.
    pub slug: String,
    /// Its name; the slug where it is left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Its cloud id; made from its position where it is left out.
    #[serde(default)]
    pub cloud_id: Option<String>,
    /// Its projects.
    #[serde(default)]
    pub projects: Vec<ProjectSeed>,
}

/// A project with what makes it special.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSeed {
    /// Its key.
    pub key: String,
    /// Its name; the key where it is left out.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is like where nothing below says otherwise.
    #[serde(default)]
    pub template: ProjectTemplate,
    /// Whether the caller may see it.
    #[serde(default = "yes")]
    pub browse: bool,
    /// Whether the caller may create issues in it.
    #[serde(default = "yes")]
    pub create: bool,
    /// Whether the caller may edit its issues.
    #[serde(default = "yes")]
    pub edit: bool,
    /// Whether the caller may move its issues through their workflow.
    #[serde(default = "yes")]
    pub transition: bool,
    /// Keys it had before.
    #[serde(default)]
    pub former_keys: Vec<String>,
    /// Whether priority is on the create screen.
    #[serde(default)]
    pub priority_on_screen: Option<bool>,
    /// Its own priorities, the most urgent first.
    #[serde(default)]
    pub priorities: Option<Vec<NamedSeed>>,
    /// The name of the priority that issues have by default.
    #[serde(default)]
    pub default_priority: Option<String>,
    /// Its own issue types.
    #[serde(default)]
    pub types: Option<Vec<TypeSeed>>,
    /// Its own statuses, that of new issues first.
    #[serde(default)]
    pub statuses: Option<Vec<StatusSeed>>,
    /// Custom fields beside those of the template.
    #[serde(default)]
    pub fields: Vec<FieldSeed>,
    /// As many further optional fields, for paging.
    #[serde(default)]
    pub extra_fields: usize,
    /// As many issues that differ in nothing but their numbers, before those listed.
    #[serde(default)]
    pub seeded_issues: u64,
    /// The issues.
    #[serde(default)]
    pub issues: Vec<IssueSeed>,
}

fn yes() -> bool {
    true
}

fn one() -> u64 {
    1
}

/// Something with a name, and with an id of its own where it must have a certain one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedSeed {
    /// The name.
    pub name: String,
    /// The id.
    #[serde(default)]
    pub id: Option<String>,
}

/// An issue type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeSeed {
    /// The name, in the language of the site.
    pub name: String,
    /// The name before translation; the name itself where it is left out.
    #[serde(default)]
    pub untranslated_name: Option<String>,
    /// The id.
    #[serde(default)]
    pub id: Option<String>,
    /// 1 for epics, 0 for stories and their like, -1 for sub-tasks.
    #[serde(default)]
    pub level: i32,
}

/// A status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusSeed {
    /// The name.
    pub name: String,
    /// The category.
    pub category: Category,
    /// The id.
    #[serde(default)]
    pub id: Option<String>,
}

/// An issue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueSeed {
    /// The summary.
    pub summary: String,
    /// The name of its type; the first plain one where it is left out.
    #[serde(default, rename = "type")]
    pub issue_type: Option<String>,
    /// The name of its status; the first where it is left out.
    #[serde(default)]
    pub status: Option<String>,
    /// The name of its priority.
    #[serde(default)]
    pub priority: Option<String>,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Its description, a paragraph for each line.
    #[serde(default)]
    pub description: Option<String>,
    /// The account that made it; the first where it is left out.
    #[serde(default)]
    pub account: Option<String>,
    /// Its entity properties.
    #[serde(default)]
    pub properties: BTreeMap<String, Value>,
    /// Whether nobody can see it.
    #[serde(default)]
    pub hidden: bool,
    /// As many like it.
    #[serde(default = "one")]
    pub count: u64,
}
