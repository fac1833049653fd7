//! What is done with tickets: generating, reviewing, deleting.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::error::TicketError;
use super::model::{MAX_TITLE_CHARS, Ticket, TicketChanges, TicketStatus};
use super::ports::{GenerationScope, SaveOutcome, TicketRepository};
use crate::document::model::{Block, BlockType, Document};
use crate::document::ports::DocumentRepository;
use crate::document::service::identify_blocks;
use crate::scoping::model::ScopedDocument;
use crate::scoping::ports::TicketScoper;
use crate::shared::clock::Clock;
use crate::shared::ids::{BlockId, DocumentId, IdSource, TicketId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::shared::validation::{Problems, has_chars, one_line};

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
    /// Answers the tickets of what was asked for, in the order of their ids.
    ///
    /// # Errors
    /// [`TicketError::DocumentNotFound`], [`TicketError::BlockNotFound`], [`TicketError::GenerationInProgress`].
    pub async fn generate(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        command: Generate,
    ) -> Result<Vec<Ticket>, TicketError> {
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
    ) -> Result<Vec<Ticket>, TicketError> {
        let (document, blocks) = self.document(workspace, id).await?;
        let scoped = self.scoper.scope(&document.content).await?;
        let is_part = command.block_id.is_some() || command.include_block_types.is_some();
        let tickets = self.select(&document, &blocks, scoped, &command)?;
        let scope = if is_part {
            GenerationScope::Part
        } else {
            GenerationScope::Whole
        };
        let now = self.clock.now();
        let mut all = self
            .tickets
            .apply_generation(workspace, id, &tickets, scope, now)
            .await?;
        if is_part {
            let wanted: HashSet<&str> = tickets.iter().map(|t| t.fingerprint.as_str()).collect();
            all.retain(|ticket| wanted.contains(ticket.fingerprint.as_str()));
        }
        Ok(all)
    }

    fn select(
        &self,
        document: &Document,
        stored: &[Block],
        scoped: ScopedDocument,
        command: &Generate,
    ) -> Result<Vec<Ticket>, TicketError> {
        let blocks = identify_blocks(document.summary.id, scoped.blocks, stored, &self.ids);
        let is_stored: HashSet<BlockId> = stored.iter().map(|block| block.id).collect();
        if command.block_id.is_some_and(|id| !is_stored.contains(&id)) {
            return Err(TicketError::BlockNotFound);
        }
        let now = self.clock.now();
        let types = command.include_block_types.as_deref();
        let mut tickets = Vec::with_capacity(scoped.tickets.len());
        for source in scoped.tickets {
            let block = blocks.get(source.block);
            let is_block = command
                .block_id
                .is_none_or(|id| block.is_some_and(|b| b.id == id));
            let is_type =
                types.is_none_or(|types| block.is_some_and(|b| types.contains(&b.body.block_type)));
            if !(is_block && is_type) {
                continue;
            }
            let block_id = block
                .map(|block| block.id)
                .filter(|id| is_stored.contains(id));
            let (workspace, id) = (document.summary.workspace_id, document.summary.id);
            tickets.push(Ticket {
                block_id,
                ..source.into_ticket(self.ids.next(), workspace, id, now)
            });
        }
        Ok(tickets)
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
    /// [`TicketError::VersionConflict`] and [`TicketError::Invalid`].
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
            match self.tickets.save(&ticket).await? {
                SaveOutcome::Done => {
                    ticket.version += 1;
                    return Ok(ticket);
                }
                SaveOutcome::NotFound => return Err(TicketError::NotFound),
                SaveOutcome::VersionConflict => {}
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

/// Checks and tidies a person's changes.
fn checked(mut changes: TicketChanges) -> Result<TicketChanges, TicketError> {
    let mut problems = Problems::default();
    if let Some(title) = &mut changes.title {
        *title = one_line(title);
        let message = format!("give 1 to {MAX_TITLE_CHARS} characters");
        problems.require(has_chars(title, 1, MAX_TITLE_CHARS), "/title", message);
    }
    if let Some(Some(labels)) = &mut changes.labels {
        check_list(&mut problems, labels, "/labels", 100, 255);
    }
    if let Some(Some(criteria)) = &mut changes.acceptance_criteria {
        check_list(&mut problems, criteria, "/acceptance_criteria", 500, 5_000);
    }
    problems.or(changes).map_err(TicketError::Invalid)
}

fn check_list(
    problems: &mut Problems,
    items: &mut [String],
    pointer: &str,
    most_items: usize,
    most_chars: usize,
) {
    problems.require(
        items.len() <= most_items,
        pointer,
        format!("give at most {most_items} items"),
    );
    for (index, item) in items.iter_mut().enumerate() {
        *item = one_line(item);
        let message = format!("give 1 to {most_chars} characters");
        problems.require(
            has_chars(item, 1, most_chars),
            format!("{pointer}/{index}"),
            message,
        );
    }
}
