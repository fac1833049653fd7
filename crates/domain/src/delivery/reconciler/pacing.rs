//! When this process may look at a push again: not before the tracker's wish, and not beyond the push's share of the quota.
//!
//! Kept on the monotonic clock and beside the ledger's wish, so that no jump of a wall clock makes a wait shorter.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::delivery::model::Push;
use crate::shared::ids::PushId;

/// How many points the looks at one push may cost for long, in each settle time: 7,200 an hour where that is 300 seconds.
const POINTS_A_SETTLE_TIME: u32 = 600;
/// How many points they may cost before that counts, so that the first looks are quick.
const ALLOWANCE: u32 = 6_000;

/// What this process must wait for.
#[derive(Debug)]
pub(super) struct Pacing {
    /// How long a point's part of the settle time is.
    point: Duration,
    waits: Mutex<Waits>,
}

#[derive(Debug, Default)]
struct Waits {
    /// When the looks at each push would have ended, had each point taken its part of a settle time.
    paid_until: HashMap<PushId, Duration>,
    /// Until when the tracker wants each site to be left alone.
    sites: HashMap<String, Duration>,
    /// Until when the tracker wants to hear nothing of the app at all.
    app: Duration,
}

impl Pacing {
    pub(super) fn new(settle: Duration) -> Self {
        Self {
            point: settle / POINTS_A_SETTLE_TIME,
            waits: Mutex::default(),
        }
    }

    /// For how long from now on the push must be left alone.
    pub(super) fn wait(&self, push: &Push, now: Duration) -> Duration {
        let waits = self.waits();
        let paid = waits.paid_until.get(&push.id).copied().unwrap_or_default();
        let site = waits.sites.get(&push.site_id).copied().unwrap_or_default();
        let free_at = paid.saturating_sub(self.point * ALLOWANCE);
        free_at.max(site).max(waits.app).saturating_sub(now)
    }

    /// Notes what a look has cost.
    pub(super) fn charge(&self, push: PushId, points: i64, now: Duration) {
        let Ok(points @ 1..) = u32::try_from(points) else {
            return;
        };
        let mut waits = self.waits();
        let paid_until = waits.paid_until.entry(push).or_default();
        *paid_until = (*paid_until)
            .max(now)
            .saturating_add(self.point.saturating_mul(points));
    }

    /// Notes that the tracker wants the site to be left alone until then.
    pub(super) fn hold_site(&self, site_id: &str, until: Duration) {
        let mut waits = self.waits();
        let held = waits.sites.entry(site_id.to_owned()).or_default();
        *held = (*held).max(until);
    }

    /// Notes that the tracker wants every site to be left alone until then.
    pub(super) fn hold_all(&self, until: Duration) {
        let mut waits = self.waits();
        waits.app = waits.app.max(until);
    }

    /// Forgets waits that are over, and of pushes only those that are not listed any more.
    pub(super) fn retain(&self, listed: &HashSet<PushId>, now: Duration) {
        let mut waits = self.waits();
        waits
            .paid_until
            .retain(|push, paid| listed.contains(push) || *paid > now);
        waits.sites.retain(|_, until| *until > now);
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
