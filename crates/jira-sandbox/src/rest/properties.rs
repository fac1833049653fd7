//! Entity properties: JSON that apps keep with an issue, unseen by people.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::errors::{NO_SUCH_ISSUE, Problems, jira_error};
use crate::gateway::Call;
use crate::kit::http::{Answer, Answered};
use crate::timing::Timing;
use crate::world::Site;

use super::{editable, visible};

/// The longest key, in characters.
const MAX_KEY: usize = 255;
/// The longest value, in characters of its JSON.
const MAX_VALUE: usize = 32_768;

/// Reads the properties that come with a create or an edit.
pub(super) fn read(listed: Option<&Value>) -> Result<BTreeMap<String, Value>, Problems> {
    let Some(listed) = listed.filter(|listed| !listed.is_null()) else {
        return Ok(BTreeMap::new());
    };
    let malformed = || Problems::message(400, "Properties must be a list of keys and values.");
    let mut properties = BTreeMap::new();
    for property in listed.as_array().ok_or_else(malformed)? {
        let key = property
            .get("key")
            .and_then(Value::as_str)
            .ok_or_else(malformed)?;
        let value = property.get("value").cloned().unwrap_or_default();
        check(key, &value).map_err(|text| Problems::message(400, text))?;
        properties.insert(key.to_owned(), value);
    }
    Ok(properties)
}

fn check(key: &str, value: &Value) -> Result<(), &'static str> {
    if key.is_empty() || key.chars().count() > MAX_KEY {
        return Err("The property key must be between 1 and 255 characters long.");
    }
    let is_empty = value.is_null() || value.as_str().is_some_and(str::is_empty);
    if is_empty {
        return Err("The property value cannot be empty.");
    }
    if value.to_string().chars().count() > MAX_VALUE {
        return Err("The property value is too long. It must not exceed 32768 characters.");
    }
    Ok(())
}

pub(super) fn get(site: &Site, call: &Call<'_>) -> Answered {
    let issue = visible(site, call.part(1))?;
    let data = issue.as_read(call.now);
    let data = data.ok_or_else(|| jira_error(404, NO_SUCH_ISSUE))?;
    let key = call.part(3);
    let value = data.properties.get(key).ok_or_else(|| unknown(key))?;
    Ok(Answer::json(200, &json!({"key": key, "value": value})).costing(1))
}

pub(super) fn put(site: &mut Site, timing: &mut Timing, call: &Call<'_>) -> Answered {
    let value = call.request.json()?;
    let key = call.part(3);
    check(key, &value).map_err(|text| jira_error(400, text))?;
    let issue = editable(site, call.part(1))?;
    let (id, mut data) = (issue.id, issue.data.clone());
    let replaced = data.properties.insert(key.to_owned(), value).is_some();
    site.edit(id, timing.edit(&call.account), |old| *old = data);
    Ok(Answer::json(if replaced { 200 } else { 201 }, &json!({})))
}

pub(super) fn delete(site: &mut Site, timing: &mut Timing, call: &Call<'_>) -> Answered {
    let key = call.part(3);
    let issue = editable(site, call.part(1))?;
    let (id, mut data) = (issue.id, issue.data.clone());
    data.properties.remove(key).ok_or_else(|| unknown(key))?;
    site.edit(id, timing.edit(&call.account), |old| *old = data);
    Ok(Answer::empty(204))
}

fn unknown(key: &str) -> Answer {
    jira_error(
        404,
        &format!("The property with key '{key}' does not exist."),
    )
}
