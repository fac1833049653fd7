//! Jira's REST API, version 3.

mod bulk;
mod createmeta;
mod expand;
mod fields;
mod issues;
mod lists;
mod myself;
mod projects;
mod properties;
mod remote_links;
mod render;
mod screen;
mod search;
pub(crate) mod table;
mod transitions;
pub(crate) mod v2;
mod webhooks;

use serde_json::{Value, json};

use crate::errors::{NO_RIGHT_TO_EDIT, NO_SUCH_ISSUE, jira_error};
use crate::json::set;
use crate::kit::http::{Answer, Request};
use crate::world::{Issue, Site};

pub(crate) use render::{Fields, issue as render_issue, user as render_user};
pub(crate) use search::SearchPages;
pub(crate) use transitions::move_to_status;

/// Finds the issue that the path names.
fn visible<'a>(site: &'a Site, id_or_key: &str) -> Result<&'a Issue, Answer> {
    site.visible(id_or_key)
        .ok_or_else(|| jira_error(404, NO_SUCH_ISSUE))
}

/// Finds the issue that the path names, where the caller may edit it.
fn editable<'a>(site: &'a Site, id_or_key: &str) -> Result<&'a Issue, Answer> {
    let issue = visible(site, id_or_key)?;
    match site.project_at(issue.data.project) {
        Some(home) if home.can_edit => Ok(issue),
        _ => Err(jira_error(403, NO_RIGHT_TO_EDIT)),
    }
}

/// Where a page of an offset-paged list starts and how much it holds at most.
#[derive(Clone, Copy, Debug)]
struct Paging {
    start: usize,
    size: usize,
}

impl Paging {
    fn read(request: &Request, default: usize) -> Self {
        let start = request.query_number("startAt", 0);
        Self {
            start,
            size: request.query_number("maxResults", default),
        }
    }

    fn cut<T>(self, items: impl Iterator<Item = T>) -> Vec<T> {
        items.skip(self.start).take(self.size).collect()
    }
}

/// Builds a page with the list under the endpoint's own name.
fn page(name: &str, values: Vec<Value>, paging: Paging, total: usize) -> Value {
    let mut page = json!({"startAt": paging.start, "maxResults": paging.size, "total": total});
    set(&mut page, name, values);
    page
}

/// Reads a list of strings from a body; none where it is absent.
fn strings(body: &Value, name: &str) -> Result<Option<Vec<String>>, Answer> {
    let Some(value) = body.get(name).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let texts = value.as_array().map(|list| {
        list.iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
    });
    texts.flatten().map(Some).ok_or_else(|| {
        jira_error(
            400,
            "Invalid request payload. Refer to the REST API documentation and try again.",
        )
    })
}
