//! Pushes and deliveries.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::connection::model::Platform;
use crate::shared::ids::{DeliveryId, DocumentId, LeaseId, PushId, TicketId, WorkspaceId};
use crate::ticket::model::{ExternalIssue, PushError};
use crate::workspace::model::Actor;

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
    /// Rate-limit points that its creates cost.
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

/// What a push means for one of its tickets.
#[expect(
    clippy::large_enum_variant,
    reason = "the large variant is by far the common one"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushEntry {
    /// It is, or was, delivered: by this push or by an earlier one that was still open.
    Delivery(Delivery),
    /// It was an issue before.
    AlreadyPushed {
        /// The ticket.
        ticket_id: TicketId,
        /// The issue it is.
        external: Option<ExternalIssue>,
    },
}

/// A push with what became of each ticket, in the order they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushReport {
    /// The push.
    pub push: Push,
    /// One entry a ticket.
    pub entries: Vec<PushEntry>,
    /// Until when and why sending is paused, if it is.
    pub pause: Option<Pause>,
}

/// How many tickets of a push stand where; they add up to `total`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushCounts {
    /// All tickets.
    pub total: u32,
    /// Confirmed.
    pub pushed: u32,
    /// Rejected or abandoned.
    pub failed: u32,
    /// Queued, sending or uncertain.
    pub pending: u32,
    /// Issues before this push.
    pub already_pushed: u32,
    /// A person must decide.
    pub needs_attention: u32,
    /// Called off.
    pub cancelled: u32,
}

impl PushCounts {
    /// Counts one ticket; `None` stands for one that was an issue before.
    pub const fn add(&mut self, state: Option<DeliveryState>, tickets: u32) {
        self.total += tickets;
        match state {
            None => self.already_pushed += tickets,
            Some(DeliveryState::Confirmed) => self.pushed += tickets,
            Some(DeliveryState::Rejected | DeliveryState::Abandoned) => self.failed += tickets,
            Some(DeliveryState::NeedsAttention) => self.needs_attention += tickets,
            Some(DeliveryState::Cancelled) => self.cancelled += tickets,
            Some(DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Uncertain) => {
                self.pending += tickets;
            }
        }
    }
}

impl PushReport {
    /// Counts the entries.
    #[must_use]
    pub fn counts(&self) -> PushCounts {
        let mut counts = PushCounts::default();
        for entry in &self.entries {
            match entry {
                PushEntry::Delivery(delivery) => counts.add(Some(delivery.state), 1),
                PushEntry::AlreadyPushed { .. } => counts.add(None, 1),
            }
        }
        counts
    }
}

/// What is paused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PauseScope {
    /// Every site of this app.
    App,
    /// One site.
    Site(String),
    /// Creating issues on one site.
    Creates(String),
}

impl PauseScope {
    /// The key of the row: `app`, `site:<id>` or `creates:<id>`.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::App => "app".to_owned(),
            Self::Site(site) => format!("site:{site}"),
            Self::Creates(site) => format!("creates:{site}"),
        }
    }

    /// The scopes that hold back looks at a site.
    #[must_use]
    pub fn holding_looks(site: &str) -> [Self; 2] {
        [Self::App, Self::Site(site.to_owned())]
    }

    /// The scopes that hold back creates on a site.
    #[must_use]
    pub fn holding_creates(site: &str) -> [Self; 3] {
        [
            Self::App,
            Self::Site(site.to_owned()),
            Self::Creates(site.to_owned()),
        ]
    }
}

/// A pause that every process obeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What is paused.
    pub scope: PauseScope,
    /// Until when.
    pub until: OffsetDateTime,
    /// The tracker's own reason, such as `jira-burst-based`.
    pub reason: String,
}

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

/// The uncertain deliveries of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncertainAttempt {
    /// The lease under which the request was committed; it names the attempt.
    pub lease_id: LeaseId,
    /// The greatest change number among all deliveries of the request, settled ones too. Whoever wants to prove absence
    /// must itself have seen it unchanged for the settle time.
    pub change_number: i64,
    /// Those that are uncertain.
    pub deliveries: Vec<UncertainDelivery>,
}

/// A push with uncertain deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncertainPush {
    /// The push.
    pub push: Push,
    /// When somebody should look next; a wish that saves requests, never a proof of anything.
    pub next_look_at: Option<OffsetDateTime>,
    /// Its requests with an unknown effect.
    pub attempts: Vec<UncertainAttempt>,
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

/// One entry of a push and the number of its last change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedEntry {
    /// The number, within the push that is watched; grows.
    pub change_number: i64,
    /// The entry.
    pub entry: PushEntry,
}

/// What changed in a push after some change number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushChanges {
    /// The push with its counters as they are now.
    pub summary: PushSummary,
    /// The changed entries, oldest change first.
    pub entries: Vec<NumberedEntry>,
}

/// A push in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushSummary {
    /// The push.
    pub push: Push,
    /// How many tickets stand where.
    pub counts: PushCounts,
    /// Until when and why sending is paused, if it is.
    pub pause: Option<Pause>,
}
