//! Links from an issue to something elsewhere.

use serde_json::{Value, json};

use crate::errors::{Problems, jira_error};
use crate::gateway::Call;
use crate::kit::http::{Answer, Answered};
use crate::world::Site;

use super::visible;

/// The longest global id, in characters.
const MAX_GLOBAL_ID: usize = 255;
/// The most links of one issue.
const MAX_LINKS: usize = 2_000;

/// Creates a link, or replaces the one that has the same global id.
pub(super) fn put(site: &mut Site, call: &Call<'_>) -> Answered {
    let body = call.request.json()?;
    check(&body)?;
    let issue = visible(site, call.part(1))?.id;
    let url = site.url.clone();
    if site.links_of(issue).len() >= MAX_LINKS {
        return Err(jira_error(400, "The issue has too many remote links."));
    }
    let (id, is_new) = site.put_link(issue, body);
    let link = json!({
        "id": id,
        "self": format!("{url}/rest/api/3/issue/{issue}/remotelink/{id}"),
    });
    Ok(Answer::json(if is_new { 201 } else { 200 }, &link))
}

fn check(body: &Value) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let object = |name: &str| {
        let value = body.get("object").and_then(|object| object.get(name));
        value.and_then(Value::as_str).unwrap_or_default()
    };
    for name in ["url", "title"] {
        if object(name).is_empty() {
            problems.add(name, format!("'{name}' is required."));
        }
    }
    let global_id = body.get("globalId").and_then(Value::as_str);
    if global_id.is_some_and(|id| id.chars().count() > MAX_GLOBAL_ID) {
        problems.add("globalId", "'globalId' must not exceed 255 characters.");
    }
    problems.into_result()
}
