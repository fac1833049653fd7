//! Migrations on the file.

use std::path::Path;
use std::time::Duration;

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use tokio::task::spawn_blocking;

use super::pool::establish;
use crate::error::StoreError;
use crate::migration::{self, Direction, MigrationStatus};

fn migrations() -> EmbeddedMigrations {
    const EMBEDDED: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
    EMBEDDED
}

/// Migrates the file in one transaction, so that two processes cannot do so at once.
pub(crate) async fn migrate(
    path: &Path,
    patience: Duration,
    direction: Direction,
) -> Result<Vec<String>, StoreError> {
    blocking(path, patience, move |connection| {
        connection.immediate_transaction(|inner| migration::run(inner, migrations, direction))
    })
    .await
}

/// Every known migration and whether the file has it.
pub(crate) async fn migration_status(
    path: &Path,
    patience: Duration,
) -> Result<Vec<MigrationStatus>, StoreError> {
    blocking(path, patience, |connection| {
        migration::status(connection, migrations)
    })
    .await
}

async fn blocking<T: Send + 'static>(
    path: &Path,
    patience: Duration,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let path = path.to_owned();
    let done = spawn_blocking(move || {
        let mut connection = establish(&path)?;
        connection.batch_execute(&format!("PRAGMA busy_timeout = {}", patience.as_millis()))?;
        work(&mut connection)
    });
    done.await.map_err(|_| StoreError::Closed)?
}
