//! Why something could not be done with a document.

use thiserror::Error;

use crate::scoping::error::ScopeError;
use crate::shared::failure::Failure;
use crate::shared::validation::Problems;

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
    /// The content is larger than [`super::model::MAX_CONTENT_BYTES`].
    #[error("the content is too large")]
    TooLarge,
    /// The input breaks a rule.
    #[error("{0}")]
    Invalid(Problems),
    /// The document cannot be cut into blocks.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A port failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}
