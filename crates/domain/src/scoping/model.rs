//! What scoping gives.

use crate::document::model::ScopedBlock;
use crate::ticket::model::TicketContent;

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
