//! The reconciler: finds out what became of deliveries whose answer was lost. It reads and never creates.
//!
//! Presence is taken as soon as it is seen. Absence is given only for requests that this process has itself watched, on its
//! own monotonic clock, for the whole settle time before the look began: nobody else's clock can make it hasty.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use time::OffsetDateTime;

use self::ceilings::Ceilings;
use self::judge::{Judge, Sight, overdue};
use self::looks::{BusySites, DueSite, Looks};
use self::pacing::Pacing;
use super::model::{PauseScope, Push, UncertainAttempt, UncertainPush, UncertainRequest};
use super::pace::Pace;
use super::service::DeliveryPorts;
use super::times::DeliveryTimes;
use super::tracker::Mark;
use crate::connection::model::TrackerSite;
use crate::shared::clock::to_micros;
use crate::shared::failure::Failure;
use crate::shared::ids::{LeaseId, PushId};

mod ceilings;
pub(super) mod judge;
mod looks;
mod pacing;

/// How many pushes are listed at once.
const PUSHES: u32 = 200;
/// How often the ledger is asked for something to look for.
const POLL: Duration = Duration::from_millis(250);
/// How long a reconciler rests after a failure of the store.
const REST: Duration = Duration::from_secs(1);
/// The shortest and the longest time between looks at young deliveries; they are a twentieth of the settle time apart.
const FIRST_INTERVALS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));
/// The longest time between looks.
const LAST_INTERVAL: Duration = Duration::from_secs(300);
/// How often deliveries beyond their deadline are left to a person.
const SWEEP: Duration = Duration::from_secs(60);
/// How much longer than the deadline looks have to say why they could not tell.
const LAST_WORD: Duration = Duration::from_secs(600);

/// Looks for the issues of uncertain deliveries until each is confirmed, sent again, or left to a person.
///
/// One task in each process runs it; several processes share the looks.
pub struct Reconciler {
    ports: DeliveryPorts,
    times: DeliveryTimes,
    pace: Pace,
    watched: Mutex<HashMap<LeaseId, Watched>>,
    next_sweep: Mutex<Duration>,
    pacing: Pacing,
    ceilings: Ceilings,
    busy: BusySites,
}

/// Since when this process has seen a request unchanged, and when last, on its monotonic clock.
#[derive(Clone, Copy)]
struct Watched {
    change_number: i64,
    since: Duration,
    last: Duration,
}

impl std::fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reconciler").finish_non_exhaustive()
    }
}

impl Reconciler {
    /// Puts the reconciler on its ports.
    #[must_use]
    pub fn new(ports: DeliveryPorts, times: DeliveryTimes) -> Self {
        // Whatever this process can look at gets its settle time first, also after everything was down for days.
        let next_sweep = ports.clock.monotonic() + times.settle + LAST_WORD;
        Self {
            pace: ports.pace(),
            ports,
            times,
            watched: Mutex::default(),
            next_sweep: Mutex::new(next_sweep),
            pacing: Pacing::new(times.settle),
            ceilings: Ceilings::default(),
            busy: BusySites::default(),
        }
    }

    /// Works until `stop` is set; looks that are not finished then are left to a later one.
    ///
    /// The ledger is asked on while looks are under way, so that a site that does not answer holds no other back.
    pub async fn run(&self, stop: &AtomicBool) {
        let mut looks = Looks::default();
        while !stop.load(Ordering::Acquire) {
            let rest = match looks.go_on_beside(self.due()).await {
                Ok(due) => {
                    for site in due {
                        looks.add(Box::pin(self.look_at_each(site)));
                    }
                    POLL
                }
                Err(failure) => {
                    log_failure(&failure, "uncertain deliveries could not be listed");
                    REST
                }
            };
            looks.go_on_beside(self.ports.clock.sleep(rest)).await;
        }
    }

    /// Takes every look that is due and waits for all of them; `false` when none was.
    ///
    /// # Errors
    /// The failure of the store while listing; those of single looks are logged.
    pub async fn run_once(&self) -> Result<bool, Failure> {
        let due = self.due().await?.into_iter();
        let looks = due.map(|site| self.look_at_each(site));
        Ok(join_all(looks).await.into_iter().any(|looked| looked))
    }

    /// The looks that are due, by site; those of a site that is being looked at wait for their turn.
    async fn due(&self) -> Result<Vec<DueSite<'_>>, Failure> {
        let now = self.ports.clock.now();
        self.give_up_overdue(now).await;
        let listed = self.ports.uncertain.list_uncertain(PUSHES, now).await?;
        self.watch(&listed);
        let ids: HashSet<PushId> = listed.iter().map(|uncertain| uncertain.push.id).collect();
        self.pacing.retain(&ids, self.ports.clock.monotonic());
        let mut by_site: BTreeMap<String, Vec<UncertainPush>> = BTreeMap::new();
        for uncertain in listed {
            if self.is_due(&uncertain, now) {
                let site = uncertain.push.site_id.clone();
                by_site.entry(site).or_default().push(uncertain);
            }
        }
        let due = by_site.into_iter().filter_map(|(site, pushes)| {
            let _turn = self.busy.take(&site)?;
            Some(DueSite { pushes, _turn })
        });
        Ok(due.collect())
    }

    /// Leaves to a person what no look could settle, for example because its workspace is never connected again.
    async fn give_up_overdue(&self, now: OffsetDateTime) {
        let moment = self.ports.clock.monotonic();
        {
            let next = self.next_sweep.lock();
            let mut next = next.unwrap_or_else(PoisonError::into_inner);
            if moment < *next {
                return;
            }
            *next = moment + SWEEP;
        }
        let before = to_micros(now - self.times.deadline - LAST_WORD);
        let ledger = &self.ports.uncertain;
        match ledger.give_up_uncertain(before, &overdue(), now).await {
            Ok(0) => {}
            Ok(given_up) => {
                tracing::warn!(
                    given_up,
                    "deliveries beyond their deadline wait for a person"
                );
                self.ports.signal.wake();
            }
            Err(failure) => log_failure(&failure, "overdue deliveries could not be given up"),
        }
    }

    /// Remembers which requests were seen. Those that are not listed are kept: a pause, a lost connection or a long list
    /// hides them, and whoever comes back with the same change number was not changed meanwhile.
    fn watch(&self, listed: &[UncertainPush]) {
        let now = self.ports.clock.monotonic();
        let mut watched = self.watched();
        for attempt in listed.iter().flat_map(|uncertain| &uncertain.attempts) {
            let change_number = attempt.change_number;
            let former = watched
                .get(&attempt.lease_id)
                .filter(|former| former.change_number == change_number);
            let seen = Watched {
                change_number,
                since: former.map_or(now, |former| former.since),
                last: now,
            };
            watched.insert(attempt.lease_id, seen);
        }
        let longest = self.times.deadline + LAST_WORD;
        watched.retain(|_, seen| now.saturating_sub(seen.last) <= longest);
        self.ceilings.retain(|lease| watched.contains_key(lease));
    }

    /// For how long each request was seen unchanged before this moment of the monotonic clock.
    fn ages<'a>(
        &self,
        attempts: impl Iterator<Item = &'a UncertainAttempt>,
        now: Duration,
    ) -> HashMap<LeaseId, Duration> {
        let watched = self.watched();
        let age = |attempt: &UncertainAttempt| {
            let seen = watched.get(&attempt.lease_id);
            let seen = seen.filter(|seen| seen.change_number == attempt.change_number);
            seen.map_or(Duration::ZERO, |seen| now.saturating_sub(seen.since))
        };
        attempts
            .map(|attempt| (attempt.lease_id, age(attempt)))
            .collect()
    }

    /// A wish farther away than this process would have made it counts as due: there is a younger request than when it was
    /// made, or somebody's clock jumped. What this process itself must wait for counts in any case.
    fn is_due(&self, uncertain: &UncertainPush, now: OffsetDateTime) -> bool {
        if !self.wait(&uncertain.push).is_zero() {
            return false;
        }
        let interval = self.interval(uncertain);
        uncertain
            .next_look_at
            .is_none_or(|next| next <= now || next - now > interval)
    }

    /// The time until the next look: short while the youngest request is young, growing with its age.
    fn interval(&self, uncertain: &UncertainPush) -> Duration {
        let ages = self.ages(uncertain.attempts.iter(), self.ports.clock.monotonic());
        let youngest = ages.into_values().min().unwrap_or_default();
        let (shortest, longest) = FIRST_INTERVALS;
        let first = (self.times.settle / 20).clamp(shortest, longest);
        (youngest / 10).clamp(first, LAST_INTERVAL)
    }

    async fn look_at_each(&self, site: DueSite<'_>) -> bool {
        let mut has_looked = false;
        for uncertain in &site.pushes {
            // An earlier look of the row may have been told to wait.
            if !self.wait(&uncertain.push).is_zero() {
                continue;
            }
            match self.look(uncertain).await {
                Ok(looked) => has_looked |= looked,
                Err(failure) => log_failure(&failure, "a look could not be written down"),
            }
        }
        has_looked
    }

    /// Looks at one push, unless another process takes the look.
    async fn look(&self, uncertain: &UncertainPush) -> Result<bool, Failure> {
        let ledger = &self.ports.uncertain;
        let push = &uncertain.push;
        let next = to_micros(self.ports.clock.now() + self.interval(uncertain));
        if !ledger
            .begin_look(push.id, uncertain.next_look_at, next)
            .await?
        {
            return Ok(false);
        }
        let Some(site) = self.ports.site_of(push).await? else {
            return Ok(false);
        };
        let requests = ledger.load_uncertain(push.id).await?;
        if requests.is_empty() {
            return Ok(false);
        }
        let attempts = requests.iter().map(|request| &request.attempt);
        let ages = self.ages(attempts, self.ports.clock.monotonic());
        let is_ripe = |age: &Duration| *age >= self.times.settle;
        let ripe: HashSet<LeaseId> = ages
            .into_iter()
            .filter(|(_, age)| is_ripe(age))
            .map(|(lease, _)| lease)
            .collect();
        let sight = self.see(&site, push, &requests, !ripe.is_empty()).await;
        self.keep_pace(push.id, &site, &sight).await;
        self.keep_ceiling(&requests, &ripe, &sight);
        let wait = self.wait(push);
        let later = to_micros(self.ports.clock.now() + wait);
        if later > next && !wait.is_zero() {
            ledger.begin_look(push.id, Some(next), later).await?;
        }
        let now = self.ports.clock.now();
        let judge = Judge {
            sight: &sight,
            ripe: &ripe,
            now,
            deadline: self.times.deadline,
        };
        let findings = judge.findings(&requests);
        if findings.is_empty() && sight.quota_points == 0 {
            return Ok(true);
        }
        let written = ledger
            .reconcile(push.id, &findings, sight.quota_points, now)
            .await?;
        if written > 0 {
            self.ports.signal.wake();
        }
        Ok(true)
    }

    /// Asks the tracker: for presence alone, or for a proof of absence once some request had its settle time.
    async fn see(
        &self,
        site: &TrackerSite,
        push: &Push,
        requests: &[UncertainRequest],
        is_any_ripe: bool,
    ) -> Sight {
        let marks: Vec<Mark> = requests
            .iter()
            .flat_map(|request| self.marks(request))
            .collect();
        let (tracker, project) = (&self.ports.tracker, &push.project);
        if is_any_ripe {
            return tracker.prove_absent(site, project, &marks).await.into();
        }
        tracker.find(site, project, &marks).await.into()
    }

    fn marks(&self, request: &UncertainRequest) -> Vec<Mark> {
        let ceiling = self.ceilings.of(&request.attempt);
        let deliveries = request.deliveries.iter();
        deliveries
            .map(|delivery| Mark {
                delivery_id: delivery.id,
                fence: delivery.fence.clone(),
                ceiling: ceiling.clone(),
            })
            .collect()
    }

    /// Keeps where the project stood, for the requests that had their settle time before the look began.
    fn keep_ceiling(&self, requests: &[UncertainRequest], ripe: &HashSet<LeaseId>, sight: &Sight) {
        let Some(ceiling) = &sight.ceiling else {
            return;
        };
        for request in requests {
            if ripe.contains(&request.attempt.lease_id) {
                self.ceilings.keep(&request.attempt, ceiling);
            }
        }
    }

    /// For how long this process leaves a push alone, whatever the ledger says.
    fn wait(&self, push: &Push) -> Duration {
        self.pacing.wait(push, self.ports.clock.monotonic())
    }

    /// Notes what a look has cost, and for how long the tracker wants to be left alone.
    async fn keep_pace(&self, push: PushId, site: &TrackerSite, sight: &Sight) {
        let monotonic = || self.ports.clock.monotonic();
        self.pacing.charge(push, sight.quota_points, monotonic());
        let Some(error) = &sight.failure else {
            return;
        };
        tracing::warn!(%push, %error, "a look for lost issues failed");
        if let Some(asked) = error.retry_after() {
            let until = monotonic() + self.pace.wait(asked);
            match error.pause(&site.cloud_id).map(|pause| pause.scope) {
                Some(PauseScope::App) => self.pacing.hold_all(until),
                _ => self.pacing.hold_site(&site.cloud_id, until),
            }
        }
        self.pace.heed(&site.cloud_id, error).await;
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<LeaseId, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log_failure(failure: &Failure, what: &'static str) {
    tracing::error!(error = failure as &dyn std::error::Error, "{what}");
}
