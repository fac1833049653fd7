//! What the token endpoint can answer, told apart by what has to happen next.

use std::time::Duration;

use serde::Deserialize;

use crate::error::{Error, shorten};
use crate::send::{Answer, refuses_outright};

/// Why a token request failed.
///
/// | error | who has to act |
/// |---|---|
/// | `InvalidGrant`, `UnauthorizedClient` | the user, by consenting again |
/// | `AccessDenied` | the operator: Atlassian refused the client id or secret |
/// | `InvalidRequest`, `Other` | the developer, by the description |
/// | `Failed` | nobody: repeat later |
///
/// The code decides, not the status: Atlassian answers a dead refresh token with 403. Only a status that
/// does not refuse (3xx, 408, 409, 5xx), and 429, is `Failed` whatever the code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OAuthError {
    /// The code or refresh token is used up, expired or revoked.
    #[error("invalid_grant: {description}")]
    InvalidGrant {
        /// Atlassian's explanation.
        description: String,
    },
    /// What production answers for a dead refresh token.
    #[error("unauthorized_client: {description}")]
    UnauthorizedClient {
        /// Atlassian's explanation.
        description: String,
    },
    /// The client id or secret was refused; not a decision of the user.
    #[error("access_denied: {description}")]
    AccessDenied {
        /// Atlassian's explanation.
        description: String,
    },
    /// The request was malformed.
    #[error("invalid_request: {description}")]
    InvalidRequest {
        /// Atlassian's explanation.
        description: String,
    },
    /// Another OAuth error code.
    #[error("{code}: {description}")]
    Other {
        /// The HTTP status.
        status: u16,
        /// The code.
        code: String,
        /// Atlassian's explanation.
        description: String,
    },
    /// No OAuth answer at all: no connection, time-out, 3xx, 408, 409, 429, 5xx, a web page, an unreadable success.
    #[error("the token endpoint gave no usable answer")]
    Failed(#[from] Error),
}

impl OAuthError {
    /// Reads an error answer of the token endpoint.
    pub(crate) fn read(answer: &Answer) -> Self {
        let Ok(body) = serde_json::from_slice::<ErrorBody>(&answer.body) else {
            return Self::Failed(Error::of(answer));
        };
        if answer.status == 429 || !refuses_outright(answer.status) {
            return Self::Failed(Error::of(answer));
        }
        let description = shorten(&body.error_description.unwrap_or_default());
        match body.error.as_str() {
            "invalid_grant" => Self::InvalidGrant { description },
            "unauthorized_client" => Self::UnauthorizedClient { description },
            "access_denied" | "invalid_client" => Self::AccessDenied { description },
            "invalid_request" => Self::InvalidRequest { description },
            code => Self::Other {
                status: answer.status,
                code: shorten(code),
                description,
            },
        }
    }

    /// Tells whether only the user's renewed consent can help.
    #[must_use]
    pub const fn needs_reconnect(&self) -> bool {
        matches!(
            self,
            Self::InvalidGrant { .. } | Self::UnauthorizedClient { .. }
        )
    }

    /// Tells whether Atlassian refused the app's own credentials.
    #[must_use]
    pub const fn is_app_misconfigured(&self) -> bool {
        matches!(self, Self::AccessDenied { .. })
    }

    /// Tells whether repeating later may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// Tells whether the exchange may have happened although no tokens came back.
    ///
    /// For a refresh: repeat with the same refresh token within ten minutes.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        match self {
            Self::Failed(error) => error.may_have_been_applied(),
            _ => false,
        }
    }

    /// Returns how long the server asked to wait at least.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Failed(error) => error.retry_after(),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}
