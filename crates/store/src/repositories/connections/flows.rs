//! Consents that were begun, and grants that wait for their confirmation.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::connection::model::{OAuthState, PendingConnection};
use time::OffsetDateTime;

use super::super::schema::{oauth_states, pending_connections};
use super::super::{Connection, audit};
use super::rows::{PendingRow, StateRow};
use crate::error::StoreError;

pub(super) async fn insert_state(
    connection: &mut Connection,
    state: &OAuthState,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let ended = oauth_states::table.filter(oauth_states::expires_at.lt(now));
    diesel::delete(ended).execute(connection).await?;
    let row = StateRow::from(state);
    diesel::insert_into(oauth_states::table)
        .values(&row)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn take_state(
    connection: &mut Connection,
    state_hash: &[u8; 32],
) -> Result<Option<OAuthState>, StoreError> {
    let state = oauth_states::table.filter(oauth_states::state_hash.eq(state_hash.as_slice()));
    let take = diesel::delete(state).returning(StateRow::as_returning());
    let row: Option<StateRow> = take.get_result(connection).await.optional()?;
    row.map(OAuthState::try_from).transpose()
}

pub(super) async fn park(
    connection: &mut Connection,
    pending: &PendingConnection,
    now: OffsetDateTime,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let ended = pending_connections::table.filter(pending_connections::expires_at.lt(now));
    diesel::delete(ended).execute(connection).await?;
    let row = PendingRow::new(pending)?;
    diesel::insert_into(pending_connections::table)
        .values(&row)
        .execute(connection)
        .await?;
    audit::insert(connection, entry).await
}

pub(super) async fn find_pending(
    connection: &mut Connection,
    confirm_hash: &[u8; 32],
) -> Result<Option<PendingConnection>, StoreError> {
    let query = pending_connections::table
        .filter(pending_connections::confirm_hash.eq(confirm_hash.as_slice()))
        .select(PendingRow::as_select());
    let row: Option<PendingRow> = query.first(connection).await.optional()?;
    row.map(PendingConnection::try_from).transpose()
}

pub(super) async fn take_pending(
    connection: &mut Connection,
    confirm_hash: &[u8; 32],
) -> Result<Option<PendingConnection>, StoreError> {
    let pending = pending_connections::table
        .filter(pending_connections::confirm_hash.eq(confirm_hash.as_slice()));
    let take = diesel::delete(pending).returning(PendingRow::as_returning());
    let row: Option<PendingRow> = take.get_result(connection).await.optional()?;
    row.map(PendingConnection::try_from).transpose()
}

pub(super) async fn forget_ended(
    connection: &mut Connection,
    now: OffsetDateTime,
) -> Result<u32, StoreError> {
    let states = oauth_states::table.filter(oauth_states::expires_at.lt(now));
    let states = diesel::delete(states).execute(connection).await?;
    let pending = pending_connections::table.filter(pending_connections::expires_at.lt(now));
    let pending = diesel::delete(pending).execute(connection).await?;
    Ok(u32::try_from(states + pending).unwrap_or(u32::MAX))
}
