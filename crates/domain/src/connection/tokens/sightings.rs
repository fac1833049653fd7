//! Since when this process has seen each row unchanged, on its own clock.
//!
//! Kept across calls: one that gives up before the lease's length is over must not make the next one begin to watch anew.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::shared::ids::IntegrationId;

/// The rows whose refresh somebody else holds, by what was seen of them first.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    rows: Mutex<HashMap<IntegrationId, Sighting>>,
}

/// A generation, and when it was first seen.
#[derive(Clone, Copy, Debug)]
struct Sighting {
    generation: i64,
    since: Duration,
}

impl Sightings {
    /// Notes what is seen of a row at a time, and answers for how long it has been so.
    pub(super) fn see(&self, row: IntegrationId, generation: i64, now: Duration) -> Duration {
        let fresh = Sighting {
            generation,
            since: now,
        };
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let sighting = rows.entry(row).or_insert(fresh);
        // A generation only rises, so one seen twice was there all the time between.
        if sighting.generation != generation {
            *sighting = fresh;
        }
        now.saturating_sub(sighting.since)
    }

    /// Stops watching a row.
    pub(super) fn forget(&self, row: IntegrationId) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.remove(&row);
    }
}
