//! The world a sandbox starts with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::SandboxConfig;

use super::{
    Account, Category, CustomField, FieldKind, IssueType, Priority, Project, Site, Status, Style,
    World,
};

/// Cloud id of the site "Acme".
pub const ACME_CLOUD_ID: &str = "5a0db0c0-0000-4000-8000-0000000000ac";
/// Cloud id of the site "Beacon".
pub const BEACON_CLOUD_ID: &str = "5a0db0c0-0000-4000-8000-0000000000be";
/// Account id of "Sandbox User", whom the consent page offers first.
pub const USER_ACCOUNT_ID: &str = "712020:5a0db0c0-0000-4000-8000-000000000001";
/// Account id of "Sandbox Other User".
pub const OTHER_USER_ACCOUNT_ID: &str = "712020:5a0db0c0-0000-4000-8000-000000000002";

/// What a new project is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProjectTemplate {
    /// Company-managed, everything as Jira ships it.
    #[default]
    Classic,
    /// Team-managed, without a priority on the create screen.
    NextGen,
    /// Company-managed, with its own priorities and translated names.
    OwnNames,
    /// Company-managed, with required custom fields.
    RequiredFields,
}

impl ProjectTemplate {
    pub(crate) fn project(self, key: &str, name: &str) -> Project {
        let base = match self {
            Self::Classic => classic(0, key, name),
            Self::NextGen => team_managed(0),
            Self::OwnNames => own_names(0),
            Self::RequiredFields => required_fields(0),
        };
        Project {
            key: key.to_owned(),
            name: name.to_owned(),
            ..base
        }
    }
}

/// Builds the sites, projects and accounts of a new sandbox.
pub(crate) fn seed(config: &SandboxConfig, base_url: &str) -> World {
    let site = |cloud_id, slug, name, projects| {
        Site::new(
            cloud_id,
            slug,
            name,
            format!("{base_url}/sites/{slug}"),
            projects,
        )
    };
    let acme = site(ACME_CLOUD_ID, "acme", "Acme", acme_projects(config));
    let beacon = site(
        BEACON_CLOUD_ID,
        "beacon",
        "Beacon",
        vec![classic(10_000, "BEA", "Beacon")],
    );
    World::new(stock_accounts(), vec![acme, beacon])
}

/// Builds the world that is described, or the stock one.
pub(crate) fn world_of(config: &SandboxConfig, base_url: &str) -> Result<World, String> {
    let stock = seed(config, base_url);
    match &config.world {
        Some(described) => described.build(stock, base_url),
        None => Ok(stock),
    }
}

fn stock_accounts() -> Vec<Account> {
    vec![
        Account {
            id: USER_ACCOUNT_ID.to_owned(),
            name: "Sandbox User".to_owned(),
            email: "sandbox-user@example.invalid".to_owned(),
        },
        Account {
            id: OTHER_USER_ACCOUNT_ID.to_owned(),
            name: "Sandbox Other User".to_owned(),
            email: "sandbox-other-user@example.invalid".to_owned(),
        },
    ]
}

fn acme_projects(config: &SandboxConfig) -> Vec<Project> {
    let mut shop = classic(10_000, "SHOP", "Web Shop");
    shop.custom_fields
        .extend((0..config.extra_fields).map(extra_field));
    let mut lock = classic(10_004, "LOCK", "Locked Archive");
    lock.can_create = false;
    let mut projects = vec![
        shop,
        team_managed(10_001),
        own_names(10_002),
        required_fields(10_003),
        lock,
    ];
    projects.extend((1_u64..).take(config.extra_projects).map(|at| {
        classic(
            10_100 + at,
            &format!("EXTRA{at}"),
            &format!("Extra Project {at}"),
        )
    }));
    projects
}

/// A company-managed project with everything as Jira ships it.
fn classic(id: u64, key: &str, name: &str) -> Project {
    Project {
        id,
        key: key.to_owned(),
        name: name.to_owned(),
        style: Style::Classic,
        types: types(10_000, ["Epic", "Task", "Story", "Bug", "Sub-task"]),
        priorities: priorities(1, &["Highest", "High", "Medium", "Low", "Lowest"]),
        default_priority: Some("3".to_owned()),
        priority_on_screen: true,
        statuses: statuses(["10000", "3", "10001"], ["To Do", "In Progress", "Done"]),
        custom_fields: Vec::new(),
        can_browse: true,
        can_create: true,
        can_edit: true,
        can_transition: true,
        deleted: false,
        former_keys: Vec::new(),
        last_number: 0,
        numbers: BTreeMap::new(),
    }
}

/// A team-managed project, whose create screen has no priority.
fn team_managed(id: u64) -> Project {
    Project {
        style: Style::NextGen,
        types: types(10_010, ["Epic", "Task", "Story", "Bug", "Subtask"]),
        default_priority: None,
        priority_on_screen: false,
        statuses: statuses(
            ["10010", "10011", "10012"],
            ["To Do", "In Progress", "Done"],
        ),
        ..classic(id, "TEAM", "Team Space")
    }
}

/// A company-managed project with its own priorities and translated names.
fn own_names(id: u64) -> Project {
    let names = ["Epos", "Aufgabe", "Anforderung", "Fehler", "Teilaufgabe"];
    let mut kinds = types(10_020, ["Epic", "Task", "Story", "Bug", "Sub-task"]);
    for (kind, name) in kinds.iter_mut().zip(names) {
        kind.name = name.to_owned();
    }
    Project {
        types: kinds,
        priorities: priorities(10_100, &["Blocker", "Critical", "Major", "Minor"]),
        default_priority: Some("10102".to_owned()),
        statuses: statuses(
            ["10020", "10021", "10022"],
            ["Offen", "In Arbeit", "Erledigt"],
        ),
        ..classic(id, "OWN", "Own Names")
    }
}

/// A company-managed project that demands more than Jira's own fields.
fn required_fields(id: u64) -> Project {
    let options = ["Low impact", "High impact"];
    let options = options
        .iter()
        .zip(10_100..)
        .map(|(name, id)| (id.to_string(), (*name).into()));
    let note = CustomField {
        id: "customfield_10010".to_owned(),
        name: "Cost centre".to_owned(),
        kind: FieldKind::Text,
        required: true,
        only_on: None,
    };
    let impact = CustomField {
        id: "customfield_10011".to_owned(),
        name: "Impact".to_owned(),
        kind: FieldKind::Select(options.collect()),
        required: true,
        only_on: Some("Bug".to_owned()),
    };
    let details = CustomField {
        id: "customfield_10012".to_owned(),
        name: "Rollout notes".to_owned(),
        kind: FieldKind::Paragraph,
        required: false,
        only_on: None,
    };
    let points = CustomField {
        id: "customfield_10013".to_owned(),
        name: "Story points".to_owned(),
        kind: FieldKind::Number,
        required: false,
        only_on: None,
    };
    Project {
        custom_fields: vec![note, impact, details, points],
        ..classic(id, "REQ", "Required Fields")
    }
}

pub(crate) fn extra_field(at: usize) -> CustomField {
    CustomField {
        id: format!("customfield_{}", 11_000 + at),
        name: format!("Extra field {}", at + 1),
        kind: FieldKind::Text,
        required: false,
        only_on: None,
    }
}

fn types(first_id: u32, names: [&str; 5]) -> Vec<IssueType> {
    let levels = [1, 0, 0, 0, -1];
    let kinds = names.into_iter().zip(levels).zip(first_id..);
    kinds
        .map(|((name, level), id)| IssueType {
            id: id.to_string(),
            name: name.to_owned(),
            untranslated_name: name.to_owned(),
            level,
        })
        .collect()
}

fn priorities(first_id: u32, names: &[&str]) -> Vec<Priority> {
    let named = names.iter().zip(first_id..);
    named
        .map(|(name, id)| Priority {
            id: id.to_string(),
            name: (*name).to_owned(),
        })
        .collect()
}

fn statuses(ids: [&str; 3], names: [&str; 3]) -> Vec<Status> {
    let categories = [Category::New, Category::Indeterminate, Category::Done];
    let transitions = ["11", "21", "31"];
    let parts = ids.into_iter().zip(names).zip(categories).zip(transitions);
    parts
        .map(|(((id, name), category), transition_id)| Status {
            id: id.to_owned(),
            name: name.to_owned(),
            category,
            transition_id: transition_id.to_owned(),
        })
        .collect()
}
