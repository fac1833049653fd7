//! Why a ticket cannot be changed.

use thiserror::Error;

use super::family::FamilyError;
use crate::scoping::error::ScopeError;
use crate::shared::failure::Failure;
use crate::shared::validation::Problems;

/// Why something could not be done with a ticket.
#[derive(Debug, Error)]
pub enum TicketError {
    /// There is no such ticket in this workspace.
    #[error("there is no such ticket")]
    NotFound,
    /// There is no such document in this workspace.
    #[error("there is no such document")]
    DocumentNotFound,
    /// There is no such block in this document.
    #[error("there is no such block")]
    BlockNotFound,
    /// The ticket is an issue already.
    #[error("the ticket is already in the tracker")]
    AlreadyPushed,
    /// The ticket is on its way to the tracker.
    #[error("the ticket is being delivered")]
    DeliveryOpen,
    /// The input breaks a rule.
    #[error("{0}")]
    Invalid(Problems),
    /// The ticket was changed by somebody else since it was read.
    #[error("the ticket was changed meanwhile")]
    VersionConflict,
    /// Tickets of this document are being generated at this moment.
    #[error("tickets of this document are being generated")]
    GenerationInProgress,
    /// The ticket cannot stand where it should among the others.
    #[error(transparent)]
    ParentInvalid(#[from] FamilyError),
    /// A parent was given among a tracker's own fields.
    #[error("give the parent as parent_id or parent_key")]
    UseParentKey,
    /// The document was changed while its tickets were sought; nothing was written.
    #[error("the document was changed while its tickets were generated")]
    DocumentChanged,
    /// The document cannot be scoped.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A port failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}
