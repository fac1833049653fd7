//! The port to stored tickets.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::family::FamilyError;
use super::model::{ExternalIssue, SyncedStatus, Ticket, TicketStatus};
use super::regeneration::{Generation, TicketCoverage};
use crate::scoping::model::ScopingNote;
use crate::shared::failure::Failure;
use crate::shared::ids::{DocumentId, TicketId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};

/// What became of a change of one ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveOutcome {
    /// It was done; the version has risen by one.
    Done,
    /// There is no such ticket.
    NotFound,
    /// Its version is another one.
    VersionConflict,
    /// It cannot stand where it should among the tickets of its document.
    Misplaced(FamilyError),
}

/// What a generation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GenerationOutcome {
    /// It was written.
    Done(Generated),
    /// The document has another version than the one that was scoped, or is gone; nothing was written.
    DocumentChanged,
}

/// The tickets of a document after a generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// All that are not deleted, in the order of their ids.
    pub tickets: Vec<Ticket>,
    /// The ticket of each candidate, if it has one.
    pub ids: Vec<Option<TicketId>>,
    /// What became of the document's lines.
    pub coverage: Vec<TicketCoverage>,
    /// What people should know.
    pub notes: Vec<ScopingNote>,
}

/// What the newest generation of a document said of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCoverage {
    /// The version of the document that was scoped.
    pub document_version: i64,
    /// What became of the document's lines.
    pub coverage: Vec<TicketCoverage>,
    /// What people should know.
    pub notes: Vec<ScopingNote>,
    /// When it was generated.
    pub created_at: OffsetDateTime,
}

/// How a generation treats tickets that were there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationScope {
    /// The whole document was scoped: unreviewed tickets whose source is gone are removed.
    Whole,
    /// Only some blocks were: nothing is removed.
    Part,
}

/// Which pushed tickets are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkedFilter {
    /// Only of this document.
    pub document_id: Option<DocumentId>,
    /// Only these.
    pub ticket_ids: Option<Vec<TicketId>>,
}

/// What a sync learned of one ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketObservation {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The issue's status in our words.
    pub synced_status: SyncedStatus,
    /// The issue's status in the tracker's words; kept as it was when `None` (a missing issue).
    pub external_status: Option<String>,
    /// The issue's present key and address when it was seen; a moved issue has new ones.
    pub external: Option<ExternalIssue>,
    /// When it was looked at.
    pub synced_at: OffsetDateTime,
}

/// The issue that a ticket really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relink {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The id of the issue that it is linked to now.
    pub from: String,
    /// The issue that it is linked to from now on.
    pub to: ExternalIssue,
}

/// Keeps execution tickets. Deleted tickets are never given out, yet it stays known where they came from.
#[async_trait]
pub trait TicketRepository: Send + Sync + 'static {
    /// One ticket.
    async fn find(&self, workspace: WorkspaceId, id: TicketId) -> Result<Option<Ticket>, Failure>;

    /// Those of the given tickets that exist in the workspace, in the order of their ids.
    async fn find_many(
        &self,
        workspace: WorkspaceId,
        ids: &[TicketId],
    ) -> Result<Vec<Ticket>, Failure>;

    /// The tickets of a document in the order of their ids, and how many there are in all.
    async fn list(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        status: Option<TicketStatus>,
        page: PageRequest,
    ) -> Result<(Page<Ticket>, u64), Failure>;

    /// All tickets of a document that have this status, in the order of their ids.
    async fn list_by_status(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        status: TicketStatus,
    ) -> Result<Vec<Ticket>, Failure>;

    /// Keeps new tickets as they stand; of none is it known where it came from.
    async fn insert(&self, tickets: &[Ticket]) -> Result<(), Failure>;

    /// Brings what was scoped in, in one step, as [`plan`](super::regeneration::plan) says of the rows under the document's lock.
    ///
    /// Keeps coverage and notes as the document's newest. Blocks that are no longer there are left out.
    async fn apply_generation(&self, generation: &Generation)
    -> Result<GenerationOutcome, Failure>;

    /// What the newest generation of a document said; `None` before the first, and where the document is not there.
    async fn coverage(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
    ) -> Result<Option<KeptCoverage>, Failure>;

    /// Saves content, parent, dependencies, fields, status, push error and update time when the stored version is
    /// `ticket.version`.
    async fn save(&self, ticket: &Ticket) -> Result<SaveOutcome, Failure>;

    /// Saves likewise, after [`check`](super::family::check) has looked at the tickets of the document under its lock.
    async fn save_placed(&self, ticket: &Ticket) -> Result<SaveOutcome, Failure>;

    /// Deletes a ticket when its stored version is `version`; its children have no parent then.
    async fn delete(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        version: i64,
        now: OffsetDateTime,
    ) -> Result<SaveOutcome, Failure>;

    /// The tickets that are issues in a tracker, in the order of their ids, also those of deleted documents.
    async fn list_linked(
        &self,
        workspace: WorkspaceId,
        filter: &LinkedFilter,
    ) -> Result<Vec<Ticket>, Failure>;

    /// Writes down what a sync learned, in one step: a pushed ticket becomes synced with its first status, its version
    /// rises when anything but the time differs.
    async fn observe(
        &self,
        workspace: WorkspaceId,
        seen: &[TicketObservation],
    ) -> Result<(), Failure>;

    /// Lets tickets exchange their issues in one step, each together with the confirmed delivery that brought it.
    ///
    /// Nothing changes unless every ticket still has its issue, on the same site, and the issues are exactly those that
    /// the tickets had; answers whether it was done. Versions rise.
    async fn relink(
        &self,
        workspace: WorkspaceId,
        links: &[Relink],
        now: OffsetDateTime,
    ) -> Result<bool, Failure>;
}
