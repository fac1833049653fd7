//! The consent page, on which a person picks the account and the sites.

use crate::kit::http::Answer;
use crate::oauth::Authorization;
use crate::world::World;

use super::html::{escape, layout};

/// Shows the consent form, again with a problem where the last answer had one.
pub(crate) fn page(world: &World, asked: &Authorization, problem: Option<&str>) -> Answer {
    let problem_line = problem
        .map(|text| format!("<p class=\"problem\">{}</p>", escape(text)))
        .unwrap_or_default();
    let scopes: String = asked
        .scopes
        .iter()
        .map(|scope| format!("<li><code>{}</code></li>", escape(scope)))
        .collect();
    let body = format!(
        "{problem_line}<p>The app <code>{}</code> asks for access to your Atlassian sites:</p>\
         <ul>{scopes}</ul>\n<form method=\"post\" action=\"/authorize/decision\">{}{}{}\
         <p><button name=\"decision\" value=\"accept\">Accept</button>\
         <button name=\"decision\" value=\"decline\">Decline</button></p></form>",
        escape(&asked.client_id),
        hidden(asked),
        accounts(world),
        sites(world),
    );
    let status = if problem.is_some() { 400 } else { 200 };
    Answer::html(status, layout("Allow access", &body))
}

/// Shows an error that must not be sent to the callback, because it may not be the app's.
pub(crate) fn error(status: u16, text: &str) -> Answer {
    let body = format!("<p class=\"problem\">{}</p>", escape(text));
    Answer::html(status, layout("Something went wrong", &body))
}

fn hidden(asked: &Authorization) -> String {
    let scope = asked.scopes.join(" ");
    let mut fields = vec![
        ("client_id", asked.client_id.as_str()),
        ("redirect_uri", asked.redirect_uri.as_str()),
        ("scope", scope.as_str()),
        ("audience", "api.atlassian.com"),
        ("response_type", "code"),
    ];
    fields.extend(asked.state.as_deref().map(|state| ("state", state)));
    let input = |(name, value): (&str, &str)| {
        format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
            escape(value)
        )
    };
    fields.into_iter().map(input).collect()
}

fn accounts(world: &World) -> String {
    let choices = world
        .accounts
        .iter()
        .enumerate()
        .map(|(at, account)| choice("radio", "account", &account.id, &account.name, at == 0));
    format!(
        "<fieldset><legend>Account</legend>{}</fieldset>",
        choices.collect::<String>()
    )
}

fn sites(world: &World) -> String {
    let choices = world
        .sites
        .iter()
        .enumerate()
        .map(|(at, site)| choice("checkbox", "site", &site.cloud_id, &site.name, at == 0));
    format!(
        "<fieldset><legend>Sites</legend>{}</fieldset>",
        choices.collect::<String>()
    )
}

fn choice(kind: &str, name: &str, value: &str, label: &str, chosen: bool) -> String {
    let checked = if chosen { " checked" } else { "" };
    format!(
        "<p><label><input type=\"{kind}\" name=\"{name}\" value=\"{}\"{checked}> {}</label></p>",
        escape(value),
        escape(label)
    )
}
