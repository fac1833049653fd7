//! Many issues at once: bulk create and bulk fetch.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::errors::{Problems, jira_error};
use crate::faults::Effect;
use crate::gateway::Call;
use crate::http::Answer;
use crate::state::State;
use crate::world::IssueData;

use super::{Fields, fields, issues, render, site, site_mut, strings, v2};

/// The most issues of one bulk create.
const MAX_CREATE: usize = 50;
/// The most issues of one bulk fetch.
const MAX_FETCH: usize = 100;
/// The most entity properties that one read may ask for.
pub(super) const MAX_PROPERTIES: usize = 5;

/// What became of one element of a bulk create.
type Outcome = Result<u64, Problems>;

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Answer> {
    let body = call.request.json()?;
    let elements = body.get("issueUpdates").and_then(Value::as_array);
    let elements = elements.map(Vec::as_slice).unwrap_or_default();
    let outcomes = if elements.len() > MAX_CREATE {
        let text = format!("You can create at most {MAX_CREATE} issues in one request.");
        elements
            .iter()
            .map(|_| Err(Problems::message(400, text.clone())))
            .collect()
    } else {
        create_each(state, call, elements)?
    };
    let created = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    let n_created = u32::try_from(created.count()).unwrap_or(u32::MAX);
    let mut answer = bulk_answer(state, call, &outcomes)?;
    answer.created = n_created;
    Ok(answer.costing(elements.len().saturating_sub(1)))
}

/// Creates the elements in their order, each on its own.
fn create_each(
    state: &mut State,
    call: &Call<'_>,
    elements: &[Value],
) -> Result<Vec<Outcome>, Answer> {
    let visible_at = state.searchable_from();
    let mut outcomes = Vec::with_capacity(elements.len());
    for (at, element) in elements.iter().enumerate() {
        let failing = failing(call.fault, at);
        let drafted = match failing {
            Some((status, false)) => Err(broken(status)),
            _ if call.is_v2() => draft_v2(state, call, element)?,
            _ => fields::draft(issues::desk(state, call)?, element),
        };
        let outcome = match drafted {
            Ok(data) => Ok(site_mut(state, call)?.insert(data, visible_at)),
            Err(problems) => Err(problems),
        };
        outcomes.push(match (outcome, failing) {
            (Ok(_), Some((status, true))) => Err(broken(status)),
            (outcome, _) => outcome,
        });
    }
    Ok(outcomes)
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
    Problems::message(status, "Internal server error")
}

fn bulk_answer(state: &State, call: &Call<'_>, outcomes: &[Outcome]) -> Result<Answer, Answer> {
    let site = site(state, call)?;
    let made = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    let mut made: Vec<_> = made.map(|id| issues::created(site, *id)).collect();
    if call.fault == Some(&Effect::Shuffled) {
        made.reverse();
        let middle = made.len() / 3;
        made.rotate_left(middle);
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
    Ok(answer)
}

pub(super) fn fetch(state: &State, call: &Call<'_>) -> Result<Answer, Answer> {
    let body = call.request.json()?;
    let asked = strings(&body, "issueIdsOrKeys")?.unwrap_or_default();
    if asked.is_empty() || asked.len() > MAX_FETCH {
        let text = format!("issueIdsOrKeys must hold between 1 and {MAX_FETCH} ids or keys.");
        return Err(jira_error(400, &text));
    }
    let names = strings(&body, "fields")?.filter(|names| !names.is_empty());
    let shown_fields = names.map_or_else(Fields::all, |names| Fields::of(&names));
    let properties = strings(&body, "properties")?.unwrap_or_default();
    if properties.len() > MAX_PROPERTIES {
        return Err(jira_error(400, "At most 5 properties can be requested."));
    }
    let site = site(state, call)?;
    let ids: BTreeSet<u64> = asked
        .iter()
        .filter_map(|asked| site.resolve(asked))
        .collect();
    let found: Vec<_> = ids.iter().filter_map(|id| site.issue(*id)).collect();
    let seen = || found.iter().filter(|issue| !issue.hidden);
    let readable = seen()
        .filter(|issue| issue.unreadable.is_none())
        .map(|issue| {
            render::issue(
                &state.world,
                site,
                issue,
                &issue.data,
                &shown_fields,
                &properties,
            )
        });
    let readable: Vec<_> = readable.collect();
    let broken = seen().filter_map(|issue| {
        let message = issue.unreadable.as_ref()?;
        Some(json!({"id": issue.id.to_string(), "errorMessage": message}))
    });
    let count = readable.len();
    let body = json!({"issues": readable, "issueErrors": broken.collect::<Vec<_>>()});
    Ok(Answer::json(200, &body).costing(count))
}
