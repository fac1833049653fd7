//! The page of one issue.

use crate::adf;
use crate::kit::http::{Answer, Answered};
use crate::world::World;

use super::board::find_site;
use super::html::{escape, layout};
use super::not_found;

/// Shows an issue's fields and the text of its description.
pub(super) fn page(world: &World, slug: &str, key: &str) -> Answered {
    let site = find_site(world, slug)?;
    let issue = site
        .visible(key)
        .ok_or_else(|| not_found("There is no such issue."))?;
    let data = &issue.data;
    let home = site
        .project_at(data.project)
        .ok_or_else(|| not_found("No such project."))?;
    let name = |found: Option<&str>| escape(found.unwrap_or("none"));
    let person = |id: Option<&str>| {
        let account = id.and_then(|id| world.account(id));
        name(account.map(|account| account.name.as_str()))
    };
    let kind = home
        .issue_type(&data.issue_type)
        .map(|kind| kind.name.as_str());
    let status = home.status(&data.status).map(|status| status.name.as_str());
    let priority = data.priority.as_deref().and_then(|id| home.priority(id));
    let rows = [
        ("Type", name(kind)),
        ("Status", name(status)),
        (
            "Priority",
            name(priority.map(|priority| priority.name.as_str())),
        ),
        ("Labels", escape(&data.labels.join(", "))),
        ("Reporter", person(data.reporter.as_deref())),
        ("Assignee", person(data.assignee.as_deref())),
    ];
    let rows: String = rows
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>"))
        .collect();
    let text = data
        .description
        .as_ref()
        .map(adf::to_text)
        .unwrap_or_default();
    let body = format!(
        "<p><a href=\"/sites/{}/board/{project}\">Board of {project}</a></p><dl>{rows}</dl>\
         <h2>Description</h2><pre>{}</pre>",
        escape(&site.slug),
        escape(&text),
        project = escape(&home.key),
    );
    let title = format!("{} {}", site.key_of(data), data.summary);
    Ok(Answer::html(200, layout(&title, &body)))
}
