//! Control calls that interfere with one issue.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::handle::IssueSnapshot;
use crate::kit::control::{given, ok, read, refused, text};
use crate::kit::http::{Answer, Answered, Request};
use crate::others::Other;
use crate::rest::move_to_status;
use crate::timing::Timing;
use crate::world::World;

use super::{known_account, no_call};

/// Answers a call below `/sandbox/issues/{key}`.
pub(super) fn answer(
    world: &mut World,
    timing: &mut Timing,
    request: &Request,
    key: &str,
    rest: &[&str],
) -> Answered {
    match (request.method.as_str(), rest) {
        ("GET", []) => show(world, key),
        ("DELETE", []) => delete(world, key),
        ("POST", ["status"]) => set_status(world, timing, key, request),
        ("POST", ["project"]) => set_project(world, timing, key, request),
        ("POST", ["hidden"]) => set_hidden(world, key, request),
        ("GET", ["remotelinks"]) => links(world, key),
        ("POST", ["search_lag"]) => search_lag(world, timing.now(), key, request),
        ("POST", ["clone"]) => clone(world, timing, key, request),
        ("POST", ["property"]) => property(world, timing, key, request),
        _ => Err(no_call()),
    }
}

fn no_issue() -> Answer {
    refused(404, "There is no such issue.")
}

/// Shows an issue as it stands.
fn show(world: &mut World, key: &str) -> Answered {
    let snapshot = IssueSnapshot::find(world, key).ok_or_else(no_issue)?;
    Ok(ok(&json!(snapshot)))
}

fn delete(world: &mut World, key: &str) -> Answered {
    let actor = world.other_account();
    let (site, id) = world.site_of_key(key).ok_or_else(no_issue)?;
    site.delete(id, &actor);
    Ok(Answer::empty(204))
}

fn set_status(world: &mut World, timing: &mut Timing, key: &str, request: &Request) -> Answered {
    let status = text(request, "status")?;
    let other = Other::acting(world, timing);
    let (site, id) = world.site_of_key(key).ok_or_else(no_issue)?;
    if !move_to_status(site, id, &status, other.edit()) {
        return Err(refused(422, "The project has no such status."));
    }
    show(world, key)
}

fn set_project(world: &mut World, timing: &mut Timing, key: &str, request: &Request) -> Answered {
    let project = text(request, "project")?;
    let other = Other::acting(world, timing);
    let (site, id) = world.site_of_key(key).ok_or_else(no_issue)?;
    let found = site.project(&project).map(|(at, _)| at);
    let at = found.ok_or_else(|| refused(422, "There is no such project."))?;
    site.move_to(id, at, other.edit_at_once());
    show(world, key)
}

fn set_hidden(world: &mut World, key: &str, request: &Request) -> Answered {
    let value = given(request, "hidden")?;
    let hidden = match value {
        Value::Bool(hidden) => hidden,
        value if value == "true" => true,
        value if value == "false" => false,
        _ => return Err(refused(400, "'hidden' must be true or false.")),
    };
    let (site, id) = world.site_of_key(key).ok_or_else(no_issue)?;
    if let Some(issue) = site.issue_mut(id) {
        issue.hidden = hidden;
    }
    show(world, key)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lag {
    ms: u64,
}

/// Lets search see the issue's last write only after so long from now.
fn search_lag(world: &mut World, now: OffsetDateTime, key: &str, request: &Request) -> Answered {
    let lag: Lag = read(request)?;
    let visible_at = now + Duration::from_millis(lag.ms);
    let (site, id) = world.site_of_key(key).ok_or_else(no_issue)?;
    if let Some(issue) = site.issue_mut(id) {
        issue.search_from(visible_at);
    }
    show(world, key)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Copy {
    #[serde(default)]
    account: Option<String>,
    /// Whether the entity properties are copied too; Atlassian says nothing about it.
    #[serde(default)]
    with_properties: bool,
}

/// Lets another account clone an issue.
fn clone(world: &mut World, timing: &mut Timing, key: &str, request: &Request) -> Answered {
    let copy: Copy = read(request)?;
    let account = match copy.account {
        Some(account) => known_account(world, account)?,
        None => world.other_account(),
    };
    let (now, visible_at) = (timing.now(), timing.searchable_from());
    let (site, id) = world.site_of_key(key).ok_or_else(no_issue)?;
    let original = site.issue(id).ok_or_else(no_issue)?;
    let mut data = original.data.clone();
    data.creator = account;
    data.summary = format!("CLONE - {}", original.data.summary);
    data.created = now;
    data.updated = now;
    if !copy.with_properties {
        data.properties.clear();
    }
    let id = site.create(data, visible_at);
    let mut answer = show(world, &id.to_string())?;
    answer.status = 201;
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Property {
    key: String,
    /// The value; null removes the property.
    #[serde(default)]
    value: Value,
}

/// Lets somebody else write or remove an entity property.
fn property(world: &mut World, timing: &mut Timing, key: &str, request: &Request) -> Answered {
    let property: Property = read(request)?;
    let other = Other::acting(world, timing);
    let (site, id) = world.site_of_key(key).ok_or_else(no_issue)?;
    site.edit(id, other.edit(), |data| {
        if property.value.is_null() {
            data.properties.remove(&property.key);
        } else {
            data.properties.insert(property.key, property.value);
        }
    });
    show(world, key)
}

/// Shows the links of an issue to something elsewhere.
fn links(world: &mut World, key: &str) -> Answered {
    let (site, id) = world.site_of_key(key).ok_or_else(no_issue)?;
    let links = site.links_of(id).iter();
    let shown = links.map(|link| json!({"id": link.id, "link": link.value}));
    Ok(ok(&json!({"links": shown.collect::<Vec<_>>()})))
}
