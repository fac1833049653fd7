//! Documents in memory.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{InMemoryStore, State, StoredDocument, page_down};
use crate::document::model::{Block, Document, DocumentSummary};
use crate::document::ports::{DocumentFilter, DocumentOutcome, DocumentRepository};
use crate::shared::failure::Failure;
use crate::shared::ids::{DocumentId, LeaseId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};

/// Keeps documents in memory.
#[derive(Clone, Debug)]
pub struct InMemoryDocumentRepository(InMemoryStore);

impl InMemoryDocumentRepository {
    /// Puts the repository on a memory.
    #[must_use]
    pub fn new(store: &InMemoryStore) -> Self {
        Self(store.clone())
    }
}

impl State {
    pub(super) fn document(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
    ) -> Option<&StoredDocument> {
        let stored = self.documents.get(&id)?;
        let is_mine = stored.document.summary.workspace_id == workspace;
        (is_mine && !stored.is_deleted).then_some(stored)
    }

    /// Compares the version of a document that should be changed.
    fn check_document(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
        expected_version: Option<i64>,
    ) -> DocumentOutcome {
        let Some(stored) = self.document(workspace, id) else {
            return DocumentOutcome::NotFound;
        };
        let version = stored.document.summary.version;
        if expected_version.is_some_and(|expected| expected != version) {
            return DocumentOutcome::VersionConflict;
        }
        DocumentOutcome::Done
    }

    /// Tickets let go of blocks that are no longer there.
    fn forget_lost_blocks(&mut self, document: DocumentId, blocks: &[Block]) {
        for stored in self.tickets.values_mut() {
            let ticket = &mut stored.ticket;
            let is_there = |id| blocks.iter().any(|block| block.id == id);
            if ticket.document_id == document && !ticket.block_id.is_some_and(is_there) {
                ticket.block_id = None;
            }
        }
    }
}

fn in_order(blocks: &[Block]) -> Vec<Block> {
    let mut blocks = blocks.to_vec();
    blocks.sort_by_key(|block| block.position);
    blocks
}

#[async_trait]
impl DocumentRepository for InMemoryDocumentRepository {
    async fn insert(&self, document: &Document, blocks: &[Block]) -> Result<(), Failure> {
        let mut state = self.0.enter().await;
        let id = document.summary.id;
        if state.documents.contains_key(&id) {
            return Err(Failure::internal("the document's id is taken"));
        }
        let stored = StoredDocument {
            document: document.clone(),
            blocks: in_order(blocks),
            is_deleted: false,
            generation: None,
        };
        state.documents.insert(id, stored);
        Ok(())
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
    ) -> Result<Option<(Document, Vec<Block>)>, Failure> {
        let state = self.0.enter().await;
        let found = state.document(workspace, id);
        Ok(found.map(|stored| (stored.document.clone(), stored.blocks.clone())))
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: DocumentFilter,
        page: PageRequest,
    ) -> Result<(Page<DocumentSummary>, u64), Failure> {
        let state = self.0.enter().await;
        let there = state
            .documents
            .values()
            .rev()
            .filter(|stored| !stored.is_deleted);
        let wanted: Vec<DocumentSummary> = there
            .map(|stored| &stored.document.summary)
            .filter(|summary| summary.workspace_id == workspace)
            .filter(|summary| {
                filter
                    .document_type
                    .is_none_or(|wanted| wanted == summary.document_type)
            })
            .filter(|summary| filter.status.is_none_or(|wanted| wanted == summary.status))
            .cloned()
            .collect();
        let total = u64::try_from(wanted.len()).map_err(Failure::internal)?;
        Ok((
            page_down(wanted.into_iter(), page, |summary| summary.id.as_uuid()),
            total,
        ))
    }

    async fn update(
        &self,
        document: &Document,
        blocks: &[Block],
        expected_version: i64,
    ) -> Result<DocumentOutcome, Failure> {
        let mut state = self.0.enter().await;
        let summary = &document.summary;
        let checked =
            state.check_document(summary.workspace_id, summary.id, Some(expected_version));
        if checked == DocumentOutcome::Done
            && let Some(stored) = state.documents.get_mut(&summary.id)
        {
            stored.document = document.clone();
            stored.blocks = in_order(blocks);
            state.forget_lost_blocks(summary.id, blocks);
        }
        Ok(checked)
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
        expected_version: Option<i64>,
        now: OffsetDateTime,
    ) -> Result<DocumentOutcome, Failure> {
        let mut state = self.0.enter().await;
        let checked = state.check_document(workspace, id, expected_version);
        if checked != DocumentOutcome::Done {
            return Ok(checked);
        }
        let tickets = state.tickets_where(|ticket| ticket.document_id == id);
        if tickets.iter().any(|ticket| ticket.delivery.is_some()) {
            return Ok(DocumentOutcome::DeliveryOpen);
        }
        for ticket in tickets.iter().filter(|ticket| !ticket.is_pushed()) {
            state.delete_ticket(ticket.id, now);
        }
        if let Some(stored) = state.documents.get_mut(&id) {
            stored.is_deleted = true;
        }
        Ok(DocumentOutcome::Done)
    }

    async fn begin_generation(
        &self,
        id: DocumentId,
        lease: LeaseId,
        now: OffsetDateTime,
        stale_after: Duration,
    ) -> Result<bool, Failure> {
        let mut state = self.0.enter().await;
        let Some(stored) = state
            .documents
            .get_mut(&id)
            .filter(|stored| !stored.is_deleted)
        else {
            return Ok(false);
        };
        if stored
            .generation
            .is_some_and(|(_, since)| since + stale_after >= now)
        {
            return Ok(false);
        }
        stored.generation = Some((lease, now));
        Ok(true)
    }

    async fn end_generation(&self, id: DocumentId, lease: LeaseId) -> Result<(), Failure> {
        let mut state = self.0.enter().await;
        if let Some(stored) = state.documents.get_mut(&id)
            && stored.generation.is_some_and(|(holder, _)| holder == lease)
        {
            stored.generation = None;
        }
        Ok(())
    }
}
