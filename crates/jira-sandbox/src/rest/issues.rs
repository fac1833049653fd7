//! Single issues: create, read, edit.

use serde_json::{Value, json};

use crate::errors::{NO_SUCH_ISSUE, jira_error};
use crate::gateway::Call;
use crate::json::set;
use crate::kit::http::{Answer, Answered};
use crate::switches::WriteSwitches;
use crate::timing::Timing;
use crate::world::{Site, World};

use super::expand::expand;
use super::fields::{self, Writer};
use super::{Fields, editable, render, transitions, visible};

pub(super) fn create(
    world: &mut World,
    timing: &mut Timing,
    switches: &WriteSwitches,
    call: &Call<'_>,
) -> Answered {
    let body = call.details()?;
    let writer = writer(world, switches, call)?;
    let data = fields::draft(writer, &body)?;
    let edit = timing.edit(&call.account);
    let site = call.site_mut(world)?;
    let id = site.create(data, edit.visible_at);
    let transition = transitions::after_create(site, id, &body, edit);
    let mut answer = Answer::json(201, &created(site, id, transition));
    answer.created = 1;
    Ok(answer)
}

/// Shows a new issue as the create calls do.
pub(super) fn created(site: &Site, id: u64, transition: Option<Value>) -> Value {
    let key = site.issue(id).map(|issue| site.key_of(&issue.data));
    let mut shown = json!({
        "id": id.to_string(),
        "key": key,
        "self": format!("{}/rest/api/3/issue/{id}", site.url),
    });
    if let Some(transition) = transition {
        set(&mut shown, "transition", transition);
    }
    shown
}

pub(super) fn writer<'a>(
    world: &'a World,
    switches: &'a WriteSwitches,
    call: &'a Call<'_>,
) -> Result<Writer<'a>, Answer> {
    Ok(Writer {
        world,
        site: call.site(world)?,
        account: &call.account,
        now: call.now,
        switches,
    })
}

pub(super) fn get(world: &World, call: &Call<'_>) -> Answered {
    let site = call.site(world)?;
    let issue = visible(site, call.part(1))?;
    let names = call.request.query_list("fields");
    let asked = if names.is_empty() {
        Fields::all()
    } else {
        Fields::of(&names)
    };
    let properties = call.request.query_list("properties");
    let data = issue.as_read(call.now);
    let data = data.ok_or_else(|| jira_error(404, NO_SUCH_ISSUE))?;
    let mut shown = render::issue(world, site, issue, data, &asked, &properties);
    expand(&mut shown, site, &asked, &call.request.query_list("expand"));
    Ok(Answer::json(200, &shown).costing(1))
}

pub(super) fn edit(
    world: &mut World,
    timing: &mut Timing,
    switches: &WriteSwitches,
    call: &Call<'_>,
) -> Answered {
    let body = call.details()?;
    refuse_silence(switches, call)?;
    let writer = writer(world, switches, call)?;
    let issue = editable(writer.site, call.part(1))?;
    let id = issue.id;
    let data = fields::edited(writer, &issue.data, &body)?;
    let edit = timing.edit(&call.account);
    call.site_mut(world)?.edit(id, edit, |old| *old = data);
    if call.request.query("returnIssue") != Some("true") {
        return Ok(Answer::empty(204));
    }
    let site = call.site(world)?;
    let issue = visible(site, call.part(1))?;
    let all = Fields::all();
    Ok(Answer::json(
        200,
        &render::issue(world, site, issue, &issue.data, &all, &[]),
    ))
}

/// Refuses an edit that nobody is to hear of, where that needs an admin.
fn refuse_silence(switches: &WriteSwitches, call: &Call<'_>) -> Result<(), Answer> {
    let silent = call.request.query("notifyUsers") == Some("false");
    if silent && switches.notify_users_needs_admin {
        let text = "To discard the user notification either admin or project admin permissions \
                    are required.";
        return Err(jira_error(403, text));
    }
    Ok(())
}
