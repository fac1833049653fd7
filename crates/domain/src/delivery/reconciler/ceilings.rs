//! How far the issues of each request can reach.
//!
//! Where a project stands once a request had its settle time, its issues lie below. Only what lies below must agree
//! before absence is given, so that those who create issues all the time do not put the verdict off for ever.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::model::{Fence, UncertainAttempt};
use crate::shared::ids::LeaseId;

/// What this process has read, by request; a request that changed has its settle time, and its ceiling, anew.
#[derive(Debug, Default)]
pub(super) struct Ceilings(Mutex<HashMap<LeaseId, (i64, Fence)>>);

impl Ceilings {
    /// The project's position after the settle time of a request, if a look has read it.
    pub(super) fn of(&self, attempt: &UncertainAttempt) -> Option<Fence> {
        let read = self.read();
        let (change_number, ceiling) = read.get(&attempt.lease_id)?;
        (*change_number == attempt.change_number).then(|| ceiling.clone())
    }

    /// Keeps what the first look after the settle time has read.
    pub(super) fn keep(&self, attempt: &UncertainAttempt, ceiling: &Fence) {
        if self.of(attempt).is_none() {
            let read = (attempt.change_number, ceiling.clone());
            self.read().insert(attempt.lease_id, read);
        }
    }

    /// Forgets the requests that are not watched any more.
    pub(super) fn retain(&self, is_watched: impl Fn(&LeaseId) -> bool) {
        self.read().retain(|lease, _| is_watched(lease));
    }

    fn read(&self) -> MutexGuard<'_, HashMap<LeaseId, (i64, Fence)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
