//! What a document would become, before it is one.

use std::sync::Arc;

use super::error::ScopeError;
use super::model::ScopedDocument;
use super::ports::TicketScoper;
use crate::document::model::MAX_CONTENT_BYTES;
use crate::shared::ids::WorkspaceId;

/// Scopes texts that nobody has saved.
#[derive(Clone)]
pub struct ScopingService {
    scoper: Arc<dyn TicketScoper>,
}

impl std::fmt::Debug for ScopingService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScopingService").finish_non_exhaustive()
    }
}

impl ScopingService {
    /// Puts the service on its port.
    #[must_use]
    pub fn new(scoper: Arc<dyn TicketScoper>) -> Self {
        Self { scoper }
    }

    /// What Markdown text calls for; nothing is stored.
    ///
    /// # Errors
    /// [`ScopeError::TooLarge`] where no document could hold the text, and those of the scoper.
    pub async fn scope(
        &self,
        workspace: WorkspaceId,
        content: &str,
    ) -> Result<ScopedDocument, ScopeError> {
        if content.len() > MAX_CONTENT_BYTES {
            return Err(ScopeError::TooLarge);
        }
        self.scoper.scope(workspace, content).await
    }
}
