//! The sandbox's own calls, by which a person or another process interferes.

mod grants;
mod issues;
mod projects;
mod webhooks;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::chaos::Chaos;
use crate::duplicates;
use crate::faults::Fault;
use crate::handle::IssueSnapshot;
use crate::http::{Answer, Request};
use crate::journal::JournalEntry;
use crate::pages;
use crate::rest::move_to_status;
use crate::state::State;
use crate::world::Issue;

/// Answers a control call.
pub(crate) fn answer(state: &mut State, request: &Request) -> Result<Answer, Answer> {
    let parts = request.parts(1);
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["clock"]) => Ok(ok(&clock(state))),
        ("POST", ["clock"]) => advance_clock(state, request),
        ("GET", ["faults"]) => Ok(ok(&json!({"faults": state.faults.list()}))),
        ("POST", ["faults"]) => push_faults(state, request),
        ("DELETE", ["faults"]) => {
            state.faults.clear();
            Ok(Answer::empty(204))
        }
        ("DELETE", ["faults", at]) => remove_fault(state, at),
        ("GET", ["overview"]) => Ok(ok(&pages::overview(state))),
        ("GET", ["journal"]) => Ok(ok(&journal(state, request))),
        ("GET", ["charges"]) => Ok(ok(&json!(state.journal.charges()))),
        ("GET", ["chaos"]) => Ok(ok(&json!(state.chaos.report()))),
        ("POST", ["chaos"]) => start_chaos(state, request),
        ("DELETE", ["chaos"]) => {
            state.chaos.stop();
            Ok(ok(&json!(state.chaos.report())))
        }
        ("GET", ["duplicates"]) => Ok(ok(&duplicates(state, request))),
        ("GET", ["others"]) => Ok(ok(&json!(state.others))),
        ("DELETE", ["others"]) => {
            state.stop_others();
            Ok(ok(&json!(state.others)))
        }
        (_, ["webhooks", rest @ ..]) => webhooks::answer(state, request, rest),
        (_, ["projects", rest @ ..]) => projects::answer(state, request, rest),
        ("GET", ["issues"]) => Ok(ok(&issues(state, request))),
        ("GET", ["issues", key]) => issue(state, key),
        ("DELETE", ["issues", key]) => delete(state, key),
        ("POST", ["issues", key, "status"]) => set_status(state, key, request),
        ("POST", ["issues", key, "project"]) => set_project(state, key, request),
        ("POST", ["issues", key, "hidden"]) => set_hidden(state, key, request),
        ("GET", ["issues", key, "remotelinks"]) => issues::links(state, key),
        ("POST", ["issues", key, "search_lag"]) => issues::search_lag(state, key, request),
        ("POST", ["issues", key, "clone"]) => issues::clone(state, key, request),
        ("POST", ["issues", key, "property"]) => issues::property(state, key, request),
        ("GET", ["tokens"]) => Ok(ok(&json!({"counters": state.tokens.counters}))),
        ("POST", ["tokens", "mint"]) => grants::mint(state, request),
        ("GET", ["grants"]) => Ok(ok(&grants::list(state))),
        ("POST", ["grants"]) => grants::change(state, request, true),
        ("DELETE", ["grants"]) => grants::change(state, request, false),
        ("POST", ["tokens", "expire"]) => {
            let now = state.now();
            state.tokens.expire_access(now);
            Ok(Answer::empty(204))
        }
        ("POST", ["tokens", "revoke"]) => {
            state.tokens.revoke_all();
            Ok(Answer::empty(204))
        }
        ("GET", ["settings"]) => Ok(ok(&json!(state.switches))),
        ("POST", ["settings"]) => settings(state, request),
        _ => Err(refused(404, "There is no such control call.")),
    }
}

fn ok(body: &Value) -> Answer {
    Answer::json(200, body)
}

fn refused(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({"error": text}))
}

fn no_issue() -> Answer {
    refused(404, "There is no such issue.")
}

/// Refuses an account that the world does not have.
fn known_account(state: &State, id: String) -> Result<String, Answer> {
    match state.world.account(&id) {
        Some(_) => Ok(id),
        None => Err(refused(422, "There is no such account.")),
    }
}

/// Reads a body that must fit a type, with an error that names what does not.
fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Answer> {
    let body: &[u8] = if request.body.is_empty() {
        b"{}"
    } else {
        &request.body
    };
    let mut body = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut body);
    let value = value.map_err(|error| refused(400, &error.to_string()))?;
    let rest = body.end();
    rest.map_err(|error| refused(400, &error.to_string()))?;
    Ok(value)
}

/// Reads the only value of a body that is JSON or a posted form.
fn given(request: &Request, name: &str) -> Result<Value, Answer> {
    let mut body: BTreeMap<String, Value> = if request.is_json() {
        read(request)?
    } else {
        let form = request.form().into_iter();
        form.map(|(field, value)| (field, value.into())).collect()
    };
    let value = body.remove(name);
    if let Some(unknown) = body.keys().next() {
        return Err(refused(400, &format!("unknown field `{unknown}`")));
    }
    value.ok_or_else(|| refused(400, &format!("The body must give '{name}'.")))
}

fn text(request: &Request, name: &str) -> Result<String, Answer> {
    let value = given(request, name)?;
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| refused(400, &format!("'{name}' must be a text.")))
}

fn number(request: &Request, name: &str) -> Result<u64, Answer> {
    let value = given(request, name)?;
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.ok_or_else(|| refused(400, &format!("'{name}' must be a whole number.")))
}

fn clock(state: &State) -> Value {
    let rfc3339 = &time::format_description::well_known::Rfc3339;
    json!({"now": state.now().format(rfc3339).unwrap_or_default()})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    #[serde(default)]
    advance_seconds: u64,
    /// Whether the clock stands still; it can be moved all the same.
    #[serde(default)]
    stopped: Option<bool>,
}

fn advance_clock(state: &mut State, request: &Request) -> Result<Answer, Answer> {
    let change = if request.is_json() {
        read(request)?
    } else {
        ClockChange {
            advance_seconds: number(request, "advance_seconds")?,
            stopped: None,
        }
    };
    if let Some(stopped) = change.stopped {
        state.clock.set_stopped(stopped);
    }
    state
        .clock
        .advance(Duration::from_secs(change.advance_seconds));
    Ok(ok(&clock(state)))
}

/// Takes one fault or a list of them.
fn push_faults(state: &mut State, request: &Request) -> Result<Answer, Answer> {
    let is_list = request.body.trim_ascii_start().starts_with(b"[");
    let faults: Vec<Fault> = match is_list {
        true => read(request)?,
        false => vec![read(request)?],
    };
    faults
        .into_iter()
        .for_each(|fault| state.faults.push(fault));
    Ok(Answer::json(201, &json!({"faults": state.faults.list()})))
}

fn remove_fault(state: &mut State, at: &str) -> Result<Answer, Answer> {
    let removed = at.parse().is_ok_and(|at| state.faults.remove(at));
    match removed {
        true => Ok(Answer::empty(204)),
        false => Err(refused(404, "There is no such fault.")),
    }
}

/// Shows the kept requests that match the query, by default the latest 100, the oldest first.
fn journal(state: &State, request: &Request) -> Value {
    let total = state.journal.charges().total;
    let limit = request.query_number("limit", 100);
    let after = request.query("after").and_then(|after| after.parse().ok());
    let is_wanted = |entry: &&JournalEntry| after.is_none_or(|after: usize| entry.sequence > after);
    let matches = |entry: &&JournalEntry| is_wanted(entry) && wanted(entry, request);
    let entries: Vec<_> = match after {
        Some(_) => state
            .journal
            .entries()
            .filter(matches)
            .take(limit)
            .collect(),
        None => {
            let latest = state.journal.entries().rev().filter(matches).take(limit);
            let mut latest: Vec<_> = latest.collect();
            latest.reverse();
            latest
        }
    };
    json!({
        "arrived": state.journal.arrived(),
        "jira_requests": state.journal.jira_requests(),
        "quota_points": total.quota_points,
        "entries": entries,
    })
}

/// Tells whether a request is one that the query of the journal asks for.
fn wanted(entry: &JournalEntry, request: &Request) -> bool {
    let is = |name: &str, value: &str| request.query(name).is_none_or(|wanted| wanted == value);
    let endpoint = json!(entry.endpoint);
    let status = entry
        .status
        .map_or("none".to_owned(), |status| status.to_string());
    let has_fault = request.query("fault").is_none_or(|wanted| match wanted {
        "any" => entry.fault.is_some(),
        "none" => entry.fault.is_none(),
        wanted => entry.fault.as_deref() == Some(wanted),
    });
    is("endpoint", endpoint.as_str().unwrap_or_default())
        && is("method", &entry.method)
        && is("status", &status)
        && is("app", &entry.app)
        && has_fault
        && request
            .query("path")
            .is_none_or(|part| entry.path.contains(part))
}

/// Shows issues; `project` names whose, `limit` how many at most.
fn issues(state: &State, request: &Request) -> Value {
    let limit = request.query_number("limit", usize::MAX);
    let wanted = request.query("project");
    let mut total = 0;
    let mut shown = Vec::new();
    for site in &state.world.sites {
        let project = wanted.map(|key| site.any_project(key).map(|(at, _)| at));
        let is_wanted = |issue: &&Issue| project.is_none_or(|at| at == Some(issue.data.project));
        for issue in site.issues().filter(is_wanted) {
            total += 1;
            if shown.len() < limit {
                shown.push(IssueSnapshot::of(&state.world, site, issue));
            }
        }
    }
    json!({"total": total, "issues": shown})
}

fn issue(state: &mut State, key: &str) -> Result<Answer, Answer> {
    let snapshot = IssueSnapshot::find(state, key).ok_or_else(no_issue)?;
    Ok(ok(&json!(snapshot)))
}

fn delete(state: &mut State, key: &str) -> Result<Answer, Answer> {
    let actor = state.world.other_account();
    let (site, id) = state.world.site_of_key(key).ok_or_else(no_issue)?;
    site.delete(id, &actor);
    Ok(Answer::empty(204))
}

fn set_status(state: &mut State, key: &str, request: &Request) -> Result<Answer, Answer> {
    let status = text(request, "status")?;
    let other = state.other();
    let (site, id) = state.world.site_of_key(key).ok_or_else(no_issue)?;
    if !move_to_status(site, id, &status, other.edit()) {
        return Err(refused(422, "The project has no such status."));
    }
    issue(state, key)
}

fn set_project(state: &mut State, key: &str, request: &Request) -> Result<Answer, Answer> {
    let project = text(request, "project")?;
    let other = state.other();
    let (site, id) = state.world.site_of_key(key).ok_or_else(no_issue)?;
    let found = site.project(&project).map(|(at, _)| at);
    let at = found.ok_or_else(|| refused(422, "There is no such project."))?;
    site.move_to(id, at, other.edit_at_once());
    issue(state, key)
}

fn set_hidden(state: &mut State, key: &str, request: &Request) -> Result<Answer, Answer> {
    let value = given(request, "hidden")?;
    let hidden = match value {
        Value::Bool(hidden) => hidden,
        value if value == "true" => true,
        value if value == "false" => false,
        _ => return Err(refused(400, "'hidden' must be true or false.")),
    };
    let (site, id) = state.world.site_of_key(key).ok_or_else(no_issue)?;
    if let Some(issue) = site.issue_mut(id) {
        issue.hidden = hidden;
    }
    issue(state, key)
}

/// Changes the switches that the body names; the others stay.
fn settings(state: &mut State, request: &Request) -> Result<Answer, Answer> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| refused(400, "The body is not valid JSON."))?;
    let switches = state.switches.merged(&body);
    state.switch(switches.map_err(|text| refused(400, &text))?);
    Ok(ok(&json!(state.switches)))
}

/// Puts random faults in force and counts anew.
fn start_chaos(state: &mut State, request: &Request) -> Result<Answer, Answer> {
    let chaos: Chaos = read(request)?;
    let started = state.chaos.start(chaos);
    started.map_err(|text| refused(400, &text))?;
    Ok(Answer::json(201, &json!(state.chaos.report())))
}

/// Groups issues by the mark in an entity property.
fn duplicates(state: &State, request: &Request) -> Value {
    let property = request.query("property").unwrap_or("handoff.delivery");
    let field = request.query("field").unwrap_or("delivery_id");
    let all = request.query("all") == Some("true");
    json!(duplicates::report(&state.world, property, field, all))
}
