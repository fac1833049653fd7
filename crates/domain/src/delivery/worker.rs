//! The worker: claims rows, sends them once, and writes down what became of them.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::model::{ClaimedBatch, SettledBatch, Settlement};
use super::pace::{Pace, believed};
use super::ports::HeldLease;
use super::service::DeliveryPorts;
use super::times::DeliveryTimes;
use super::tracker::{CreateOutcome, CreateReport};
use crate::connection::ports::SendDeadline;
use crate::shared::clock::to_micros;
use crate::shared::failure::Failure;
use crate::shared::ids::LeaseId;
use crate::ticket::model::{PushError, PushErrorCode};

/// The most issues that one request creates; Jira's limit.
const BATCH: u32 = 50;
/// How long a worker with nothing to do waits before it looks again.
const IDLE: Duration = Duration::from_millis(500);
/// How long a worker rests after a failure of the store.
const REST: Duration = Duration::from_secs(1);
/// The shortest and the longest wait before a repeat.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(300);

/// Delivers what was accepted. Several tasks may run the same worker at once.
pub struct DeliveryWorker {
    ports: DeliveryPorts,
    pace: Pace,
    times: DeliveryTimes,
    max_in_flight_per_site: usize,
    claiming: futures_util::lock::Mutex<()>,
    in_flight: Mutex<HashMap<String, usize>>,
    own_leases: Mutex<HashSet<LeaseId>>,
    watched: Mutex<HashMap<LeaseId, (HeldLease, Duration)>>,
}

impl std::fmt::Debug for DeliveryWorker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeliveryWorker").finish_non_exhaustive()
    }
}

impl DeliveryWorker {
    /// Puts the worker on its ports; at most so many requests are in flight per site in this process.
    #[must_use]
    pub fn new(ports: DeliveryPorts, times: DeliveryTimes, max_in_flight_per_site: usize) -> Self {
        Self {
            pace: ports.pace(),
            ports,
            times,
            max_in_flight_per_site,
            claiming: futures_util::lock::Mutex::new(()),
            in_flight: Mutex::default(),
            own_leases: Mutex::default(),
            watched: Mutex::default(),
        }
    }

    /// Works until `stop` is set; a batch that was begun is finished first.
    pub async fn run(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Acquire) {
            match self.run_once().await {
                Ok(true) => {}
                Ok(false) => self.ports.signal.wait(IDLE).await,
                Err(failure) => {
                    log_failure(&failure, "the ledger could not be worked on");
                    self.ports.clock.sleep(REST).await;
                }
            }
        }
    }

    /// Claims and delivers one batch; `false` when there was nothing to do.
    ///
    /// # Errors
    /// The failure of the store while claiming; nothing was sent then.
    pub async fn run_once(&self) -> Result<bool, Failure> {
        self.expire_dead_leases().await?;
        let lease = self.ports.ids.next();
        let _own = OwnLease::hold(&self.own_leases, lease);
        let Some(claim) = self.claim(lease).await? else {
            return Ok(false);
        };
        let report = self.send(&claim.batch, claim.deadline).await;
        if let Some(pause) = &report.pause {
            self.pace.pause(pause).await;
        }
        let settled = self.settled(claim.batch, report);
        self.write_down(&settled).await;
        self.ports.signal.wake();
        Ok(true)
    }

    /// Claims a batch and takes its place among the requests in flight.
    ///
    /// One task at a time: two that had counted before either had claimed would go beyond the limit together.
    async fn claim(&self, lease: LeaseId) -> Result<Option<Claim<'_>>, Failure> {
        let _turn = self.claiming.lock().await;
        let busy = self.busy_sites();
        // Counted from before the rows are committed: a process frozen in between must not send any more.
        let deadline = SendDeadline(self.ports.clock.monotonic() + self.times.send_within);
        let now = self.ports.clock.now();
        let queue = &self.ports.queue;
        let claimed = queue.claim(lease, BATCH, &busy, now).await?;
        Ok(claimed.map(|batch| Claim {
            _slot: SiteSlot::take(&self.in_flight, &batch.push.site_id),
            batch,
            deadline,
        }))
    }

    /// Sends a claimed batch; whatever stands in the way before the request is told as retryable.
    async fn send(&self, batch: &ClaimedBatch, deadline: SendDeadline) -> CreateReport {
        match self.ports.site_of(&batch.push).await {
            Ok(Some(site)) => {
                self.ports
                    .tracker
                    .create(&site, &batch.deliveries, deadline)
                    .await
            }
            Ok(None) => {
                let message = "the workspace is not connected to the push's site at this moment";
                not_sent(
                    batch,
                    PushError::new(PushErrorCode::NoActiveIntegration, message),
                )
            }
            Err(failure) => {
                log_failure(&failure, "the site of a push could not be read");
                let message = "the database did not answer; the ticket will be sent again";
                not_sent(
                    batch,
                    PushError::new(PushErrorCode::TrackerUnavailable, message),
                )
            }
        }
    }

    /// Writes the outcomes down; while the store fails this is tried again as long as nobody takes the rows over.
    async fn write_down(&self, settled: &SettledBatch) {
        let begun = self.ports.clock.monotonic();
        loop {
            let now = self.ports.clock.now();
            match self.ports.queue.settle(settled, now).await {
                Ok(_) => return,
                Err(failure) => log_failure(&failure, "outcomes could not be written down yet"),
            }
            if self.ports.clock.monotonic().saturating_sub(begun) >= self.times.lease {
                return;
            }
            self.ports.clock.sleep(REST).await;
        }
    }

    /// What is to be written down; the batch ends here, and with it what was sent.
    fn settled(&self, batch: ClaimedBatch, report: CreateReport) -> SettledBatch {
        let now = self.ports.clock.now();
        let spread = self.spread(&batch, &report);
        let settle = |attempt: i32, outcome: CreateOutcome| match outcome {
            CreateOutcome::Confirmed(external) => Settlement::Confirmed { external },
            CreateOutcome::Rejected(error) => Settlement::Rejected { error },
            CreateOutcome::Uncertain(error) => Settlement::Uncertain { error },
            CreateOutcome::Retryable { retry_after, error } => {
                let floor = backoff(attempt).max(believed(retry_after.unwrap_or_default()));
                let at = to_micros(now + floor + spread);
                Settlement::Retry { at, error }
            }
        };
        let pairs = batch.deliveries.into_iter().zip(report.outcomes);
        SettledBatch {
            push_id: batch.push.id,
            lease_id: batch.lease_id,
            outcomes: pairs
                .map(|(row, outcome)| (row.id, settle(row.attempt, outcome)))
                .collect(),
            quota_points: report.quota_points,
            fence: report.fence,
        }
    }

    /// By how much the repeats of a request are spread: all by the same, so that they can leave in one request again, and by
    /// nothing where a pause holds them back, which is spread itself.
    fn spread(&self, batch: &ClaimedBatch, report: &CreateReport) -> Duration {
        if report.pause.is_some() {
            return Duration::ZERO;
        }
        let attempt = batch.deliveries.iter().map(|row| row.attempt).max();
        self.pace.spread(backoff(attempt.unwrap_or_default()))
    }

    /// Turns the rows of workers that died into `uncertain`, once this process has seen them unchanged for a whole lease.
    async fn expire_dead_leases(&self) -> Result<(), Failure> {
        let held = self.ports.queue.list_held().await?;
        for lease in self.dead_leases(&held) {
            let now = self.ports.clock.now();
            // One lease that cannot be written must not keep every other push from being sent.
            match self.ports.queue.expire_lease(lease, now).await {
                Ok(rows) => tracing::warn!(
                    rows,
                    "a worker died while sending; its deliveries are uncertain"
                ),
                Err(failure) => log_failure(&failure, "a dead worker's lease could not be ended"),
            }
        }
        Ok(())
    }

    fn dead_leases(&self, held: &[HeldLease]) -> Vec<LeaseId> {
        let now = self.ports.clock.monotonic();
        let own = lock(&self.own_leases).clone();
        let mut watched = lock(&self.watched);
        let mut still = HashMap::new();
        let mut dead = Vec::new();
        for lease in held.iter().filter(|lease| !own.contains(&lease.lease_id)) {
            let former = watched
                .get(&lease.lease_id)
                .filter(|(seen, _)| seen == lease);
            let since = former.map_or(now, |(_, since)| *since);
            if now.saturating_sub(since) >= self.times.lease {
                dead.push(lease.lease_id);
            } else {
                still.insert(lease.lease_id, (*lease, since));
            }
        }
        *watched = still;
        dead
    }

    fn busy_sites(&self) -> Vec<String> {
        let in_flight = lock(&self.in_flight);
        let is_busy = |count: &usize| *count >= self.max_in_flight_per_site;
        in_flight
            .iter()
            .filter(|(_, count)| is_busy(count))
            .map(|(site, _)| site.clone())
            .collect()
    }
}

/// Rows that may be sent until the deadline, and their place among the requests in flight.
struct Claim<'a> {
    batch: ClaimedBatch,
    deadline: SendDeadline,
    _slot: SiteSlot<'a>,
}

/// One request in flight on a site, until dropped.
struct SiteSlot<'a> {
    in_flight: &'a Mutex<HashMap<String, usize>>,
    site: String,
}

impl<'a> SiteSlot<'a> {
    fn take(in_flight: &'a Mutex<HashMap<String, usize>>, site: &str) -> Self {
        *lock(in_flight).entry(site.to_owned()).or_default() += 1;
        Self {
            in_flight,
            site: site.to_owned(),
        }
    }
}

impl Drop for SiteSlot<'_> {
    fn drop(&mut self) {
        let mut in_flight = lock(self.in_flight);
        if let Some(count) = in_flight.get_mut(&self.site) {
            *count = count.saturating_sub(1);
        }
        in_flight.retain(|_, count| *count > 0);
    }
}

/// A lease that this process is alive for, until dropped.
struct OwnLease<'a> {
    leases: &'a Mutex<HashSet<LeaseId>>,
    lease: LeaseId,
}

impl<'a> OwnLease<'a> {
    fn hold(leases: &'a Mutex<HashSet<LeaseId>>, lease: LeaseId) -> Self {
        lock(leases).insert(lease);
        Self { leases, lease }
    }
}

impl Drop for OwnLease<'_> {
    fn drop(&mut self) {
        lock(self.leases).remove(&self.lease);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn backoff(attempt: i32) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1))
        .unwrap_or_default()
        .min(16);
    FIRST_RETRY.saturating_mul(1 << doublings).min(LAST_RETRY)
}

fn not_sent(batch: &ClaimedBatch, error: PushError) -> CreateReport {
    let outcome = CreateOutcome::Retryable {
        retry_after: None,
        error,
    };
    CreateReport {
        outcomes: vec![outcome; batch.deliveries.len()],
        pause: None,
        quota_points: 0,
        fence: None,
    }
}

fn log_failure(failure: &Failure, what: &'static str) {
    tracing::error!(error = failure as &dyn std::error::Error, "{what}");
}
