//! Why a document cannot be scoped.

use thiserror::Error;

use crate::shared::failure::Failure;

/// Why a document cannot be scoped.
#[derive(Debug, Error)]
pub enum ScopeError {
    /// It calls for more tickets than a document may have.
    #[error("the document gives more than {0} tickets")]
    TooManyTickets(usize),
    /// It has more blocks than a document may have.
    #[error("the document has more than {0} blocks")]
    TooManyBlocks(usize),
    /// The scoper cannot be reached.
    #[error(transparent)]
    Failure(#[from] Failure),
}
