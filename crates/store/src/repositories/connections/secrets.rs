//! The sealed secrets of integrations and parked grants.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::connection::model::{Platform, SealedSecret};
use handoff_domain::connection::ports::{SealedHolder, SecretColumn, SecretHolder, SecretPlace};

use super::super::schema::{integrations, pending_connections};
use super::super::{Backend, Connection};
use crate::error::StoreError;
use crate::values::{RowId, parse_hash, parse_word};

type IntegrationColumns = (
    RowId,
    RowId,
    String,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);
type PendingColumns = (Vec<u8>, RowId, Vec<u8>, Option<Vec<u8>>);

pub(super) async fn list_sealed(
    connection: &mut Connection,
    after: Option<SecretHolder>,
    limit: u32,
) -> Result<Vec<SealedHolder>, StoreError> {
    let limit = i64::from(limit);
    let (mut found, parked_after) = match after {
        Some(SecretHolder::Pending(hash)) => (Vec::new(), Some(hash)),
        Some(SecretHolder::Integration(id)) => (
            list_integrations(connection, Some(id.into()), limit).await?,
            None,
        ),
        None => (list_integrations(connection, None, limit).await?, None),
    };
    let rest = limit.saturating_sub(i64::try_from(found.len()).unwrap_or(limit));
    if rest > 0 {
        found.append(&mut list_pending(connection, parked_after, rest).await?);
    }
    Ok(found)
}

async fn list_integrations(
    connection: &mut Connection,
    after: Option<RowId>,
    limit: i64,
) -> Result<Vec<SealedHolder>, StoreError> {
    let mut query = integrations::table
        .filter(
            integrations::access_token_encrypted
                .is_not_null()
                .or(integrations::spare_refresh_token_encrypted.is_not_null()),
        )
        .order(integrations::id)
        .limit(limit)
        .select((
            integrations::id,
            integrations::workspace_id,
            integrations::integration_type,
            integrations::access_token_encrypted,
            integrations::refresh_token_encrypted,
            integrations::spare_refresh_token_encrypted,
        ))
        .into_boxed::<Backend>();
    if let Some(after) = after {
        query = query.filter(integrations::id.gt(after));
    }
    let rows: Vec<IntegrationColumns> = query.load(connection).await?;
    rows.into_iter()
        .map(|(id, workspace, platform, access, refresh, spare)| {
            Ok(SealedHolder {
                holder: SecretHolder::Integration(id.id()),
                workspace_id: workspace.id(),
                platform: parse_word("integrations.integration_type", &platform)?,
                secrets: filled([access, refresh, spare]),
            })
        })
        .collect()
}

async fn list_pending(
    connection: &mut Connection,
    after: Option<[u8; 32]>,
    limit: i64,
) -> Result<Vec<SealedHolder>, StoreError> {
    let mut query = pending_connections::table
        .order(pending_connections::confirm_hash)
        .limit(limit)
        .select((
            pending_connections::confirm_hash,
            pending_connections::workspace_id,
            pending_connections::access_token_encrypted,
            pending_connections::refresh_token_encrypted,
        ))
        .into_boxed::<Backend>();
    if let Some(after) = after {
        query = query.filter(pending_connections::confirm_hash.gt(after.to_vec()));
    }
    let rows: Vec<PendingColumns> = query.load(connection).await?;
    rows.into_iter()
        .map(|(hash, workspace, access, refresh)| {
            let hash = parse_hash("pending_connections.confirm_hash", &hash)?;
            Ok(SealedHolder {
                holder: SecretHolder::Pending(hash),
                workspace_id: workspace.id(),
                platform: Platform::Jira,
                secrets: filled([Some(access), refresh, None]),
            })
        })
        .collect()
}

/// Envelopes as columns of the row that hold a secret.
fn filled(kept: [Option<Vec<u8>>; 3]) -> Vec<(SecretColumn, SealedSecret)> {
    SecretColumn::filled(kept.map(|envelope| envelope.map(SealedSecret::from_bytes)))
}

pub(super) async fn reseal(
    connection: &mut Connection,
    place: SecretPlace,
    old: &SealedSecret,
    new: &SealedSecret,
) -> Result<bool, StoreError> {
    let (old, new) = (old.as_bytes(), new.as_bytes());
    /// Replaces one column of one row while it holds the old secret.
    macro_rules! swap {
        ($row:expr, $column:path) => {
            diesel::update($row.filter($column.eq(old)))
                .set($column.eq(new))
                .execute(connection)
                .await?
        };
    }
    let written = match place.holder {
        SecretHolder::Integration(id) => {
            let row = integrations::table.filter(integrations::id.eq(RowId::from(id)));
            match place.column {
                SecretColumn::Access => swap!(row, integrations::access_token_encrypted),
                SecretColumn::Refresh => swap!(row, integrations::refresh_token_encrypted),
                SecretColumn::SpareRefresh => {
                    swap!(row, integrations::spare_refresh_token_encrypted)
                }
            }
        }
        SecretHolder::Pending(hash) => {
            let hash = hash.to_vec();
            let row = pending_connections::table.filter(pending_connections::confirm_hash.eq(hash));
            match place.column {
                SecretColumn::Access => swap!(row, pending_connections::access_token_encrypted),
                SecretColumn::Refresh => swap!(row, pending_connections::refresh_token_encrypted),
                SecretColumn::SpareRefresh => 0,
            }
        }
    };
    Ok(written > 0)
}
