//! The endpoints of OAuth and Jira: where each is, which scope it asks for, and who answers it.

use crate::endpoint::Endpoint as E;
use crate::errors::{SEARCH_REMOVED, jira_error};
use crate::gateway::{self, Call};
use crate::kit::http::{Answered, Request};
use crate::oauth;
use crate::state::State;

use super::{
    bulk, createmeta, issues, lists, myself, projects, properties, remote_links, search,
    transitions, webhooks,
};

/// One way to an endpoint.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) endpoint: E,
    /// Empty where every method leads here.
    pub(crate) method: &'static str,
    /// The path as Atlassian documents it, with names in the place of ids.
    pub(crate) template: &'static str,
    /// The classic scope that it asks for.
    pub(crate) scope: Option<&'static str>,
    pub(crate) handler: Handler,
}

/// Who answers an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    OAuth(fn(&mut State, &Request) -> Answered),
    /// Behind the gateway.
    Jira(fn(&mut State, &Call<'_>) -> Answered),
}

use Handler::{Jira, OAuth};

pub(crate) const READ: Option<&str> = Some("read:jira-work");
pub(crate) const WRITE: Option<&str> = Some("write:jira-work");
pub(crate) const WEBHOOKS: Option<&str> = Some("manage:jira-webhook");
const USER: Option<&str> = Some("read:jira-user");
const CONFIGURE: Option<&str> = Some("manage:jira-configuration");

const fn row(
    endpoint: E,
    method: &'static str,
    template: &'static str,
    scope: Option<&'static str>,
    handler: Handler,
) -> Row {
    Row {
        endpoint,
        method,
        template,
        scope,
        handler,
    }
}

/// The first row that fits a request decides.
#[rustfmt::skip] // One endpoint is to be read in two lines.
pub(crate) static TABLE: &[Row] = &[
    row(E::Authorize, "", "/authorize", None,
        OAuth(|s, r| oauth::authorize(&s.world, &mut s.tokens, &s.config, &s.switches.oauth, s.timing.now(), r))),
    row(E::AuthorizeDecision, "", "/authorize/decision", None,
        OAuth(|s, r| oauth::decide(&s.world, &mut s.tokens, &s.config, &s.switches.oauth, s.timing.now(), r))),
    row(E::Token, "", "/oauth/token", None,
        OAuth(|s, r| oauth::token(&mut s.tokens, &s.config, &s.switches.oauth, s.timing.now(), r))),
    row(E::AccessibleResources, "", "/oauth/token/accessible-resources", None,
        OAuth(|s, r| {
            let bearer = gateway::bearer(&s.tokens, &s.switches.gateway, s.timing.now(), r)?;
            Ok(oauth::accessible_resources(&s.world, &bearer, s.switches.oauth.site_listing))
        })),
    row(E::RemovedSearch, "", "/rest/api/3/search", None,
        Jira(|_, _| Err(jira_error(410, SEARCH_REMOVED)))),
    row(E::Myself, "GET", "/rest/api/3/myself", USER,
        Jira(|s, c| myself::myself(&s.world, &s.switches.reads, c))),
    row(E::ServerInfo, "GET", "/rest/api/3/serverInfo", None,
        Jira(|s, c| Ok(myself::server_info(c.site(&s.world)?, c)))),
    row(E::MyPermissions, "GET", "/rest/api/3/mypermissions", READ,
        Jira(|s, c| myself::permissions(c.site(&s.world)?, c))),
    row(E::ProjectList, "GET", "/rest/api/3/project", READ,
        Jira(|s, c| projects::list(&s.world, c))),
    row(E::ProjectSearch, "GET", "/rest/api/3/project/search", READ,
        Jira(|s, c| projects::search(&s.world, &s.switches.reads, c))),
    row(E::Project, "GET", "/rest/api/3/project/{projectIdOrKey}", READ,
        Jira(|s, c| projects::get(&s.world, c))),
    row(E::FieldList, "GET", "/rest/api/3/field", READ,
        Jira(|s, c| Ok(lists::fields(c.site(&s.world)?)))),
    row(E::Statuses, "GET", "/rest/api/3/status", READ,
        Jira(|s, c| Ok(lists::statuses(c.site(&s.world)?)))),
    row(E::Priorities, "GET", "/rest/api/3/priority", READ,
        Jira(|s, c| Ok(lists::priorities(c.site(&s.world)?)))),
    row(E::PrioritySearch, "GET", "/rest/api/3/priority/search", CONFIGURE,
        Jira(|s, c| Ok(lists::priority_search(c.site(&s.world)?, c)))),
    row(E::Search, "GET", "/rest/api/3/search/jql", READ,
        Jira(|s, c| search::search(&s.world, &mut s.search_pages, &s.switches.reads, c))),
    row(E::Search, "POST", "/rest/api/3/search/jql", READ,
        Jira(|s, c| search::search(&s.world, &mut s.search_pages, &s.switches.reads, c))),
    row(E::ApproximateCount, "POST", "/rest/api/3/search/approximate-count", READ,
        Jira(|s, c| search::count(c.site(&s.world)?, c))),
    row(E::CreateMetaTypes, "GET", "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes", READ,
        Jira(|s, c| createmeta::types(c.site(&s.world)?, &s.switches.writes, c))),
    row(E::CreateMetaFields, "GET", "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", READ,
        Jira(|s, c| createmeta::fields(c.site(&s.world)?, &s.switches.writes, c))),
    row(E::CreateIssue, "POST", "/rest/api/3/issue", WRITE,
        Jira(|s, c| issues::create(&mut s.world, &mut s.timing, &s.switches.writes, c))),
    row(E::BulkCreate, "POST", "/rest/api/3/issue/bulk", WRITE,
        Jira(|s, c| bulk::create(&mut s.world, &mut s.timing, &s.switches.writes, c))),
    row(E::BulkFetch, "POST", "/rest/api/3/issue/bulkfetch", READ,
        Jira(|s, c| bulk::fetch(&s.world, &s.switches.reads, c))),
    row(E::GetIssue, "GET", "/rest/api/3/issue/{issueIdOrKey}", READ,
        Jira(|s, c| issues::get(&s.world, c))),
    row(E::EditIssue, "PUT", "/rest/api/3/issue/{issueIdOrKey}", WRITE,
        Jira(|s, c| issues::edit(&mut s.world, &mut s.timing, &s.switches.writes, c))),
    row(E::ListTransitions, "GET", "/rest/api/3/issue/{issueIdOrKey}/transitions", READ,
        Jira(|s, c| transitions::list(c.site(&s.world)?, c))),
    row(E::Transition, "POST", "/rest/api/3/issue/{issueIdOrKey}/transitions", WRITE,
        Jira(|s, c| transitions::transition(c.site_mut(&mut s.world)?, &mut s.timing, c))),
    row(E::GetProperty, "GET", "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}", READ,
        Jira(|s, c| properties::get(c.site(&s.world)?, c))),
    row(E::PutProperty, "PUT", "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}", WRITE,
        Jira(|s, c| properties::put(c.site_mut(&mut s.world)?, &mut s.timing, c))),
    row(E::DeleteProperty, "DELETE", "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}", WRITE,
        Jira(|s, c| properties::delete(c.site_mut(&mut s.world)?, &mut s.timing, c))),
    row(E::RemoteLink, "POST", "/rest/api/3/issue/{issueIdOrKey}/remotelink", WRITE,
        Jira(|s, c| remote_links::put(c.site_mut(&mut s.world)?, c))),
    row(E::RegisterWebhooks, "POST", "/rest/api/3/webhook", WEBHOOKS,
        Jira(|s, c| webhooks::register(&mut s.world, &mut s.webhooks, &s.switches.webhooks, c))),
    row(E::ListWebhooks, "GET", "/rest/api/3/webhook", WEBHOOKS,
        Jira(|s, c| webhooks::list(&s.webhooks, &s.switches.webhooks, c))),
    row(E::DeleteWebhooks, "DELETE", "/rest/api/3/webhook", WEBHOOKS,
        Jira(|s, c| webhooks::delete(&mut s.world, &mut s.webhooks, c))),
    row(E::RefreshWebhooks, "PUT", "/rest/api/3/webhook/refresh", WEBHOOKS,
        Jira(|s, c| webhooks::refresh(&mut s.webhooks, &s.switches.webhooks, c))),
];
