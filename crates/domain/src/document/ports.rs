//! The port to stored documents.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{Block, Document, DocumentStatus, DocumentSummary, DocumentType};
use crate::shared::failure::Failure;
use crate::shared::ids::{DocumentId, LeaseId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};

/// Which documents are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DocumentFilter {
    /// Only of this sort.
    pub document_type: Option<DocumentType>,
    /// Only with this status.
    pub status: Option<DocumentStatus>,
}

/// What became of a change of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentOutcome {
    /// It was done.
    Done,
    /// There is no such document.
    NotFound,
    /// Its version is another one.
    VersionConflict,
    /// One of its tickets has an open delivery.
    DeliveryOpen,
}

/// Keeps documents and their blocks. A deleted document is as if it never was, but its pushed tickets stay.
#[async_trait]
pub trait DocumentRepository: Send + Sync + 'static {
    /// Keeps a new document and its blocks.
    async fn insert(&self, document: &Document, blocks: &[Block]) -> Result<(), Failure>;

    /// One document with its blocks in order.
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
    ) -> Result<Option<(Document, Vec<Block>)>, Failure>;

    /// Documents, newest first, and how many there are in all.
    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: DocumentFilter,
        page: PageRequest,
    ) -> Result<(Page<DocumentSummary>, u64), Failure>;

    /// Replaces a document and its blocks when the stored version is `expected_version`.
    ///
    /// Answers `Done`, `NotFound` or `VersionConflict`.
    async fn update(
        &self,
        document: &Document,
        blocks: &[Block],
        expected_version: i64,
    ) -> Result<DocumentOutcome, Failure>;

    /// Hides a document, deletes its tickets that were never pushed, and leaves the pushed ones.
    async fn delete(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
        expected_version: Option<i64>,
        now: OffsetDateTime,
    ) -> Result<DocumentOutcome, Failure>;

    /// Takes the document's generation for one caller; `false` while another one holds it.
    ///
    /// A hold that began more than `stale_after` before `now` is taken over: its holder has died.
    async fn begin_generation(
        &self,
        id: DocumentId,
        lease: LeaseId,
        now: OffsetDateTime,
        stale_after: Duration,
    ) -> Result<bool, Failure>;

    /// Gives the generation back when it is still held by this lease.
    async fn end_generation(&self, id: DocumentId, lease: LeaseId) -> Result<(), Failure>;
}
