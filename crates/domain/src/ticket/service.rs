//! What is done with tickets: generating, reviewing, deleting.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::changes::checked;
use super::error::TicketError;
use super::model::{Ticket, TicketChanges, TicketStatus};
use super::ports::{
    GenerationOutcome, GenerationScope, KeptCoverage, SaveOutcome, TicketRepository,
};
use super::regeneration::{Candidate, Generation, TicketCoverage};
use crate::document::model::{Block, BlockType, Document};
use crate::document::ports::DocumentRepository;
use crate::document::service::identify_blocks;
use crate::scoping::model::{ScopedDocument, ScopingNote};
use crate::scoping::ports::TicketScoper;
use crate::shared::clock::Clock;
use crate::shared::ids::{BlockId, DocumentId, IdSource, TicketId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};

/// How long a generation may take before another caller may take it over.
const GENERATION_STALE_AFTER: Duration = Duration::from_secs(120);
/// How often a change without a wanted version is tried against others who write at the same moment.
const SAVE_ATTEMPTS: u32 = 5;

/// Which tickets of a document are generated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generate {
    /// Only from this block.
    pub block_id: Option<BlockId>,
    /// Only from blocks of these types.
    pub include_block_types: Option<Vec<BlockType>>,
    /// Leaves out the epics that hold other tickets; what they hold has no parent then.
    pub leaves_out_epics: bool,
}

impl Generate {
    const fn scope(&self) -> GenerationScope {
        if self.block_id.is_some() || self.include_block_types.is_some() {
            GenerationScope::Part
        } else {
            GenerationScope::Whole
        }
    }

    fn wants(&self, block: Option<&Block>) -> bool {
        let is_block = |id| block.is_some_and(|block| block.id == id);
        let types = self.include_block_types.as_deref();
        let is_type =
            |types: &[BlockType]| block.is_some_and(|block| types.contains(&block.body.block_type));
        self.block_id.is_none_or(is_block) && types.is_none_or(is_type)
    }
}

/// What a generation gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneratedTickets {
    /// The tickets of what was asked for, in the order of their ids.
    pub tickets: Vec<Ticket>,
    /// What became of each line of the document, with the ticket that holds it.
    pub coverage: Vec<TicketCoverage>,
    /// What people should know.
    pub notes: Vec<ScopingNote>,
}

/// What the service stands on.
#[derive(Clone)]
pub struct TicketService {
    tickets: Arc<dyn TicketRepository>,
    documents: Arc<dyn DocumentRepository>,
    scoper: Arc<dyn TicketScoper>,
    clock: Arc<dyn Clock>,
    ids: IdSource,
}

impl std::fmt::Debug for TicketService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketService").finish_non_exhaustive()
    }
}

impl TicketService {
    /// Puts the service on its ports.
    #[must_use]
    pub fn new(
        tickets: Arc<dyn TicketRepository>,
        documents: Arc<dyn DocumentRepository>,
        scoper: Arc<dyn TicketScoper>,
        clock: Arc<dyn Clock>,
        ids: IdSource,
    ) -> Self {
        Self {
            tickets,
            documents,
            scoper,
            clock,
            ids,
        }
    }

    /// Generates the tickets of a document; doing it again changes nothing that a person has touched.
    ///
    /// # Errors
    /// [`TicketError::DocumentNotFound`], [`TicketError::BlockNotFound`], [`TicketError::GenerationInProgress`],
    /// [`TicketError::DocumentChanged`] where somebody changed it meanwhile, [`TicketError::Scope`].
    pub async fn generate(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        command: Generate,
    ) -> Result<GeneratedTickets, TicketError> {
        let lease = self.ids.next();
        self.document(workspace, document).await?;
        let now = self.clock.now();
        if !self
            .documents
            .begin_generation(document, lease, now, GENERATION_STALE_AFTER)
            .await?
        {
            return Err(TicketError::GenerationInProgress);
        }
        let generated = self.generate_held(workspace, document, command).await;
        self.documents.end_generation(document, lease).await?;
        generated
    }

    async fn document(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
    ) -> Result<(Document, Vec<Block>), TicketError> {
        let found = self.documents.find(workspace, id).await?;
        found.ok_or(TicketError::DocumentNotFound)
    }

    /// Reads the document only now that it is held: what another caller has generated from may be newer than what was seen
    /// before.
    async fn generate_held(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
        command: Generate,
    ) -> Result<GeneratedTickets, TicketError> {
        let (document, blocks) = self.document(workspace, id).await?;
        let mut scoped = self.scoper.scope(workspace, &document.content).await?;
        if command.leaves_out_epics {
            scoped = scoped.without_epics();
        }
        let generation = self.generation(&document, &blocks, scoped, &command)?;
        let outcome = self.tickets.apply_generation(&generation).await?;
        let GenerationOutcome::Done(mut generated) = outcome else {
            return Err(TicketError::DocumentChanged);
        };
        if generation.scope == GenerationScope::Part {
            let placed = generation.candidates.iter().zip(&generated.ids);
            let wanted = placed.filter(|(candidate, _)| candidate.is_wanted);
            let wanted: HashSet<TicketId> = wanted.filter_map(|(_, id)| *id).collect();
            generated
                .tickets
                .retain(|ticket| wanted.contains(&ticket.id));
        }
        Ok(GeneratedTickets {
            coverage: generated.coverage,
            tickets: generated.tickets,
            notes: generated.notes,
        })
    }

    fn generation(
        &self,
        document: &Document,
        stored: &[Block],
        scoped: ScopedDocument,
        command: &Generate,
    ) -> Result<Generation, TicketError> {
        let summary = &document.summary;
        let blocks = identify_blocks(summary.id, scoped.blocks, stored, &self.ids);
        let is_stored: HashSet<BlockId> = stored.iter().map(|block| block.id).collect();
        if command.block_id.is_some_and(|id| !is_stored.contains(&id)) {
            return Err(TicketError::BlockNotFound);
        }
        let candidates = scoped.tickets.into_iter().map(|scoped| {
            let block = blocks.get(scoped.block);
            let block_id = block.map(|block| block.id);
            Candidate {
                id: self.ids.next(),
                block_id: block_id.filter(|id| is_stored.contains(id)),
                is_wanted: command.wants(block),
                scoped,
            }
        });
        Ok(Generation {
            workspace_id: summary.workspace_id,
            document_id: summary.id,
            document_version: summary.version,
            scope: command.scope(),
            candidates: candidates.collect(),
            coverage: scoped.coverage,
            notes: scoped.notes,
            now: self.clock.now(),
        })
    }

    /// What the newest generation said of the document's lines; `None` before the first.
    ///
    /// # Errors
    /// [`TicketError::DocumentNotFound`].
    pub async fn coverage(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
    ) -> Result<Option<KeptCoverage>, TicketError> {
        let kept = self.tickets.coverage(workspace, document).await?;
        if kept.is_none() {
            self.document(workspace, document).await?;
        }
        Ok(kept)
    }

    /// The tickets of a document.
    ///
    /// # Errors
    /// [`TicketError::DocumentNotFound`] where the document neither exists nor has left tickets behind.
    pub async fn list(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        status: Option<TicketStatus>,
        page: PageRequest,
    ) -> Result<(Page<Ticket>, u64), TicketError> {
        let found = self.tickets.list(workspace, document, status, page).await?;
        let is_known = found.1 > 0 || self.documents.find(workspace, document).await?.is_some();
        if is_known {
            Ok(found)
        } else {
            Err(TicketError::DocumentNotFound)
        }
    }

    /// One ticket.
    ///
    /// # Errors
    /// [`TicketError::NotFound`].
    pub async fn find(&self, workspace: WorkspaceId, id: TicketId) -> Result<Ticket, TicketError> {
        self.tickets
            .find(workspace, id)
            .await?
            .ok_or(TicketError::NotFound)
    }

    /// Applies a person's changes, which is the review.
    ///
    /// # Errors
    /// [`TicketError::NotFound`], [`TicketError::AlreadyPushed`], [`TicketError::DeliveryOpen`],
    /// [`TicketError::VersionConflict`], [`TicketError::ParentInvalid`], [`TicketError::UseParentKey`] and
    /// [`TicketError::Invalid`].
    pub async fn review(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        changes: TicketChanges,
        if_match: Option<i64>,
    ) -> Result<Ticket, TicketError> {
        let changes = checked(changes)?;
        for _ in 0..SAVE_ATTEMPTS {
            let mut ticket = self.matching(workspace, id, if_match).await?;
            ticket.review(changes.clone(), self.clock.now())?;
            let saved = if changes.touches_family() {
                self.tickets.save_placed(&ticket).await?
            } else {
                self.tickets.save(&ticket).await?
            };
            match saved {
                SaveOutcome::Done => {
                    ticket.version += 1;
                    return Ok(ticket);
                }
                SaveOutcome::NotFound => return Err(TicketError::NotFound),
                SaveOutcome::VersionConflict => {}
                SaveOutcome::Misplaced(error) => return Err(error.into()),
            }
        }
        Err(TicketError::VersionConflict)
    }

    /// Deletes a ticket; generating does not bring it back.
    ///
    /// # Errors
    /// [`TicketError::NotFound`], [`TicketError::AlreadyPushed`], [`TicketError::DeliveryOpen`],
    /// [`TicketError::VersionConflict`].
    pub async fn delete(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        if_match: Option<i64>,
    ) -> Result<(), TicketError> {
        for _ in 0..SAVE_ATTEMPTS {
            let ticket = self.matching(workspace, id, if_match).await?;
            ticket.ensure_editable()?;
            let now = self.clock.now();
            match self
                .tickets
                .delete(workspace, id, ticket.version, now)
                .await?
            {
                SaveOutcome::Done => return Ok(()),
                SaveOutcome::NotFound => return Err(TicketError::NotFound),
                SaveOutcome::VersionConflict => {}
                SaveOutcome::Misplaced(error) => return Err(error.into()),
            }
        }
        Err(TicketError::VersionConflict)
    }

    async fn matching(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        if_match: Option<i64>,
    ) -> Result<Ticket, TicketError> {
        let ticket = self.find(workspace, id).await?;
        if if_match.is_some_and(|version| version != ticket.version) {
            return Err(TicketError::VersionConflict);
        }
        Ok(ticket)
    }
}
