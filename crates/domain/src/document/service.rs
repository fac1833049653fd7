//! What is done with documents.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::DocumentError;
use super::model::{
    Block, BlockType, Document, DocumentStatus, DocumentSummary, DocumentType, MAX_CONTENT_BYTES,
    MAX_TITLE_CHARS, ScopedBlock,
};
use super::ports::{DocumentFilter, DocumentOutcome, DocumentRepository};
use crate::scoping::ports::BlockCutter;
use crate::shared::clock::Clock;
use crate::shared::ids::{BlockId, DocumentId, IdSource, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::shared::validation::{Problems, has_chars, one_line};
use crate::workspace::model::Actor;

/// A document to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// Where.
    pub workspace_id: WorkspaceId,
    /// By whom.
    pub created_by: Actor,
    /// Of which sort.
    pub document_type: DocumentType,
    /// Its title.
    pub title: String,
    /// Its Markdown, may be empty.
    pub content: String,
    /// Where it stands.
    pub status: DocumentStatus,
}

/// A change of a document; absent keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentChanges {
    /// A new title.
    pub title: Option<String>,
    /// New content.
    pub content: Option<String>,
    /// Another sort.
    pub document_type: Option<DocumentType>,
    /// Another status.
    pub status: Option<DocumentStatus>,
}

/// What the service stands on.
#[derive(Clone)]
pub struct DocumentService {
    documents: Arc<dyn DocumentRepository>,
    cutter: Arc<dyn BlockCutter>,
    clock: Arc<dyn Clock>,
    ids: IdSource,
}

impl std::fmt::Debug for DocumentService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DocumentService").finish_non_exhaustive()
    }
}

impl DocumentService {
    /// Puts the service on its ports.
    #[must_use]
    pub fn new(
        documents: Arc<dyn DocumentRepository>,
        cutter: Arc<dyn BlockCutter>,
        clock: Arc<dyn Clock>,
        ids: IdSource,
    ) -> Self {
        Self {
            documents,
            cutter,
            clock,
            ids,
        }
    }

    /// Makes a document and cuts it into blocks.
    ///
    /// # Errors
    /// [`DocumentError::Invalid`] and [`DocumentError::TooLarge`].
    pub async fn create(&self, new: NewDocument) -> Result<(Document, Vec<Block>), DocumentError> {
        let title = checked_title(&new.title)?;
        check_size(&new.content)?;
        let now = self.clock.now();
        let id = self.ids.next();
        let blocks = self.cutter.cut(new.workspace_id, &new.content).await?;
        let blocks = identify_blocks(id, blocks, &[], &self.ids);
        let summary = DocumentSummary {
            id,
            workspace_id: new.workspace_id,
            document_type: new.document_type,
            title,
            status: new.status,
            version: 1,
            created_by: new.created_by,
            created_at: now,
            updated_at: now,
        };
        let document = Document {
            summary,
            content: new.content,
        };
        self.documents.insert(&document, &blocks).await?;
        Ok((document, blocks))
    }

    /// One document with its blocks.
    ///
    /// # Errors
    /// [`DocumentError::NotFound`].
    pub async fn find(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
    ) -> Result<(Document, Vec<Block>), DocumentError> {
        self.documents
            .find(workspace, id)
            .await?
            .ok_or(DocumentError::NotFound)
    }

    /// Documents, newest first, and how many there are in all.
    ///
    /// # Errors
    /// [`DocumentError::Failure`].
    pub async fn list(
        &self,
        workspace: WorkspaceId,
        filter: DocumentFilter,
        page: PageRequest,
    ) -> Result<(Page<DocumentSummary>, u64), DocumentError> {
        Ok(self.documents.list(workspace, filter, page).await?)
    }

    /// Changes a document; blocks that keep their type and title keep their id.
    ///
    /// # Errors
    /// [`DocumentError::NotFound`], [`DocumentError::VersionConflict`] when `if_match` is another version or somebody else
    /// writes at the same moment, [`DocumentError::Invalid`] and [`DocumentError::TooLarge`].
    pub async fn update(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
        changes: DocumentChanges,
        if_match: Option<i64>,
    ) -> Result<(Document, Vec<Block>), DocumentError> {
        let (mut document, mut blocks) = self.find(workspace, id).await?;
        let version = document.summary.version;
        if if_match.is_some_and(|wanted| wanted != version) {
            return Err(DocumentError::VersionConflict);
        }
        if let Some(title) = changes.title {
            document.summary.title = checked_title(&title)?;
        }
        if let Some(content) = changes.content {
            check_size(&content)?;
            let scoped = self.cutter.cut(workspace, &content).await?;
            blocks = identify_blocks(id, scoped, &blocks, &self.ids);
            document.content = content;
        }
        document.summary.document_type = changes
            .document_type
            .unwrap_or(document.summary.document_type);
        document.summary.status = changes.status.unwrap_or(document.summary.status);
        document.summary.updated_at = self.clock.now();
        document.summary.version = version + 1;
        done(self.documents.update(&document, &blocks, version).await?)?;
        Ok((document, blocks))
    }

    /// Hides a document; pushed tickets and their links stay and keep syncing.
    ///
    /// # Errors
    /// [`DocumentError::NotFound`], [`DocumentError::DeliveryOpen`], [`DocumentError::VersionConflict`].
    pub async fn delete(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
        if_match: Option<i64>,
    ) -> Result<(), DocumentError> {
        done(
            self.documents
                .delete(workspace, id, if_match, self.clock.now())
                .await?,
        )
    }
}

fn done(outcome: DocumentOutcome) -> Result<(), DocumentError> {
    match outcome {
        DocumentOutcome::Done => Ok(()),
        DocumentOutcome::NotFound => Err(DocumentError::NotFound),
        DocumentOutcome::VersionConflict => Err(DocumentError::VersionConflict),
        DocumentOutcome::DeliveryOpen => Err(DocumentError::DeliveryOpen),
    }
}

fn checked_title(title: &str) -> Result<String, DocumentError> {
    let title = one_line(title);
    if has_chars(&title, 1, MAX_TITLE_CHARS) {
        return Ok(title);
    }
    let message = format!("give 1 to {MAX_TITLE_CHARS} characters");
    Err(DocumentError::Invalid(Problems::one("/title", message)))
}

const fn check_size(content: &str) -> Result<(), DocumentError> {
    if content.len() > MAX_CONTENT_BYTES {
        Err(DocumentError::TooLarge)
    } else {
        Ok(())
    }
}

/// Gives blocks their ids: the one of the former block with the same type and title, else a new one.
pub(crate) fn identify_blocks(
    document_id: DocumentId,
    scoped: Vec<ScopedBlock>,
    former: &[Block],
    ids: &IdSource,
) -> Vec<Block> {
    let mut known: HashMap<(BlockType, String), Vec<BlockId>> = HashMap::new();
    for block in former.iter().rev() {
        let key = (block.body.block_type, block.body.title.clone());
        known.entry(key).or_default().push(block.id);
    }
    let mut blocks = Vec::with_capacity(scoped.len());
    for (position, body) in (0..).zip(scoped) {
        let kept = known
            .get_mut(&(body.block_type, body.title.clone()))
            .and_then(Vec::pop);
        let id = kept.unwrap_or_else(|| ids.next());
        blocks.push(Block {
            id,
            document_id,
            position,
            body,
        });
    }
    blocks
}
