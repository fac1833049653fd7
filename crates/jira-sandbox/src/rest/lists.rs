//! Site-wide lists: priorities (deprecated by Atlassian) and statuses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::gateway::Call;
use crate::json::set;
use crate::kit::http::Answer;
use crate::world::Site;

use super::{Paging, page, render};

pub(super) fn priorities(site: &Site) -> Answer {
    Answer::json(200, &all_priorities(site).into())
}

pub(super) fn priority_search(site: &Site, call: &Call<'_>) -> Answer {
    let all = all_priorities(site);
    let paging = Paging::read(call.request, 50);
    let total = all.len();
    let values = paging.cut(all.into_iter());
    let is_last = paging.start + values.len() >= total;
    let mut body = page("values", values, paging, total);
    set(&mut body, "isLast", is_last);
    Answer::json(200, &body)
}

/// Gives every priority of the site, whichever project's scheme it is in.
fn all_priorities(site: &Site) -> Vec<Value> {
    let all = site.browsable().flat_map(|project| &project.priorities);
    let by_id: BTreeMap<_, _> = all
        .map(|priority| (priority.id.parse::<u64>().ok(), priority))
        .collect();
    let shown = by_id.values().map(|priority| {
        let mut shown = render::priority(site, priority);
        set(&mut shown, "description", json!(""));
        set(&mut shown, "statusColor", json!("#999999"));
        shown
    });
    shown.collect()
}

/// The fields that every site has: id, name, type, and names in JQL beside the id.
const SYSTEM_FIELDS: &[(&str, &str, &str, &[&str])] = &[
    ("summary", "Summary", "string", &[]),
    ("description", "Description", "string", &[]),
    ("issuetype", "Issue Type", "issuetype", &["type"]),
    ("project", "Project", "project", &[]),
    ("priority", "Priority", "priority", &[]),
    ("labels", "Labels", "array", &[]),
    ("status", "Status", "status", &[]),
    ("creator", "Creator", "user", &[]),
    ("reporter", "Reporter", "user", &[]),
    ("assignee", "Assignee", "user", &[]),
    ("created", "Created", "datetime", &["createdDate"]),
    ("updated", "Updated", "datetime", &["updatedDate"]),
    ("duedate", "Due date", "date", &["due"]),
    ("resolution", "Resolution", "resolution", &[]),
    ("resolutiondate", "Resolved", "datetime", &["resolved"]),
    ("parent", "Parent", "issuelink", &[]),
];

/// A field of a site.
#[derive(Debug)]
pub(super) struct KnownField<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) schema: Value,
    custom: bool,
    clauses: Vec<String>,
}

/// Gives the fields of every project, those of Jira's own first.
pub(super) fn known_fields(site: &Site) -> impl Iterator<Item = KnownField<'_>> {
    let system = SYSTEM_FIELDS.iter().map(|(id, name, of, clauses)| {
        let names = std::iter::once(id).chain(*clauses);
        let schema = match *of {
            "array" => json!({"type": of, "items": "string", "system": id}),
            of => json!({"type": of, "system": id}),
        };
        KnownField {
            id,
            name,
            schema,
            custom: false,
            clauses: names.map(|name| (*name).to_owned()).collect(),
        }
    });
    let all = site.projects().flat_map(|project| &project.custom_fields);
    let custom: BTreeMap<_, _> = all.map(|field| (field.id.as_str(), field)).collect();
    let custom = custom.into_values().map(|field| {
        let number = field.id.trim_start_matches("customfield_");
        KnownField {
            id: &field.id,
            name: &field.name,
            schema: render::custom_schema(&field.id, &field.kind),
            custom: true,
            clauses: vec![format!("cf[{number}]"), field.name.clone()],
        }
    });
    system.chain(custom)
}

/// Lists the fields of every project.
pub(super) fn fields(site: &Site) -> Answer {
    let shown = known_fields(site).map(|field| {
        json!({
            "id": field.id, "key": field.id, "name": field.name, "custom": field.custom,
            "orderable": true, "navigable": true, "searchable": true,
            "clauseNames": field.clauses, "schema": field.schema,
        })
    });
    Answer::json(200, &shown.collect())
}

pub(super) fn statuses(site: &Site) -> Answer {
    let all = site.browsable().flat_map(|project| {
        project
            .statuses
            .iter()
            .map(move |status| (status.id.clone(), render::status(site, project, status)))
    });
    let by_id: BTreeMap<_, _> = all.collect();
    Answer::json(200, &by_id.into_values().collect())
}
