//! A tracker whose creates take a while and keep their deadline, and that lets a test look at them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::SendDeadline;
use handoff_domain::delivery::model::{ClaimedDelivery, Fence, ProjectRef};
use handoff_domain::delivery::service::DeliveryPorts;
use handoff_domain::delivery::times::DeliveryTimes;
use handoff_domain::delivery::tracker::{
    AbsenceReport, CreateOutcome, CreateReport, FindReport, IssueStatus, IssueTracker, Mark,
    PreflightBatch, ProjectPage, ProjectQuery, TrackerError, TrackerIssueType, TrackerProject,
    Verdict,
};
use handoff_domain::delivery::worker::DeliveryWorker;
use handoff_domain::shared::clock::Clock;
use handoff_domain::testing::{FakeTracker, FixedClock, yield_now};
use handoff_domain::ticket::model::{ExternalIssue, PushError, PushErrorCode};

use crate::world::World;

type Step = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// The fake tracker behind a slow line.
pub(super) struct Probe {
    inner: Arc<FakeTracker>,
    clock: FixedClock,
    in_flight: AtomicUsize,
    most: AtomicUsize,
    during: Mutex<Vec<Step>>,
}

impl Probe {
    pub(super) fn new(world: &World) -> Arc<Self> {
        Arc::new(Self {
            inner: world.tracker.clone(),
            clock: world.clock.clone(),
            in_flight: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            during: Mutex::default(),
        })
    }

    /// A worker, as one process has it, on this tracker.
    pub(super) fn worker(self: &Arc<Self>, world: &World, at_once: usize) -> DeliveryWorker {
        let tracker: Arc<dyn IssueTracker> = self.clone();
        let ports = DeliveryPorts {
            tracker,
            ..world.delivery_ports.clone()
        };
        DeliveryWorker::new(ports, DeliveryTimes::default(), at_once)
    }

    /// Does something while the next create is under way: it was sent, and its answer is not here yet.
    pub(super) fn during<F>(&self, step: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let step: Step = Box::new(|| Box::pin(step()));
        self.during.lock().unwrap().push(step);
    }

    /// The most creates that were under way at the same moment.
    pub(super) fn most_in_flight(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl IssueTracker for Probe {
    async fn projects(
        &self,
        site: &TrackerSite,
        query: &ProjectQuery,
    ) -> Result<ProjectPage, TrackerError> {
        self.inner.projects(site, query).await
    }

    async fn project(&self, site: &TrackerSite, key: &str) -> Result<TrackerProject, TrackerError> {
        self.inner.project(site, key).await
    }

    async fn issue_types(
        &self,
        site: &TrackerSite,
        project_key: &str,
    ) -> Result<Vec<TrackerIssueType>, TrackerError> {
        self.inner.issue_types(site, project_key).await
    }

    async fn preflight(
        &self,
        site: &TrackerSite,
        batch: &PreflightBatch,
    ) -> Result<Vec<Verdict>, TrackerError> {
        self.inner.preflight(site, batch).await
    }

    async fn fence(&self, site: &TrackerSite, project: &ProjectRef) -> Result<Fence, TrackerError> {
        self.inner.fence(site, project).await
    }

    async fn create(
        &self,
        site: &TrackerSite,
        deliveries: &[ClaimedDelivery],
        deadline: SendDeadline,
    ) -> CreateReport {
        if self.clock.monotonic() >= deadline.0 {
            let error = PushError::new(PushErrorCode::TrackerUnavailable, "too late to send");
            let outcome = CreateOutcome::Retryable {
                retry_after: None,
                error,
            };
            return CreateReport {
                outcomes: vec![outcome; deliveries.len()],
                pause: None,
                quota_points: 0,
                fence: None,
            };
        }
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        let report = self.inner.create(site, deliveries, deadline).await;
        let step = self.during.lock().unwrap().pop();
        if let Some(step) = step {
            step().await;
        }
        for _ in 0..20 {
            yield_now().await;
        }
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        report
    }

    async fn statuses(
        &self,
        site: &TrackerSite,
        ids: &[String],
    ) -> Result<Vec<IssueStatus>, TrackerError> {
        self.inner.statuses(site, ids).await
    }

    async fn find(
        &self,
        site: &TrackerSite,
        project: &ProjectRef,
        marks: &[Mark],
    ) -> Result<FindReport, TrackerError> {
        self.inner.find(site, project, marks).await
    }

    async fn prove_absent(
        &self,
        site: &TrackerSite,
        project: &ProjectRef,
        marks: &[Mark],
    ) -> Result<AbsenceReport, TrackerError> {
        self.inner.prove_absent(site, project, marks).await
    }

    async fn issue(
        &self,
        site: &TrackerSite,
        key: &str,
    ) -> Result<Option<ExternalIssue>, TrackerError> {
        self.inner.issue(site, key).await
    }
}
