//! Pages for people: console, board, issue and consent.

mod board;
pub(crate) mod consent;
mod html;
mod issue;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::errors::gateway_error;
use crate::kit::http::{Answer, Answered, Request};
use crate::state::State;
use crate::world::{Project, Site, World};

use html::{escape, frame, layout};

/// Answers a request for a page.
pub(crate) fn answer(state: &mut State, request: &Request) -> Answered {
    let parts = request.parts(0);
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", []) => Ok(console()),
        ("GET", ["assets", name]) => asset(name),
        ("GET", ["board"]) => board::first(&state.world),
        ("GET", ["sites", slug]) => board::site(&state.world, slug),
        ("GET", ["sites", slug, "board", key]) => {
            let fragment = request.query("fragment").is_some();
            board::project(&state.world, slug, key, fragment)
        }
        ("GET", ["sites", slug, "browse", key]) => issue::page(&state.world, slug, key),
        ("POST", ["sites", slug, "board", key, "move"]) => board::move_card(
            &mut state.world,
            &mut state.timing,
            slug,
            key,
            &request.form(),
        ),
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

/// Gives a file that pages refer to.
fn asset(name: &str) -> Answered {
    let (content_type, text) = match name {
        "style.css" => (
            "text/css;charset=UTF-8",
            include_str!("pages/assets/style.css"),
        ),
        "board.js" => (SCRIPT, include_str!("pages/assets/board.js")),
        "console.js" => (SCRIPT, include_str!("pages/assets/console.js")),
        _ => return Err(not_found("There is no such file.")),
    };
    let mut answer = Answer::html(200, text.to_owned());
    answer.content_type = content_type;
    Ok(answer)
}

const SCRIPT: &str = "text/javascript;charset=UTF-8";

/// Shows the console: projects, a board, faults, and what has happened.
fn console() -> Answer {
    let top = "<h1>Atlassian sandbox</h1><strong class=\"problem\" id=\"lost\" hidden>The sandbox \
               does not answer.</strong>\
               <span class=\"told\" id=\"told\" role=\"status\" aria-live=\"polite\"></span>\
               <div class=\"clock\" role=\"group\" aria-label=\"Clock\"><time id=\"now\"></time>\
               <span>forward by</span>\
               <button type=\"button\" data-forward=\"60\">1 minute</button>\
               <button type=\"button\" data-forward=\"600\">10 minutes</button>\
               <button type=\"button\" data-forward=\"3600\">1 hour</button>\
               <button type=\"button\" data-forward=\"86400\">1 day</button></div>";
    let body = include_str!("pages/assets/console.html");
    Answer::html(200, frame("Atlassian sandbox", top, body))
}

/// Gives what the console needs to know of the world.
pub(crate) fn overview(world: &World, now: OffsetDateTime) -> Value {
    let project = |site: &Site, project: &Project| {
        json!({
            "key": project.key,
            "name": project.name,
            "style": project.style.name(),
            "issues": project.numbers.len(),
            "board": board::path(site, project),
        })
    };
    let sites = world.sites.iter().map(|site| {
        let projects = site.projects().map(|it| project(site, it));
        json!({
            "name": site.name,
            "cloud_id": site.cloud_id,
            "projects": projects.collect::<Vec<_>>(),
        })
    });
    json!({
        "now": now.format(&Rfc3339).unwrap_or_default(),
        "sites": sites.collect::<Vec<_>>(),
    })
}
