//! PostgreSQL: many processes on one database.

mod locks;
mod migrations;
mod pool;
mod schema;
mod tls;
mod url;

#[path = "repositories/all.rs"]
pub(crate) mod repositories;

use diesel_async::methods::ExecuteDsl;

use crate::error::StoreError;
pub(crate) use migrations::{migrate, migration_status};
pub(crate) use pool::{Database, Pooled, begin_snapshot, begin_write, connection, is_idle};

/// The database that statements are built for.
pub(crate) type Backend = diesel::pg::Pg;

/// A connection.
pub(crate) type Connection = diesel_async::AsyncPgConnection;

/// Runs an insert of many rows as one statement.
pub(crate) async fn execute_batch<S>(
    connection: &mut Connection,
    statement: S,
) -> Result<usize, StoreError>
where
    S: ExecuteDsl<Connection>,
{
    Ok(ExecuteDsl::execute(statement, connection).await?)
}
