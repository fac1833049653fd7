//! The sandbox's own calls, by which a person or another process interferes.

mod grants;
mod issues;
mod projects;
mod webhooks;

use serde_json::{Value, json};

use crate::chaos::{Chaos, ChaosRun};
use crate::duplicates;
use crate::handle::IssueSnapshot;
use crate::journal::{Journal, JournalEntry};
use crate::kit::control::{self, ok, read, refused};
use crate::kit::http::{Answer, Answered, Request};
use crate::pages;
use crate::state::State;
use crate::world::{Issue, World};

/// Answers a control call.
pub(crate) fn answer(state: &mut State, request: &Request) -> Answered {
    let parts = request.parts(1);
    match (request.method.as_str(), parts.as_slice()) {
        ("GET" | "POST", ["clock"]) => control::clock(&mut state.timing.clock, request),
        ("GET", ["faults"]) => Ok(ok(&control::faults(&state.faults))),
        ("POST", ["faults"]) => control::push_faults(&mut state.faults, request),
        ("DELETE", ["faults"]) => {
            state.faults.clear();
            Ok(Answer::empty(204))
        }
        ("DELETE", ["faults", at]) => control::remove_fault(&mut state.faults, at),
        ("GET", ["overview"]) => Ok(ok(&pages::overview(&state.world, state.timing.now()))),
        ("GET", ["journal"]) => Ok(ok(&journal(&state.journal, request))),
        ("GET", ["charges"]) => Ok(ok(&json!(state.journal.charges()))),
        ("GET", ["chaos"]) => Ok(ok(&json!(state.chaos.report()))),
        ("POST", ["chaos"]) => start_chaos(&mut state.chaos, request),
        ("DELETE", ["chaos"]) => {
            state.chaos.stop();
            Ok(ok(&json!(state.chaos.report())))
        }
        ("GET", ["duplicates"]) => Ok(ok(&duplicates(&state.world, request))),
        ("GET", ["others"]) => Ok(ok(&json!(state.others))),
        ("DELETE", ["others"]) => {
            state.stop_others();
            Ok(ok(&json!(state.others)))
        }
        (_, ["webhooks", rest @ ..]) => {
            let now = state.timing.now();
            webhooks::answer(&mut state.world, &mut state.webhooks, now, request, rest)
        }
        (_, ["projects", rest @ ..]) => projects::answer(state, request, rest),
        ("GET", ["issues"]) => Ok(ok(&issues(&state.world, request))),
        (_, ["issues", key, rest @ ..]) => {
            issues::answer(&mut state.world, &mut state.timing, request, key, rest)
        }
        ("GET", ["tokens"]) => Ok(ok(&json!({"counters": state.tokens.counters}))),
        ("POST", ["tokens", "mint"]) => {
            let now = state.timing.now();
            grants::mint(&state.world, &mut state.tokens, &state.config, now, request)
        }
        ("GET", ["grants"]) => Ok(ok(&grants::list(&state.tokens))),
        ("POST", ["grants"]) => grants::change(&state.world, &mut state.tokens, request, true),
        ("DELETE", ["grants"]) => grants::change(&state.world, &mut state.tokens, request, false),
        ("POST", ["tokens", "expire"]) => {
            state.tokens.expire_access(state.timing.now());
            Ok(Answer::empty(204))
        }
        ("POST", ["tokens", "revoke"]) => {
            state.tokens.revoke_all();
            Ok(Answer::empty(204))
        }
        ("GET", ["settings"]) => Ok(ok(&json!(state.switches))),
        ("POST", ["settings"]) => settings(state, request),
        _ => Err(no_call()),
    }
}

fn no_call() -> Answer {
    refused(404, "There is no such control call.")
}

/// Refuses an account that the world does not have.
fn known_account(world: &World, id: String) -> Result<String, Answer> {
    match world.account(&id) {
        Some(_) => Ok(id),
        None => Err(refused(422, "There is no such account.")),
    }
}

/// Shows the kept requests that match the query, by default the latest 100, the oldest first.
fn journal(journal: &Journal, request: &Request) -> Value {
    let total = journal.charges().total;
    let limit = request.query_number("limit", 100);
    let after = request.query("after").and_then(|after| after.parse().ok());
    let is_wanted = |entry: &&JournalEntry| after.is_none_or(|after: usize| entry.sequence > after);
    let matches = |entry: &&JournalEntry| is_wanted(entry) && wanted(entry, request);
    let entries: Vec<_> = match after {
        Some(_) => journal.entries().filter(matches).take(limit).collect(),
        None => {
            let latest = journal.entries().rev().filter(matches).take(limit);
            let mut latest: Vec<_> = latest.collect();
            latest.reverse();
            latest
        }
    };
    json!({
        "arrived": journal.arrived(),
        "jira_requests": journal.jira_requests(),
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
fn issues(world: &World, request: &Request) -> Value {
    let limit = request.query_number("limit", usize::MAX);
    let wanted = request.query("project");
    let mut total = 0;
    let mut shown = Vec::new();
    for site in &world.sites {
        let project = wanted.map(|key| site.any_project(key).map(|(at, _)| at));
        let is_wanted = |issue: &&Issue| project.is_none_or(|at| at == Some(issue.data.project));
        for issue in site.issues().filter(is_wanted) {
            total += 1;
            if shown.len() < limit {
                shown.push(IssueSnapshot::of(world, site, issue));
            }
        }
    }
    json!({"total": total, "issues": shown})
}

/// Changes the switches that the body names; the others stay.
fn settings(state: &mut State, request: &Request) -> Answered {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| refused(400, "The body is not valid JSON."))?;
    let switches = state.switches.merged(&body);
    state.switch(switches.map_err(|text| refused(400, &text))?);
    Ok(ok(&json!(state.switches)))
}

/// Puts random faults in force and counts anew.
fn start_chaos(run: &mut ChaosRun, request: &Request) -> Answered {
    let chaos: Chaos = read(request)?;
    run.start(chaos).map_err(|text| refused(400, &text))?;
    Ok(Answer::json(201, &json!(run.report())))
}

/// Groups issues by the mark in an entity property.
fn duplicates(world: &World, request: &Request) -> Value {
    let property = request.query("property").unwrap_or("handoff.delivery");
    let field = request.query("field").unwrap_or("delivery_id");
    let all = request.query("all") == Some("true");
    json!(duplicates::report(world, property, field, all))
}
