//! Which endpoint a request is for.

use actix_web::http::Method;
use serde::{Deserialize, Serialize};

use crate::rest::table::{Handler, Row, TABLE, WEBHOOKS, WRITE};

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
        let (is_jira, path) = match parts {
            // The removed search is told of in every version.
            ["ex", "jira", _, "rest", "api", _, "search"] => return Self::RemovedSearch,
            ["ex", "jira", _, "rest", "api", version, path @ ..]
                if matches!(*version, "2" | "3" | "latest") =>
            {
                (true, path)
            }
            ["ex", ..] => return Self::UnknownJira,
            ["sandbox", ..] => return Self::Control,
            path => (false, path),
        };
        let found = TABLE.iter().find(|row| {
            let of_jira = row.template.strip_prefix("/rest/api/3/");
            let template = of_jira.or_else(|| row.template.strip_prefix('/'));
            let is_method = row.method.is_empty() || row.method == method.as_str();
            let fits = |template| is_method && is_at(template, path);
            of_jira.is_some() == is_jira && template.is_some_and(fits)
        });
        match found {
            Some(row) => row.endpoint,
            None if is_jira => Self::UnknownJira,
            None => Self::Page,
        }
    }

    /// Gives the endpoint's row; none where there is no single path, as for pages.
    pub(crate) fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.endpoint == self)
    }

    /// Gives the path as Atlassian documents it, with names in the place of ids.
    pub(crate) fn template(self) -> &'static str {
        self.row().map_or("", |row| row.template)
    }

    /// Gives the classic scope that the endpoint asks for.
    pub(crate) fn scope(self) -> Option<&'static str> {
        self.row()?.scope
    }

    /// Gives the name that JSON uses.
    pub(crate) fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        let name = name.as_ref().and_then(|name| name.as_str());
        name.unwrap_or_default().to_owned()
    }

    /// Tells whether the request changes something in Jira.
    pub(crate) fn is_write(self) -> bool {
        self.scope() == WRITE || self.scope() == WEBHOOKS && self != Self::ListWebhooks
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
        self.scope() == WEBHOOKS
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
        matches!(self.row().map(|row| row.handler), Some(Handler::OAuth(_)))
    }

    /// Tells whether the request is the sandbox's own affair, which no fault touches.
    pub(crate) fn is_local(self) -> bool {
        matches!(self, Self::Page | Self::Control)
    }
}

/// Tells whether a path fits a template, in which names in braces stand for any part.
fn is_at(template: &str, path: &[&str]) -> bool {
    let wanted = template.split('/');
    wanted.clone().count() == path.len()
        && wanted
            .zip(path)
            .all(|(wanted, part)| wanted.starts_with('{') || wanted == *part)
}
