//! Pushes and deliveries.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::connection::model::Platform;
use crate::shared::ids::{DeliveryId, DocumentId, PushId, TicketId, WorkspaceId};
use crate::ticket::model::{ExternalIssue, PushError};
use crate::workspace::model::Actor;

mod pause;
mod reconciling;
mod report;
mod sending;

pub use pause::{Pause, PauseScope};
pub use reconciling::{
    AttemptFindings, Finding, Resolution, UncertainAttempt, UncertainDelivery, UncertainPush,
    UncertainRequest,
};
pub use report::{NumberedEntry, PushChanges, PushCounts, PushEntry, PushReport, PushSummary};
pub use sending::{ClaimedBatch, ClaimedDelivery, SettledBatch, Settlement};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits to be sent.
    Queued,
    /// Committed as being sent; the request may leave at any moment.
    Sending,
    /// The request left and its effect is not known.
    Uncertain,
    /// The issue exists.
    Confirmed,
    /// The tracker refused it, or it was refused before anything was sent.
    Rejected,
    /// It was called off before it was sent.
    Cancelled,
    /// A person must decide.
    NeedsAttention,
    /// A person gave it up.
    Abandoned,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Uncertain,
        Self::Confirmed,
        Self::Rejected,
        Self::Cancelled,
        Self::NeedsAttention,
        Self::Abandoned,
    ];

    /// The word used in rows and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Uncertain => "uncertain",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::NeedsAttention => "needs_attention",
            Self::Abandoned => "abandoned",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the ticket counts as pushed although its fate is not known.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Queued | Self::Sending | Self::Uncertain | Self::NeedsAttention
        )
    }

    /// Whether Handoff will do nothing more by itself.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Queued | Self::Sending | Self::Uncertain)
    }
}

/// Whether a push is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushState {
    /// Some delivery is queued, sending or uncertain.
    Running,
    /// Every delivery is settled.
    Settled,
}

/// Something a person should know about an issue that was, or would be, created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable code.
    pub code: WarningCode,
    /// A sentence for people.
    pub message: String,
}

/// The stable codes of warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WarningCode {
    /// The project has no priority field, so it was left out.
    PriorityNotOnScreen,
    /// The project has other priority names, so the one at the same rank was taken.
    PriorityReplaced,
    /// The priority word is unknown, so Medium was taken.
    PriorityUnrecognised,
    /// The project lacks the ticket's type, so another was taken.
    IssueTypeReplaced,
    /// A label was changed to fit the tracker.
    LabelChanged,
    /// Text was cut to fit the tracker.
    TextCut,
    /// Some Markdown has no counterpart in the tracker's format.
    MarkdownDegraded,
}

/// The project a push goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRef {
    /// The immutable id.
    pub id: String,
    /// The key that people use.
    pub key: String,
}

/// The highest position in a project that was known before a create was sent; opaque to the domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub String);

impl Fence {
    /// Whether more of the project was known than at another position; positions that are no numbers cannot be compared,
    /// and then it was not.
    #[must_use]
    pub fn is_beyond(&self, other: &Self) -> bool {
        let number = |fence: &Self| fence.0.parse::<u64>().ok();
        match (number(self), number(other)) {
            (Some(mine), Some(others)) => mine > others,
            (None, _) | (_, None) => false,
        }
    }
}

/// A push, bound to a site, a project and an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Its id.
    pub id: PushId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The document whose tickets are pushed.
    pub document_id: DocumentId,
    /// The tracker.
    pub platform: Platform,
    /// The site's immutable id.
    pub site_id: String,
    /// The account that creates the issues.
    pub account_id: String,
    /// The project.
    pub project: ProjectRef,
    /// The project's fence when the push was accepted.
    pub fence: Fence,
    /// Whether it is finished.
    pub state: PushState,
    /// Rate-limit points that its preflight, creates and looks cost.
    pub quota_points: i64,
    /// The greatest change number of its deliveries.
    pub change_number: i64,
    /// Who pushed.
    pub created_by: Actor,
    /// When it was accepted.
    pub created_at: OffsetDateTime,
    /// When the last delivery settled.
    pub settled_at: Option<OffsetDateTime>,
}

/// One ticket on its way to the tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, also the mark in the created issue.
    pub id: DeliveryId,
    /// The push that made it.
    pub push_id: PushId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The ticket.
    pub ticket_id: TicketId,
    /// The site's immutable id.
    pub site_id: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How many requests were committed to be sent.
    pub attempts: i32,
    /// When the last of them was committed, by the sender's clock.
    pub attempted_at: Option<OffsetDateTime>,
    /// Not before this time, when it waits for a repeat.
    pub retry_at: Option<OffsetDateTime>,
    /// The fence of the last attempt.
    pub fence: Option<Fence>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
    /// Why it was rejected, is uncertain or needs attention.
    pub error: Option<PushError>,
    /// The issue it became.
    pub external: Option<ExternalIssue>,
    /// The number of its last change within its push; grows.
    pub change_number: i64,
    /// When it was accepted.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}
