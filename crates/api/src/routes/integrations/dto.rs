//! Connections on the wire.

use handoff_domain::connection::confirmation::PendingSites;
use handoff_domain::connection::model::TrackerSiteChoice;
use handoff_domain::connection::service::{ConnectStarted, ConnectionStatus};
use handoff_domain::delivery::tracker::{
    ProjectPage, RequiredField, TrackerIssueType, TrackerPriority, TrackerProject,
};
use handoff_domain::workspace::model::Role;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::{Gate, Input, from_text, opaque_cursor};

/// For which workspace, and where the browser goes in the end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connect {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
    /// An absolute URL whose origin is configured for the web app.
    pub(super) return_to: Option<String>,
}

impl Input for Connect {}

impl Gate for Connect {
    const ROLE: Role = Role::Admin;
    const INTEGRATIONS: bool = true;
}

/// A consent that was begun.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectStartedDto {
    /// Where to send the browser.
    auth_url: String,
    /// The state that comes back with it.
    state: String,
}

impl From<ConnectStarted> for ConnectStartedDto {
    fn from(started: ConnectStarted) -> Self {
        let state = started.state.expose_secret().to_owned();
        Self {
            auth_url: started.auth_url.into(),
            state,
        }
    }
}

/// Which parked grant is meant.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Pending {
    /// The secret that the callback gave the browser.
    pub(super) confirm: String,
}

impl Input for Pending {}

/// The sites of a parked grant.
#[derive(Serialize, ToSchema)]
pub(crate) struct PendingDto {
    sites: Vec<SiteDto>,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

impl From<PendingSites> for PendingDto {
    fn from(pending: PendingSites) -> Self {
        let sites = pending.sites.into_iter().map(Into::into).collect();
        Self {
            sites,
            expires_at: pending.expires_at,
        }
    }
}

/// A site that a grant reaches.
#[derive(Serialize, ToSchema)]
pub(crate) struct SiteDto {
    cloud_id: String,
    name: String,
    url: String,
}

impl From<TrackerSiteChoice> for SiteDto {
    fn from(site: TrackerSiteChoice) -> Self {
        Self {
            cloud_id: site.cloud_id,
            name: site.name,
            url: site.url,
        }
    }
}

/// Finishes a parked grant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirm {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
    /// The secret that the callback gave the browser.
    pub(super) confirm: String,
    /// The chosen site, where there are several.
    pub(super) cloud_id: Option<String>,
}

impl Input for Confirm {}

impl Gate for Confirm {
    const ROLE: Role = Role::Admin;
    const INTEGRATIONS: bool = true;
}

/// Of which workspace.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetStatus {
    #[expect(dead_code, reason = "read before the query is, to check the caller")]
    workspace_id: Uuid,
}

impl Input for GetStatus {}

impl Gate for GetStatus {}

/// How a workspace's connection stands; all null where there is none.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionStatusDto {
    connected: bool,
    #[serde(with = "time::serde::rfc3339::option")]
    connected_at: Option<OffsetDateTime>,
    cloud_id: Option<String>,
    site_url: Option<String>,
    site_name: Option<String>,
    /// The scopes granted, separated by spaces.
    scope: Option<String>,
    /// `user:<id>` or `token:<id>`.
    connected_by: Option<String>,
    needs_reconnect: bool,
    /// `grant_ended`, `no_refresh_token`, or `grant_ends_soon` in the last 30 days.
    reason: Option<&'static str>,
}

impl From<ConnectionStatus> for ConnectionStatusDto {
    fn from(status: ConnectionStatus) -> Self {
        let reason = status.reason;
        let Some(row) = status.integration else {
            return Self {
                connected: false,
                connected_at: None,
                cloud_id: None,
                site_url: None,
                site_name: None,
                scope: None,
                connected_by: None,
                needs_reconnect: false,
                reason,
            };
        };
        Self {
            connected: true,
            connected_at: Some(row.connected_at),
            cloud_id: Some(row.config.cloud_id),
            site_url: Some(row.config.site_url),
            site_name: Some(row.config.site_name),
            scope: Some(row.config.scope),
            connected_by: Some(row.connected_by.to_string()),
            needs_reconnect: row.needs_reconnect.is_some(),
            reason,
        }
    }
}

/// Which projects are listed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListProjects {
    #[expect(dead_code, reason = "read before the query is, to check the caller")]
    workspace_id: Uuid,
    /// Matches key or name.
    pub(super) query: Option<String>,
    /// Only those in which the account may create issues; true when absent.
    #[serde(default, deserialize_with = "from_text")]
    pub(super) can_create: Option<bool>,
    /// Where the page begins.
    pub(super) cursor: Option<String>,
}

impl Input for ListProjects {}

impl Gate for ListProjects {
    const INTEGRATIONS: bool = true;
}

/// One part of the projects.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProjectsDto {
    projects: Vec<ProjectDto>,
    next_cursor: Option<String>,
}

impl From<ProjectPage> for ProjectsDto {
    fn from(page: ProjectPage) -> Self {
        let projects = page.projects.into_iter().map(Into::into).collect();
        Self {
            projects,
            next_cursor: opaque_cursor(page.next_cursor),
        }
    }
}

/// A project of the connected site.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProjectDto {
    id: String,
    key: String,
    name: String,
    /// `classic` or `next-gen`.
    style: String,
    /// Whether the connected account may create issues in it.
    can_create: bool,
    avatar_url: Option<String>,
}

impl From<TrackerProject> for ProjectDto {
    fn from(project: TrackerProject) -> Self {
        Self {
            id: project.id,
            key: project.key,
            name: project.name,
            style: project.style,
            can_create: project.can_create,
            avatar_url: project.avatar_url,
        }
    }
}

/// In which workspace.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListIssueTypes {
    #[expect(dead_code, reason = "read before the query is, to check the caller")]
    workspace_id: Uuid,
}

impl Input for ListIssueTypes {}

impl Gate for ListIssueTypes {
    const INTEGRATIONS: bool = true;
}

/// The issue types of a project.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssueTypesDto {
    pub(super) issue_types: Vec<IssueTypeDto>,
}

/// A type of issue.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssueTypeDto {
    id: String,
    name: String,
    /// 1 for epics, 0 for ordinary types.
    hierarchy_level: i32,
    required_fields: Vec<RequiredFieldDto>,
    /// From most to least urgent; empty where the project has no priority field.
    priorities: Vec<PriorityDto>,
}

impl From<TrackerIssueType> for IssueTypeDto {
    fn from(kind: TrackerIssueType) -> Self {
        Self {
            id: kind.id,
            name: kind.name,
            hierarchy_level: kind.hierarchy_level,
            required_fields: kind.required_fields.into_iter().map(Into::into).collect(),
            priorities: kind.priorities.into_iter().map(Into::into).collect(),
        }
    }
}

/// A field that must be filled.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequiredFieldDto {
    id: String,
    name: String,
    /// Whether Handoff fills it from the ticket; else give it in the push's `fields`.
    supplied_by_us: bool,
}

impl From<RequiredField> for RequiredFieldDto {
    fn from(field: RequiredField) -> Self {
        Self {
            id: field.id,
            name: field.name,
            supplied_by_us: field.supplied_by_us,
        }
    }
}

/// A priority that a project offers.
#[derive(Serialize, ToSchema)]
pub(crate) struct PriorityDto {
    id: String,
    name: String,
}

impl From<TrackerPriority> for PriorityDto {
    fn from(priority: TrackerPriority) -> Self {
        Self {
            id: priority.id,
            name: priority.name,
        }
    }
}

/// Which workspace is disconnected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disconnect {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
}

impl Input for Disconnect {}

impl Gate for Disconnect {
    const ROLE: Role = Role::Admin;
}

/// The workspace is disconnected.
#[derive(Serialize, ToSchema)]
pub(crate) struct DisconnectedDto {
    /// Always true.
    pub(super) disconnected: bool,
    pub(super) was_connected: bool,
}
