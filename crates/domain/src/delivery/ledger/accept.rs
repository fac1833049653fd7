//! What accepting a push makes of its entries.

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

use crate::delivery::model::{DeliveryState, Warning};
use crate::delivery::ports::{IdempotencyKey, KeyLookup, NewEntry, NewPush};
use crate::shared::ids::{DeliveryId, PushId, TicketId};
use crate::ticket::model::PushError;

/// How long an idempotency key is kept.
const KEY_LIFE: Duration = Duration::hours(24);

/// The key that a push was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptKey {
    /// The push.
    pub push_id: PushId,
    /// When it was accepted.
    pub kept_at: OffsetDateTime,
    /// SHA-256 of its request body.
    pub body_hash: Option<Vec<u8>>,
}

impl KeptKey {
    /// What the same key means at this time.
    #[must_use]
    pub fn lookup(&self, key: &IdempotencyKey, now: OffsetDateTime) -> KeyLookup {
        if self.kept_at + KEY_LIFE <= now {
            KeyLookup::Free
        } else if self.body_hash.as_deref() == Some(key.body_hash.as_slice()) {
            KeyLookup::Same(self.push_id)
        } else {
            KeyLookup::Other
        }
    }
}

/// What matters of a ticket that is to be pushed, locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldTicket {
    /// Whether it is an issue.
    pub is_pushed: bool,
    /// Its version.
    pub version: i64,
    /// Its open delivery.
    pub delivery_id: Option<DeliveryId>,
}

/// What accepting a push writes. Payloads stay where they are until then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan<'a> {
    /// The entries, in their order.
    pub entries: Vec<AcceptedEntry>,
    /// The deliveries to be made.
    pub openings: Vec<Opening<'a>>,
    /// The open deliveries of other pushes that it joins.
    pub joined: Vec<DeliveryId>,
}

/// An entry to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedEntry {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its delivery; `None` where the ticket is an issue already.
    pub delivery_id: Option<DeliveryId>,
    /// Its change number, where the push does not make the delivery itself.
    pub change_number: Option<i64>,
}

/// A delivery to be made: queued, or rejected with the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening<'a> {
    /// Its id.
    pub id: DeliveryId,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// Its change number.
    pub change_number: i64,
    /// What is sent.
    pub payload: Option<&'a str>,
    /// Why nothing is.
    pub error: Option<&'a PushError>,
    /// What a person should know.
    pub warnings: &'a [Warning],
}

impl Opening<'_> {
    /// The state in which the delivery begins.
    #[must_use]
    pub const fn state(&self) -> DeliveryState {
        match self.error {
            None => DeliveryState::Queued,
            Some(_) => DeliveryState::Rejected,
        }
    }
}

impl Plan<'_> {
    /// Whether a delivery begins in this state.
    #[must_use]
    pub fn opens(&self, state: DeliveryState) -> bool {
        self.openings.iter().any(|it| it.state() == state)
    }

    /// The number of the last entry.
    #[must_use]
    pub fn change_number(&self) -> i64 {
        i64::try_from(self.entries.len()).unwrap_or(i64::MAX)
    }
}

/// Plans a push: what is an issue by now stays one, an open delivery is joined, and the rest is opened as the push says.
/// `None` when a ticket is not as the push was made from.
#[must_use]
pub fn accept<'a>(new: &'a NewPush, tickets: &HashMap<TicketId, HeldTicket>) -> Option<Plan<'a>> {
    let mut plan = Plan::default();
    for (entry, number) in new.entries.iter().zip(1..) {
        let ticket_id = entry.ticket_id();
        let ticket = tickets.get(&ticket_id)?;
        let mut planned = AcceptedEntry {
            ticket_id,
            delivery_id: ticket.delivery_id,
            change_number: Some(number),
        };
        if ticket.is_pushed {
            planned.delivery_id = None;
        } else if let Some(open) = ticket.delivery_id {
            plan.joined.push(open);
        } else {
            let opening = open(entry, ticket.version, number)?;
            planned.delivery_id = Some(opening.id);
            planned.change_number = None;
            plan.openings.push(opening);
        }
        plan.entries.push(planned);
    }
    Some(plan)
}

/// A new delivery of a ticket that has still the version that the push was made from.
fn open(entry: &NewEntry, version: i64, change_number: i64) -> Option<Opening<'_>> {
    let (id, ticket_id, seen, payload, error, warnings) = match entry {
        NewEntry::Deliver {
            delivery_id,
            ticket_id,
            ticket_version,
            payload,
            warnings,
        } => (
            delivery_id,
            ticket_id,
            ticket_version,
            Some(payload.as_str()),
            None,
            warnings,
        ),
        NewEntry::Refuse {
            delivery_id,
            ticket_id,
            ticket_version,
            error,
            warnings,
        } => (
            delivery_id,
            ticket_id,
            ticket_version,
            None,
            Some(error),
            warnings,
        ),
        NewEntry::Existing { .. } => return None,
    };
    (*seen == version).then_some(Opening {
        id: *id,
        ticket_id: *ticket_id,
        change_number,
        payload,
        error,
        warnings,
    })
}
