//! Search by JQL, with its lag and its page tokens.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::errors::jira_error;
use crate::gateway::Call;
use crate::jql::{Query, Reader};
use crate::json::set;
use crate::kit::http::{Answer, Answered, Request};
use crate::switches::{ReadSwitches, SearchLastPage};
use crate::world::{Issue, IssueData, Site, World};

use super::bulk::MAX_PROPERTIES;
use super::expand::expand;
use super::{Fields, render, strings};

/// The most issues on a page that shows only ids and keys.
const MAX_BARE_PAGE: usize = 5_000;
/// The most issues on a page that shows more.
const MAX_PAGE: usize = 100;
/// The most ids whose fresh values a search may ask for.
const MAX_RECONCILED: usize = 50;
/// How long a page token works.
const TOKEN_LIFE: Duration = Duration::days(7);

/// The pages still to be read, by their tokens.
#[derive(Debug, Default)]
pub(crate) struct SearchPages {
    open: HashMap<String, OpenPage>,
}

/// A result as it was when the first page was read.
#[derive(Clone, Debug)]
struct OpenPage {
    jql: String,
    /// The whole result, shared by the tokens of all its pages.
    ids: Arc<[u64]>,
    at: usize,
    expires_at: OffsetDateTime,
}

/// What is searched for and what is shown of it.
#[derive(Debug)]
struct Search {
    jql: String,
    token: Option<String>,
    max_results: usize,
    fields: Vec<String>,
    properties: Vec<String>,
    expand: Vec<String>,
    reconcile: Vec<u64>,
}

impl Search {
    fn of_query(request: &Request) -> Result<Self, Answer> {
        let reconcile = request.query_list("reconcileIssues");
        let reconcile = reconcile
            .iter()
            .map(|id| id.parse())
            .collect::<Result<Vec<u64>, _>>();
        Ok(Self {
            jql: request.query("jql").unwrap_or_default().to_owned(),
            token: request.query("nextPageToken").map(str::to_owned),
            max_results: request.query_number("maxResults", 50),
            fields: request.query_list("fields"),
            properties: request.query_list("properties"),
            expand: request.query_list("expand"),
            reconcile: reconcile.map_err(|_| bad_payload())?,
        })
    }

    fn of_body(body: &Value) -> Result<Self, Answer> {
        let text = |name| body.get(name).and_then(Value::as_str);
        let reconcile = body.get("reconcileIssues").and_then(Value::as_array);
        let reconcile = reconcile.into_iter().flatten().map(Value::as_u64);
        let max_results = body.get("maxResults").and_then(Value::as_u64).unwrap_or(50);
        // One text with commas, unlike the lists of other bodies.
        let expand = match body.get("expand") {
            None | Some(Value::Null) => "",
            Some(Value::String(names)) => names,
            Some(_) => return Err(bad_payload()),
        };
        Ok(Self {
            jql: text("jql").unwrap_or_default().to_owned(),
            token: text("nextPageToken").map(str::to_owned),
            max_results: usize::try_from(max_results).unwrap_or(MAX_BARE_PAGE),
            fields: strings(body, "fields")?.unwrap_or_default(),
            properties: strings(body, "properties")?.unwrap_or_default(),
            expand: expand
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
            reconcile: reconcile.collect::<Option<_>>().ok_or_else(bad_payload)?,
        })
    }

    fn check(self) -> Result<Self, Answer> {
        if self.properties.len() > MAX_PROPERTIES {
            return Err(jira_error(400, "At most 5 properties can be requested."));
        }
        if self.reconcile.len() > MAX_RECONCILED {
            return Err(jira_error(400, "At most 50 issues can be reconciled."));
        }
        Ok(self)
    }
}

fn bad_payload() -> Answer {
    jira_error(
        400,
        "Invalid request payload. Refer to the REST API documentation and try again.",
    )
}

pub(super) fn search(
    world: &World,
    pages: &mut SearchPages,
    switches: &ReadSwitches,
    call: &Call<'_>,
) -> Answered {
    let site = call.site(world)?;
    let asked = match call.request.method.as_str() {
        "GET" => Search::of_query(call.request)?,
        _ => Search::of_body(&call.request.json()?)?,
    };
    let asked = asked.check()?;
    let shown = Fields::of(&asked.fields);
    let (ids, at) = match &asked.token {
        Some(token) => pages.find(token, &asked.jql, call.now)?,
        None => (run(site, call, &asked.jql, &asked.reconcile)?.into(), 0),
    };
    let size = page_size(switches, &asked, &shown);
    let end = at.saturating_add(size);
    let last_page = switches.search_last_page;
    let is_last = match last_page {
        // Only an empty page is the last one.
        SearchLastPage::EmptyPage => at >= ids.len(),
        _ => end >= ids.len(),
    };
    let listed = ids.iter().skip(at).take(size);
    let known = known_data(call.now, &asked.reconcile);
    let issues = listed.filter_map(|id| {
        let issue = site.issue(*id).filter(|issue| site.shows(issue))?;
        let (data, properties) = (known(issue)?, &asked.properties);
        Some(render::issue(world, site, issue, data, &shown, properties))
    });
    let issues: Vec<_> = issues.collect();
    let count = issues.len();
    let mut body = json!({"issues": issues, "isLast": is_last});
    expand(&mut body, site, &shown, &asked.expand);
    if is_last {
        end_page(&mut body, last_page, asked.token.as_deref());
    } else {
        let token = pages.open(asked.jql, ids, end, call.now);
        set(&mut body, "nextPageToken", token);
    }
    Ok(Answer::json(200, &body).costing(count))
}

/// Gives how many issues a page holds: as asked for, within Jira's limits and the switch's.
fn page_size(switches: &ReadSwitches, asked: &Search, shown: &Fields) -> usize {
    let most = match shown.is_bare() {
        true => MAX_BARE_PAGE,
        false => MAX_PAGE,
    };
    let switched = switches.search_page_most.unwrap_or(most);
    asked.max_results.clamp(1, switched.clamp(1, most))
}

impl SearchPages {
    /// Keeps the rest of a result and gives the token that leads to it.
    fn open(&mut self, jql: String, ids: Arc<[u64]>, at: usize, now: OffsetDateTime) -> String {
        self.open.retain(|_, page| now < page.expires_at);
        let token = Uuid::new_v4().simple().to_string();
        let page = OpenPage {
            jql,
            ids,
            at,
            expires_at: now + TOKEN_LIFE,
        };
        self.open.insert(token.clone(), page);
        token
    }

    /// Gives the result that a token leads to, and where its next page begins.
    fn find(
        &self,
        token: &str,
        jql: &str,
        now: OffsetDateTime,
    ) -> Result<(Arc<[u64]>, usize), Answer> {
        let page = self.open.get(token);
        let page = page.filter(|page| page.jql == jql && now < page.expires_at);
        let page =
            page.ok_or_else(|| jira_error(400, "The next page token is invalid or expired."))?;
        Ok((Arc::clone(&page.ids), page.at))
    }
}

/// Ends the last page as it is switched.
fn end_page(body: &mut Value, last_page: SearchLastPage, token: Option<&str>) {
    match last_page {
        SearchLastPage::Documented | SearchLastPage::EmptyPage => {}
        SearchLastPage::NullToken => {
            set(body, "nextPageToken", Value::Null);
        }
        SearchLastPage::WithoutIsLast => {
            if let Some(page) = body.as_object_mut() {
                page.remove("isLast");
            }
        }
        SearchLastPage::RepeatedToken => {
            if let Some(token) = token {
                set(body, "isLast", false);
                set(body, "nextPageToken", token);
            }
        }
    }
}

fn run(site: &Site, call: &Call<'_>, jql: &str, reconcile: &[u64]) -> Result<Vec<u64>, Answer> {
    let reader = Reader {
        site,
        account: &call.account,
        now: call.now,
        asks_properties: false,
    };
    let query = Query::read(jql, reader).map_err(|text| jira_error(400, &text))?;
    Ok(query.run(site, known_data(call.now, reconcile)))
}

/// Gives what search knows of an issue: the truth only for those to be reconciled.
fn known_data<'a>(
    now: OffsetDateTime,
    reconcile: &[u64],
) -> impl Fn(&'a Issue) -> Option<&'a IssueData> {
    move |issue| {
        if reconcile.contains(&issue.id) {
            Some(&issue.data)
        } else {
            issue.as_searched(now)
        }
    }
}

pub(super) fn count(site: &Site, call: &Call<'_>) -> Answered {
    let body = call.request.json()?;
    let jql = body.get("jql").and_then(Value::as_str).unwrap_or_default();
    let count = run(site, call, jql, &[])?.len();
    Ok(Answer::json(200, &json!({"count": count})))
}
