//! Stored integrations, the flows that lead to them, and their sealed secrets.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::audit::model::AuditEntry;
use crate::connection::model::{
    Integration, OAuthState, PendingConnection, Platform, ReconnectReason, SealedSecret,
    SealedTokens,
};
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
