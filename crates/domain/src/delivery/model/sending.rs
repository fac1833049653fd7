//! What is claimed to be sent, and what became of it.

use time::OffsetDateTime;

use super::{Fence, Push};
use crate::shared::ids::{DeliveryId, LeaseId, PushId, TicketId};
use crate::ticket::model::{ExternalIssue, PushError};

/// A delivery that this process has committed to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedDelivery {
    /// Its id, also the mark.
    pub id: DeliveryId,
    /// The ticket.
    pub ticket_id: TicketId,
    /// The tracker's request element, frozen when the push was accepted.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempt: i32,
}

/// Deliveries of one push, claimed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedBatch {
    /// The push.
    pub push: Push,
    /// The hold on every row of the batch.
    pub lease_id: LeaseId,
    /// The rows, in the order of their ids.
    pub deliveries: Vec<ClaimedDelivery>,
}

/// What became of one claimed delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The issue exists.
    Confirmed {
        /// The issue.
        external: ExternalIssue,
    },
    /// The tracker refused it.
    Rejected {
        /// Why.
        error: PushError,
    },
    /// Certainly not applied; it may be sent again.
    Retry {
        /// Not before this time.
        at: OffsetDateTime,
        /// Why.
        error: PushError,
    },
    /// It may have been applied; it must not be sent again.
    Uncertain {
        /// What is known.
        error: PushError,
    },
}

/// What became of the deliveries of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledBatch {
    /// The push.
    pub push_id: PushId,
    /// The lease under which they were claimed.
    pub lease_id: LeaseId,
    /// What became of each.
    pub outcomes: Vec<(DeliveryId, Settlement)>,
    /// Rate-limit points that the requests cost.
    pub quota_points: i64,
    /// A higher position of the project that was seen, from which later attempts may be looked for.
    pub fence: Option<Fence>,
}
