//! When and how long to wait before a read is tried again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::error::Error;

/// How calls are repeated after a failure that may pass.
///
/// Reads are repeated after connection failures, time-outs, 429, 502, 503 and 504; writes only where the
/// failure also says that they were certainly not applied: no connection, and 429. Never repeated is
/// what was sent under a [`SendDeadline`](crate::SendDeadline) of the caller.
///
/// The pause is what `Retry-After` asks, plus a random part of an exponentially growing span ("full
/// jitter"). A pause that would end after the call's deadline is not begun: the error is returned at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many times a call is sent at most; 1 turns repeating off.
    pub max_attempts: u32,
    /// The longest random pause before the second attempt; it doubles with each further one.
    pub first_pause: Duration,
    /// The limit of that doubling.
    pub longest_pause: Duration,
}

impl RetryPolicy {
    /// The policy that never repeats.
    pub const NONE: Self = Self {
        max_attempts: 1,
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
    };

    /// Returns the pause before the next attempt, `None` when there shall be none.
    pub(crate) fn pause(&self, error: &Error, attempt: u32) -> Option<Duration> {
        if attempt >= self.max_attempts || !may_pass(error) {
            return None;
        }
        let doublings = attempt.saturating_sub(1).min(16);
        let span = self
            .first_pause
            .saturating_mul(1 << doublings)
            .min(self.longest_pause);
        let floor = error.retry_after().unwrap_or(Duration::ZERO);
        Some(floor.saturating_add(span.mul_f64(random_fraction())))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
        }
    }
}

fn may_pass(error: &Error) -> bool {
    match error {
        Error::Transport { .. } => true,
        Error::Status(status) => matches!(status.status, 429 | 502..=504),
        _ => false,
    }
}

/// Returns a number in [0, 1), random enough to spread retries; not for secrets.
pub(super) fn random_fraction() -> f64 {
    let bits = RandomState::new().hash_one(std::time::Instant::now());
    let top = u32::try_from(bits >> 32).unwrap_or(0);
    f64::from(top) / (f64::from(u32::MAX) + 1.0)
}
