//! Claiming queued deliveries.

use super::changes::{Attempt, Changes, Happening, Locked};
use super::table::Event;
use crate::delivery::model::Fence;
use crate::shared::ids::LeaseId;

/// Commits deliveries of a push to be sent under a lease, from where the push knows the project.
#[must_use]
pub fn claim(locked: Locked<'_>, lease: LeaseId, fence: &Fence) -> Changes {
    locked.change(|_, _| {
        let attempt = Attempt {
            lease_id: lease,
            fence: fence.clone(),
        };
        Some(Happening::told(Event::Claimed, None).with_attempt(attempt))
    })
}
