//! The endpoints of OAuth and Jira: where each is, which scope it asks for, and who answers it.

use crate::endpoint::Endpoint as E;
use crate::errors::{SEARCH_REMOVED, jira_error};
use crate::gateway::Call;
use crate::kit::http::{Answer, Request};
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
    OAuth(fn(&mut State, &Request) -> Result<Answer, Answer>),
    /// Behind the gateway.
    Jira(fn(&mut State, &Call<'_>) -> Result<Answer, Answer>),
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
        OAuth(oauth::authorize)),
    row(E::AuthorizeDecision, "", "/authorize/decision", None,
        OAuth(oauth::decide)),
    row(E::Token, "", "/oauth/token", None,
        OAuth(oauth::token)),
    row(E::AccessibleResources, "", "/oauth/token/accessible-resources", None,
        OAuth(|s, r| oauth::accessible_resources(s, r))),
    row(E::RemovedSearch, "", "/rest/api/3/search", None,
        Jira(|_, _| Err(jira_error(410, SEARCH_REMOVED)))),
    row(E::Myself, "GET", "/rest/api/3/myself", USER,
        Jira(|s, c| myself::myself(s, c))),
    row(E::ServerInfo, "GET", "/rest/api/3/serverInfo", None,
        Jira(|s, c| myself::server_info(s, c))),
    row(E::MyPermissions, "GET", "/rest/api/3/mypermissions", READ,
        Jira(|s, c| myself::permissions(s, c))),
    row(E::ProjectList, "GET", "/rest/api/3/project", READ,
        Jira(|s, c| projects::list(s, c))),
    row(E::ProjectSearch, "GET", "/rest/api/3/project/search", READ,
        Jira(|s, c| projects::search(s, c))),
    row(E::Project, "GET", "/rest/api/3/project/{projectIdOrKey}", READ,
        Jira(|s, c| projects::get(s, c))),
    row(E::FieldList, "GET", "/rest/api/3/field", READ,
        Jira(|s, c| lists::fields(s, c))),
    row(E::Statuses, "GET", "/rest/api/3/status", READ,
        Jira(|s, c| lists::statuses(s, c))),
    row(E::Priorities, "GET", "/rest/api/3/priority", READ,
        Jira(|s, c| lists::priorities(s, c))),
    row(E::PrioritySearch, "GET", "/rest/api/3/priority/search", CONFIGURE,
        Jira(|s, c| lists::priority_search(s, c))),
    row(E::Search, "GET", "/rest/api/3/search/jql", READ,
        Jira(search::search)),
    row(E::Search, "POST", "/rest/api/3/search/jql", READ,
        Jira(search::search)),
    row(E::ApproximateCount, "POST", "/rest/api/3/search/approximate-count", READ,
        Jira(|s, c| search::count(s, c))),
    row(E::CreateMetaTypes, "GET", "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes", READ,
        Jira(|s, c| createmeta::types(s, c))),
    row(E::CreateMetaFields, "GET", "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", READ,
        Jira(|s, c| createmeta::fields(s, c))),
    row(E::CreateIssue, "POST", "/rest/api/3/issue", WRITE,
        Jira(issues::create)),
    row(E::BulkCreate, "POST", "/rest/api/3/issue/bulk", WRITE,
        Jira(bulk::create)),
    row(E::BulkFetch, "POST", "/rest/api/3/issue/bulkfetch", READ,
        Jira(|s, c| bulk::fetch(s, c))),
    row(E::GetIssue, "GET", "/rest/api/3/issue/{issueIdOrKey}", READ,
        Jira(|s, c| issues::get(s, c))),
    row(E::EditIssue, "PUT", "/rest/api/3/issue/{issueIdOrKey}", WRITE,
        Jira(issues::edit)),
    row(E::ListTransitions, "GET", "/rest/api/3/issue/{issueIdOrKey}/transitions", READ,
        Jira(|s, c| transitions::list(s, c))),
    row(E::Transition, "POST", "/rest/api/3/issue/{issueIdOrKey}/transitions", WRITE,
        Jira(transitions::transition)),
    row(E::GetProperty, "GET", "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}", READ,
        Jira(|s, c| properties::get(s, c))),
    row(E::PutProperty, "PUT", "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}", WRITE,
        Jira(properties::put)),
    row(E::DeleteProperty, "DELETE", "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}", WRITE,
        Jira(properties::delete)),
    row(E::RemoteLink, "POST", "/rest/api/3/issue/{issueIdOrKey}/remotelink", WRITE,
        Jira(remote_links::put)),
    row(E::RegisterWebhooks, "POST", "/rest/api/3/webhook", WEBHOOKS,
        Jira(webhooks::register)),
    row(E::ListWebhooks, "GET", "/rest/api/3/webhook", WEBHOOKS,
        Jira(|s, c| webhooks::list(s, c))),
    row(E::DeleteWebhooks, "DELETE", "/rest/api/3/webhook", WEBHOOKS,
        Jira(webhooks::delete)),
    row(E::RefreshWebhooks, "PUT", "/rest/api/3/webhook/refresh", WEBHOOKS,
        Jira(webhooks::refresh)),
];
