//! Many issues at once: bulk create and bulk fetch.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::effect::Effect;
use crate::errors::{NO_SUCH_ISSUE, Problems, jira_error};
use crate::gateway::Call;
use crate::kit::http::Answer;
use crate::state::State;
use crate::switches::{HiddenIssues, TooManyCreates};
use crate::world::{Edit, Issue, IssueData};

use super::expand::expand;
use super::{Fields, fields, issues, render, site, site_mut, strings, transitions, v2};

/// The most issues of one bulk create.
const MAX_CREATE: usize = 50;
/// A text for more; Atlassian shows none.
const TOO_MANY: &str = "You can create at most 50 issues in one request.";
/// The most issues of one bulk fetch.
const MAX_FETCH: usize = 100;
/// The most issues of one bulk fetch that asks for few fields, where that is switched on.
const MAX_LEAN_FETCH: usize = 1_000;
/// The most entity properties that one read may ask for.
pub(super) const MAX_PROPERTIES: usize = 5;

/// What became of one element of a bulk create.
type Outcome = Result<Made, Problems>;

/// An issue that was made, and what became of the transition asked for.
#[derive(Debug)]
struct Made {
    id: u64,
    transition: Option<Value>,
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Answer> {
    let body = call.request.json()?;
    let elements = body.get("issueUpdates").and_then(Value::as_array);
    let elements = elements.map(Vec::as_slice).unwrap_or_default();
    let is_taken = elements.len() <= MAX_CREATE;
    if !is_taken && state.switches.too_many_creates == TooManyCreates::Whole {
        return Err(jira_error(400, TOO_MANY));
    }
    let (outcomes, n_created) = if is_taken {
        create_each(state, call, elements)?
    } else {
        let refused = |_| Err(Problems::message(400, TOO_MANY));
        (elements.iter().map(refused).collect(), 0)
    };
    let mut answer = bulk_answer(state, call, &outcomes)?;
    answer.created = n_created;
    answer.hit |= is_taken && (0..elements.len()).any(|at| failing(call.fault, at).is_some());
    Ok(answer.costing(elements.len().saturating_sub(1)))
}

/// Creates the elements, each on its own; gives what became of each, and how many were made.
fn create_each(
    state: &mut State,
    call: &Call<'_>,
    elements: &[Value],
) -> Result<(Vec<Outcome>, u32), Answer> {
    let mut order: Vec<_> = elements.iter().enumerate().collect();
    if state.switches.shuffle_bulk_creation {
        state.draws.shuffle(&mut order);
    }
    let mut outcomes = Vec::with_capacity(elements.len());
    let mut made = 0;
    for (at, element) in order {
        let visible_at = state.searchable_from();
        let failing = failing(call.fault, at);
        let drafted = match failing {
            Some((status, false)) => Err(broken(status)),
            _ if call.is_v2() => draft_v2(state, call, element)?,
            _ => fields::draft(issues::desk(state, call)?, element),
        };
        let outcome = match drafted {
            Ok(data) => Ok(make(state, call, element, data, visible_at)?),
            Err(problems) => Err(problems),
        };
        made += u32::from(outcome.is_ok());
        let shown = match (outcome, failing) {
            (Ok(_), Some((status, true))) => Err(broken(status)),
            (outcome, _) => outcome,
        };
        outcomes.push((at, shown));
    }
    outcomes.sort_by_key(|(at, _)| *at);
    let outcomes = outcomes.into_iter().map(|(_, shown)| shown);
    Ok((outcomes.collect(), made))
}

fn make(
    state: &mut State,
    call: &Call<'_>,
    element: &Value,
    data: IssueData,
    visible_at: OffsetDateTime,
) -> Result<Made, Answer> {
    let edit = Edit {
        actor: &call.account,
        now: state.now(),
        visible_at,
    };
    let site = site_mut(state, call)?;
    let id = site.create(data, visible_at);
    let transition = transitions::after_create(site, id, element, edit);
    Ok(Made { id, transition })
}

fn draft_v2(
    state: &State,
    call: &Call<'_>,
    element: &Value,
) -> Result<Result<IssueData, Problems>, Answer> {
    let mut element = element.clone();
    let desk = issues::desk(state, call)?;
    Ok(v2::upgrade(&mut element).and_then(|()| fields::draft(desk, &element)))
}

/// Tells whether a fault hits this element: with which status, and whether it is made all the same.
fn failing(fault: Option<&Effect>, at: usize) -> Option<(u16, bool)> {
    match fault {
        Some(Effect::FailElements {
            elements,
            status,
            acting,
        }) if elements.contains(&at) => Some((*status, *acting)),
        _ => None,
    }
}

fn broken(status: u16) -> Problems {
    let text = match status {
        429 => "Rate limit exceeded.",
        _ => "Internal server error",
    };
    Problems::message(status, text)
}

fn bulk_answer(state: &mut State, call: &Call<'_>, outcomes: &[Outcome]) -> Result<Answer, Answer> {
    let site = site(state, call)?;
    let made = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    let made = made.map(|made| issues::created(site, made.id, made.transition.clone()));
    let mut made: Vec<_> = made.collect();
    let is_struck = call.fault == Some(&Effect::Shuffled);
    if is_struck || state.switches.shuffle_bulk_answers {
        state.draws.shuffle(&mut made);
    }
    let failed = |(at, outcome): (usize, &Outcome)| {
        let problems = outcome.as_ref().err()?;
        Some(json!({
            "status": problems.status,
            "elementErrors": problems.body(),
            "failedElementNumber": at,
        }))
    };
    let errors: Vec<_> = outcomes.iter().enumerate().filter_map(failed).collect();
    let status = if made.is_empty() { 400 } else { 201 };
    let mut answer = Answer::json(status, &json!({"issues": made, "errors": errors}));
    let hints = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err()?.hint_header());
    answer.headers.extend(hints);
    answer.hit = is_struck && made.len() > 1;
    Ok(answer)
}

/// Tells whether only few fields are asked for, and none that holds a list of its own.
fn may_fetch_many(names: &[String]) -> bool {
    let heavy = |name: &String| {
        matches!(name.as_str(), "comment" | "worklog" | "attachment") || name.starts_with('*')
    };
    names.len() <= 100 && !names.iter().any(heavy)
}

pub(super) fn fetch(state: &State, call: &Call<'_>) -> Result<Answer, Answer> {
    let body = call.request.json()?;
    let asked = strings(&body, "issueIdsOrKeys")?.unwrap_or_default();
    let names = strings(&body, "fields")?.filter(|names| !names.is_empty());
    let few = names.as_ref().is_some_and(|names| may_fetch_many(names));
    let most = match state.switches.bulk_fetch_thousand && few {
        true => MAX_LEAN_FETCH,
        false => MAX_FETCH,
    };
    if asked.is_empty() || asked.len() > most {
        let text = format!("issueIdsOrKeys must hold between 1 and {most} ids or keys.");
        return Err(jira_error(400, &text));
    }
    let shown_fields = names.map_or_else(Fields::all, |names| Fields::of(&names));
    let properties = strings(&body, "properties")?.unwrap_or_default();
    if properties.len() > MAX_PROPERTIES {
        return Err(jira_error(400, "At most 5 properties can be requested."));
    }
    let expansions = strings(&body, "expand")?.unwrap_or_default();
    let site = site(state, call)?;
    let ids: BTreeSet<u64> = asked
        .iter()
        .filter_map(|asked| site.resolve(asked))
        .collect();
    let found: Vec<_> = ids.iter().filter_map(|id| site.issue(*id)).collect();
    let (seen, unseen): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| site.shows(it));
    let readable = seen.iter().filter(|issue| issue.unreadable.is_none());
    let now = state.now();
    let readable = readable.filter_map(|issue| {
        let (data, fields) = (issue.as_read(now)?, &shown_fields);
        let mut shown = render::issue(&state.world, site, issue, data, fields, &properties);
        expand(&mut shown, site, fields, &expansions);
        Some(shown)
    });
    let readable: Vec<_> = readable.collect();
    let count = readable.len();
    let mut body = json!({"issues": readable, "issueErrors": errors(state, &seen, &unseen)});
    if let (true, Some(body)) = (state.switches.bulk_fetch_expand, body.as_object_mut()) {
        body.insert("expand".to_owned(), "schema,names".into());
    }
    Ok(Answer::json(200, &body).costing(count))
}

/// Tells of issues that cannot be read, and where it is switched on of those not to be seen.
fn errors(state: &State, seen: &[&Issue], unseen: &[&Issue]) -> Vec<Value> {
    let error =
        |issue: &Issue, message: &str| json!({"id": issue.id.to_string(), "errorMessage": message});
    let broken = seen
        .iter()
        .filter_map(|issue| Some(error(issue, issue.unreadable.as_ref()?)));
    let mut errors: Vec<_> = broken.collect();
    if state.switches.hidden_issues == HiddenIssues::IssueErrors {
        errors.extend(unseen.iter().map(|issue| error(issue, NO_SUCH_ISSUE)));
    }
    errors
}
