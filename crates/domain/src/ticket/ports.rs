//! The port to stored tickets.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{ExternalIssue, SyncedStatus, Ticket, TicketStatus};
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

/// Keeps execution tickets. Deleted tickets are never given out, yet keep their fingerprint.
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

    /// Brings the scoped tickets of a document in, in one step, by fingerprint.
    ///
    /// A new fingerprint is inserted as it stands. Where one exists with status `generated`, no open delivery and not
    /// deleted, its content, block and line follow (the version rises only when something differs). Others are left alone.
    /// Answers all tickets of the document that are not deleted, in the order of their ids.
    async fn apply_generation(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        scoped: &[Ticket],
        scope: GenerationScope,
        now: OffsetDateTime,
    ) -> Result<Vec<Ticket>, Failure>;

    /// Saves content, status, push error and update time when the stored version is `ticket.version`.
    async fn save(&self, ticket: &Ticket) -> Result<SaveOutcome, Failure>;

    /// Deletes a ticket when its stored version is `version`; its fingerprint stays known.
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
