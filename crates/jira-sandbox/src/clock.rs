//! The sandbox's own time: the machine's clock plus what a test has added to it.

use std::time::Duration;

use time::OffsetDateTime;

/// A clock that can be moved forwards but otherwise runs with the machine's.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead: Duration,
}

impl Clock {
    /// Gives the present moment in UTC, cut to milliseconds as Jira shows it.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc() + self.ahead;
        now.replace_millisecond(now.millisecond()).unwrap_or(now)
    }

    /// Moves the clock forwards for good.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by);
    }
}
