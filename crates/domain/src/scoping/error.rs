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
    /// The text is larger than [`MAX_CONTENT_BYTES`](crate::document::model::MAX_CONTENT_BYTES).
    #[error("the content is too large")]
    TooLarge,
    /// Others of the workspace are scoping, and their turns took too long.
    #[error("other documents of this workspace are being scoped; try again")]
    Busy,
    /// The scoper cannot be reached.
    #[error(transparent)]
    Failure(#[from] Failure),
}
