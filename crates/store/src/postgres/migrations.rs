//! Migrations on the server.

use diesel::pg::Pg;
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use tokio::task::spawn_blocking;

use super::{Connection, Database};
use crate::error::StoreError;
use crate::migration::{self, Direction, MigrationStatus};

fn migrations() -> EmbeddedMigrations {
    const EMBEDDED: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
    EMBEDDED
}

/// Held while migrating, so that two processes cannot do so at once; any number that nobody else uses.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_lock(7248105936120457)";

/// Migrates on a connection of its own; the lock ends with it.
pub(crate) async fn migrate(
    database: &Database,
    direction: Direction,
) -> Result<Vec<String>, StoreError> {
    let mut connection = database.connect().await?;
    connection
        .batch_execute("SET statement_timeout = 0")
        .await?;
    connection.batch_execute(MIGRATION_LOCK).await?;
    blocking(connection, move |harness| {
        migration::run::<Pg>(harness, migrations, direction)
    })
    .await
}

/// Every known migration and whether the database has it.
pub(crate) async fn migration_status(
    database: &Database,
) -> Result<Vec<MigrationStatus>, StoreError> {
    let connection = database.connect().await?;
    blocking(connection, |harness| {
        migration::status::<Pg>(harness, migrations)
    })
    .await
}

/// The harness blocks while it waits for the server, so it gets a thread of its own.
async fn blocking<T: Send + 'static>(
    connection: Connection,
    work: impl FnOnce(&mut AsyncMigrationHarness<Connection>) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = spawn_blocking(move || work(&mut AsyncMigrationHarness::new(connection)));
    done.await.map_err(|_| StoreError::Closed)?
}
