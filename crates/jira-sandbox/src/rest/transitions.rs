//! Moving issues through their workflow.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::errors::{NO_SUCH_ISSUE, Problems, cannot_be_set, jira_error};
use crate::gateway::Call;
use crate::kit::http::{Answer, Answered};
use crate::timing::Timing;
use crate::world::{Category, Edit, IssueData, Site, Status};

use super::{properties, render, visible};

pub(super) fn list(site: &Site, call: &Call<'_>) -> Answered {
    let issue = visible(site, call.part(1))?;
    let home = site.project_at(issue.data.project);
    let home = home.ok_or_else(|| jira_error(404, NO_SUCH_ISSUE))?;
    let wanted = call.request.query("transitionId");
    let listed = home
        .statuses
        .iter()
        .filter(|_| home.can_transition)
        .filter(|status| wanted.is_none_or(|id| id == status.transition_id));
    let shown = listed.map(|status| {
        json!({
            "id": status.transition_id,
            "name": status.name,
            "to": render::status(site, home, status),
            "hasScreen": false,
            "isGlobal": true,
            "isInitial": false,
            "isAvailable": true,
            "isConditional": false,
            "isLooped": false,
        })
    });
    let body = json!({"expand": "transitions", "transitions": shown.collect::<Vec<_>>()});
    Ok(Answer::json(200, &body).costing(1))
}

pub(super) fn transition(site: &mut Site, timing: &mut Timing, call: &Call<'_>) -> Answered {
    let body = call.request.json()?;
    let edit = timing.edit(&call.account);
    let id = visible(site, call.part(1))?.id;
    let wanted = match body.pointer("/transition/id") {
        Some(Value::String(wanted)) => Some(wanted.clone()),
        // Clients in use send the number, which Jira takes too.
        Some(Value::Number(wanted)) => Some(wanted.to_string()),
        _ => None,
    };
    let Some(wanted) = wanted else {
        return Err(jira_error(400, "Missing 'transition' identifier"));
    };
    let status = find_offered(site, id, &wanted);
    let status = status.ok_or_else(|| {
        let text = format!("Transition id '{wanted}' is not valid for this issue.");
        jira_error(400, &text)
    })?;
    refuse_fields(&body)?;
    let properties = properties::read(body.get("properties"))?;
    site.edit(id, edit, |data| {
        data.properties.extend(properties);
        put_status(data, &status, edit.now);
    });
    Ok(Answer::empty(204))
}

/// Refuses every field: none is on a screen here, since no transition has one.
fn refuse_fields(body: &Value) -> Result<(), Problems> {
    let mut problems = Problems::default();
    for part in ["fields", "update"] {
        let fields = body.get(part).and_then(Value::as_object);
        for field in fields.into_iter().flat_map(|fields| fields.keys()) {
            problems.add(field, cannot_be_set(field));
        }
    }
    problems.into_result()
}

/// Carries out the transition that the body of a create names, and tells what became of it.
pub(super) fn after_create(
    site: &mut Site,
    id: u64,
    body: &Value,
    edit: Edit<'_>,
) -> Option<Value> {
    let wanted = body.pointer("/transition/id")?;
    let wanted = wanted.as_str().unwrap_or_default();
    let status = find_offered(site, id, wanted);
    let Some(status) = status else {
        let text = format!("Transition id '{wanted}' is not valid for this issue.");
        let errors = json!({"errorMessages": [text], "errors": {}});
        return Some(json!({"status": 400, "errorCollection": errors}));
    };
    set_status(site, id, &status, edit);
    let errors = json!({"errorMessages": [], "errors": {}});
    Some(json!({"status": 204, "errorCollection": errors}))
}

/// Moves an issue to the status of this name; tells whether its project has one.
pub(crate) fn move_to_status(site: &mut Site, id: u64, name: &str, edit: Edit<'_>) -> bool {
    let found = find_status(site, id, |status| status.name.eq_ignore_ascii_case(name));
    if let Some(status) = &found {
        set_status(site, id, status, edit);
    }
    found.is_some()
}

/// Finds the status to which a transition leads, where the caller may make it.
fn find_offered(site: &Site, id: u64, transition: &str) -> Option<Status> {
    let home = site.project_at(site.issue(id)?.data.project)?;
    let found = find_status(site, id, |status| status.transition_id == transition);
    found.filter(|_| home.can_transition)
}

fn find_status(site: &Site, id: u64, matches: impl Fn(&Status) -> bool) -> Option<Status> {
    let home = site.project_at(site.issue(id)?.data.project)?;
    home.statuses.iter().find(|status| matches(status)).cloned()
}

fn set_status(site: &mut Site, id: u64, status: &Status, edit: Edit<'_>) {
    site.edit(id, edit, |data| put_status(data, status, edit.now));
}

fn put_status(data: &mut IssueData, status: &Status, now: OffsetDateTime) {
    data.status = status.id.clone();
    data.status_changed_at = now;
    data.resolved_at = (status.category == Category::Done).then_some(now);
}
