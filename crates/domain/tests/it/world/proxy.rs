//! Stands between a process and the fake tracker.

use std::sync::Arc;

use async_trait::async_trait;
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::SendDeadline;
use handoff_domain::delivery::model::{ClaimedDelivery, Fence, ProjectRef};
use handoff_domain::delivery::tracker::{
    AbsenceReport, Costed, CreateOutcome, CreateReport, FindReport, IssueStatus, IssueTracker,
    Mark, PreflightBatch, ProjectPage, ProjectQuery, TrackerError, TrackerIssueType,
    TrackerProject, Verdict,
};
use handoff_domain::testing::FakeTracker;
use handoff_domain::ticket::model::{ExternalIssue, PushError, PushErrorCode};

/// What a proxy does differently; everything else goes straight to the tracker.
#[async_trait]
pub(crate) trait TrackerProxy: Send + Sync + 'static {
    fn tracker(&self) -> &FakeTracker;

    async fn create(
        &self,
        site: &TrackerSite,
        deliveries: &[ClaimedDelivery],
        deadline: SendDeadline,
    ) -> CreateReport {
        self.tracker().create(site, deliveries, deadline).await
    }

    /// Comes before a look for marks, which fails where this does.
    fn begin_look(&self) -> Result<(), TrackerError> {
        Ok(())
    }

    /// Comes between a look for marks and its answer.
    async fn end_look(&self, _site: &TrackerSite) {}
}

/// What a create reports whose deadline has passed, so that nothing was sent.
pub(crate) fn too_late(deliveries: &[ClaimedDelivery]) -> CreateReport {
    let outcome = CreateOutcome::Retryable {
        retry_after: None,
        error: PushError::new(PushErrorCode::TrackerUnavailable, "too late to send"),
    };
    CreateReport {
        outcomes: vec![outcome; deliveries.len()],
        pause: None,
        quota_points: 0,
        fence: None,
    }
}

/// The tracker as it looks through a proxy.
pub(crate) struct Proxied<P>(pub(crate) Arc<P>);

#[async_trait]
impl<P: TrackerProxy> IssueTracker for Proxied<P> {
    async fn projects(
        &self,
        site: &TrackerSite,
        query: &ProjectQuery,
    ) -> Result<Costed<ProjectPage>, TrackerError> {
        self.0.tracker().projects(site, query).await
    }

    async fn project(
        &self,
        site: &TrackerSite,
        key: &str,
    ) -> Result<Costed<TrackerProject>, TrackerError> {
        self.0.tracker().project(site, key).await
    }

    async fn issue_types(
        &self,
        site: &TrackerSite,
        project_key: &str,
    ) -> Result<Vec<TrackerIssueType>, TrackerError> {
        self.0.tracker().issue_types(site, project_key).await
    }

    async fn preflight(
        &self,
        site: &TrackerSite,
        batch: &PreflightBatch,
    ) -> Result<Costed<Vec<Verdict>>, TrackerError> {
        self.0.tracker().preflight(site, batch).await
    }

    async fn fence(
        &self,
        site: &TrackerSite,
        project: &ProjectRef,
    ) -> Result<Costed<Fence>, TrackerError> {
        self.0.tracker().fence(site, project).await
    }

    async fn create(
        &self,
        site: &TrackerSite,
        deliveries: &[ClaimedDelivery],
        deadline: SendDeadline,
    ) -> CreateReport {
        self.0.create(site, deliveries, deadline).await
    }

    async fn statuses(
        &self,
        site: &TrackerSite,
        ids: &[String],
    ) -> Result<Vec<IssueStatus>, TrackerError> {
        self.0.tracker().statuses(site, ids).await
    }

    async fn find(&self, site: &TrackerSite, project: &ProjectRef, marks: &[Mark]) -> FindReport {
        if let Err(error) = self.0.begin_look() {
            return FindReport::failed(error);
        }
        let report = self.0.tracker().find(site, project, marks).await;
        self.0.end_look(site).await;
        report
    }

    async fn prove_absent(
        &self,
        site: &TrackerSite,
        project: &ProjectRef,
        marks: &[Mark],
    ) -> AbsenceReport {
        if let Err(error) = self.0.begin_look() {
            return AbsenceReport::failed(error);
        }
        let report = self.0.tracker().prove_absent(site, project, marks).await;
        self.0.end_look(site).await;
        report
    }

    async fn issue(
        &self,
        site: &TrackerSite,
        key: &str,
    ) -> Result<Option<ExternalIssue>, TrackerError> {
        self.0.tracker().issue(site, key).await
    }
}
