//! Audit entries.

use std::hash::{DefaultHasher, Hash, Hasher};

use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use crate::shared::ids::{AuditEntryId, DeliveryId, WorkspaceId};
use crate::ticket::model::ExternalIssue;
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
    /// An issue turned up whose delivery had ended otherwise, so that it is linked to no ticket; the result is its key.
    IssueUnlinked,
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
    pub const ALL: [Self; 17] = [
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
        Self::IssueUnlinked,
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
            Self::IssueUnlinked => "issue_unlinked",
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

impl AuditEntry {
    /// An issue that turned up after its delivery had ended otherwise.
    #[must_use]
    pub fn issue_unlinked(
        workspace: WorkspaceId,
        delivery: DeliveryId,
        external: &ExternalIssue,
        at: OffsetDateTime,
    ) -> Self {
        Self {
            id: AuditEntryId::from_uuid(id_of(delivery.as_uuid(), &external.id, at)),
            workspace_id: Some(workspace),
            actor: Actor::System,
            action: AuditAction::IssueUnlinked,
            subject: format!("delivery:{delivery}"),
            result: external.key.clone(),
            at,
        }
    }
}

/// An id for what a store notes by itself, which draws none: of its time, and as random as the delivery's.
fn id_of(delivery: Uuid, issue: &str, at: OffsetDateTime) -> Uuid {
    let mut hasher = DefaultHasher::new();
    issue.hash(&mut hasher);
    let mixed = delivery.as_u128() ^ u128::from(hasher.finish());
    let [_, _, _, _, _, _, random @ ..] = mixed.to_be_bytes();
    let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
