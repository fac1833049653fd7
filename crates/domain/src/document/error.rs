//! Why something could not be done with a document.

use thiserror::Error;

use crate::shared::failure::Failure;

/// Why something could not be done with a document.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// There is no such document in this workspace.
    #[error("there is no such document")]
    NotFound,
    /// A ticket of the document is being delivered.
    #[error("a ticket of the document is being delivered")]
    DeliveryOpen,
    /// The document was changed by somebody else since it was read.
    #[error("the document was changed meanwhile")]
    VersionConflict,
    /// A port failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}
