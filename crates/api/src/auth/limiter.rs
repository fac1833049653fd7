//! How many requests a caller may make.

use std::fmt;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use handoff_domain::workspace::model::Actor;

use crate::error::{ApiError, Code};

/// Counts the requests of each caller; per process.
pub struct RateLimiter {
    limiter: DefaultKeyedRateLimiter<Actor>,
}

impl RateLimiter {
    /// Lets every caller make this many requests in a minute, all at once or spread.
    #[must_use]
    pub fn per_minute(requests: NonZeroU32) -> Self {
        Self {
            limiter: DefaultKeyedRateLimiter::keyed(Quota::per_minute(requests)),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// RATE_LIMITED with the time to wait.
    pub fn check(&self, actor: Actor) -> Result<(), ApiError> {
        self.limiter.check_key(&actor).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            ApiError::new(Code::RateLimited, "too many requests; slow down").retry_after(Some(wait))
        })
    }

    /// Forgets callers who have not been seen for a while.
    pub fn tidy(&self) {
        self.limiter.retain_recent();
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").finish_non_exhaustive()
    }
}
