//! A tracker whose creates take a while and keep their deadline, and that lets a test look at them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::SendDeadline;
use handoff_domain::delivery::model::ClaimedDelivery;
use handoff_domain::delivery::service::DeliveryPorts;
use handoff_domain::delivery::times::DeliveryTimes;
use handoff_domain::delivery::tracker::{CreateReport, IssueTracker};
use handoff_domain::delivery::worker::DeliveryWorker;
use handoff_domain::shared::clock::Clock;
use handoff_domain::testing::{FakeTracker, FixedClock, yield_now};

use crate::world::{Proxied, TrackerProxy, World, too_late};

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
        let ports = DeliveryPorts {
            tracker: Arc::new(Proxied(self.clone())),
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
impl TrackerProxy for Probe {
    fn tracker(&self) -> &FakeTracker {
        &self.inner
    }

    async fn create(
        &self,
        site: &TrackerSite,
        deliveries: &[ClaimedDelivery],
        deadline: SendDeadline,
    ) -> CreateReport {
        if self.clock.monotonic() >= deadline.0 {
            return too_late(deliveries);
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
}
