//! The ports of connecting: stored integrations, the tracker's authorization server, sealing.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use thiserror::Error;
use time::OffsetDateTime;
use url::Url;

use super::model::{
    Integration, OAuthState, PendingConnection, Platform, ReconnectReason, SealedSecret,
    SealedTokens, TokenGrant, TrackerSite, TrackerSiteChoice,
};
use crate::audit::model::AuditEntry;
use crate::shared::failure::Failure;
use crate::shared::ids::{IntegrationId, LeaseId, WorkspaceId};

/// What became of a compare-and-set on an integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It was written; the generation has risen by one.
    Done,
    /// The row has another generation; nothing was written.
    Conflict,
}

/// A row that holds sealed secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretHolder {
    /// An integration.
    Integration(IntegrationId),
    /// A parked grant, by the hash of its confirm secret.
    Pending([u8; 32]),
}

/// Which secret of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretColumn {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
    /// The refresh token of a pair that lost a race; only integrations have one.
    SpareRefresh,
}

impl SecretColumn {
    /// Every column.
    pub const ALL: [Self; 3] = [Self::Access, Self::Refresh, Self::SpareRefresh];

    /// The columns of a row that hold a secret, where `kept` is in the order of [`Self::ALL`].
    #[must_use]
    pub fn filled(kept: [Option<SealedSecret>; 3]) -> Vec<(Self, SealedSecret)> {
        let columns = Self::ALL.into_iter().zip(kept);
        columns
            .filter_map(|(column, secret)| Some((column, secret?)))
            .collect()
    }
}

/// Where a sealed secret is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretPlace {
    /// The row.
    pub holder: SecretHolder,
    /// The secret.
    pub column: SecretColumn,
}

/// A row with the sealed secrets that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedHolder {
    /// The row.
    pub holder: SecretHolder,
    /// The workspace that owns it.
    pub workspace_id: WorkspaceId,
    /// The tracker.
    pub platform: Platform,
    /// The secrets.
    pub secrets: Vec<(SecretColumn, SealedSecret)>,
}

/// Integrations and the flows that lead to them, as one database keeps them; who uses them asks for one of its ports.
pub trait ConnectionRepository:
    IntegrationRepository + GrantFlows + RefreshRepository + SealedSecretRepository
{
}

impl<T: IntegrationRepository + GrantFlows + RefreshRepository + SealedSecretRepository>
    ConnectionRepository for T
{
}

/// Keeps integrations. Every write to one compares and bumps its generation.
#[async_trait]
pub trait IntegrationRepository: Send + Sync + 'static {
    /// The integration of a workspace with a tracker, also when it is not active.
    async fn find(
        &self,
        workspace: WorkspaceId,
        platform: Platform,
    ) -> Result<Option<Integration>, Failure>;

    /// Inserts the integration (`expected_generation` `None`) or replaces it, with the audit entry, in one step.
    ///
    /// The stored generation becomes `expected_generation + 1`, or 1. A spare token and a refresh intent are forgotten.
    /// Deliveries of the workspace that are `sending` or `uncertain` on another site, or were sent as another account,
    /// become `needs_attention` with the reason `site_changed`. Those `queued` for another site or account are cancelled:
    /// they were not sent.
    async fn connect(
        &self,
        integration: &Integration,
        expected_generation: Option<i64>,
        audit: &AuditEntry,
    ) -> Result<WriteOutcome, Failure>;

    /// Makes the integration inactive and nulls its tokens, keeps the row, cancels the workspace's queued deliveries,
    /// and adds the audit entry, in one step. Answers whether it was active; without an active one nothing changes.
    async fn disconnect(
        &self,
        workspace: WorkspaceId,
        platform: Platform,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<bool, Failure>;
}

/// Keeps consents that were begun, and grants that wait for their confirmation.
#[async_trait]
pub trait GrantFlows: Send + Sync + 'static {
    /// Keeps a state, and forgets those that ended before `now`.
    async fn insert_state(&self, state: &OAuthState, now: OffsetDateTime) -> Result<(), Failure>;

    /// Takes a state and deletes it, in one statement; whether it has ended is for the caller to see.
    async fn take_state(&self, state_hash: &[u8; 32]) -> Result<Option<OAuthState>, Failure>;

    /// Parks a grant, and forgets those that ended before `now`.
    async fn park(
        &self,
        pending: &PendingConnection,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<(), Failure>;

    /// A parked grant.
    async fn find_pending(
        &self,
        confirm_hash: &[u8; 32],
    ) -> Result<Option<PendingConnection>, Failure>;

    /// Takes a parked grant and deletes it, in one statement.
    async fn take_pending(
        &self,
        confirm_hash: &[u8; 32],
    ) -> Result<Option<PendingConnection>, Failure>;

    /// Forgets states and parked grants that ended before `now`; answers how many.
    async fn forget_ended(&self, now: OffsetDateTime) -> Result<u32, Failure>;
}

/// Keeps what becomes of an integration's tokens; every write compares and bumps its generation.
#[async_trait]
pub trait RefreshRepository: Send + Sync + 'static {
    /// Writes the intent to refresh. An intent that stands keeps its `started_at`, only its lease changes.
    async fn begin_refresh(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        lease: LeaseId,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure>;

    /// Saves the new pair and clears the intent, the spare token and `needs_reconnect`.
    async fn finish_refresh(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        tokens: &SealedTokens,
        scope: &str,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure>;

    /// Clears the intent of a refresh that gave no new pair; the stored pair stays, so that it can be replayed.
    async fn drop_refresh(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure>;

    /// Keeps the refresh token of a pair that lost the race, or forgets it after it was tried.
    async fn set_spare(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        spare: Option<&SealedSecret>,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure>;

    /// Writes that a person must connect again, clears the intent, and adds the audit entry, in one step.
    async fn mark_needs_reconnect(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        reason: ReconnectReason,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<WriteOutcome, Failure>;

    /// Active integrations that need no reconnect and were last written before `before`; for refreshing idle grants.
    async fn list_idle(
        &self,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<Integration>, Failure>;
}

/// Gives sealed secrets to be sealed anew.
#[async_trait]
pub trait SealedSecretRepository: Send + Sync + 'static {
    /// The rows that hold sealed secrets, integrations first, in the order of their ids, from the one after `after` on; at
    /// most `limit`.
    async fn list_sealed(
        &self,
        after: Option<SecretHolder>,
        limit: u32,
    ) -> Result<Vec<SealedHolder>, Failure>;

    /// Replaces a sealed secret by the same one sealed anew, while the row still holds `old`; tells whether it did.
    ///
    /// The generation stays, so that a refresh under way is not disturbed; what it writes later counts.
    async fn reseal(
        &self,
        place: SecretPlace,
        old: &SealedSecret,
        new: &SealedSecret,
    ) -> Result<bool, Failure>;
}

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
