//! The port of scoping.

use async_trait::async_trait;

use super::model::ScopedDocument;
use crate::shared::failure::Failure;

/// Finds the blocks and tickets of a document.
#[async_trait]
pub trait TicketScoper: Send + Sync + 'static {
    /// Scopes Markdown text.
    ///
    /// The same text must give the same answer while the scoper stays the same.
    ///
    /// # Errors
    /// When the scoper cannot be reached; no text is an error in itself.
    async fn scope(&self, title: &str, markdown: &str) -> Result<ScopedDocument, Failure>;
}
