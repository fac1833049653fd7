//! Row locks. They are taken in one order everywhere: workspace, integrations, document, tickets, pushes; rows of one
//! table in the order of their ids.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;

use super::Connection;
use super::schema::{documents, execution_tickets, integrations, pushes, workspaces};
use crate::error::StoreError;
use crate::values::RowId;

/// Keeps a workspace from changing until the transaction ends.
pub(crate) async fn workspace(connection: &mut Connection, id: RowId) -> Result<(), StoreError> {
    let lock = workspaces::table
        .filter(workspaces::id.eq(id))
        .select(workspaces::id);
    lock.for_no_key_update().load::<RowId>(connection).await?;
    Ok(())
}

/// Keeps a document from changing until the transaction ends.
pub(crate) async fn document(connection: &mut Connection, id: RowId) -> Result<(), StoreError> {
    let lock = documents::table
        .filter(documents::id.eq(id))
        .select(documents::id);
    lock.for_no_key_update().load::<RowId>(connection).await?;
    Ok(())
}

/// Keeps the integrations of a workspace from changing until the transaction ends.
pub(crate) async fn integrations(
    connection: &mut Connection,
    workspace: RowId,
) -> Result<(), StoreError> {
    let lock = integrations::table
        .filter(integrations::workspace_id.eq(workspace))
        .order(integrations::id)
        .select(integrations::id);
    lock.for_no_key_update().load::<RowId>(connection).await?;
    Ok(())
}

/// Keeps an integration from changing until the transaction ends.
pub(crate) async fn integration(connection: &mut Connection, id: RowId) -> Result<(), StoreError> {
    let lock = integrations::table
        .filter(integrations::id.eq(id))
        .select(integrations::id);
    lock.for_no_key_update().load::<RowId>(connection).await?;
    Ok(())
}

/// Keeps tickets from changing until the transaction ends.
pub(crate) async fn tickets(connection: &mut Connection, ids: &[RowId]) -> Result<(), StoreError> {
    let lock = execution_tickets::table
        .filter(execution_tickets::id.eq_any(ids))
        .order(execution_tickets::id)
        .select(execution_tickets::id);
    lock.for_no_key_update().load::<RowId>(connection).await?;
    Ok(())
}

/// Keeps pushes from changing until the transaction ends.
pub(crate) async fn pushes(connection: &mut Connection, ids: &[RowId]) -> Result<(), StoreError> {
    let lock = pushes::table
        .filter(pushes::id.eq_any(ids))
        .order(pushes::id)
        .select(pushes::id);
    lock.for_no_key_update().load::<RowId>(connection).await?;
    Ok(())
}

/// Keeps an integration from changing until the transaction ends, beside others who only need it not to change; `false`
/// where somebody is changing it.
pub(crate) async fn try_share_integration(
    connection: &mut Connection,
    id: RowId,
) -> Result<bool, StoreError> {
    let lock = integrations::table
        .filter(integrations::id.eq(id))
        .select(integrations::id);
    let lock = lock.for_share().skip_locked();
    let locked: Option<RowId> = lock.first(connection).await.optional()?;
    Ok(locked.is_some())
}

/// Keeps a push from changing until the transaction ends; `false` where somebody else works on it.
pub(crate) async fn try_push(connection: &mut Connection, id: RowId) -> Result<bool, StoreError> {
    let lock = pushes::table.filter(pushes::id.eq(id)).select(pushes::id);
    let lock = lock.for_no_key_update().skip_locked();
    let locked: Option<RowId> = lock.first(connection).await.optional()?;
    Ok(locked.is_some())
}
