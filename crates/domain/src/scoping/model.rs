//! What scoping gives.

use time::OffsetDateTime;

use crate::document::model::ScopedBlock;
use crate::shared::ids::{DocumentId, TicketId, WorkspaceId};
use crate::ticket::model::{Ticket, TicketContent, TicketStatus};

/// What a document is made of and calls for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopedDocument {
    /// The blocks in document order; they do not overlap.
    pub blocks: Vec<ScopedBlock>,
    /// The tickets in document order.
    pub tickets: Vec<ScopedTicket>,
}

/// A ticket that a document calls for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedTicket {
    /// The index in [`ScopedDocument::blocks`] of the block it comes from.
    pub block: usize,
    /// What it says.
    pub content: TicketContent,
    /// The line of the document it comes from, from 1.
    pub source_line: u32,
    /// Names its source within the document: the same source gives the same text, whatever lines are added around it
    /// and whatever is changed in its description; two tickets of one document never share it.
    pub fingerprint: String,
}

impl ScopedTicket {
    /// The ticket that it becomes, of no block yet.
    #[must_use]
    pub fn into_ticket(
        self,
        id: TicketId,
        workspace_id: WorkspaceId,
        document_id: DocumentId,
        now: OffsetDateTime,
    ) -> Ticket {
        Ticket {
            id,
            workspace_id,
            document_id,
            block_id: None,
            fingerprint: self.fingerprint,
            source_line: self.source_line,
            content: self.content,
            status: TicketStatus::Generated,
            platform: None,
            external: None,
            synced_status: None,
            external_status: None,
            push_error: None,
            delivery: None,
            version: 1,
            created_at: now,
            updated_at: now,
            pushed_at: None,
            synced_at: None,
        }
    }
}
