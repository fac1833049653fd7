//! The port to the audit record.

use async_trait::async_trait;

use super::model::AuditEntry;
use crate::shared::failure::Failure;
use crate::shared::ids::WorkspaceId;
use crate::shared::page::{Page, PageRequest};

/// Keeps the audit record; entries are added and read, never changed.
#[async_trait]
pub trait AuditTrail: Send + Sync + 'static {
    /// Adds an entry.
    async fn record(&self, entry: &AuditEntry) -> Result<(), Failure>;

    /// The entries of a workspace, newest first.
    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, Failure>;
}
