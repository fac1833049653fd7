//! The audit record in memory.

use async_trait::async_trait;

use super::{InMemoryStore, page_down};
use crate::audit::model::AuditEntry;
use crate::audit::ports::AuditTrail;
use crate::shared::failure::Failure;
use crate::shared::ids::WorkspaceId;
use crate::shared::page::{Page, PageRequest};

/// Keeps audit entries in memory.
#[derive(Clone, Debug)]
pub struct InMemoryAuditTrail(InMemoryStore);

impl InMemoryAuditTrail {
    /// Puts the record into a memory.
    #[must_use]
    pub fn new(store: &InMemoryStore) -> Self {
        Self(store.clone())
    }
}

#[async_trait]
impl AuditTrail for InMemoryAuditTrail {
    async fn record(&self, entry: &AuditEntry) -> Result<(), Failure> {
        self.0.enter().await.record(entry);
        Ok(())
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, Failure> {
        let state = self.0.enter().await;
        let mine = state
            .audit
            .values()
            .filter(|entry| entry.workspace_id == Some(workspace));
        Ok(page_down(mine.rev().cloned(), page, |entry| {
            entry.id.as_uuid()
        }))
    }
}
