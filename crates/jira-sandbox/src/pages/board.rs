//! Boards, on which a person moves issues.

use crate::http::Answer;
use crate::rest::move_to_status;
use crate::state::State;
use crate::world::{Issue, Project, Site, Status};

use super::html::{escape, layout};
use super::not_found;

/// The most cards of a column; a board is to be read, not to be complete.
const MAX_CARDS: usize = 200;

/// Shows the board of the first site's first project.
pub(super) fn first(state: &State) -> Result<Answer, Answer> {
    let site = state
        .world
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
pub(super) fn site(state: &State, slug: &str) -> Result<Answer, Answer> {
    let site = find_site(state, slug)?;
    let items = site.projects().map(|project| {
        let (key, name) = (escape(&project.key), escape(&project.name));
        format!(
            "<li><a href=\"{}/board/{key}\">{key}</a> {name}</li>",
            escape(&site.url)
        )
    });
    let body = format!("<ul>{}</ul>", items.collect::<String>());
    Ok(Answer::html(200, layout(&site.name, &body)))
}

pub(super) fn project(state: &State, slug: &str, key: &str) -> Result<Answer, Answer> {
    let site = find_site(state, slug)?;
    let (_, project) = site
        .project(key)
        .ok_or_else(|| not_found("There is no such project."))?;
    Ok(board(site, project))
}

pub(super) fn find_site<'a>(state: &'a State, slug: &str) -> Result<&'a Site, Answer> {
    state
        .world
        .site_by_slug(slug)
        .ok_or_else(|| not_found("There is no such site."))
}

/// Moves a card as its button says and shows the board again.
pub(super) fn move_card(
    state: &mut State,
    slug: &str,
    key: &str,
    form: &[(String, String)],
) -> Result<Answer, Answer> {
    let field = |name: &str| {
        form.iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    };
    let (Some(issue), Some(status)) = (field("issue"), field("status")) else {
        return Err(not_found("The form names no issue or no status."));
    };
    let (now, visible_at) = (state.now(), state.searchable_from());
    let back = format!("{}/board/{key}", find_site(state, slug)?.url);
    let cloud_id = find_site(state, slug)?.cloud_id.clone();
    let site = state
        .world
        .site_mut(&cloud_id)
        .ok_or_else(|| not_found("No such site."))?;
    let id = site
        .resolve(issue)
        .ok_or_else(|| not_found("There is no such issue."))?;
    if !move_to_status(site, id, status, now, visible_at) {
        return Err(not_found("The project has no such status."));
    }
    let mut answer = Answer::redirect(back);
    answer.status = 303;
    Ok(answer)
}

fn board(site: &Site, project: &Project) -> Answer {
    let columns: String = project
        .statuses
        .iter()
        .map(|status| column(site, project, status))
        .collect();
    let body = format!(
        "<p><a href=\"/\">All boards</a> · {} issues</p><div class=\"columns\">{columns}</div>",
        project.numbers.len()
    );
    let title = format!("{} · {}", project.name, project.key);
    Answer::html(200, layout(&title, &body))
}

fn column(site: &Site, project: &Project, status: &Status) -> String {
    let issues = project.numbers.values().filter_map(|id| site.issue(*id));
    let here: Vec<_> = issues
        .filter(|issue| issue.data.status == status.id && !issue.hidden)
        .collect();
    let cards: String = here
        .iter()
        .take(MAX_CARDS)
        .map(|it| card(site, project, it))
        .collect();
    format!(
        "<section><h2>{} ({})</h2>{cards}</section>",
        escape(&status.name),
        here.len()
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
            format!("<button name=\"status\" value=\"{name}\">{name}</button>")
        })
        .collect();
    format!(
        "<article class=\"card\"><a href=\"{url}/browse/{key}\">{key}</a> {}\
         <form method=\"post\" action=\"{url}/board/{}/move\">\
         <input type=\"hidden\" name=\"issue\" value=\"{key}\">{buttons}</form></article>",
        escape(&issue.data.summary),
        escape(&project.key),
        url = escape(&site.url),
    )
}
