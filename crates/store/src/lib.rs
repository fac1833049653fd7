//! Repositories of Handoff on SQLite and PostgreSQL, written once for both.
//!
//! [`Store`] opens either database and gives the domain's ports. The repositories below `repositories/` are compiled
//! twice, once inside `sqlite` and once inside `postgres`; each of these holds the connection, the schema and the few
//! functions in which the databases differ.
#![expect(
    clippy::duplicate_mod,
    reason = "the repositories are compiled once for each database"
)]

mod batches;
mod config;
mod error;
mod migration;
mod overview;
mod postgres;
mod sqlite;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod values;

pub use config::{DatabaseUrl, StoreConfig};
pub use error::StoreError;
pub use migration::{MigrationStatus, UnknownChange};
pub use overview::LedgerOverview;
pub use store::Store;
