//! The tracker port on the Jira client.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::{AccessTokens, SendDeadline};
use handoff_domain::delivery::model::{ClaimedDelivery, Fence, ProjectRef};
use handoff_domain::delivery::tracker::{
    AbsenceReport, Costed, CreateReport, FindReport, IssueStatus, IssueTracker, Mark,
    PreflightBatch, ProjectPage, ProjectQuery, TrackerError, TrackerIssueType, TrackerProject,
    Verdict,
};
use handoff_domain::shared::clock::Clock;
use handoff_domain::ticket::model::ExternalIssue;
use jira_client::{BuildError, HttpClients};
use url::Url;

use super::meta::MetaCache;
use super::sites::Sites;
use super::{absence, create, fence, find, issue_types, preflight, projects, statuses};

/// How Jira is reached.
#[derive(Clone, Debug)]
pub struct JiraTrackerConfig {
    /// Atlassian's API gateway.
    pub api_url: Url,
    /// The most requests in flight on one site.
    pub max_in_flight_per_site: usize,
    /// The name told to Atlassian.
    pub user_agent: String,
}

/// Jira Cloud as an [`IssueTracker`].
pub struct JiraTracker {
    sites: Sites,
    meta: MetaCache,
}

impl fmt::Debug for JiraTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JiraTracker").finish_non_exhaustive()
    }
}

impl JiraTracker {
    /// Makes a tracker that takes its tokens from the given port.
    ///
    /// # Errors
    /// [`BuildError`] when the HTTP clients cannot be made.
    pub fn new(
        config: JiraTrackerConfig,
        tokens: Arc<dyn AccessTokens>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BuildError> {
        let http = HttpClients::new()?;
        Ok(Self {
            sites: Sites::new(config, http, tokens),
            meta: MetaCache::new(clock),
        })
    }
}

#[async_trait]
impl IssueTracker for JiraTracker {
    async fn projects(
        &self,
        site: &TrackerSite,
        query: &ProjectQuery,
    ) -> Result<Costed<ProjectPage>, TrackerError> {
        projects::page(&self.sites.client(site)?, query).await
    }

    async fn project(
        &self,
        site: &TrackerSite,
        key: &str,
    ) -> Result<Costed<TrackerProject>, TrackerError> {
        projects::by_key(&self.sites.client(site)?, key).await
    }

    async fn issue_types(
        &self,
        site: &TrackerSite,
        project_key: &str,
    ) -> Result<Vec<TrackerIssueType>, TrackerError> {
        let jira = self.sites.client(site)?;
        let project = projects::by_key(&jira, project_key).await?.value;
        let meta = self.meta.project(&jira, site, &project.id).await?;
        issue_types::offered(&jira, &meta.value).await
    }

    async fn preflight(
        &self,
        site: &TrackerSite,
        batch: &PreflightBatch,
    ) -> Result<Costed<Vec<Verdict>>, TrackerError> {
        let jira = self.sites.client(site)?;
        let meta = self.meta.project(&jira, site, &batch.project.id).await?;
        preflight::judge(&jira, &meta, batch).await
    }

    async fn fence(
        &self,
        site: &TrackerSite,
        project: &ProjectRef,
    ) -> Result<Costed<Fence>, TrackerError> {
        fence::read(&self.sites.client(site)?, project).await
    }

    async fn create(
        &self,
        site: &TrackerSite,
        deliveries: &[ClaimedDelivery],
        deadline: SendDeadline,
    ) -> CreateReport {
        match self.sites.client(site) {
            Ok(jira) => create::create(&jira, site, deliveries, deadline).await,
            Err(failure) => create::not_sent(deliveries.len(), &failure),
        }
    }

    async fn statuses(
        &self,
        site: &TrackerSite,
        ids: &[String],
    ) -> Result<Vec<IssueStatus>, TrackerError> {
        statuses::read(&self.sites.client(site)?, site, ids).await
    }

    async fn find(&self, site: &TrackerSite, project: &ProjectRef, marks: &[Mark]) -> FindReport {
        match self.sites.client(site) {
            Ok(jira) => find::find(&jira, site, project, marks).await,
            Err(failure) => FindReport::failed(failure.into()),
        }
    }

    async fn prove_absent(
        &self,
        site: &TrackerSite,
        project: &ProjectRef,
        marks: &[Mark],
    ) -> AbsenceReport {
        match self.sites.client(site) {
            Ok(jira) => absence::prove(&jira, site, project, marks).await,
            Err(failure) => AbsenceReport::failed(failure.into()),
        }
    }

    async fn issue(
        &self,
        site: &TrackerSite,
        key: &str,
    ) -> Result<Option<ExternalIssue>, TrackerError> {
        find::issue(&self.sites.client(site)?, site, key).await
    }
}
