//! What looks at the tracker say of uncertain deliveries.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::changes::{Changes, Happening, Locked};
use super::proof::{Links, note_unlinked};
use super::settle::unless_called_off;
use super::table::Event;
use crate::delivery::model::{AttemptFindings, Finding};
use crate::shared::ids::{DeliveryId, LeaseId};

/// Proof of presence is taken from whoever brings it; everything else needs the attempt to be as it was when the look began.
/// `numbers` are the greatest change numbers of the attempts, with the pushes locked.
#[must_use]
pub fn reconcile(
    locked: Locked<'_>,
    findings: &[AttemptFindings],
    numbers: &HashMap<LeaseId, i64>,
    mut links: Links,
    now: OffsetDateTime,
) -> Changes {
    let mut found: HashMap<DeliveryId, (&AttemptFindings, &Finding)> = HashMap::new();
    for attempt in findings {
        let of_attempt = attempt.findings.iter();
        found.extend(of_attempt.map(|(id, finding)| (*id, (attempt, finding))));
    }
    let mut unlinked = Vec::new();
    let mut changes = locked.change(|held, push| {
        let (attempt, finding) = *found.get(&held.id)?;
        if let Finding::Present { external } = finding {
            unlinked.extend(note_unlinked(held, external, now));
            return links.prove(held, external);
        }
        let is_as_it_was = held.attempt_id == Some(attempt.lease_id)
            && numbers.get(&attempt.lease_id) == Some(&attempt.change_number);
        match finding {
            _ if !is_as_it_was => None,
            Finding::Present { .. } => None,
            Finding::Absent => {
                let again = Happening::told(Event::ProvenAbsent, None);
                unless_called_off(held, push, again)
            }
            Finding::Undecidable { error } => Some(Happening::because(Event::Undecidable, error)),
        }
    });
    changes.audit = unlinked;
    changes
}
