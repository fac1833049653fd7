//! Control calls that interfere with one issue.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::kit::control::{ok, read};
use crate::kit::http::{Answer, Request};
use crate::state::State;

use super::{issue, known_account, no_issue};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lag {
    ms: u64,
}

/// Lets search see the issue's last write only after so long from now.
pub(super) fn search_lag(
    state: &mut State,
    key: &str,
    request: &Request,
) -> Result<Answer, Answer> {
    let lag: Lag = read(request)?;
    let visible_at = state.now() + Duration::from_millis(lag.ms);
    let (site, id) = state.world.site_of_key(key).ok_or_else(no_issue)?;
    if let Some(issue) = site.issue_mut(id) {
        issue.search_from(visible_at);
    }
    issue(state, key)
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
pub(super) fn clone(state: &mut State, key: &str, request: &Request) -> Result<Answer, Answer> {
    let copy: Copy = read(request)?;
    let account = match copy.account {
        Some(account) => known_account(state, account)?,
        None => state.world.other_account(),
    };
    let (now, visible_at) = (state.now(), state.searchable_from());
    let (site, id) = state.world.site_of_key(key).ok_or_else(no_issue)?;
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
    let mut answer = issue(state, &id.to_string())?;
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
pub(super) fn property(state: &mut State, key: &str, request: &Request) -> Result<Answer, Answer> {
    let property: Property = read(request)?;
    let other = state.other();
    let (site, id) = state.world.site_of_key(key).ok_or_else(no_issue)?;
    site.edit(id, other.edit(), |data| {
        if property.value.is_null() {
            data.properties.remove(&property.key);
        } else {
            data.properties.insert(property.key, property.value);
        }
    });
    issue(state, key)
}

/// Shows the links of an issue to something elsewhere.
pub(super) fn links(state: &mut State, key: &str) -> Result<Answer, Answer> {
    let (site, id) = state.world.site_of_key(key).ok_or_else(no_issue)?;
    let links = site.links_of(id).iter();
    let shown = links.map(|link| json!({"id": link.id, "link": link.value}));
    Ok(ok(&json!({"links": shown.collect::<Vec<_>>()})))
}
