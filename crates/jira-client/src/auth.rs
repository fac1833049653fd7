//! How calls are authorised: access tokens and where they come from.

mod fixed;
mod refreshing;

use std::error::Error as StdError;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

pub use fixed::{ApiToken, StaticBearer};
pub use refreshing::{RefreshingTokenSource, TokenPair, TokenStore};

use crate::oauth::OAuthError;

/// A shared cause, so that all who waited for one failed refresh can be told of it.
pub type SharedError = Arc<dyn StdError + Send + Sync>;

/// Where the client gets access tokens from.
///
/// Implement it to keep tokens elsewhere (a database, another service). One source serves one grant.
#[async_trait]
pub trait TokenSource: Send + Sync + Debug {
    /// Returns a token that is believed to be valid, refreshed beforehand where needed.
    ///
    /// Called for every request, so it should be fast while the token is good. A call waits for it no
    /// longer than its own time; the work then goes on in a task, so that the client's time-outs cut
    /// nothing short. Only a caller that drops the call does.
    ///
    /// # Errors
    /// [`TokenError`]; the request is not sent then.
    async fn access_token(&self) -> Result<AccessToken, TokenError>;

    /// Returns another token than the one Jira has just refused.
    ///
    /// Must not refresh again when the present token is already another one than `rejected`. Called at
    /// most once per call, and not again within a minute for a token that came of it and was never
    /// accepted: a 401 that lasts has another cause. Waited for as [`access_token`].
    ///
    /// # Errors
    /// [`TokenError::NotRenewable`] when there can be no other, else as [`access_token`].
    ///
    /// [`access_token`]: Self::access_token
    async fn renew(&self, rejected: &AccessToken) -> Result<AccessToken, TokenError>;
}

/// A credential for one request; its secret never appears in `Debug`.
#[derive(Debug, Clone)]
pub struct AccessToken {
    scheme: &'static str,
    credential: SecretString,
    version: u64,
}

impl AccessToken {
    /// Makes an OAuth bearer token.
    ///
    /// `version` is the source's own counter: equal versions mean the same token. The client hands it
    /// back unchanged in [`TokenSource::renew`] and [`StatusError::token_version`].
    ///
    /// [`StatusError::token_version`]: crate::StatusError::token_version
    #[must_use]
    pub const fn bearer(secret: SecretString, version: u64) -> Self {
        Self {
            scheme: "Bearer",
            credential: secret,
            version,
        }
    }

    /// Makes a Basic credential from an e-mail address and an API token.
    #[must_use]
    pub fn basic(email: &str, api_token: &SecretString, version: u64) -> Self {
        let pair = STANDARD.encode(format!("{email}:{}", api_token.expose_secret()));
        Self {
            scheme: "Basic",
            credential: pair.into(),
            version,
        }
    }

    /// Returns the source's version of this token.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Returns the value of the `Authorization` header, marked sensitive.
    pub(crate) fn header_value(&self) -> Result<HeaderValue, TokenError> {
        let text = format!("{} {}", self.scheme, self.credential.expose_secret());
        let mut value = HeaderValue::try_from(text).map_err(|_| TokenError::Malformed)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Why no access token could be had.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token is fixed; there is no other one.
    #[error("the token was refused and cannot be renewed")]
    NotRenewable,
    /// The grant is gone; only the user's renewed consent helps.
    #[error("the user must connect again: {reason}")]
    NeedsReconnect {
        /// The OAuth error code, with its description.
        reason: String,
    },
    /// Atlassian refused the app's own credentials; the operator must correct them.
    #[error("the app's client id or secret was refused: {reason}")]
    AppMisconfigured {
        /// The OAuth error code, with its description.
        reason: String,
    },
    /// No token at the moment; trying later may help.
    #[error("no token can be had at the moment")]
    Unavailable(#[source] SharedError),
    /// A new pair of tokens could not be saved, so it is not used either.
    #[error("the new tokens could not be saved")]
    NotSaved(#[source] SharedError),
    /// The token holds characters a header cannot carry.
    #[error("the token cannot be sent as a header")]
    Malformed,
}

impl TokenError {
    /// Tells whether only the user's renewed consent can help.
    #[must_use]
    pub const fn needs_reconnect(&self) -> bool {
        matches!(self, Self::NeedsReconnect { .. })
    }

    /// Tells whether the app's own credentials were refused.
    #[must_use]
    pub const fn is_app_misconfigured(&self) -> bool {
        matches!(self, Self::AppMisconfigured { .. })
    }

    /// Returns how long the token endpoint wants to be left alone still.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let Self::Unavailable(source) = self else {
            return None;
        };
        match source.downcast_ref::<HeldBack>() {
            Some(held) => Some(held.not_before.saturating_duration_since(Instant::now())),
            None => source.downcast_ref::<OAuthError>()?.retry_after(),
        }
    }

    /// Tells whether trying later may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NotSaved(_))
    }
}

/// Why no token came, and until when nobody asks again.
#[derive(Debug, thiserror::Error)]
#[error("the token endpoint is left alone for now")]
struct HeldBack {
    source: SharedError,
    not_before: Instant,
}

impl From<OAuthError> for TokenError {
    fn from(error: OAuthError) -> Self {
        if error.needs_reconnect() {
            return Self::NeedsReconnect {
                reason: error.to_string(),
            };
        }
        if error.is_app_misconfigured() {
            return Self::AppMisconfigured {
                reason: error.to_string(),
            };
        }
        Self::Unavailable(Arc::new(error))
    }
}
