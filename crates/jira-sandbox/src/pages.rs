//! Pages for people: index, board, issue and consent.

mod board;
pub(crate) mod consent;
mod html;
mod issue;

use crate::errors::gateway_error;
use crate::http::{Answer, Request};
use crate::state::State;

use html::{escape, layout};

/// Answers a request for a page.
pub(crate) fn answer(state: &mut State, request: &Request) -> Result<Answer, Answer> {
    let parts = request.parts(0);
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", []) => Ok(index(state)),
        ("GET", ["board"]) => board::first(state),
        ("GET", ["sites", slug]) => board::site(state, slug),
        ("GET", ["sites", slug, "board", key]) => board::project(state, slug, key),
        ("GET", ["sites", slug, "browse", key]) => issue::page(state, slug, key),
        ("POST", ["sites", slug, "board", key, "move"]) => {
            board::move_card(state, slug, key, &request.form())
        }
        // A 3LO token works at the gateway only.
        (_, ["sites", _, "rest", ..]) => Err(gateway_error(401, "Unauthorized")),
        _ => Err(not_found("There is no such page.")),
    }
}

fn not_found(text: &str) -> Answer {
    Answer::html(
        404,
        layout("Not found", &format!("<p>{}</p>", escape(text))),
    )
}

fn index(state: &State) -> Answer {
    let mut body =
        String::from("<p>A stand-in for Atlassian Cloud. Everything is kept in memory.</p>");
    for site in &state.world.sites {
        body.push_str(&format!(
            "<h2>{}</h2><p>Cloud id <code>{}</code></p><ul>",
            escape(&site.name),
            escape(&site.cloud_id)
        ));
        for project in site.projects() {
            body.push_str(&format!(
                "<li><a href=\"{}/board/{key}\">{key}</a> {} ({}, {} issues)</li>",
                escape(&site.url),
                escape(&project.name),
                project.style.name(),
                project.numbers.len(),
                key = escape(&project.key),
            ));
        }
        body.push_str("</ul>");
    }
    body.push_str(
        "<h2>Control</h2><ul><li><a href=\"/sandbox/journal\">journal</a></li>\
         <li><a href=\"/sandbox/issues\">issues</a></li>\
         <li><a href=\"/sandbox/faults\">faults</a></li>\
         <li><a href=\"/sandbox/tokens\">tokens</a></li></ul>",
    );
    Answer::html(200, layout("Jira sandbox", &body))
}
