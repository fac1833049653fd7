//! A service on PostgreSQL.

use std::ops::Deref;

use acceptance::{App, AppBuilder};
use handoff_store::testing::TestDatabase;

/// A service with a PostgreSQL database of its own; stopped before the database goes.
pub(crate) struct OnPostgres {
    app: App,
    _database: TestDatabase,
}

impl OnPostgres {
    /// Starts it, or says why not.
    pub(crate) async fn start() -> Option<Self> {
        let database = TestDatabase::postgres().await?;
        let app = AppBuilder::default()
            .postgres(&database.url_text())
            .start()
            .await;
        Some(Self {
            app,
            _database: database,
        })
    }
}

impl Deref for OnPostgres {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}
