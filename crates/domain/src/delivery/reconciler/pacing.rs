//! When this process may look at a push again: not before the tracker's wish, and not beyond the push's share of the quota.
//!
//! Kept on the monotonic clock and beside the ledger's wish, so that no jump of a wall clock makes a wait shorter.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::shared::ids::PushId;

/// How many points an hour the looks at one push may cost for long.
const POINTS_AN_HOUR: u64 = 3_600;
/// How many points they may cost before that counts, so that the first looks are quick.
const ALLOWANCE: u64 = 3_000;

/// What is known of each push.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    pushes: Mutex<HashMap<PushId, Paced>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Paced {
    /// When the looks so far would have ended, had each point taken its part of an hour.
    paid_until: Duration,
    /// The tracker's wish.
    not_before: Duration,
}

impl Paced {
    /// From when on the push may be looked at.
    fn free_at(&self) -> Duration {
        self.not_before
            .max(self.paid_until.saturating_sub(worth(ALLOWANCE)))
    }
}

impl Pacing {
    /// For how long from now on the push must be left alone.
    pub(super) fn wait(&self, push: PushId, now: Duration) -> Duration {
        let paced = self.pushes().get(&push).copied().unwrap_or_default();
        paced.free_at().saturating_sub(now)
    }

    /// Notes what a look has cost.
    pub(super) fn charge(&self, push: PushId, points: i64, now: Duration) {
        let Ok(points @ 1..) = u64::try_from(points) else {
            return;
        };
        let mut pushes = self.pushes();
        let paced = pushes.entry(push).or_default();
        paced.paid_until = paced.paid_until.max(now).saturating_add(worth(points));
    }

    /// Notes that the tracker wants to be left alone until then.
    pub(super) fn postpone(&self, push: PushId, until: Duration) {
        let mut pushes = self.pushes();
        let paced = pushes.entry(push).or_default();
        paced.not_before = paced.not_before.max(until);
    }

    /// Forgets pushes that are neither listed nor have anything to wait for.
    pub(super) fn retain(&self, listed: &HashSet<PushId>, now: Duration) {
        let is_over = |paced: &Paced| paced.not_before.max(paced.paid_until) <= now;
        self.pushes()
            .retain(|push, paced| listed.contains(push) || !is_over(paced));
    }

    fn pushes(&self) -> MutexGuard<'_, HashMap<PushId, Paced>> {
        self.pushes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long an hour's points take to grow by so many.
const fn worth(points: u64) -> Duration {
    Duration::from_micros(points.saturating_mul(3_600_000_000 / POINTS_AN_HOUR))
}
