//! What is uncertain, what a look found, and what a person decides.

use time::OffsetDateTime;

use super::{Fence, Push};
use crate::shared::ids::{DeliveryId, LeaseId};
use crate::ticket::model::{ExternalIssue, PushError};

/// A delivery whose request left, or may have left, and whose effect is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncertainDelivery {
    /// Its id, also the mark.
    pub id: DeliveryId,
    /// The project's position before its last attempt.
    pub fence: Fence,
    /// When the last attempt was committed, by the sender's clock.
    pub attempted_at: OffsetDateTime,
}

/// A request with uncertain deliveries, as it is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UncertainAttempt {
    /// The lease under which the request was committed; it names the attempt.
    pub lease_id: LeaseId,
    /// The greatest change number among all deliveries of the request, settled ones too. Whoever wants to prove absence
    /// must itself have seen it unchanged for the settle time.
    pub change_number: i64,
}

/// A push with uncertain deliveries, as it is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncertainPush {
    /// The push.
    pub push: Push,
    /// When somebody should look next; a wish that saves requests, never a proof of anything.
    pub next_look_at: Option<OffsetDateTime>,
    /// Its requests with an unknown effect.
    pub attempts: Vec<UncertainAttempt>,
}

/// The uncertain deliveries of one request, as a look needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncertainRequest {
    /// The request, as it stands when the look begins.
    pub attempt: UncertainAttempt,
    /// Those that are uncertain.
    pub deliveries: Vec<UncertainDelivery>,
}

/// What a look at the tracker says of one uncertain delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Its issue exists.
    Present {
        /// The issue.
        external: ExternalIssue,
    },
    /// It is proven that no issue exists; it is sent again, or cancelled if its push was.
    Absent,
    /// A person must decide.
    Undecidable {
        /// What was seen.
        error: PushError,
    },
}

/// What a look says of the deliveries of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptFindings {
    /// The attempt.
    pub lease_id: LeaseId,
    /// The attempt's change number when the look began; everything but presence is refused when it has grown.
    pub change_number: i64,
    /// What was found.
    pub findings: Vec<(DeliveryId, Finding)>,
}

/// What a person decides about a delivery that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// This is its issue.
    Link {
        /// The issue.
        external: ExternalIssue,
    },
    /// There is no issue; send it again.
    Resend,
    /// Give it up.
    Abandon {
        /// What the ticket shows.
        error: PushError,
    },
}
