//! Which endpoint a request is for.

use actix_web::http::Method;
use serde::{Deserialize, Serialize};

/// A class of requests, as faults and the journal name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Endpoint {
    /// The consent page.
    Authorize,
    /// The answer to the consent page.
    AuthorizeDecision,
    /// The token endpoint, for exchange and refresh.
    Token,
    /// The sites of a grant.
    AccessibleResources,
    /// `GET /myself`.
    Myself,
    /// `GET /serverInfo`.
    ServerInfo,
    /// `GET /project/search`.
    ProjectSearch,
    /// `GET /project/{idOrKey}`.
    Project,
    /// `GET /issue/createmeta/{project}/issuetypes`.
    CreateMetaTypes,
    /// `GET /issue/createmeta/{project}/issuetypes/{type}`.
    CreateMetaFields,
    /// `POST /issue`.
    CreateIssue,
    /// `POST /issue/bulk`.
    BulkCreate,
    /// `GET /issue/{idOrKey}`.
    GetIssue,
    /// `PUT /issue/{idOrKey}`.
    EditIssue,
    /// `POST /issue/bulkfetch`.
    BulkFetch,
    /// `GET` and `POST /search/jql`.
    Search,
    /// `POST /search/approximate-count`.
    ApproximateCount,
    /// The searches that Atlassian has taken away.
    RemovedSearch,
    /// `GET /mypermissions`.
    MyPermissions,
    /// `GET /priority`.
    Priorities,
    /// `GET /priority/search`.
    PrioritySearch,
    /// `GET /status`.
    Statuses,
    /// `GET /field`.
    FieldList,
    /// `GET /project`.
    ProjectList,
    /// `GET /issue/{idOrKey}/transitions`.
    ListTransitions,
    /// `POST /issue/{idOrKey}/transitions`.
    Transition,
    /// `GET /issue/{idOrKey}/properties/{key}`.
    GetProperty,
    /// `PUT /issue/{idOrKey}/properties/{key}`.
    PutProperty,
    /// `DELETE /issue/{idOrKey}/properties/{key}`.
    DeleteProperty,
    /// `POST /issue/{idOrKey}/remotelink`.
    RemoteLink,
    /// `POST /webhook`.
    RegisterWebhooks,
    /// `GET /webhook`.
    ListWebhooks,
    /// `PUT /webhook/refresh`.
    RefreshWebhooks,
    /// `DELETE /webhook`.
    DeleteWebhooks,
    /// A Jira path that the sandbox does not know.
    UnknownJira,
    /// Pages for people: index, board, issue.
    Page,
    /// The sandbox's own control calls.
    Control,
}

impl Endpoint {
    /// Tells the endpoint from a method and the decoded parts of a path.
    pub(crate) fn of(method: &Method, parts: &[&str]) -> Self {
        match parts {
            ["authorize"] => Self::Authorize,
            ["authorize", "decision"] => Self::AuthorizeDecision,
            ["oauth", "token"] => Self::Token,
            ["oauth", "token", "accessible-resources"] => Self::AccessibleResources,
            ["ex", "jira", _, "rest", "api", version, rest @ ..] => {
                Self::of_jira(method.as_str(), version, rest)
            }
            ["ex", ..] => Self::UnknownJira,
            ["sandbox", ..] => Self::Control,
            _ => Self::Page,
        }
    }

    fn of_jira(method: &str, version: &str, rest: &[&str]) -> Self {
        if let ["search"] = rest {
            return Self::RemovedSearch;
        }
        if !matches!(version, "2" | "3" | "latest") {
            return Self::UnknownJira;
        }
        match (method, rest) {
            ("GET", ["myself"]) => Self::Myself,
            ("GET", ["serverInfo"]) => Self::ServerInfo,
            ("GET", ["project", "search"]) => Self::ProjectSearch,
            ("GET", ["project", _]) => Self::Project,
            ("GET" | "POST", ["search", "jql"]) => Self::Search,
            ("POST", ["search", "approximate-count"]) => Self::ApproximateCount,
            ("GET", ["mypermissions"]) => Self::MyPermissions,
            ("GET", ["priority"]) => Self::Priorities,
            ("GET", ["priority", "search"]) => Self::PrioritySearch,
            ("GET", ["status"]) => Self::Statuses,
            ("GET", ["field"]) => Self::FieldList,
            ("GET", ["project"]) => Self::ProjectList,
            ("POST", ["webhook"]) => Self::RegisterWebhooks,
            ("GET", ["webhook"]) => Self::ListWebhooks,
            ("PUT", ["webhook", "refresh"]) => Self::RefreshWebhooks,
            ("DELETE", ["webhook"]) => Self::DeleteWebhooks,
            (_, ["issue", rest @ ..]) => Self::of_issue(method, rest),
            _ => Self::UnknownJira,
        }
    }

    fn of_issue(method: &str, rest: &[&str]) -> Self {
        match (method, rest) {
            ("POST", []) => Self::CreateIssue,
            ("POST", ["bulk"]) => Self::BulkCreate,
            ("POST", ["bulkfetch"]) => Self::BulkFetch,
            ("GET", ["createmeta", _, "issuetypes"]) => Self::CreateMetaTypes,
            ("GET", ["createmeta", _, "issuetypes", _]) => Self::CreateMetaFields,
            ("GET", [_]) => Self::GetIssue,
            ("PUT", [_]) => Self::EditIssue,
            ("GET", [_, "transitions"]) => Self::ListTransitions,
            ("POST", [_, "transitions"]) => Self::Transition,
            ("GET", [_, "properties", _]) => Self::GetProperty,
            ("PUT", [_, "properties", _]) => Self::PutProperty,
            ("DELETE", [_, "properties", _]) => Self::DeleteProperty,
            ("POST", [_, "remotelink"]) => Self::RemoteLink,
            _ => Self::UnknownJira,
        }
    }

    /// Gives the path as Atlassian documents it, with names in the place of ids.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::Authorize => "/authorize",
            Self::AuthorizeDecision => "/authorize/decision",
            Self::Token => "/oauth/token",
            Self::AccessibleResources => "/oauth/token/accessible-resources",
            Self::Myself => "/rest/api/3/myself",
            Self::ServerInfo => "/rest/api/3/serverInfo",
            Self::ProjectSearch => "/rest/api/3/project/search",
            Self::ProjectList => "/rest/api/3/project",
            Self::Project => "/rest/api/3/project/{projectIdOrKey}",
            Self::CreateMetaTypes => "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes",
            Self::CreateMetaFields => {
                "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}"
            }
            Self::CreateIssue => "/rest/api/3/issue",
            Self::BulkCreate => "/rest/api/3/issue/bulk",
            Self::GetIssue | Self::EditIssue => "/rest/api/3/issue/{issueIdOrKey}",
            Self::BulkFetch => "/rest/api/3/issue/bulkfetch",
            Self::Search => "/rest/api/3/search/jql",
            Self::ApproximateCount => "/rest/api/3/search/approximate-count",
            Self::RemovedSearch => "/rest/api/3/search",
            Self::MyPermissions => "/rest/api/3/mypermissions",
            Self::Priorities => "/rest/api/3/priority",
            Self::PrioritySearch => "/rest/api/3/priority/search",
            Self::Statuses => "/rest/api/3/status",
            Self::FieldList => "/rest/api/3/field",
            Self::ListTransitions | Self::Transition => {
                "/rest/api/3/issue/{issueIdOrKey}/transitions"
            }
            Self::GetProperty | Self::PutProperty | Self::DeleteProperty => {
                "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}"
            }
            Self::RemoteLink => "/rest/api/3/issue/{issueIdOrKey}/remotelink",
            Self::RegisterWebhooks | Self::ListWebhooks | Self::DeleteWebhooks => {
                "/rest/api/3/webhook"
            }
            Self::RefreshWebhooks => "/rest/api/3/webhook/refresh",
            _ => "",
        }
    }

    /// Gives the classic scope that the endpoint asks for.
    pub(crate) fn scope(self) -> Option<&'static str> {
        match self {
            Self::Myself => Some("read:jira-user"),
            Self::PrioritySearch => Some("manage:jira-configuration"),
            Self::RegisterWebhooks
            | Self::ListWebhooks
            | Self::RefreshWebhooks
            | Self::DeleteWebhooks => Some("manage:jira-webhook"),
            Self::CreateIssue
            | Self::BulkCreate
            | Self::EditIssue
            | Self::Transition
            | Self::PutProperty
            | Self::DeleteProperty
            | Self::RemoteLink => Some("write:jira-work"),
            Self::ServerInfo | Self::UnknownJira | Self::RemovedSearch => None,
            _ => Some("read:jira-work"),
        }
    }

    /// Gives the name that JSON uses.
    pub(crate) fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        let name = name.as_ref().and_then(|name| name.as_str());
        name.unwrap_or_default().to_owned()
    }

    /// Tells whether the request changes something in Jira.
    pub(crate) fn is_write(self) -> bool {
        self.scope() == Some("write:jira-work")
            || matches!(
                self,
                Self::RegisterWebhooks | Self::RefreshWebhooks | Self::DeleteWebhooks
            )
    }

    /// Tells whether the request writes to one issue that there is already.
    pub(crate) fn writes_to_issue(self) -> bool {
        matches!(
            self,
            Self::EditIssue
                | Self::Transition
                | Self::PutProperty
                | Self::DeleteProperty
                | Self::RemoteLink
        )
    }

    /// Tells whether the endpoint asks for `read:jira-work` beside its own scope.
    pub(crate) fn also_reads(self) -> bool {
        self.scope() == Some("manage:jira-webhook")
    }

    /// Tells whether Jira answers the request also to somebody without a login.
    pub(crate) fn is_open(self) -> bool {
        let needs_login = matches!(
            self,
            Self::Myself | Self::PrioritySearch | Self::ListWebhooks
        );
        !self.is_write() && !needs_login
    }

    /// Tells whether the request goes to Jira, where the quota counts it.
    pub(crate) fn is_api(self) -> bool {
        !self.is_oauth() && !self.is_local()
    }

    /// Tells whether the request belongs to the OAuth flow.
    pub(crate) fn is_oauth(self) -> bool {
        matches!(
            self,
            Self::Authorize | Self::AuthorizeDecision | Self::Token | Self::AccessibleResources
        )
    }

    /// Tells whether the request is the sandbox's own affair, which no fault touches.
    pub(crate) fn is_local(self) -> bool {
        matches!(self, Self::Page | Self::Control)
    }
}
