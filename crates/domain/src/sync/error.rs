//! Why a sync was refused.

use thiserror::Error;

use crate::delivery::tracker::TrackerError;
use crate::shared::failure::Failure;
use crate::shared::validation::Problems;

/// Why a sync was refused as a whole.
#[derive(Debug, Error)]
pub enum SyncError {
    /// There is no such document in this workspace.
    #[error("there is no such document")]
    DocumentNotFound,
    /// Some ids name no ticket; points at each of them.
    #[error("{0}")]
    TicketNotFound(Problems),
    /// The input breaks a rule.
    #[error("{0}")]
    Invalid(Problems),
    /// The tracker, or the way to it, refuses.
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    /// A port failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}
