//! Integrations and the flows that lead to them.

mod flows;
mod rows;
mod secrets;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::connection::model::{
    Integration, OAuthState, PendingConnection, Platform, ReconnectReason, SealedSecret,
    SealedTokens,
};
use handoff_domain::connection::ports::{
    GrantFlows, IntegrationRepository, RefreshRepository, SealedHolder, SealedSecretRepository,
    SecretHolder, SecretPlace, WriteOutcome,
};
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::{IntegrationId, LeaseId, WorkspaceId};
use serde_json::Value;
use time::OffsetDateTime;

use super::schema::integrations;
use super::session::work;
use super::{Connection, Database, audit, deliveries, locks};
use crate::error::StoreError;
use crate::values::{RowId, Word};
use rows::IntegrationRow;

/// Keeps integrations and the flows that lead to them.
pub(crate) struct Connections {
    database: Database,
}

impl Connections {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Compares the generation, changes the row and raises its generation.
    async fn change(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        now: OffsetDateTime,
        audit: Option<&AuditEntry>,
        change: impl Fn(&mut IntegrationRow) + Send + Sync,
    ) -> Result<WriteOutcome, Failure> {
        self.database
            .write(|connection| {
                work(change_row(
                    connection,
                    id,
                    expected_generation,
                    now,
                    audit,
                    &change,
                ))
            })
            .await
    }
}

#[async_trait]
impl IntegrationRepository for Connections {
    async fn find(
        &self,
        workspace: WorkspaceId,
        platform: Platform,
    ) -> Result<Option<Integration>, Failure> {
        let mut reader = self.database.read().await?;
        let row = find(reader.connection()?, workspace, platform).await?;
        Ok(row.map(Integration::try_from).transpose()?)
    }

    async fn connect(
        &self,
        integration: &Integration,
        expected_generation: Option<i64>,
        audit: &AuditEntry,
    ) -> Result<WriteOutcome, Failure> {
        let connected = self
            .database
            .write(|connection| work(connect(connection, integration, expected_generation, audit)));
        match connected.await {
            // Somebody else connected this workspace for the first time at the same moment.
            Err(error) if StoreError::is_unique_violation(&error) => Ok(WriteOutcome::Conflict),
            outcome => Ok(outcome?),
        }
    }

    async fn disconnect(
        &self,
        workspace: WorkspaceId,
        platform: Platform,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<bool, Failure> {
        self.database
            .write(|connection| work(disconnect(connection, workspace, platform, now, audit)))
            .await
    }
}

#[async_trait]
impl GrantFlows for Connections {
    async fn insert_state(&self, state: &OAuthState, now: OffsetDateTime) -> Result<(), Failure> {
        self.database
            .write(|connection| work(flows::insert_state(connection, state, now)))
            .await
    }

    async fn take_state(&self, state_hash: &[u8; 32]) -> Result<Option<OAuthState>, Failure> {
        self.database
            .write(|connection| work(flows::take_state(connection, state_hash)))
            .await
    }

    async fn park(
        &self,
        pending: &PendingConnection,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<(), Failure> {
        self.database
            .write(|connection| work(flows::park(connection, pending, now, audit)))
            .await
    }

    async fn find_pending(
        &self,
        confirm_hash: &[u8; 32],
    ) -> Result<Option<PendingConnection>, Failure> {
        let mut reader = self.database.read().await?;
        Ok(flows::find_pending(reader.connection()?, confirm_hash).await?)
    }

    async fn take_pending(
        &self,
        confirm_hash: &[u8; 32],
    ) -> Result<Option<PendingConnection>, Failure> {
        self.database
            .write(|connection| work(flows::take_pending(connection, confirm_hash)))
            .await
    }

    async fn forget_ended(&self, now: OffsetDateTime) -> Result<u32, Failure> {
        self.database
            .write(|connection| work(flows::forget_ended(connection, now)))
            .await
    }
}

#[async_trait]
impl RefreshRepository for Connections {
    async fn begin_refresh(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        lease: LeaseId,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure> {
        let begin = |row: &mut IntegrationRow| {
            row.refresh_lease_id = Some(lease.into());
            row.refresh_started_at = row.refresh_started_at.or(Some(now));
        };
        self.change(id, expected_generation, now, None, begin).await
    }

    async fn finish_refresh(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        tokens: &SealedTokens,
        scope: &str,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure> {
        let finish = |row: &mut IntegrationRow| {
            row.set_tokens(tokens);
            row.forget_refresh();
            row.spare_refresh_token_encrypted = None;
            row.needs_reconnect = None;
            if let Value::Object(config) = &mut row.config {
                config.insert("scope".to_owned(), Value::from(scope));
            }
        };
        self.change(id, expected_generation, now, None, finish)
            .await
    }

    async fn drop_refresh(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure> {
        let forget = IntegrationRow::forget_refresh;
        self.change(id, expected_generation, now, None, forget)
            .await
    }

    async fn set_spare(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        spare: Option<&SealedSecret>,
        now: OffsetDateTime,
    ) -> Result<WriteOutcome, Failure> {
        let spare = spare.map(rows::bytes);
        let set = |row: &mut IntegrationRow| row.spare_refresh_token_encrypted.clone_from(&spare);
        Ok(self.change(id, expected_generation, now, None, set).await?)
    }

    async fn mark_needs_reconnect(
        &self,
        id: IntegrationId,
        expected_generation: i64,
        reason: ReconnectReason,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<WriteOutcome, Failure> {
        let mark = |row: &mut IntegrationRow| {
            row.needs_reconnect = Some(reason.word().to_owned());
            row.forget_refresh();
        };
        self.change(id, expected_generation, now, Some(audit), mark)
            .await
    }

    async fn list_idle(
        &self,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<Integration>, Failure> {
        let mut reader = self.database.read().await?;
        let rows = list_idle(reader.connection()?, before, limit).await?;
        Ok(rows
            .into_iter()
            .map(Integration::try_from)
            .collect::<Result<_, _>>()?)
    }
}

#[async_trait]
impl SealedSecretRepository for Connections {
    async fn list_sealed(
        &self,
        after: Option<SecretHolder>,
        limit: u32,
    ) -> Result<Vec<SealedHolder>, Failure> {
        self.database
            .snapshot(|connection| work(secrets::list_sealed(connection, after, limit)))
            .await
    }

    async fn reseal(
        &self,
        place: SecretPlace,
        old: &SealedSecret,
        new: &SealedSecret,
    ) -> Result<bool, Failure> {
        self.database
            .write(|connection| work(secrets::reseal(connection, place, old, new)))
            .await
    }
}

async fn find(
    connection: &mut Connection,
    workspace: WorkspaceId,
    platform: Platform,
) -> Result<Option<IntegrationRow>, StoreError> {
    let query = integrations::table
        .filter(integrations::workspace_id.eq(RowId::from(workspace)))
        .filter(integrations::integration_type.eq(platform.word()))
        .select(IntegrationRow::as_select());
    Ok(query.first(connection).await.optional()?)
}

async fn change_row(
    connection: &mut Connection,
    id: IntegrationId,
    expected_generation: i64,
    now: OffsetDateTime,
    audit: Option<&AuditEntry>,
    change: &(impl Fn(&mut IntegrationRow) + Sync),
) -> Result<WriteOutcome, StoreError> {
    // The whole row is written back: nobody may seal its secrets anew between reading and writing.
    locks::integration(connection, id.into()).await?;
    let expected = integrations::table
        .filter(integrations::id.eq(RowId::from(id)))
        .filter(integrations::generation.eq(expected_generation));
    let query = expected.select(IntegrationRow::as_select());
    let Some(mut row) = query.first(connection).await.optional()? else {
        return Ok(WriteOutcome::Conflict);
    };
    change(&mut row);
    row.generation = expected_generation + 1;
    row.updated_at = now;
    if diesel::update(expected)
        .set(&row)
        .execute(connection)
        .await?
        == 0
    {
        return Ok(WriteOutcome::Conflict);
    }
    if let Some(entry) = audit {
        audit::insert(connection, entry).await?;
    }
    Ok(WriteOutcome::Done)
}

async fn connect(
    connection: &mut Connection,
    integration: &Integration,
    expected_generation: Option<i64>,
    audit: &AuditEntry,
) -> Result<WriteOutcome, StoreError> {
    let workspace = integration.workspace_id;
    locks::integrations(connection, workspace.into()).await?;
    let known = find(connection, workspace, integration.platform).await?;
    if known.as_ref().map(|row| row.generation) != expected_generation {
        return Ok(WriteOutcome::Conflict);
    }
    let mut row = IntegrationRow::new(integration)?;
    row.generation = expected_generation.unwrap_or(0) + 1;
    row.spare_refresh_token_encrypted = None;
    row.forget_refresh();
    match known {
        None => {
            diesel::insert_into(integrations::table)
                .values(&row)
                .execute(connection)
                .await?;
        }
        Some(known) => {
            row.id = known.id;
            let stored = integrations::table.find(known.id);
            diesel::update(stored).set(&row).execute(connection).await?;
        }
    }
    deliveries::strand(connection, integration).await?;
    audit::insert(connection, audit).await?;
    Ok(WriteOutcome::Done)
}

async fn disconnect(
    connection: &mut Connection,
    workspace: WorkspaceId,
    platform: Platform,
    now: OffsetDateTime,
    audit: &AuditEntry,
) -> Result<bool, StoreError> {
    locks::integrations(connection, workspace.into()).await?;
    let known = find(connection, workspace, platform).await?;
    let Some(mut row) = known.filter(|row| row.is_active) else {
        return Ok(false);
    };
    row.is_active = false;
    row.forget_tokens();
    row.forget_refresh();
    row.disconnected_at = Some(now);
    row.updated_at = now;
    row.generation += 1;
    let stored = integrations::table.find(row.id);
    diesel::update(stored).set(&row).execute(connection).await?;
    deliveries::cancel_workspace(connection, workspace, now).await?;
    audit::insert(connection, audit).await?;
    Ok(true)
}

async fn list_idle(
    connection: &mut Connection,
    before: OffsetDateTime,
    limit: u32,
) -> Result<Vec<IntegrationRow>, StoreError> {
    let query = integrations::table
        .filter(integrations::is_active)
        .filter(integrations::needs_reconnect.is_null())
        .filter(integrations::updated_at.lt(before))
        .order(integrations::updated_at)
        .limit(i64::from(limit))
        .select(IntegrationRow::as_select());
    Ok(query.load(connection).await?)
}
