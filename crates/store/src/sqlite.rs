//! SQLite: one file, one writer, a few readers.

mod blocking;
mod locks;
mod migrations;
mod pool;
mod schema;

#[path = "repositories/all.rs"]
pub(crate) mod repositories;

use diesel::SqliteConnection;
use diesel::query_dsl::methods::ExecuteDsl;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

use crate::error::StoreError;
pub(crate) use migrations::{migrate, migration_status};
pub(crate) use pool::{Database, Pooled, begin_snapshot, begin_write, connection, is_idle};

/// The database that statements are built for.
pub(crate) type Backend = diesel::sqlite::Sqlite;

/// A connection whose statements run on the pool of blocking threads.
pub(crate) type Connection = SyncConnectionWrapper<SqliteConnection, blocking::Blocking>;

/// Runs an insert of many rows as one statement.
///
/// The asynchronous layer builds such an insert for PostgreSQL only, so it goes to the connection below.
pub(crate) async fn execute_batch<S>(
    connection: &mut Connection,
    statement: S,
) -> Result<usize, StoreError>
where
    S: ExecuteDsl<SqliteConnection> + Send + 'static,
{
    let done = connection.spawn_blocking(|connection| ExecuteDsl::execute(statement, connection));
    Ok(done.await?)
}
