//! Projects: the paged search and one by id or key.

use serde_json::{Value, json};

use crate::errors::{jira_error, no_project};
use crate::gateway::Call;
use crate::json::set;
use crate::kit::http::{Answer, Answered, Request};
use crate::switches::ReadSwitches;
use crate::world::{Project, Site, World};

use super::{Paging, page, render};

/// The most projects on a page; more are silently not given.
const MAX_PAGE: usize = 100;

pub(super) fn search(world: &World, switches: &ReadSwitches, call: &Call<'_>) -> Answered {
    let site = call.site(world)?;
    let request = call.request;
    let action = request.query("action").unwrap_or("view");
    if !matches!(action, "view" | "browse" | "edit" | "create") {
        return Err(jira_error(
            400,
            &format!("The action '{action}' is not supported."),
        ));
    }
    let mut found: Vec<_> = site
        .browsable()
        .filter(|project| matches(project, request, action))
        .collect();
    sort(&mut found, request.query("orderBy").unwrap_or("key"))?;
    let mut paging = Paging::read(request, 50);
    paging.size = paging.size.min(MAX_PAGE);
    let total = found.len();
    if total == 0 && switches.no_projects_is_not_found {
        return Err(jira_error(
            404,
            "No projects matching the search criteria were found.",
        ));
    }
    let expand = request.query_list("expand");
    let values = paging.cut(
        found
            .iter()
            .map(|project| expanded(world, site, project, &expand)),
    );
    let count = values.len();
    let mut body = page("values", values, paging, total);
    links(&mut body, site, paging, paging.start + count >= total);
    Ok(Answer::json(200, &body).costing(count))
}

fn matches(project: &Project, request: &Request, action: &str) -> bool {
    let named = request.query("query").unwrap_or_default().to_lowercase();
    let by_name =
        project.key.to_lowercase().contains(&named) || project.name.to_lowercase().contains(&named);
    let listed = |name: &str, value: &str| {
        let list = request.query_list(name);
        list.is_empty() || list.iter().any(|listed| listed == value)
    };
    by_name
        && (action != "create" || project.can_create)
        && (action != "edit" || project.can_edit)
        && listed("keys", &project.key)
        && listed("id", &project.id.to_string())
        && listed("typeKey", "software")
}

fn sort(projects: &mut [&Project], order: &str) -> Result<(), Answer> {
    let (descending, field) = match order.strip_prefix('-') {
        Some(field) => (true, field),
        None => (false, order.trim_start_matches('+').trim()),
    };
    match field {
        "key" => projects.sort_by(|a, b| a.key.cmp(&b.key)),
        "name" => projects.sort_by(|a, b| a.name.cmp(&b.name)),
        _ => {
            let text = format!("The orderBy value '{order}' is not supported.");
            return Err(jira_error(400, &text));
        }
    }
    if descending {
        projects.reverse();
    }
    Ok(())
}

fn expanded(world: &World, site: &Site, project: &Project, expand: &[String]) -> Value {
    let mut shown = render::project(site, project);
    for name in expand {
        let value = match name.as_str() {
            "description" => "".into(),
            "url" => format!("{}/browse/{}", site.url, project.key).into(),
            "issueTypes" => issue_types(site, project),
            "projectKeys" => {
                let former = project.former_keys.iter();
                former.chain([&project.key]).cloned().collect()
            }
            "lead" => lead(world, site),
            "insight" => json!({"totalIssueCount": project.numbers.len()}),
            _ => continue,
        };
        set(&mut shown, name, value);
    }
    shown
}

/// Shows who leads every project: the first account.
fn lead(world: &World, site: &Site) -> Value {
    let lead = world.accounts.first();
    lead.map(|lead| render::user(site, lead)).into()
}

fn issue_types(site: &Site, project: &Project) -> Value {
    project
        .types
        .iter()
        .map(|kind| render::issue_type(site, project, kind))
        .collect()
}

fn links(body: &mut Value, site: &Site, paging: Paging, is_last: bool) {
    let link = |start: usize| {
        let url = &site.url;
        format!(
            "{url}/rest/api/3/project/search?maxResults={}&startAt={start}",
            paging.size
        )
    };
    set(body, "isLast", is_last);
    set(body, "self", link(paging.start));
    if !is_last {
        set(body, "nextPage", link(paging.start + paging.size));
    }
}

/// Lists every project at once, as Atlassian's deprecated call does.
pub(super) fn list(world: &World, call: &Call<'_>) -> Answered {
    let site = call.site(world)?;
    let expand = call.request.query_list("expand");
    let shown = site.browsable();
    let shown: Vec<_> = shown
        .map(|project| expanded(world, site, project, &expand))
        .collect();
    let count = shown.len();
    Ok(Answer::json(200, &shown.into()).costing(count))
}

pub(super) fn get(world: &World, call: &Call<'_>) -> Answered {
    let site = call.site(world)?;
    let asked = call.part(1);
    let found = site.project(asked);
    let (_, project) = found.ok_or_else(|| jira_error(404, &no_project(asked)))?;
    let mut shown = render::project(site, project);
    set(&mut shown, "description", "");
    set(&mut shown, "assigneeType", "UNASSIGNED");
    set(&mut shown, "issueTypes", issue_types(site, project));
    set(&mut shown, "components", json!([]));
    set(&mut shown, "versions", json!([]));
    set(&mut shown, "lead", lead(world, site));
    Ok(Answer::json(200, &shown).costing(1))
}
