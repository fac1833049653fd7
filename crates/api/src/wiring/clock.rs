//! The system's clocks.

use std::time::Duration;

use async_trait::async_trait;
use handoff_domain::shared::clock::{Clock, to_micros};
use rustix::time::{ClockId, clock_gettime};
use time::OffsetDateTime;

/// The clock of boot time runs on while the machine is suspended; elsewhere the monotonic one is the nearest.
#[cfg(target_os = "linux")]
const MONOTONIC: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const MONOTONIC: ClockId = ClockId::Monotonic;

/// The clocks of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        to_micros(OffsetDateTime::now_utc())
    }

    fn monotonic(&self) -> Duration {
        let time = clock_gettime(MONOTONIC);
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
        Duration::new(seconds, nanos)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_has_no_nanoseconds_that_a_database_would_lose() {
        let now = SystemClock.now();
        assert_eq!(now.nanosecond() % 1_000, 0);
        assert!(now.offset().is_utc());
    }

    #[test]
    fn monotonic_time_never_goes_back() {
        let first = SystemClock.monotonic();
        assert!(SystemClock.monotonic() >= first);
        assert!(first > Duration::ZERO);
    }
}
