//! Many issues at once: bulk create and bulk fetch.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::effect::Effect;
use crate::errors::{NO_SUCH_ISSUE, Problems, jira_error};
use crate::gateway::Call;
use crate::json::set;
use crate::kit::http::{Answer, Answered};
use crate::kit::random::Random;
use crate::switches::{HiddenIssues, ReadSwitches, TooManyCreates, WriteSwitches};
use crate::timing::Timing;
use crate::world::{Edit, Issue, IssueData, Site, World};

use super::expand::expand;
use super::fields::Writer;
use super::{Fields, fields, issues, render, strings, transitions, v2};

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

pub(super) fn create(
    world: &mut World,
    timing: &mut Timing,
    switches: &WriteSwitches,
    call: &Call<'_>,
) -> Answered {
    let body = call.request.json()?;
    let elements = body.get("issueUpdates").and_then(Value::as_array);
    let elements = elements.map(Vec::as_slice).unwrap_or_default();
    let is_taken = elements.len() <= MAX_CREATE;
    if !is_taken && switches.too_many_creates == TooManyCreates::Whole {
        return Err(jira_error(400, TOO_MANY));
    }
    let (outcomes, n_created) = if is_taken {
        create_each(world, timing, switches, call, elements)?
    } else {
        let refused = |_| Err(Problems::message(400, TOO_MANY));
        (elements.iter().map(refused).collect(), 0)
    };
    let is_struck = call.fault == Some(&Effect::Shuffled);
    let shuffled = is_struck || switches.shuffle_bulk_answers;
    let draws = shuffled.then_some(&mut timing.draws);
    let mut answer = bulk_answer(call.site(world)?, &outcomes, draws);
    let n_made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let has_failing = is_taken && (0..elements.len()).any(|at| failing(call.fault, at).is_some());
    answer.created = n_created;
    answer.hit = is_struck && n_made > 1 || has_failing;
    Ok(answer.costing(elements.len().saturating_sub(1)))
}

/// Creates the elements, each on its own; gives what became of each, and how many were made.
fn create_each(
    world: &mut World,
    timing: &mut Timing,
    switches: &WriteSwitches,
    call: &Call<'_>,
    elements: &[Value],
) -> Result<(Vec<Outcome>, u32), Answer> {
    let mut order: Vec<_> = elements.iter().enumerate().collect();
    if switches.shuffle_bulk_creation {
        timing.draws.shuffle(&mut order);
    }
    let mut outcomes = Vec::with_capacity(elements.len());
    let mut made = 0;
    for (at, element) in order {
        let edit = timing.edit(&call.account);
        let failing = failing(call.fault, at);
        let drafted = match failing {
            Some((status, false)) => Err(broken(status)),
            _ => draft(issues::writer(world, switches, call)?, call, element),
        };
        let site = call.site_mut(world)?;
        let outcome = drafted.map(|data| make(site, element, data, edit));
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

fn make(site: &mut Site, element: &Value, data: IssueData, edit: Edit<'_>) -> Made {
    let id = site.create(data, edit.visible_at);
    let transition = transitions::after_create(site, id, element, edit);
    Made { id, transition }
}

/// Reads one element, with documents also where version 2 sends texts.
fn draft(writer: Writer<'_>, call: &Call<'_>, element: &Value) -> Result<IssueData, Problems> {
    if !call.is_v2() {
        return fields::draft(writer, element);
    }
    let mut element = element.clone();
    v2::upgrade(&mut element)?;
    fields::draft(writer, &element)
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

/// Shows what was made, in another order where there are draws for one, and what was not.
fn bulk_answer(site: &Site, outcomes: &[Outcome], draws: Option<&mut Random>) -> Answer {
    let made = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    let made = made.map(|made| issues::created(site, made.id, made.transition.clone()));
    let mut made: Vec<_> = made.collect();
    if let Some(draws) = draws {
        draws.shuffle(&mut made);
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
    answer
}

/// Tells whether only few fields are asked for, and none that holds a list of its own.
fn may_fetch_many(names: &[String]) -> bool {
    let heavy = |name: &String| {
        matches!(name.as_str(), "comment" | "worklog" | "attachment") || name.starts_with('*')
    };
    names.len() <= 100 && !names.iter().any(heavy)
}

pub(super) fn fetch(world: &World, switches: &ReadSwitches, call: &Call<'_>) -> Answered {
    let body = call.request.json()?;
    let asked = strings(&body, "issueIdsOrKeys")?.unwrap_or_default();
    let names = strings(&body, "fields")?.filter(|names| !names.is_empty());
    let few = names.as_ref().is_some_and(|names| may_fetch_many(names));
    let most = match switches.bulk_fetch_thousand && few {
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
    let site = call.site(world)?;
    let ids: BTreeSet<u64> = asked
        .iter()
        .filter_map(|asked| site.resolve(asked))
        .collect();
    let found: Vec<_> = ids.iter().filter_map(|id| site.issue(*id)).collect();
    let (seen, unseen): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| site.shows(it));
    let readable = seen.iter().filter(|issue| issue.unreadable.is_none());
    let readable = readable.filter_map(|issue| {
        let (data, fields) = (issue.as_read(call.now)?, &shown_fields);
        let mut shown = render::issue(world, site, issue, data, fields, &properties);
        expand(&mut shown, site, fields, &expansions);
        Some(shown)
    });
    let readable: Vec<_> = readable.collect();
    let count = readable.len();
    let mut body = json!({"issues": readable, "issueErrors": errors(switches, &seen, &unseen)});
    if switches.bulk_fetch_expand {
        set(&mut body, "expand", "schema,names");
    }
    Ok(Answer::json(200, &body).costing(count))
}

/// Tells of issues that cannot be read, and where it is switched on of those not to be seen.
fn errors(switches: &ReadSwitches, seen: &[&Issue], unseen: &[&Issue]) -> Vec<Value> {
    let error =
        |issue: &Issue, message: &str| json!({"id": issue.id.to_string(), "errorMessage": message});
    let broken = seen
        .iter()
        .filter_map(|issue| Some(error(issue, issue.unreadable.as_ref()?)));
    let mut errors: Vec<_> = broken.collect();
    if switches.hidden_issues == HiddenIssues::IssueErrors {
        errors.extend(unseen.iter().map(|issue| error(issue, NO_SUCH_ISSUE)));
    }
    errors
}
