//! Time and randomness as ports, so that rules can be tried without waiting.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

/// Tells the time and lets a task wait.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The present time in UTC, cut to microseconds (what both databases can keep).
    fn now(&self) -> OffsetDateTime;

    /// Time since an arbitrary start; never goes back and runs on while the machine is suspended.
    fn monotonic(&self) -> Duration;

    /// Waits for the given time.
    async fn sleep(&self, duration: Duration);
}

/// Gives unpredictable bytes.
pub trait Randomness: Send + Sync + 'static {
    /// Fills the buffer with bytes fit for secrets.
    fn fill(&self, buffer: &mut [u8]);
}

/// Cuts a time to whole microseconds in UTC.
#[must_use]
pub fn to_micros(time: OffsetDateTime) -> OffsetDateTime {
    let utc = time.to_offset(time::UtcOffset::UTC);
    utc.replace_microsecond(utc.microsecond()).unwrap_or(utc)
}
