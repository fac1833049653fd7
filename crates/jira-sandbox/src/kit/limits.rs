//! Counting what a service limits: by the hour, in bursts, and within a span of time.

use std::collections::VecDeque;

use time::{Duration, OffsetDateTime};

/// What was used in the current UTC hour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HourlyUse {
    hour: i64,
    points: u64,
}

impl HourlyUse {
    /// Gives the points of the hour, which begin at zero in each.
    pub(crate) fn points(&mut self, now: OffsetDateTime) -> &mut u64 {
        let hour = now.unix_timestamp().div_euclid(3600);
        if self.hour != hour {
            *self = Self { hour, points: 0 };
        }
        &mut self.points
    }
}

/// Gives the seconds until the UTC hour ends.
pub(crate) fn seconds_left(now: OffsetDateTime) -> u64 {
    let left = 3600 - now.unix_timestamp().rem_euclid(3600);
    u64::try_from(left).unwrap_or_default()
}

/// What is left in a token bucket, and when that was counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    at: OffsetDateTime,
}

impl Bucket {
    pub(crate) fn full(size: u32, now: OffsetDateTime) -> Self {
        Self {
            tokens: size.into(),
            at: now,
        }
    }

    /// Takes one token, where there is one after refilling at a rate a second.
    pub(crate) fn take(&mut self, rate: u32, size: u32, now: OffsetDateTime) -> bool {
        let since = (now - self.at).as_seconds_f64().max(0.0);
        self.tokens = (self.tokens + since * f64::from(rate)).min(size.into());
        self.at = now;
        let is_taken = self.tokens >= 1.0;
        if is_taken {
            self.tokens -= 1.0;
        }
        is_taken
    }

    /// Gives the whole tokens that were left when one was last asked for.
    pub(crate) fn left(&self) -> f64 {
        self.tokens.floor()
    }
}

/// At most so many within so long.
pub(crate) type Window = (usize, Duration);

/// Why a window takes no more: how many it takes, and the seconds until it takes another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Full {
    pub(crate) most: usize,
    pub(crate) wait: u64,
}

/// The moments that sliding windows still see.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    moments: VecDeque<OffsetDateTime>,
}

impl Recent {
    /// Counts one more, where every window takes it.
    pub(crate) fn add(&mut self, windows: &[Window], now: OffsetDateTime) -> Result<(), Full> {
        let longest = windows.iter().map(|(_, within)| *within).max();
        let is_over = |at: &OffsetDateTime| longest.is_none_or(|longest| now - *at >= longest);
        while self.moments.front().is_some_and(is_over) {
            self.moments.pop_front();
        }
        for &(most, within) in windows {
            let recent = self.moments.iter().filter(|at| now - **at < within);
            if recent.count() >= most {
                let oldest = self.moments.iter().rev().nth(most - 1);
                let free = oldest.map_or(within, |oldest| *oldest + within - now);
                let wait = u64::try_from(free.whole_seconds()).unwrap_or_default() + 1;
                return Err(Full { most, wait });
            }
        }
        self.moments.push_back(now);
        Ok(())
    }
}
