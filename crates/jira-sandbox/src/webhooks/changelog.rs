//! What a change has made of an issue, as Jira's changelog tells it.

use serde_json::{Value, json};

use crate::adf;
use crate::json::text_of;
use crate::world::{CustomField, FieldKind, IssueData, Project, Site, Style, World};

/// One changed field: what it was and what it is, as ids and as texts.
struct Item<'a> {
    field: &'a str,
    field_id: &'a str,
    custom: bool,
    from: (Option<String>, Option<String>),
    to: (Option<String>, Option<String>),
}

impl Item<'_> {
    fn show(self) -> Option<Value> {
        if self.from == self.to {
            return None;
        }
        Some(json!({
            "field": self.field,
            "fieldtype": if self.custom { "custom" } else { "jira" },
            "fieldId": self.field_id,
            "from": self.from.0,
            "fromString": self.from.1,
            "to": self.to.0,
            "toString": self.to.1,
        }))
    }
}

type Side = (Option<String>, Option<String>);

/// A field of Jira's own: its name, its id, and how to read it.
type SystemField = (
    &'static str,
    &'static str,
    fn(&World, &Site, &IssueData) -> Side,
);

const SYSTEM_FIELDS: [SystemField; 13] = [
    ("summary", "summary", |_, _, data| {
        text(Some(data.summary.clone()))
    }),
    ("description", "description", |_, _, data| {
        text(data.description.as_ref().map(adf::to_text))
    }),
    ("priority", "priority", |_, site, data| {
        named(site, data, priority)
    }),
    ("labels", "labels", |_, _, data| {
        text(Some(data.labels.join(" ")))
    }),
    ("status", "status", |_, site, data| {
        named(site, data, status)
    }),
    ("resolution", "resolution", |_, site, data| {
        named(site, data, resolution)
    }),
    ("assignee", "assignee", |world, _, data| {
        person(world, data.assignee.as_deref())
    }),
    ("reporter", "reporter", |world, _, data| {
        person(world, data.reporter.as_deref())
    }),
    ("issuetype", "issuetype", |_, site, data| {
        named(site, data, issue_type)
    }),
    ("project", "project", |_, site, data| {
        named(site, data, project)
    }),
    ("Key", "issuekey", |_, site, data| {
        text(Some(site.key_of(data)))
    }),
    ("duedate", "duedate", |_, _, data| {
        text(data.due_date.clone())
    }),
    ("IssueParentAssociation", "parent", |_, site, data| {
        parent(site, data)
    }),
];

/// Lists what differs between two states of an issue, entity properties left out.
pub(super) fn items(
    world: &World,
    site: &Site,
    before: &IssueData,
    after: &IssueData,
) -> Vec<Value> {
    let system = SYSTEM_FIELDS.iter().filter_map(|(field, field_id, side)| {
        let item = Item {
            field,
            field_id,
            custom: false,
            from: side(world, site, before),
            to: side(world, site, after),
        };
        item.show()
    });
    let home = site.project_at(after.project);
    let fields = home.into_iter().flat_map(|home| &home.custom_fields);
    let custom = fields.filter_map(|field| {
        let item = Item {
            field: &field.name,
            field_id: &field.id,
            custom: true,
            from: text(custom_text(field, before)),
            to: text(custom_text(field, after)),
        };
        item.show()
    });
    system.chain(custom).collect()
}

fn custom_text(field: &CustomField, data: &IssueData) -> Option<String> {
    let held = data.custom.get(&field.id).filter(|it| !it.is_null())?;
    Some(match &field.kind {
        FieldKind::Select(_) => held.get("value")?.as_str()?.to_owned(),
        FieldKind::Paragraph => adf::to_text(held),
        _ => text_of(held),
    })
}

fn text(value: Option<String>) -> Side {
    (None, value.filter(|value| !value.is_empty()))
}

fn named(
    site: &Site,
    data: &IssueData,
    find: impl Fn(&Project, &IssueData) -> Option<(String, String)>,
) -> Side {
    let home = site.project_at(data.project);
    match home.and_then(|home| find(home, data)) {
        Some((id, name)) => (Some(id), Some(name)),
        None => (None, None),
    }
}

fn priority(home: &Project, data: &IssueData) -> Option<(String, String)> {
    let held = home.priority(data.priority.as_deref()?)?;
    Some((held.id.clone(), held.name.clone()))
}

fn status(home: &Project, data: &IssueData) -> Option<(String, String)> {
    let held = home.status(&data.status)?;
    Some((held.id.clone(), held.name.clone()))
}

fn resolution(home: &Project, data: &IssueData) -> Option<(String, String)> {
    let shown = data.resolved_at.is_some() && home.style != Style::NextGen;
    shown.then(|| ("10000".to_owned(), "Done".to_owned()))
}

fn project(home: &Project, _: &IssueData) -> Option<(String, String)> {
    Some((home.id.to_string(), home.name.clone()))
}

fn issue_type(home: &Project, data: &IssueData) -> Option<(String, String)> {
    let held = home.issue_type(&data.issue_type)?;
    Some((held.id.clone(), held.name.clone()))
}

fn person(world: &World, id: Option<&str>) -> Side {
    match id.and_then(|id| world.account(id)) {
        Some(account) => (Some(account.id.clone()), Some(account.name.clone())),
        None => (None, None),
    }
}

fn parent(site: &Site, data: &IssueData) -> Side {
    match data.parent.and_then(|id| site.issue(id)) {
        Some(parent) => (Some(parent.id.to_string()), Some(site.key_of(&parent.data))),
        None => (None, None),
    }
}
