//! How the store fails.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use handoff_domain::shared::failure::{Failure, FailureKind};
use thiserror::Error;

/// Why the store could not do something; never holds stored values.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database URL cannot be used.
    #[error("the database URL cannot be used: {0}")]
    Url(String),
    /// The database file or its folder cannot be made.
    #[error("the database file cannot be prepared")]
    File(#[source] std::io::Error),
    /// The database cannot be reached.
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    /// A setting of the database would break a promise.
    #[error("the database has {setting} = {found}, but {needed} is needed")]
    Setting {
        /// The name of the setting.
        setting: &'static str,
        /// What was found.
        found: String,
        /// What is needed.
        needed: &'static str,
    },
    /// No connection became free in time.
    #[error("no database connection became free in time")]
    Busy,
    /// The connection was given up.
    #[error("the database connection is closed")]
    Closed,
    /// A migration failed.
    #[error("the migration failed: {0}")]
    Migration(String),
    /// A statement failed.
    #[error("a database statement failed")]
    Statement(#[source] DieselError),
    /// A column holds what it never should.
    #[error("the column {column} holds a value that cannot be understood")]
    Corrupt {
        /// The table and column.
        column: &'static str,
    },
    /// A value cannot be written as JSON.
    #[error("a value cannot be written as JSON")]
    Json(#[source] serde_json::Error),
}

impl StoreError {
    /// Whether the transaction was given up by the database and may succeed when it is run again.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Statement(DieselError::DatabaseError(kind, info)) => match kind {
                DatabaseErrorKind::SerializationFailure => true,
                DatabaseErrorKind::Unknown => info.message().contains("deadlock detected"),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a row with this key was there before.
    pub(crate) const fn is_unique_violation(&self) -> bool {
        matches!(
            self,
            Self::Statement(DieselError::DatabaseError(
                DatabaseErrorKind::UniqueViolation,
                _
            ))
        )
    }

    fn failure_kind(&self) -> FailureKind {
        match self {
            Self::Connect(_) | Self::Busy | Self::Closed => FailureKind::Unavailable,
            Self::Corrupt { .. } => FailureKind::Corrupt,
            Self::Statement(error) => statement_failure_kind(error),
            Self::Url(_)
            | Self::File(_)
            | Self::Setting { .. }
            | Self::Migration(_)
            | Self::Json(_) => FailureKind::Internal,
        }
    }
}

/// What the databases say when they are locked, full, being stopped or started, or gone; the layers between keep no codes.
const PASSING: [&str; 11] = [
    "database is locked",
    "table is locked",
    "disk is full",
    "disk I/O error",
    "unable to open database file",
    "readonly database",
    "deadlock detected",
    "terminating connection",
    "the database system is",
    "No space left on device",
    "lock timeout",
];

fn statement_failure_kind(error: &DieselError) -> FailureKind {
    match error {
        DieselError::DeserializationError(_) => FailureKind::Corrupt,
        DieselError::BrokenTransactionManager => FailureKind::Unavailable,
        DieselError::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::ReadOnlyTransaction
            | DatabaseErrorKind::SerializationFailure => FailureKind::Unavailable,
            _ if info.message().contains("statement timeout") => FailureKind::TimedOut,
            _ if PASSING.iter().any(|words| info.message().contains(words)) => {
                FailureKind::Unavailable
            }
            _ => FailureKind::Internal,
        },
        _ => FailureKind::Internal,
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        Self::Statement(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.failure_kind(), error)
    }
}
