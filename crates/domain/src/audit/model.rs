//! Audit entries.

use time::OffsetDateTime;

use crate::shared::ids::{AuditEntryId, WorkspaceId};
use crate::workspace::model::Actor;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// A connection was begun.
    ConnectStarted,
    /// A site was connected.
    Connected,
    /// A connection could not be made.
    ConnectFailed,
    /// A grant was parked until it is confirmed.
    ConnectParked,
    /// A workspace was disconnected.
    Disconnected,
    /// A grant has ended and a person must reconnect.
    ReconnectNeeded,
    /// A push was accepted.
    PushAccepted,
    /// A push was cancelled.
    PushCancelled,
    /// A person decided what becomes of a delivery.
    DeliveryResolved,
    /// An operator made unfinished deliveries wait for a person.
    DeliveriesQuarantined,
    /// An operator had secrets sealed with the present key.
    KeysRotated,
    /// A member was added or their role changed.
    MemberPut,
    /// A member was removed.
    MemberRemoved,
    /// A token was made.
    TokenCreated,
    /// A token was revoked.
    TokenRevoked,
    /// A feature was switched.
    FeatureSet,
}

impl AuditAction {
    /// Every action.
    pub const ALL: [Self; 16] = [
        Self::ConnectStarted,
        Self::Connected,
        Self::ConnectFailed,
        Self::ConnectParked,
        Self::Disconnected,
        Self::ReconnectNeeded,
        Self::PushAccepted,
        Self::PushCancelled,
        Self::DeliveryResolved,
        Self::DeliveriesQuarantined,
        Self::KeysRotated,
        Self::MemberPut,
        Self::MemberRemoved,
        Self::TokenCreated,
        Self::TokenRevoked,
        Self::FeatureSet,
    ];

    /// The word kept in the row.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectStarted => "connect_started",
            Self::Connected => "connected",
            Self::ConnectFailed => "connect_failed",
            Self::ConnectParked => "connect_parked",
            Self::Disconnected => "disconnected",
            Self::ReconnectNeeded => "reconnect_needed",
            Self::PushAccepted => "push_accepted",
            Self::PushCancelled => "push_cancelled",
            Self::DeliveryResolved => "delivery_resolved",
            Self::DeliveriesQuarantined => "deliveries_quarantined",
            Self::KeysRotated => "keys_rotated",
            Self::MemberPut => "member_put",
            Self::MemberRemoved => "member_removed",
            Self::TokenCreated => "token_created",
            Self::TokenRevoked => "token_revoked",
            Self::FeatureSet => "feature_set",
        }
    }
}

/// One line of the record; never holds a secret or a document's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// The workspace, if the deed concerned one.
    pub workspace_id: Option<WorkspaceId>,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: AuditAction,
    /// On what: a kind and an id, such as `integration:0190…`.
    pub subject: String,
    /// With which result: `ok` or a stable reason.
    pub result: String,
    /// When.
    pub at: OffsetDateTime,
}
