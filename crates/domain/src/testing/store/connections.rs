//! Integrations in memory.

use std::collections::HashSet;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{InMemoryStore, State};
use crate::audit::model::AuditEntry;
use crate::connection::model::{
    Integration, OAuthState, PendingConnection, Platform, ReconnectReason, RefreshIntent,
    SealedSecret, SealedTokens,
};
use crate::connection::ports::{
    GrantFlows, IntegrationRepository, RefreshRepository, SealedHolder, SealedSecretRepository,
    SecretHolder, SecretPlace, WriteOutcome,
};
use crate::delivery::ledger;
use crate::delivery::model::{Delivery, Push};
use crate::shared::failure::Failure;
use crate::shared::ids::{IntegrationId, LeaseId, PushId, WorkspaceId};

/// Keeps integrations in memory.
#[derive(Clone, Debug)]
pub struct InMemoryConnectionRepository(InMemoryStore);

impl InMemoryConnectionRepository {
    /// Puts the repository on a memory.
    #[must_use]
    pub fn new(store: &InMemoryStore) -> Self {
        Self(store.clone())
    }

    /// Compares the generation, changes the row and raises its generation.
    async fn change(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        now: OffsetDateTime,
        audit: Option<&AuditEntry>,
        change: impl FnOnce(&mut Integration) + Send,
    ) -> WriteOutcome {
        let mut state = self.0.enter().await;
        let Some(row) = state
            .integrations
            .get_mut(&id)
            .filter(|row| row.generation == expected_generation)
        else {
            return WriteOutcome::Conflict;
        };
        change(row);
        row.generation += 1;
        row.updated_at = now;
        if let Some(audit) = audit {
            state.record(audit);
        }
        WriteOutcome::Done
    }
}

impl State {
    pub(super) fn integration(
        &self,
        workspace: WorkspaceId,
        platform: Platform,
    ) -> Option<&Integration> {
        self.integrations
            .values()
            .find(|row| row.workspace_id == workspace && row.platform == platform)
    }

    /// What is bound to another site or account: unsent deliveries are cancelled, and where an issue may exist, a person
    /// must decide, because it can no longer be looked for.
    fn give_up_other_sites(&mut self, integration: &Integration) {
        let site = &integration.config.cloud_id;
        let account = &integration.config.account_id;
        let now = integration.updated_at;
        let is_elsewhere = |push: &Push| push.site_id != *site || push.account_id != *account;
        let pushes = self.pushes.values().map(|stored| &stored.push);
        let elsewhere: HashSet<PushId> = pushes
            .filter(|push| is_elsewhere(push))
            .map(|push| push.id)
            .collect();
        let workspace = integration.workspace_id;
        let fits = |delivery: &Delivery| {
            delivery.workspace_id == workspace && elsewhere.contains(&delivery.push_id)
        };
        self.change(fits, now, ledger::strand);
    }
}

#[async_trait]
impl IntegrationRepository for InMemoryConnectionRepository {
    async fn find(
        &self,
        workspace: WorkspaceId,
        platform: Platform,
    ) -> Result<Option<Integration>, Failure> {
        Ok(self
            .0
            .enter()
            .await
            .integration(workspace, platform)
            .cloned())
    }

    async fn connect(
        &self,
        integration: &Integration,
        expected_generation: Option<i64>,
        audit: &AuditEntry,
    ) -> Result<WriteOutcome, Failure> {
        let mut state = self.0.enter().await;
        let stored = state.integration(integration.workspace_id, integration.platform);
        let stored = stored.map(|row| (row.id, row.generation));
        if stored.map(|(_, generation)| generation) != expected_generation {
            return Ok(WriteOutcome::Conflict);
        }
        let row = Integration {
            id: stored.map_or(integration.id, |(id, _)| id),
            generation: expected_generation.unwrap_or(0) + 1,
            spare_refresh_token: None,
            refresh: None,
            ..integration.clone()
        };
        state.give_up_other_sites(&row);
        state.integrations.insert(row.id, row);
        state.record(audit);
        Ok(WriteOutcome::Done)
    }

    async fn disconnect(
        &self,
        workspace: WorkspaceId,
        platform: Platform,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<bool, Failure> {
        let mut state = self.0.enter().await;
        let active = state
            .integration(workspace, platform)
            .filter(|row| row.is_active);
        let Some(id) = active.map(|row| row.id) else {
            return Ok(false);
        };
        if let Some(row) = state.integrations.get_mut(&id) {
            row.is_active = false;
            row.tokens = None;
            row.spare_refresh_token = None;
            row.refresh = None;
            row.disconnected_at = Some(now);
            row.updated_at = now;
            row.generation += 1;
        }
        state.change(|it| it.workspace_id == workspace, now, ledger::cancel);
        state.record(audit);
        Ok(true)
    }
}

#[async_trait]
impl GrantFlows for InMemoryConnectionRepository {
    async fn insert_state(&self, state: &OAuthState, now: OffsetDateTime) -> Result<(), Failure> {
        let mut memory = self.0.enter().await;
        memory.oauth_states.retain(|_, kept| kept.expires_at >= now);
        memory.oauth_states.insert(state.state_hash, state.clone());
        Ok(())
    }

    async fn take_state(&self, state_hash: &[u8; 32]) -> Result<Option<OAuthState>, Failure> {
        Ok(self.0.enter().await.oauth_states.remove(state_hash))
    }

    async fn park(
        &self,
        pending: &PendingConnection,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<(), Failure> {
        let mut state = self.0.enter().await;
        state.pending.retain(|_, kept| kept.expires_at >= now);
        state.pending.insert(pending.confirm_hash, pending.clone());
        state.record(audit);
        Ok(())
    }

    async fn find_pending(
        &self,
        confirm_hash: &[u8; 32],
    ) -> Result<Option<PendingConnection>, Failure> {
        Ok(self.0.enter().await.pending.get(confirm_hash).cloned())
    }

    async fn take_pending(
        &self,
        confirm_hash: &[u8; 32],
    ) -> Result<Option<PendingConnection>, Failure> {
        Ok(self.0.enter().await.pending.remove(confirm_hash))
    }

    async fn forget_ended(&self, now: OffsetDateTime) -> Result<u32, Failure> {
        let mut state = self.0.enter().await;
        let count = |state: &State| state.pending.len() + state.oauth_states.len();
        let before = count(&state);
        state.pending.retain(|_, kept| kept.expires_at >= now);
        state.oauth_states.retain(|_, kept| kept.expires_at >= now);
        u32::try_from(before - count(&state)).map_err(Failure::internal)
    }
}

#[async_trait]
impl RefreshRepository for InMemoryConnectionRepository {
    async fn begin_refresh(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        lease: LeaseId,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure> {
        let change = |row: &mut Integration| {
            let started_at = row.refresh.map_or(now, |standing| standing.started_at);
            row.refresh = Some(RefreshIntent {
                lease_id: lease,
                started_at,
            });
        };
        Ok(self
            .change(id, expected_generation, now, None, change)
            .await)
    }

    async fn finish_refresh(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        tokens: &SealedTokens,
        scope: &str,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure> {
        let change = |row: &mut Integration| {
            row.tokens = Some(tokens.clone());
            scope.clone_into(&mut row.config.scope);
            row.refresh = None;
            row.spare_refresh_token = None;
            row.needs_reconnect = None;
        };
        Ok(self
            .change(id, expected_generation, now, None, change)
            .await)
    }

    async fn drop_refresh(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure> {
        let change = |row: &mut Integration| row.refresh = None;
        Ok(self
            .change(id, expected_generation, now, None, change)
            .await)
    }

    async fn set_spare(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        spare: Option<&SealedSecret>,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure> {
        let change = |row: &mut Integration| row.spare_refresh_token = spare.cloned();
        Ok(self
            .change(id, expected_generation, now, None, change)
            .await)
    }

    async fn mark_needs_reconnect(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        reason: ReconnectReason,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<WriteOutcome, Failure> {
        let change = |row: &mut Integration| {
            row.needs_reconnect = Some(reason);
            row.refresh = None;
        };
        Ok(self
            .change(id, expected_generation, now, Some(audit), change)
            .await)
    }

    async fn list_idle(
        &self,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<Integration>, Failure> {
        let state = self.0.enter().await;
        let idle = state.integrations.values().filter(|row| {
            row.is_active && row.needs_reconnect.is_none() && row.updated_at < before
        });
        let mut idle: Vec<Integration> = idle.cloned().collect();
        idle.sort_by_key(|row| row.updated_at);
        idle.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(idle)
    }
}

#[async_trait]
impl SealedSecretRepository for InMemoryConnectionRepository {
    async fn list_sealed(
        &self,
        after: Option<SecretHolder>,
        limit: u32,
    ) -> Result<Vec<SealedHolder>, Failure> {
        Ok(self.0.enter().await.list_sealed(after, limit))
    }

    async fn reseal(
        &self,
        place: SecretPlace,
        old: &SealedSecret,
        new: &SealedSecret,
    ) -> Result<bool, Failure> {
        Ok(self.0.enter().await.reseal(place, old, new))
    }
}
