//! The connections to the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleResult};
use diesel::connection::AnsiTransactionManager;
use diesel::{Connection as _, SqliteConnection};
use diesel_async::SimpleAsyncConnection;
use tokio::task::spawn_blocking;

use super::Connection;
use super::blocking::{Blocking, Running};
use crate::config::StoreConfig;
use crate::error::StoreError;

/// A connection taken from its pool.
pub(crate) type Pooled = Object<Opener>;

/// The writer and the readers of one file.
#[derive(Clone)]
pub(crate) struct Database {
    path: PathBuf,
    writer: Pool<Opener>,
    readers: Pool<Opener>,
}

impl Database {
    /// Makes the folder and the file where they are missing, and opens it.
    pub(crate) async fn open(path: &Path, config: &StoreConfig) -> Result<Self, StoreError> {
        let file = path.to_owned();
        match spawn_blocking(move || prepare_file(&file)).await {
            Ok(prepared) => prepared.map_err(StoreError::File)?,
            Err(_) => return Err(StoreError::Closed),
        }
        let pool = |access, size| open_pool(path, access, size, config);
        let database = Self {
            path: path.to_owned(),
            writer: pool(Access::Write, 1)?,
            readers: pool(Access::Read, config.pool_size.max(1))?,
        };
        // The writer goes first: it switches the file to write-ahead logging, which readers then find.
        drop(acquire(&database.writer).await?);
        Ok(database)
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A connection that can only read.
    pub(crate) async fn reader(&self) -> Result<Pooled, StoreError> {
        acquire(&self.readers).await
    }

    /// The connection that can write.
    pub(crate) async fn writer(&self) -> Result<Pooled, StoreError> {
        acquire(&self.writer).await
    }
}

/// The connection inside.
pub(crate) fn connection(pooled: &mut Pooled) -> &mut Connection {
    &mut pooled.connection
}

/// Whether the connection can go back to its pool.
pub(crate) fn is_idle(pooled: &Pooled) -> bool {
    pooled.running.is_idle()
}

/// Takes the write lock at once, so that no transaction can fail half-way for want of it.
pub(crate) async fn begin_write(connection: &mut Connection) -> Result<(), StoreError> {
    begin(connection, "BEGIN IMMEDIATE").await
}

/// Begins to read one state of the database.
pub(crate) async fn begin_snapshot(connection: &mut Connection) -> Result<(), StoreError> {
    begin(connection, "BEGIN DEFERRED").await
}

async fn begin(connection: &mut Connection, sql: &'static str) -> Result<(), StoreError> {
    let begun = connection
        .spawn_blocking(move |inner| AnsiTransactionManager::begin_transaction_sql(inner, sql));
    Ok(begun.await?)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Opens connections of one kind.
pub(crate) struct Opener {
    path: PathBuf,
    access: Access,
    patience: Duration,
}

/// A connection and whether a statement of it is at work.
pub(crate) struct Slot {
    connection: Connection,
    running: Running,
}

impl Manager for Opener {
    type Type = Slot;
    type Error = StoreError;

    async fn create(&self) -> Result<Slot, StoreError> {
        let path = self.path.clone();
        let opened = spawn_blocking(move || establish(&path)).await;
        let opened = opened.map_err(|_| StoreError::Closed)??;
        let running = Running::default();
        let mut connection = Connection::with_runtime(opened, Blocking::new(running.clone()));
        connection
            .batch_execute(&pragmas(self.access, self.patience))
            .await?;
        Ok(Slot {
            connection,
            running,
        })
    }

    async fn recycle(&self, _: &mut Slot, _: &Metrics) -> RecycleResult<StoreError> {
        Ok(())
    }
}

/// Opens the file as an ordinary blocking connection.
pub(super) fn establish(path: &Path) -> Result<SqliteConnection, StoreError> {
    let mut name = path.to_string_lossy().into_owned();
    if !path.is_absolute() {
        // A bare name could be taken for a URI by SQLite.
        name.insert_str(0, "./");
    }
    SqliteConnection::establish(&name).map_err(|error| StoreError::Connect(error.to_string()))
}

fn pragmas(access: Access, patience: Duration) -> String {
    let wait = format!("PRAGMA busy_timeout = {};", patience.as_millis());
    match access {
        Access::Write => format!(
            "{wait} PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        ),
        // Pages that a reader does not keep are in the operating system's cache, once for all readers.
        Access::Read => format!("{wait} PRAGMA query_only = ON; PRAGMA cache_size = -512;"),
    }
}

fn open_pool(
    path: &Path,
    access: Access,
    size: usize,
    config: &StoreConfig,
) -> Result<Pool<Opener>, StoreError> {
    let opener = Opener {
        path: path.to_owned(),
        access,
        patience: config.statement_timeout,
    };
    Pool::builder(opener)
        .max_size(size)
        .wait_timeout(Some(config.acquire_timeout))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::Connect(error.to_string()))
}

async fn acquire(pool: &Pool<Opener>) -> Result<Pooled, StoreError> {
    pool.get().await.map_err(|error| match error {
        PoolError::Timeout(_) => StoreError::Busy,
        PoolError::Backend(error) => error,
        PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            StoreError::Closed
        }
    })
}

/// Makes the folder and an empty file that only its owner can read.
fn prepare_file(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}
