//! Keeping the tracker's pace: pauses that every process obeys, and waits that do not all end at the same moment.

use std::sync::Arc;
use std::time::Duration;

use super::model::Pause;
use super::ports::DeliveryQueue;
use super::tracker::{PauseRequest, TrackerError};
use crate::shared::clock::{Clock, Randomness, to_micros};

/// The longest wait that is believed: quotas begin anew with every hour of UTC.
const LONGEST_WAIT: Duration = Duration::from_secs(65 * 60);
/// The least and the most by which the ends of a wait are spread, a tenth of it in between.
const SPREAD: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How often and how fast the write of a pause is tried.
const WRITES: u32 = 5;
const BETWEEN_WRITES: Duration = Duration::from_millis(200);

/// Heeds what the tracker asks.
#[derive(Clone)]
pub struct Pace {
    queue: Arc<dyn DeliveryQueue>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pace").finish_non_exhaustive()
    }
}

impl Pace {
    /// Puts the pace on its ports.
    #[must_use]
    pub fn new(
        queue: Arc<dyn DeliveryQueue>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        Self {
            queue,
            clock,
            randomness,
        }
    }

    /// Writes a pause down, where every process reads it; a write that fails is tried again for a moment.
    pub(crate) async fn pause(&self, request: &PauseRequest) {
        let pause = Pause {
            scope: request.scope.clone(),
            until: to_micros(self.clock.now() + self.wait(request.wait)),
            reason: request.reason.clone(),
        };
        for _ in 0..WRITES {
            let Err(failure) = self.queue.pause(&pause).await else {
                return;
            };
            tracing::error!(
                error = &failure as &dyn std::error::Error,
                "a pause could not be written down yet"
            );
            self.clock.sleep(BETWEEN_WRITES).await;
        }
    }

    /// Writes down the pause that a question's failure asks for, if it asks for one.
    pub(crate) async fn heed(&self, site_id: &str, error: &TrackerError) {
        if let Some(request) = error.pause(site_id) {
            self.pause(&request).await;
        }
    }

    /// A wait that the tracker asked for, as it is kept: never shorter, and spread a little beyond its end.
    pub(super) fn wait(&self, asked: Duration) -> Duration {
        let (least, most) = SPREAD;
        believed(asked) + self.jitter((asked / 10).clamp(least, most))
    }

    /// By how much the repeat of a request is spread beyond its backoff.
    pub(super) fn spread(&self, backoff: Duration) -> Duration {
        self.jitter(backoff.min(SPREAD.1))
    }

    /// A random time up to this one.
    fn jitter(&self, most: Duration) -> Duration {
        let mut drawn = [0; 8];
        self.randomness.fill(&mut drawn);
        let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
        let span = most.saturating_add(1).max(1);
        Duration::from_micros(u64::from_be_bytes(drawn) % span)
    }
}

/// A wait, unless a header names one that no limit of the tracker lasts.
pub(super) fn believed(asked: Duration) -> Duration {
    asked.min(LONGEST_WAIT)
}
