//! Why a workspace could not be connected.

use thiserror::Error;

use super::ports::AuthorizerError;
use crate::shared::failure::Failure;
use crate::shared::validation::Problems;

/// Why a workspace could not be connected.
#[derive(Debug, Error)]
pub enum ConnectionError {
    /// The caller is not the one who began the flow.
    #[error("the flow was begun by somebody else")]
    Forbidden,
    /// The input breaks a rule.
    #[error("{0}")]
    Invalid(Problems),
    /// The app's id or secret is not configured; names the missing keys.
    #[error("the tracker app is not configured: {missing}")]
    NotConfigured {
        /// The configuration keys that are missing.
        missing: String,
    },
    /// The tracker refuses the app's credentials; an operator's fault.
    #[error("the tracker refuses the app's credentials")]
    AppMisconfigured,
    /// The tracker does not take the grant any more; the flow must be begun anew.
    #[error("the grant is refused")]
    GrantRefused,
    /// A port failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<AuthorizerError> for ConnectionError {
    fn from(error: AuthorizerError) -> Self {
        match error {
            AuthorizerError::NotConfigured { missing } => Self::NotConfigured { missing },
            AuthorizerError::AppMisconfigured => Self::AppMisconfigured,
            AuthorizerError::GrantRefused { .. } | AuthorizerError::Unauthorized => {
                Self::GrantRefused
            }
            AuthorizerError::NotSent(failure) | AuthorizerError::Lost(failure) => {
                Self::Failure(failure)
            }
        }
    }
}
