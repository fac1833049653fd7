//! What became of claimed deliveries.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::changes::{Changes, Happening, Held, HeldPush, Locked};
use super::proof::{Links, note_unlinked};
use super::table::Event;
use crate::delivery::model::{SettledBatch, Settlement};
use crate::shared::ids::{DeliveryId, LeaseId};
use crate::ticket::model::PushError;

/// Proof of presence is taken from whoever brings it; everything else needs the lease. An issue that can no longer be linked
/// is noted where the answer comes for the first time.
#[must_use]
pub fn settle(
    locked: Locked<'_>,
    batch: &SettledBatch,
    mut links: Links,
    is_first_answer: bool,
    now: OffsetDateTime,
) -> Changes {
    let outcomes: HashMap<DeliveryId, &Settlement> =
        batch.outcomes.iter().map(|(id, it)| (*id, it)).collect();
    let mut unlinked = Vec::new();
    let mut changes = locked.change(|held, push| match *outcomes.get(&held.id)? {
        Settlement::Confirmed { external } => {
            unlinked.extend(note_unlinked(held, external, now));
            links.prove(held, external)
        }
        _ if held.lease_id != Some(batch.lease_id) => None,
        Settlement::Rejected { error } => Some(Happening::because(Event::Refused, error)),
        Settlement::Uncertain { error } => Some(Happening::because(Event::EffectUnknown, error)),
        Settlement::Retry { at, error } => {
            let again = Happening::because(Event::NotApplied, error).not_before(Some(*at));
            unless_called_off(held, push, again)
        }
    });
    if is_first_answer {
        changes.audit = unlinked;
    }
    changes
}

/// Turns what a lease still holds into uncertain deliveries, once nobody can be sending it any more.
#[must_use]
pub fn expire(locked: Locked<'_>, lease: LeaseId) -> Changes {
    let error = PushError::sender_died();
    locked.change(|held, _| {
        (held.lease_id == Some(lease)).then(|| Happening::because(Event::EffectUnknown, &error))
    })
}

/// What certainly made no issue is queued again, or called off with its push, unless a person had it sent again after that.
pub(super) fn unless_called_off(
    held: &Held<'_>,
    push: &HeldPush,
    again: Happening,
) -> Option<Happening> {
    again.rule(held.state)?;
    let is_called_off = push.is_cancelled && !held.is_resent;
    Some(if is_called_off {
        Happening::told(Event::CalledOff, None)
    } else {
        again
    })
}
