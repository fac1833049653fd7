//! Boards, on which a person moves issues.

use std::collections::HashMap;

use crate::kit::http::{Answer, Answered};
use crate::others::Other;
use crate::rest::move_to_status;
use crate::timing::Timing;
use crate::world::{Issue, Project, Site, Status, World};

use super::html::{escape, frame, layout};
use super::not_found;

/// The most cards of a column; a board is to be read, not to be complete.
const MAX_CARDS: usize = 100;

/// Shows the board of the first site's first project.
pub(super) fn first(world: &World) -> Answered {
    let site = world
        .sites
        .first()
        .ok_or_else(|| not_found("There is no site."))?;
    let project = site
        .projects()
        .next()
        .ok_or_else(|| not_found("There is no project."))?;
    Ok(board(site, project))
}

/// Lists a site's boards.
pub(super) fn site(world: &World, slug: &str) -> Answered {
    let site = find_site(world, slug)?;
    let items = site.projects().map(|project| {
        let (key, name) = (escape(&project.key), escape(&project.name));
        format!(
            "<li><a href=\"{}\">{key}</a> {name}</li>",
            escape(&path(site, project))
        )
    });
    let body = format!("<ul>{}</ul>", items.collect::<String>());
    Ok(Answer::html(200, layout(&site.name, &body)))
}

/// Shows a project's board: a whole page, or only its columns.
pub(super) fn project(world: &World, slug: &str, key: &str, fragment: bool) -> Answered {
    let site = find_site(world, slug)?;
    // The board is for those who set the sandbox up, whatever the app may see.
    let (_, project) = site
        .any_project(key)
        .ok_or_else(|| not_found("There is no such project."))?;
    Ok(match fragment {
        true => Answer::html(200, columns(site, project)),
        false => board(site, project),
    })
}

pub(super) fn find_site<'a>(world: &'a World, slug: &str) -> Result<&'a Site, Answer> {
    world
        .site_by_slug(slug)
        .ok_or_else(|| not_found("There is no such site."))
}

/// Moves a card as its button says and shows the board again.
pub(super) fn move_card(
    world: &mut World,
    timing: &mut Timing,
    slug: &str,
    key: &str,
    form: &[(String, String)],
) -> Answered {
    let field = |name: &str| {
        form.iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    };
    let (Some(issue), Some(status)) = (field("issue"), field("status")) else {
        return Err(not_found("The form names no issue or no status."));
    };
    let other = Other::acting(world, timing);
    let back = format!("/sites/{slug}/board/{key}");
    let cloud_id = find_site(world, slug)?.cloud_id.clone();
    let site = world
        .site_mut(&cloud_id)
        .ok_or_else(|| not_found("No such site."))?;
    let id = site
        .resolve(issue)
        .ok_or_else(|| not_found("There is no such issue."))?;
    if !move_to_status(site, id, status, other.edit()) {
        return Err(not_found("The project has no such status."));
    }
    let mut answer = Answer::redirect(back);
    answer.status = 303;
    Ok(answer)
}

/// Gives the address of a project's board on this server.
pub(super) fn path(site: &Site, project: &Project) -> String {
    format!("/sites/{}/board/{}", site.slug, project.key)
}

fn board(site: &Site, project: &Project) -> Answer {
    let title = escape(&format!("{} · {}", project.name, project.key));
    let top = format!("<h1>{title}</h1><p><a href=\"/\">Console</a></p>");
    let body = format!(
        "<div class=\"board\">{}</div><script src=\"/assets/board.js\"></script>",
        columns(site, project)
    );
    Answer::html(200, frame(&title, &top, &body))
}

fn columns(site: &Site, project: &Project) -> String {
    let issues = project.numbers.values().rev();
    let mut by_status: HashMap<&str, Vec<&Issue>> = HashMap::new();
    for issue in issues.filter_map(|id| site.issue(*id)) {
        if !issue.hidden {
            by_status.entry(&issue.data.status).or_default().push(issue);
        }
    }
    let columns: String = project
        .statuses
        .iter()
        .map(|status| {
            let here = by_status.get(status.id.as_str());
            let here = here.map(Vec::as_slice).unwrap_or_default();
            column(site, project, status, here)
        })
        .collect();
    let title = escape(&format!("{} · {}", project.name, project.key));
    format!("<div class=\"columns\" data-title=\"{title}\">{columns}</div>")
}

fn column(site: &Site, project: &Project, status: &Status, here: &[&Issue]) -> String {
    let cards: String = here
        .iter()
        .take(MAX_CARDS)
        .map(|it| card(site, project, it))
        .collect();
    let left_out = here.len().saturating_sub(MAX_CARDS);
    let more = match left_out {
        0 => String::new(),
        more => format!("<p class=\"more\">and {more} older ones</p>"),
    };
    format!(
        "<section class=\"{}\" data-status=\"{name}\" aria-label=\"{name}\"><h2>{name} ({})</h2>\
         {cards}{more}</section>",
        status.category.key(),
        here.len(),
        name = escape(&status.name),
    )
}

fn card(site: &Site, project: &Project, issue: &Issue) -> String {
    let key = escape(&site.key_of(&issue.data));
    let others = project
        .statuses
        .iter()
        .filter(|status| status.id != issue.data.status);
    let buttons: String = others
        .map(|status| {
            let name = escape(&status.name);
            format!(
                "<button name=\"status\" value=\"{name}\" data-focus=\"{key} {name}\" \
                 aria-label=\"Move {key} to {name}\">{name}</button>"
            )
        })
        .collect();
    format!(
        "<article class=\"card\" draggable=\"true\" data-issue=\"{key}\">\
         <h3><a href=\"/sites/{slug}/browse/{key}\">{key}</a> {summary}</h3>{meta}\
         <form method=\"post\" action=\"/sites/{slug}/board/{project}/move\">\
         <input type=\"hidden\" name=\"issue\" value=\"{key}\">{buttons}</form></article>",
        summary = escape(&issue.data.summary),
        meta = meta(project, issue),
        project = escape(&project.key),
        slug = escape(&site.slug),
    )
}

/// Names type, priority and labels, as far as there are any.
fn meta(project: &Project, issue: &Issue) -> String {
    let data = &issue.data;
    let kind = project.issue_type(&data.issue_type);
    let priority = data.priority.as_deref().and_then(|id| project.priority(id));
    let names = kind.map(|kind| kind.name.as_str()).into_iter();
    let names = names.chain(priority.map(|priority| priority.name.as_str()));
    let names: Vec<_> = names
        .chain(data.labels.iter().map(String::as_str))
        .map(escape)
        .collect();
    format!("<p class=\"meta\">{}</p>", names.join(" · "))
}
