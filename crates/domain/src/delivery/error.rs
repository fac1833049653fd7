//! Why a push, or a decision about a delivery, was refused.

use thiserror::Error;

use super::tracker::{TrackerError, TrackerProject};
use crate::shared::failure::Failure;
use crate::shared::validation::Problems;

/// Why a push was refused, or something about one could not be told.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// There is no such document in this workspace.
    #[error("there is no such document")]
    DocumentNotFound,
    /// Some ids name no ticket of this document; points at each of them.
    #[error("{0}")]
    TicketNotFound(Problems),
    /// There is no such push in this workspace.
    #[error("there is no such push")]
    PushNotFound,
    /// There is no such delivery in this workspace.
    #[error("there is no such delivery")]
    DeliveryNotFound,
    /// Handoff is still at work on the delivery; there is nothing to decide yet.
    #[error("the delivery is still under way; there is nothing to decide yet")]
    DeliveryOpen,
    /// The delivery is confirmed: its issue exists.
    #[error("the delivery is confirmed; its issue exists")]
    AlreadyPushed,
    /// The project must be named.
    #[error("name a project")]
    ProjectRequired {
        /// The projects in which the account may create issues.
        choices: Vec<TrackerProject>,
    },
    /// The input breaks a rule.
    #[error("{0}")]
    Invalid(Problems),
    /// The idempotency key was used for another body.
    #[error("the idempotency key was used for another body")]
    KeyReused,
    /// The issue was not found, and may have gone unseen; nothing was sent.
    #[error(
        "not sent: the issue may exist all the same ({why}); try again later, link it, or abandon the delivery"
    )]
    LookIncomplete {
        /// Why it may have gone unseen.
        why: String,
    },
    /// The tracker, or the way to it, refuses.
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    /// A port failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}
