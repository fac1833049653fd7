//! The ports to the delivery ledger.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{
    AttemptFindings, ClaimedBatch, Delivery, DeliveryState, Pause, Push, PushChanges, PushReport,
    PushState, PushSummary, Resolution, SettledBatch, UncertainPush, UncertainRequest, Warning,
};
use crate::audit::model::AuditEntry;
use crate::shared::failure::Failure;
use crate::shared::ids::{DeliveryId, DocumentId, LeaseId, PushId, TicketId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::ticket::model::PushError;
use crate::workspace::model::Actor;

/// What the preflight decided for one ticket of a new push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewEntry {
    /// It will be sent.
    Deliver {
        /// The ticket.
        ticket_id: TicketId,
        /// The version of the ticket that the payload was made from.
        ticket_version: i64,
        /// The id of the delivery, which the payload carries as its mark.
        delivery_id: DeliveryId,
        /// The tracker's request element.
        payload: String,
        /// What a person should know.
        warnings: Vec<Warning>,
    },
    /// It cannot succeed and is refused before anything is sent.
    Refuse {
        /// The ticket.
        ticket_id: TicketId,
        /// The version of the ticket that was looked at.
        ticket_version: i64,
        /// The id of the delivery.
        delivery_id: DeliveryId,
        /// Why.
        error: PushError,
        /// What a person should know.
        warnings: Vec<Warning>,
    },
    /// It was an issue already, or has an open delivery, when it was read.
    Existing {
        /// The ticket.
        ticket_id: TicketId,
    },
}

impl NewEntry {
    /// The ticket.
    #[must_use]
    pub const fn ticket_id(&self) -> TicketId {
        match self {
            Self::Deliver { ticket_id, .. }
            | Self::Refuse { ticket_id, .. }
            | Self::Existing { ticket_id } => *ticket_id,
        }
    }
}

/// The caller's own key for a push, kept for 24 hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// 1 to 255 characters.
    pub key: String,
    /// Whose key it is.
    pub caller: Actor,
    /// SHA-256 of the request body.
    pub body_hash: [u8; 32],
}

/// A push to be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPush {
    /// The push; its state, change number and settled time are set by the ledger.
    pub push: Push,
    /// One entry a ticket, in the order they were given.
    pub entries: Vec<NewEntry>,
    /// The caller's key, if one was given.
    pub idempotency: Option<IdempotencyKey>,
    /// The audit entry.
    pub audit: AuditEntry,
}

/// What became of a new push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptOutcome {
    /// It is written; it will be finished whatever dies.
    Accepted,
    /// The same key was used for the same body: this is that push.
    Replayed(PushId),
    /// The same key was used for another body.
    KeyReused,
    /// A ticket was changed or deleted since it was read; nothing was written.
    TicketsChanged,
    /// The workspace is no longer connected to the push's site as the push's account; nothing was written.
    NotConnected,
}

/// What a look-up of an idempotency key gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLookup {
    /// The key is free.
    Free,
    /// The same body was pushed before.
    Same(PushId),
    /// Another body was pushed before.
    Other,
}

/// Which pushes are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushFilter {
    /// Only of this document.
    pub document_id: Option<DocumentId>,
    /// Only in this state.
    pub state: Option<PushState>,
}

/// What became of a person's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResolveOutcome {
    /// It is written.
    Resolved,
    /// The delivery changed since it was read; nothing was written.
    Changed,
    /// The issue is linked to another ticket; nothing was written.
    LinkedElsewhere,
    /// It cannot be sent again, because the workspace is no longer connected to the push's site as the push's account;
    /// nothing was written.
    NotConnected,
}

/// A row that some lease holds as `sending`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeldLease {
    /// The lease.
    pub lease_id: LeaseId,
    /// The greatest change number among its rows; an observer compares it, never a time.
    pub change_number: i64,
}

/// The ledger of pushes and deliveries, as one database keeps it; who uses it asks for one of its ports.
///
/// What a delivery becomes is for [`super::ledger`] to say. Invariants that every adapter keeps, each in one transaction:
/// - A ticket has at most one delivery that is not rejected, cancelled or abandoned.
/// - Opening, settling and cancelling a delivery changes its ticket in the same transaction; the ticket's version rises.
/// - Every change of a delivery takes the next change number of its push.
/// - A push becomes `settled` in the transaction that settles the last of its entries, those joined from other pushes too.
pub trait DeliveryRepository: PushRepository + DeliveryQueue + UncertainDeliveries {}

impl<T: PushRepository + DeliveryQueue + UncertainDeliveries> DeliveryRepository for T {}

/// Accepts pushes and tells what became of them.
#[async_trait]
pub trait PushRepository: Send + Sync + 'static {
    /// Looks an idempotency key up; keys older than 24 hours are free.
    async fn find_key(
        &self,
        workspace: WorkspaceId,
        key: &IdempotencyKey,
        now: OffsetDateTime,
    ) -> Result<KeyLookup, Failure>;

    /// Writes a push with its deliveries.
    ///
    /// For each entry the ticket is read again: one that is an issue by now becomes `already_pushed`, one with an open
    /// delivery joins with that delivery. Otherwise `Deliver` makes a `queued` row, `Refuse` a `rejected` one that makes
    /// the ticket `push_failed`, and an `Existing` that is neither, another version, or a missing ticket means
    /// [`AcceptOutcome::TicketsChanged`]. A push without anything to send is settled at once.
    async fn accept(&self, push: &NewPush) -> Result<AcceptOutcome, Failure>;

    /// One push with its entries.
    async fn find_push(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        now: OffsetDateTime,
    ) -> Result<Option<PushReport>, Failure>;

    /// The state of a push; a cheap question for those who wait.
    async fn push_state(
        &self,
        workspace: WorkspaceId,
        id: PushId,
    ) -> Result<Option<PushState>, Failure>;

    /// Pushes, newest first.
    async fn list_pushes(
        &self,
        workspace: WorkspaceId,
        filter: PushFilter,
        page: PageRequest,
        now: OffsetDateTime,
    ) -> Result<Page<PushSummary>, Failure>;

    /// Deliveries, newest first.
    async fn list_deliveries(
        &self,
        workspace: WorkspaceId,
        state: Option<DeliveryState>,
        page: PageRequest,
    ) -> Result<Page<Delivery>, Failure>;

    /// Cancels the queued deliveries that this push made; answers how many, or `None` where there is no such push. What
    /// comes back unsent later is cancelled too.
    async fn cancel(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<Option<u32>, Failure>;

    /// What changed in a push after a change number, oldest change first, at most `limit` entries.
    ///
    /// Entries joined from other pushes, and those that were issues before, have numbers of this push too.
    async fn list_changes(
        &self,
        workspace: WorkspaceId,
        push: PushId,
        after: i64,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Option<PushChanges>, Failure>;
}

/// Gives workers what to send, and takes down what became of it.
#[async_trait]
pub trait DeliveryQueue: Send + Sync + 'static {
    /// Claims up to `limit` queued deliveries of one push, oldest push first and fair between workspaces.
    ///
    /// Rows become `sending` with the lease, one more attempt and the push's fence, before anything is sent. Left out
    /// are rows whose retry time is not reached, sites in `busy_sites`, paused sites, and workspaces whose integration
    /// is not active, needs a reconnect, or is with another site or account than the push.
    async fn claim(
        &self,
        lease: LeaseId,
        limit: u32,
        busy_sites: &[String],
        now: OffsetDateTime,
    ) -> Result<Option<ClaimedBatch>, Failure>;

    /// Writes down what became of claimed deliveries, and adds the points their requests cost.
    ///
    /// `Confirmed` is taken whoever brings it, while the row is open, also while it waits to be sent again; the other
    /// outcomes only while the row is `sending` under this lease. An issue whose row has ended otherwise, or as another
    /// issue, is written into the audit record. A retry of a push that was cancelled becomes `cancelled`, unless a person
    /// had it sent again after that. An issue that is linked to another ticket makes only its own row `needs_attention`.
    /// The points count once for each lease, although an answer may be brought again; the push's fence is only raised.
    /// Answers how many rows were written.
    async fn settle(&self, batch: &SettledBatch, now: OffsetDateTime) -> Result<u32, Failure>;

    /// The leases that hold `sending` rows.
    async fn list_held(&self) -> Result<Vec<HeldLease>, Failure>;

    /// Turns the `sending` rows of a lease that was seen unchanged for its whole length into `uncertain`.
    async fn expire_lease(&self, lease: LeaseId, now: OffsetDateTime) -> Result<u32, Failure>;

    /// Writes a pause; one that lasts longer stays.
    async fn pause(&self, pause: &Pause) -> Result<(), Failure>;
}

/// What nobody knows yet: for looks at the tracker, and for people who decide.
#[async_trait]
pub trait UncertainDeliveries: Send + Sync + 'static {
    /// Pushes with `uncertain` rows whose workspace is connected to the push's site as its account, those to be looked at
    /// soonest first and those without such a wish before them; at most `limit`.
    ///
    /// Left out are workspaces that need a reconnect, and what a pause of the app or of the site holds back now; a pause
    /// of creates holds no look back.
    async fn list_uncertain(
        &self,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<UncertainPush>, Failure>;

    /// The requests of a push with uncertain deliveries, with what a look at them needs.
    async fn load_uncertain(&self, push: PushId) -> Result<Vec<UncertainRequest>, Failure>;

    /// Takes a look at a push for oneself: moves its next look from `seen` to `next`; `false` when somebody else did.
    async fn begin_look(
        &self,
        push: PushId,
        seen: Option<OffsetDateTime>,
        next: OffsetDateTime,
    ) -> Result<bool, Failure>;

    /// Writes down what a look at uncertain deliveries found, and adds the points it cost to the push.
    ///
    /// `Present` is taken, or written into the audit record, as `Confirmed` is. The others are taken only while the
    /// row is `uncertain`, still belongs to the attempt, and the greatest change number among all rows of the attempt is
    /// the given one. `Absent` makes it `queued`, or `cancelled` as a retry is. Answers how many rows were written.
    async fn reconcile(
        &self,
        push: PushId,
        findings: &[AttemptFindings],
        quota_points: i64,
        now: OffsetDateTime,
    ) -> Result<u32, Failure>;

    /// Leaves every `uncertain` delivery whose last attempt was committed before that time to a person, with this error:
    /// whatever its connection, its pauses, and however short a time anybody watched it. Answers how many.
    async fn give_up_uncertain(
        &self,
        before: OffsetDateTime,
        error: &PushError,
        now: OffsetDateTime,
    ) -> Result<u32, Failure>;

    /// One delivery with the push that made it.
    async fn find_delivery(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
    ) -> Result<Option<(Delivery, Push)>, Failure>;

    /// Carries out what a person decided, while the delivery needs attention and its change number is the given one.
    async fn resolve(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
        change_number: i64,
        resolution: &Resolution,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<ResolveOutcome, Failure>;

    /// Makes every queued, sending and uncertain delivery, of one workspace or of all, `needs_attention` with this error;
    /// answers how many.
    async fn quarantine(
        &self,
        workspace: Option<WorkspaceId>,
        error: &PushError,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<u32, Failure>;
}
