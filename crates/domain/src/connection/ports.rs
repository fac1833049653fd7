//! The ports of connecting: stored integrations, the tracker's authorization server, sealing.

mod repositories;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use thiserror::Error;
use url::Url;

use super::model::{Platform, SealedSecret, TokenGrant, TrackerSite, TrackerSiteChoice};
use crate::shared::failure::Failure;
use crate::shared::ids::WorkspaceId;
pub use repositories::{
    ConnectionRepository, GrantFlows, IntegrationRepository, RefreshRepository, SealedHolder,
    SealedSecretRepository, SecretColumn, SecretHolder, SecretPlace, WriteOutcome,
};

/// A moment on the process's own monotonic clock ([`crate::shared::clock::Clock::monotonic`]) after which the last
/// byte of a request must not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SendDeadline(pub Duration);

/// Why the tracker's authorization server did not give what was asked.
#[derive(Debug, Error)]
pub enum AuthorizerError {
    /// The app's id or secret is not configured; names the missing keys.
    #[error("the tracker app is not configured: {missing}")]
    NotConfigured {
        /// The configuration keys that are missing.
        missing: String,
    },
    /// The app's secret or settings are refused; an operator's fault.
    #[error("the tracker refuses the app's credentials")]
    AppMisconfigured,
    /// The code or refresh token is refused for good.
    #[error("the grant is refused: {reason}")]
    GrantRefused {
        /// The endpoint's own error word.
        reason: String,
    },
    /// The access token is refused, or lacks a scope.
    #[error("the access token is refused")]
    Unauthorized,
    /// The endpoint could not be asked; the request certainly had no effect.
    #[error("the tracker could not be reached")]
    NotSent(#[source] Failure),
    /// No usable answer came; the request may have had its effect.
    #[error("the tracker gave no usable answer")]
    Lost(#[source] Failure),
}

/// The authorization half of a tracker.
#[async_trait]
pub trait TrackerAuthorizer: Send + Sync + 'static {
    /// Where the browser goes to consent.
    ///
    /// # Errors
    /// [`AuthorizerError::NotConfigured`].
    fn authorize_url(&self, state: &str) -> Result<Url, AuthorizerError>;

    /// Exchanges a code for tokens.
    async fn exchange(&self, code: &str) -> Result<TokenGrant, AuthorizerError>;

    /// Exchanges a refresh token for a new pair; the request leaves before the deadline or not at all.
    async fn refresh(
        &self,
        refresh_token: &SecretString,
        deadline: SendDeadline,
    ) -> Result<TokenGrant, AuthorizerError>;

    /// The tracker's sites that an access token reaches, other products left out.
    async fn sites(
        &self,
        access_token: &SecretString,
    ) -> Result<Vec<TrackerSiteChoice>, AuthorizerError>;

    /// The account behind an access token on a site.
    async fn account_id(
        &self,
        access_token: &SecretString,
        cloud_id: &str,
    ) -> Result<String, AuthorizerError>;
}

/// An access token and what tells it from the others of its integration.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The bearer token.
    pub secret: SecretString,
    /// The same for the same token and for no other; lets a refusal be told from one of an older token.
    pub generation: i64,
}

/// Why there is no access token.
#[derive(Debug, Error)]
pub enum AccessTokenError {
    /// The workspace has no active integration with this site and account.
    #[error("the workspace is not connected to this site")]
    NotConnected,
    /// A person must connect again.
    #[error("the tracker must be connected again")]
    ReconnectRequired,
    /// The app's secret is refused or missing; an operator's fault.
    #[error("the tracker app is misconfigured")]
    AppMisconfigured,
    /// A port failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Gives fresh access tokens; refreshing is single-flight across tasks and processes.
#[async_trait]
pub trait AccessTokens: Send + Sync + 'static {
    /// A token for the site that does not end within the next moments; while no newer one can be had, the present one as
    /// long as it lives.
    async fn token(&self, site: &TrackerSite) -> Result<AccessToken, AccessTokenError>;

    /// Another token than the one of this generation, which the tracker refused; never that one again.
    async fn renew(
        &self,
        site: &TrackerSite,
        refused_generation: i64,
    ) -> Result<AccessToken, AccessTokenError>;
}

/// What a secret is bound to; the same must be given to open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealContext {
    /// The workspace that owns it.
    pub workspace_id: WorkspaceId,
    /// The tracker it is for.
    pub platform: Platform,
    /// The table and column it is kept in, such as `integrations.access_token`.
    pub column: &'static str,
}

/// Why a secret could not be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// The envelope names a key that is not configured; an operator's fault.
    #[error("sealed with the unknown key {key_id}")]
    UnknownKey {
        /// The id of the key.
        key_id: String,
    },
    /// The envelope was changed, cut, or belongs elsewhere.
    #[error("the sealed secret cannot be opened")]
    Damaged,
    /// Sealing failed.
    #[error("sealing failed")]
    Sealing,
}

/// Seals secrets so that only this application, for this purpose, can open them.
pub trait SecretSealer: Send + Sync + 'static {
    /// Seals a secret.
    ///
    /// # Errors
    /// [`SealError::Sealing`].
    fn seal(&self, secret: &SecretString, context: SealContext) -> Result<SealedSecret, SealError>;

    /// Opens a sealed secret.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] or [`SealError::Damaged`].
    fn open(&self, sealed: &SealedSecret, context: SealContext) -> Result<SecretString, SealError>;

    /// The id of the key that a secret is sealed with, read without opening it.
    ///
    /// # Errors
    /// [`SealError::Damaged`].
    fn key_of<'a>(&self, sealed: &'a SealedSecret) -> Result<&'a str, SealError>;

    /// The id of the key that seals.
    fn writing_key(&self) -> &str;
}

/// Hashes high-entropy secrets (states, confirm secrets, API tokens) for look-up.
pub trait SecretHasher: Send + Sync + 'static {
    /// SHA-256 of the text.
    fn hash(&self, secret: &str) -> [u8; 32];
}
