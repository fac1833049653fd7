//! Why something could not be done with a workspace.

use thiserror::Error;

use crate::shared::failure::Failure;
use crate::shared::validation::Problems;

/// Why something could not be done with a workspace.
#[derive(Debug, Error)]
pub enum WorkspaceError {
    /// The caller does not belong to the workspace, or their role is too low.
    #[error("not allowed in this workspace")]
    Forbidden,
    /// The feature is off in this workspace.
    #[error("the feature is not enabled")]
    FeatureNotEnabled,
    /// There is no such workspace.
    #[error("there is no such workspace")]
    NotFound,
    /// There is no such member or token.
    #[error("there is no such member")]
    MemberNotFound,
    /// The input breaks a rule.
    #[error("{0}")]
    Invalid(Problems),
    /// A port failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}
