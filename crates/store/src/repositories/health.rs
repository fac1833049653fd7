//! Small questions about the database as a whole.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Database;
use super::schema::{integrations, pending_connections, schema_changes};
use crate::error::StoreError;

/// Asks the database for a sign of life.
pub(crate) async fn ping(database: &Database) -> Result<(), StoreError> {
    let mut reader = database.read().await?;
    let answer = diesel::select(1.into_sql::<diesel::sql_types::Integer>());
    answer.get_result::<i32>(reader.connection()?).await?;
    Ok(())
}

/// The version of every change that the database has seen, and whether it breaks programs that do not know it.
pub(crate) async fn schema_changes(database: &Database) -> Result<Vec<(String, bool)>, StoreError> {
    let changes = schema_changes::table.order(schema_changes::version);
    let mut reader = database.read().await?;
    Ok(changes.load(reader.connection()?).await?)
}

/// Whether any sealed token is stored, so that its key must not be lost.
pub(crate) async fn has_sealed_secrets(database: &Database) -> Result<bool, StoreError> {
    let integrations = integrations::table.filter(
        integrations::access_token_encrypted
            .is_not_null()
            .or(integrations::spare_refresh_token_encrypted.is_not_null()),
    );
    let mut reader = database.read().await?;
    let pending = pending_connections::table.select(pending_connections::confirm_hash);
    let sealed = diesel::select(exists(integrations).or(exists(pending)));
    Ok(sealed.get_result(reader.connection()?).await?)
}
