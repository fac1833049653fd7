//! Row locks, which SQLite does not need: the one writer holds the whole file.

use super::Connection;
use crate::error::StoreError;
use crate::values::RowId;

/// Keeps a workspace from changing until the transaction ends.
pub(crate) async fn workspace(_: &mut Connection, _: RowId) -> Result<(), StoreError> {
    Ok(())
}

/// Keeps a document from changing until the transaction ends.
pub(crate) async fn document(_: &mut Connection, _: RowId) -> Result<(), StoreError> {
    Ok(())
}

/// Keeps the integrations of a workspace from changing until the transaction ends.
pub(crate) async fn integrations(_: &mut Connection, _: RowId) -> Result<(), StoreError> {
    Ok(())
}

/// Keeps an integration from changing until the transaction ends.
pub(crate) async fn integration(_: &mut Connection, _: RowId) -> Result<(), StoreError> {
    Ok(())
}

/// Keeps tickets from changing until the transaction ends.
pub(crate) async fn tickets(_: &mut Connection, _: &[RowId]) -> Result<(), StoreError> {
    Ok(())
}

/// Keeps pushes from changing until the transaction ends.
pub(crate) async fn pushes(_: &mut Connection, _: &[RowId]) -> Result<(), StoreError> {
    Ok(())
}

/// Keeps an integration from changing until the transaction ends.
pub(crate) async fn try_share_integration(
    _: &mut Connection,
    _: RowId,
) -> Result<bool, StoreError> {
    Ok(true)
}

/// Keeps a push from changing until the transaction ends.
pub(crate) async fn try_push(_: &mut Connection, _: RowId) -> Result<bool, StoreError> {
    Ok(true)
}
