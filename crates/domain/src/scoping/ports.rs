//! The ports of scoping.

use async_trait::async_trait;

use super::error::ScopeError;
use super::model::ScopedDocument;
use crate::document::model::ScopedBlock;
use crate::shared::ids::WorkspaceId;

/// Cuts a document into its blocks; cheap enough to run whenever one is saved.
#[async_trait]
pub trait BlockCutter: Send + Sync + 'static {
    /// The blocks of Markdown text, in document order; they do not overlap.
    ///
    /// Callers of one workspace may have to wait for each other.
    ///
    /// # Errors
    /// [`ScopeError::TooManyBlocks`], [`ScopeError::Busy`], and [`ScopeError::TooManyTickets`] where it is plain already that a
    /// generation would be refused.
    async fn cut(
        &self,
        workspace: WorkspaceId,
        markdown: &str,
    ) -> Result<Vec<ScopedBlock>, ScopeError>;
}

/// Finds the tickets of a document.
#[async_trait]
pub trait TicketScoper: Send + Sync + 'static {
    /// Scopes Markdown text; the same text gives the same answer while the scoper stays the same.
    ///
    /// Callers of one workspace may have to wait for each other.
    ///
    /// # Errors
    /// [`ScopeError`]; no text is an error in itself.
    async fn scope(
        &self,
        workspace: WorkspaceId,
        markdown: &str,
    ) -> Result<ScopedDocument, ScopeError>;
}
