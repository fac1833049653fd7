//! Calling deliveries off, and what a change of the site does to them.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::connection::model::Integration;
use handoff_domain::delivery::ledger;
use handoff_domain::shared::ids::{PushId, WorkspaceId};
use time::OffsetDateTime;

use super::super::schema::{deliveries, pushes};
use super::super::{Connection, audit};
use super::changes::{CANDIDATE, Candidate, IS_OPEN, IS_UNSETTLED, change};
use crate::error::StoreError;
use crate::values::RowId;

pub(super) async fn cancel(
    connection: &mut Connection,
    workspace: WorkspaceId,
    push: PushId,
    now: OffsetDateTime,
    entry: &AuditEntry,
) -> Result<Option<u32>, StoreError> {
    let push = RowId::from(push);
    let known: Option<RowId> = pushes::table
        .filter(pushes::id.eq(push))
        .filter(pushes::workspace_id.eq(RowId::from(workspace)))
        .select(pushes::id)
        .first(connection)
        .await
        .optional()?;
    if known.is_none() {
        return Ok(None);
    }
    // What is being sent may come back unsent, and a person may resend, before the cancellation is written.
    let found: Vec<Candidate> = deliveries::table
        .filter(deliveries::push_id.eq(push))
        .filter(sql::<Bool>(IS_OPEN))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    let cancelled = change(connection, &found, now, ledger::cancel).await?;
    remember(connection, push, now).await?;
    audit::insert(connection, entry).await?;
    Ok(Some(cancelled))
}

/// Writes that a push was cancelled, so that what comes back unsent is not sent again, also what was resent before.
async fn remember(
    connection: &mut Connection,
    push: RowId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let first = pushes::table
        .filter(pushes::id.eq(push))
        .filter(pushes::cancelled_at.is_null());
    diesel::update(first)
        .set(pushes::cancelled_at.eq(now))
        .execute(connection)
        .await?;
    let resent = deliveries::table
        .filter(deliveries::push_id.eq(push))
        .filter(sql::<Bool>(IS_UNSETTLED))
        .filter(deliveries::is_resent);
    diesel::update(resent)
        .set(deliveries::is_resent.eq(false))
        .execute(connection)
        .await?;
    Ok(())
}

/// Cancels everything that a workspace has queued.
pub(in super::super) async fn cancel_workspace(
    connection: &mut Connection,
    workspace: WorkspaceId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let found: Vec<Candidate> = deliveries::table
        .filter(deliveries::workspace_id.eq(RowId::from(workspace)))
        .filter(sql::<Bool>(IS_UNSETTLED))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    change(connection, &found, now, ledger::cancel).await?;
    Ok(())
}

/// Ends, or leaves to people, what is bound to another site or account than the workspace is connected to now.
pub(in super::super) async fn strand(
    connection: &mut Connection,
    integration: &Integration,
) -> Result<(), StoreError> {
    let workspace = RowId::from(integration.workspace_id);
    let (site, account) = (&integration.config.cloud_id, &integration.config.account_id);
    // One list, decided by the locked rows: one that comes back unsent between two lists would be in neither.
    let found: Vec<Candidate> = deliveries::table
        .inner_join(pushes::table.on(pushes::id.eq(deliveries::push_id)))
        .filter(deliveries::workspace_id.eq(workspace))
        .filter(sql::<Bool>(IS_UNSETTLED))
        .filter(pushes::site_id.ne(site).or(pushes::account_id.ne(account)))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    change(connection, &found, integration.updated_at, ledger::strand).await?;
    Ok(())
}
