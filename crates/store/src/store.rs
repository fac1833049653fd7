//! The store: one of the two databases behind the domain's ports.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use handoff_domain::audit::ports::AuditTrail;
use handoff_domain::connection::ports::ConnectionRepository;
use handoff_domain::delivery::ports::DeliveryRepository;
use handoff_domain::document::ports::DocumentRepository;
use handoff_domain::ticket::ports::TicketRepository;
use handoff_domain::workspace::ports::WorkspaceDirectory;
use time::OffsetDateTime;

use crate::config::{Location, StoreConfig};
use crate::error::StoreError;
use crate::migration::{self, Direction, MigrationStatus, UnknownChange};
use crate::overview::LedgerOverview;
use crate::{postgres, sqlite};

/// An open database; clones share its connections.
#[derive(Clone)]
pub struct Store {
    database: Database,
    patience: Duration,
}

#[derive(Clone)]
enum Database {
    Sqlite(sqlite::Database),
    Postgres(postgres::Database),
}

/// Makes one port on whichever database is open.
macro_rules! port {
    ($store:expr, $($repository:ident)::+) => {
        match &$store.database {
            Database::Sqlite(database) => {
                Arc::new(sqlite::repositories::$($repository)::+::new(database.clone()))
            }
            Database::Postgres(database) => {
                Arc::new(postgres::repositories::$($repository)::+::new(database.clone()))
            }
        }
    };
}

impl Store {
    /// Opens a database. A SQLite file and its folder are made where they are missing; nothing is migrated.
    ///
    /// # Errors
    /// [`StoreError::Url`], [`StoreError::File`], [`StoreError::Connect`], and [`StoreError::Setting`] where
    /// PostgreSQL may lose what it has committed.
    pub async fn open(config: StoreConfig) -> Result<Self, StoreError> {
        let database = match config.url.location() {
            Location::Sqlite(path) => {
                Database::Sqlite(sqlite::Database::open(path, &config).await?)
            }
            Location::Postgres(url) => {
                Database::Postgres(postgres::Database::open(url, &config).await?)
            }
        };
        Ok(Self {
            database,
            patience: config.statement_timeout,
        })
    }

    /// Applies every migration that is missing and names them, oldest first; safe beside other processes.
    ///
    /// # Errors
    /// [`StoreError::Migration`] with the database's own message.
    pub async fn migrate_up(&self) -> Result<Vec<String>, StoreError> {
        self.migrate(Direction::Up).await
    }

    /// Takes the last migration back and names it; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Migration`] with the database's own message.
    pub async fn migrate_down(&self) -> Result<Option<String>, StoreError> {
        Ok(self.migrate(Direction::Down).await?.pop())
    }

    /// Every known migration, oldest first, and whether the database has it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn migration_status(&self) -> Result<Vec<MigrationStatus>, StoreError> {
        match &self.database {
            Database::Sqlite(database) => {
                sqlite::migration_status(database.path(), self.patience).await
            }
            Database::Postgres(database) => postgres::migration_status(database).await,
        }
    }

    /// The names of the migrations that the database lacks, oldest first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let status = self.migration_status().await?;
        let pending = status.into_iter().filter(|migration| !migration.applied);
        Ok(pending.map(|migration| migration.name).collect())
    }

    /// The changes of a migrated database that a newer program has made, oldest first.
    ///
    /// # Errors
    /// When the database cannot be asked, or is not migrated.
    pub async fn unknown_changes(&self) -> Result<Vec<UnknownChange>, StoreError> {
        let changes = match &self.database {
            Database::Sqlite(database) => {
                sqlite::repositories::health::schema_changes(database).await?
            }
            Database::Postgres(database) => {
                postgres::repositories::health::schema_changes(database).await?
            }
        };
        Ok(migration::unknown(&self.migration_status().await?, changes))
    }

    /// Documents.
    #[must_use]
    pub fn documents(&self) -> Arc<dyn DocumentRepository> {
        port!(self, documents::Documents)
    }

    /// Execution tickets.
    #[must_use]
    pub fn tickets(&self) -> Arc<dyn TicketRepository> {
        port!(self, tickets::Tickets)
    }

    /// Integrations.
    #[must_use]
    pub fn connections(&self) -> Arc<dyn ConnectionRepository> {
        port!(self, connections::Connections)
    }

    /// The ledger of pushes and deliveries.
    #[must_use]
    pub fn deliveries(&self) -> Arc<dyn DeliveryRepository> {
        port!(self, deliveries::Deliveries)
    }

    /// Workspaces, members and tokens.
    #[must_use]
    pub fn workspaces(&self) -> Arc<dyn WorkspaceDirectory> {
        port!(self, workspaces::Workspaces)
    }

    /// The audit record.
    #[must_use]
    pub fn audit(&self) -> Arc<dyn AuditTrail> {
        port!(self, audit::AuditEntries)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.database {
            Database::Sqlite(database) => sqlite::repositories::health::ping(database).await,
            Database::Postgres(database) => postgres::repositories::health::ping(database).await,
        }
    }

    /// Whether any sealed token is stored, so that losing the encryption key would lose it.
    ///
    /// # Errors
    /// When the database cannot be asked, or is not migrated.
    pub async fn has_sealed_secrets(&self) -> Result<bool, StoreError> {
        match &self.database {
            Database::Sqlite(database) => {
                sqlite::repositories::health::has_sealed_secrets(database).await
            }
            Database::Postgres(database) => {
                postgres::repositories::health::has_sealed_secrets(database).await
            }
        }
    }

    /// How the ledger of deliveries stands.
    ///
    /// # Errors
    /// When the database cannot be asked, or is not migrated.
    pub async fn ledger_overview(&self, now: OffsetDateTime) -> Result<LedgerOverview, StoreError> {
        match &self.database {
            Database::Sqlite(database) => sqlite::repositories::overview::load(database, now).await,
            Database::Postgres(database) => {
                postgres::repositories::overview::load(database, now).await
            }
        }
    }

    async fn migrate(&self, direction: Direction) -> Result<Vec<String>, StoreError> {
        match &self.database {
            Database::Sqlite(database) => {
                sqlite::migrate(database.path(), self.patience, direction).await
            }
            Database::Postgres(database) => postgres::migrate(database, direction).await,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backend = match &self.database {
            Database::Sqlite(_) => "SQLite",
            Database::Postgres(_) => "PostgreSQL",
        };
        f.debug_tuple("Store").field(&backend).finish()
    }
}
