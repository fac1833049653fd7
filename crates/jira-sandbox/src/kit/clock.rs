//! The sandbox's own time: the machine's clock plus what a test has added to it.

use std::time::Duration;

use time::{Duration as Span, OffsetDateTime};

/// A clock that can be moved forwards and stopped, but otherwise runs with the machine's.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Negative once the clock has stood still for longer than it was moved.
    ahead: Span,
    stopped_at: Option<OffsetDateTime>,
}

impl Clock {
    /// Gives the present moment in UTC, cut to milliseconds.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let running = || OffsetDateTime::now_utc() + self.ahead;
        let now = self.stopped_at.unwrap_or_else(running);
        now.replace_millisecond(now.millisecond()).unwrap_or(now)
    }

    /// Moves the clock forwards for good.
    pub(crate) fn advance(&mut self, by: Duration) {
        let by = Span::try_from(by).unwrap_or(Span::MAX);
        self.ahead = self.ahead.saturating_add(by);
        self.stopped_at = self.stopped_at.map(|at| at + by);
    }

    /// Stops the clock, which can still be moved, or lets it run on from where it stands.
    pub(crate) fn set_stopped(&mut self, stopped: bool) {
        if stopped {
            self.stopped_at = Some(self.now());
        } else if let Some(at) = self.stopped_at.take() {
            self.ahead = at - OffsetDateTime::now_utc();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_stopped_runs_on_from_where_it_stood() {
        let mut clock = Clock::default();
        clock.set_stopped(true);
        let stood = clock.now();
        let machine = OffsetDateTime::now_utc();
        while OffsetDateTime::now_utc() - machine < Span::milliseconds(200) {
            std::thread::yield_now();
        }
        clock.set_stopped(false);
        let jumped = clock.now() - stood;
        assert!(jumped < Span::milliseconds(150), "{jumped}");
        clock.advance(Duration::from_secs(60));
        assert!(clock.now() - stood >= Span::seconds(60));
    }
}
