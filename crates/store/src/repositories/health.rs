//! Small questions about the database as a whole.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Database;
use super::schema::{integrations, pending_connections};
use crate::error::StoreError;

/// Asks the database for a sign of life.
pub(crate) async fn ping(database: &Database) -> Result<(), StoreError> {
    let mut reader = database.read().await?;
    let answer = diesel::select(1.into_sql::<diesel::sql_types::Integer>());
    answer.get_result::<i32>(reader.connection()?).await?;
    Ok(())
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
