//! The sandbox's own time: the machine's clock plus what a test has added to it.

use std::time::Duration;

use time::OffsetDateTime;

/// A clock that can be moved forwards but otherwise runs with the machine's.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead: Duration,
    stopped_at: Option<OffsetDateTime>,
}

impl Clock {
    /// Gives the present moment in UTC, cut to milliseconds as Jira shows it.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let running = || OffsetDateTime::now_utc() + self.ahead;
        let now = self.stopped_at.unwrap_or_else(running);
        now.replace_millisecond(now.millisecond()).unwrap_or(now)
    }

    /// Moves the clock forwards for good.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by);
        self.stopped_at = self.stopped_at.map(|at| at + by);
    }

    /// Stops the clock, which can still be moved, or lets it run on from where it stands.
    pub(crate) fn set_stopped(&mut self, stopped: bool) {
        if stopped {
            self.stopped_at = Some(self.now());
        } else if let Some(at) = self.stopped_at.take() {
            let late = at - OffsetDateTime::now_utc();
            self.ahead = late.try_into().unwrap_or_default();
        }
    }
}
