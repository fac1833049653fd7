//! What the connected site offers: projects and their issue types.

use std::sync::Arc;

use super::model::{Platform, TrackerSite};
use super::ports::IntegrationRepository;
use crate::delivery::tracker::{
    IssueTracker, ProjectPage, ProjectQuery, TrackerError, TrackerIssueType,
};
use crate::shared::ids::WorkspaceId;

/// What the service stands on.
#[derive(Clone)]
pub struct CatalogService {
    connections: Arc<dyn IntegrationRepository>,
    tracker: Arc<dyn IssueTracker>,
}

impl std::fmt::Debug for CatalogService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CatalogService").finish_non_exhaustive()
    }
}

impl CatalogService {
    /// Puts the service on its ports.
    #[must_use]
    pub fn new(
        connections: Arc<dyn IntegrationRepository>,
        tracker: Arc<dyn IssueTracker>,
    ) -> Self {
        Self {
            connections,
            tracker,
        }
    }

    /// One page of the site's projects.
    ///
    /// # Errors
    /// [`TrackerError::NotConnected`] and those of [`IssueTracker::projects`].
    pub async fn projects(
        &self,
        workspace: WorkspaceId,
        query: &ProjectQuery,
    ) -> Result<ProjectPage, TrackerError> {
        let site = active_site(self.connections.as_ref(), workspace, Platform::Jira).await?;
        Ok(self.tracker.projects(&site, query).await?.value)
    }

    /// The issue types of a project.
    ///
    /// # Errors
    /// [`TrackerError::NotConnected`], [`TrackerError::ProjectNotFound`] and those of [`IssueTracker::issue_types`].
    pub async fn issue_types(
        &self,
        workspace: WorkspaceId,
        project_key: &str,
    ) -> Result<Vec<TrackerIssueType>, TrackerError> {
        let site = active_site(self.connections.as_ref(), workspace, Platform::Jira).await?;
        self.tracker.issue_types(&site, project_key).await
    }
}

/// The site of a workspace's active integration.
///
/// # Errors
/// [`TrackerError::NotConnected`] without one, [`TrackerError::ReconnectRequired`] when its grant has ended.
pub(crate) async fn active_site(
    connections: &dyn IntegrationRepository,
    workspace: WorkspaceId,
    platform: Platform,
) -> Result<TrackerSite, TrackerError> {
    let found = connections.find(workspace, platform).await?;
    let integration = found
        .filter(|row| row.is_active)
        .ok_or(TrackerError::NotConnected)?;
    if integration.needs_reconnect.is_some() {
        return Err(TrackerError::ReconnectRequired);
    }
    Ok(integration.site())
}
