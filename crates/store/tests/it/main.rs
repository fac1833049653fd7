//! The store against real databases: SQLite always, PostgreSQL where a throw-away cluster is named.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may panic"
)]

mod catalogue;
mod contracts;
mod faults;
mod full_disk;
mod ledger;
mod migrations;
mod plans;
mod postgres;
mod races;
mod raw;
mod sqlite;
mod upgrades;
mod world;

/// Makes a test of each promise for each database.
macro_rules! on_both_databases {
    ($($promise:ident),+ $(,)?) => {
        mod on_sqlite {$(
            #[tokio::test]
            async fn $promise() {
                let database = handoff_store::testing::TestDatabase::sqlite().await;
                super::$promise(&database).await;
            }
        )+}

        mod on_postgres {$(
            #[tokio::test]
            async fn $promise() {
                if let Some(database) = handoff_store::testing::TestDatabase::postgres().await {
                    super::$promise(&database).await;
                }
            }
        )+}
    };
}
pub(crate) use on_both_databases;
