//! Where the database is and how it is used.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::error::StoreError;

/// Where a database is: `sqlite://path` or `postgres://…`.
#[derive(Clone)]
pub struct DatabaseUrl(Location);

#[derive(Clone)]
pub(crate) enum Location {
    Sqlite(PathBuf),
    Postgres(SecretString),
}

impl DatabaseUrl {
    /// The database in a file, which is made when it is not there.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self(Location::Sqlite(path.into()))
    }

    /// Reads a URL; a relative SQLite path counts from the working folder.
    ///
    /// # Errors
    /// [`StoreError::Url`] for another scheme, an empty path and a database in memory.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            return match path {
                "" => Err(StoreError::Url(
                    "the path of the SQLite file is missing".into(),
                )),
                ":memory:" => Err(StoreError::Url("SQLite needs a file".into())),
                path => Ok(Self::sqlite(path)),
            };
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self(Location::Postgres(SecretString::from(url))));
        }
        Err(StoreError::Url(
            "it must begin with sqlite:// or postgres://".into(),
        ))
    }

    /// The file, where it is SQLite.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.0 {
            Location::Sqlite(path) => Some(path),
            Location::Postgres(_) => None,
        }
    }

    /// Whether it is SQLite, which one process owns and migrates at start.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self.0, Location::Sqlite(_))
    }

    pub(crate) const fn location(&self) -> &Location {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        Self::parse(url)
    }
}

/// Shows the URL without user, password and options.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Location::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Location::Postgres(url) => write!(f, "postgres://{}", public_part(url.expose_secret())),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Host, port and database name of a PostgreSQL URL.
fn public_part(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
    rest.rsplit_once('@').map_or(rest, |(_, after)| after)
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// The greatest number of connections; on SQLite of readers, beside the one writer. Default 8.
    pub pool_size: usize,
    /// How long a task waits for a connection. Default 10 s.
    pub acquire_timeout: Duration,
    /// How long PostgreSQL works on one statement, and SQLite waits for another process. Default 30 s.
    pub statement_timeout: Duration,
    /// What PostgreSQL shows for our connections. Default `handoff`.
    pub application_name: String,
}

impl StoreConfig {
    /// The defaults for a database.
    #[must_use]
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            pool_size: 8,
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            application_name: "handoff".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_scheme_an_empty_path_and_memory_are_refused() {
        for url in [
            "mysql://host/db",
            "sqlite://",
            "sqlite://:memory:",
            "handoff.db",
        ] {
            assert!(
                matches!(DatabaseUrl::parse(url), Err(StoreError::Url(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url =
            DatabaseUrl::parse("postgres://someone:p@ss@host:5432/db?sslmode=disable").unwrap();

        assert_eq!(url.to_string(), "postgres://host:5432/db");
        assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres://host:5432/db)");
    }

    #[test]
    fn a_sqlite_path_is_relative_or_absolute() {
        let path = |url: &str| {
            DatabaseUrl::parse(url)
                .unwrap()
                .sqlite_path()
                .map(Path::to_owned)
        };

        assert_eq!(path("sqlite://data/x.db"), Some(PathBuf::from("data/x.db")));
        assert_eq!(
            path("sqlite:///data/x.db"),
            Some(PathBuf::from("/data/x.db"))
        );
    }
}
