//! Fresh, migrated databases for tests, gone when they are dropped.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::print_stdout,
    reason = "tests may panic, and say on standard output why they are skipped"
)]

use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::{DatabaseUrl, Store, StoreConfig};

/// The environment variable that names a throw-away PostgreSQL cluster: the URL of an administrator.
pub const POSTGRES_URL: &str = "HANDOFF_TEST_POSTGRES_URL";

/// A database of its own.
#[derive(Debug)]
pub struct TestDatabase {
    store: Store,
    url: DatabaseUrl,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(#[expect(dead_code, reason = "dropping it removes the folder")] TempDir),
    Server(Server),
}

impl TestDatabase {
    /// A SQLite file in a temporary folder.
    pub async fn sqlite() -> Self {
        let database = Self::empty_sqlite().await;
        database
            .store
            .migrate_up()
            .await
            .expect("the file can be migrated");
        database
    }

    /// A SQLite file without tables.
    pub async fn empty_sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let url = DatabaseUrl::sqlite(folder.path().join("data").join("handoff.db"));
        Self::open(url, Place::Folder(folder)).await
    }

    /// A PostgreSQL database, or `None` and a line that says so where [`POSTGRES_URL`] is not set.
    pub async fn postgres() -> Option<Self> {
        let database = Self::empty_postgres().await?;
        database
            .store
            .migrate_up()
            .await
            .expect("the database can be migrated");
        Some(database)
    }

    /// A PostgreSQL database without tables.
    pub async fn empty_postgres() -> Option<Self> {
        let Ok(admin_url) = std::env::var(POSTGRES_URL) else {
            println!("skipped: PostgreSQL: {POSTGRES_URL} is not set");
            return None;
        };
        let server = Server::create(admin_url).await;
        let url = DatabaseUrl::parse(&server.database_url()).expect("the URL is a PostgreSQL URL");
        Some(Self::open(url, Place::Server(server)).await)
    }

    /// The open database.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Where it is.
    #[must_use]
    pub const fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// The whole URL as text, for a configuration.
    #[must_use]
    pub fn url_text(&self) -> String {
        match &self.place {
            Place::Folder(_) => self.url.to_string(),
            Place::Server(server) => server.database_url(),
        }
    }

    async fn open(url: DatabaseUrl, place: Place) -> Self {
        let config = StoreConfig {
            pool_size: 4,
            ..StoreConfig::new(url.clone())
        };
        let store = Store::open(config)
            .await
            .expect("the database can be opened");
        Self { store, url, place }
    }
}

/// A database on the cluster, dropped with this value.
#[derive(Debug)]
struct Server {
    admin_url: String,
    name: String,
}

impl Server {
    async fn create(admin_url: String) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("handoff_test_{}_{count}", std::process::id());
        let server = Self { admin_url, name };
        execute(&server.admin_url, &server.drop_sql()).await;
        execute(
            &server.admin_url,
            &format!("CREATE DATABASE {}", server.name),
        )
        .await;
        server
    }

    fn database_url(&self) -> String {
        let (base, options) = match self.admin_url.split_once('?') {
            Some((base, options)) => (base, format!("?{options}")),
            None => (self.admin_url.as_str(), String::new()),
        };
        let after_scheme = base.find("://").map_or(0, |at| at + 3);
        let host_end = base
            .char_indices()
            .find_map(|(at, letter)| (at >= after_scheme && letter == '/').then_some(at))
            .unwrap_or(base.len());
        let host = base.get(..host_end).unwrap_or(base);
        format!("{host}/{}{options}", self.name)
    }

    fn drop_sql(&self) -> String {
        format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)
    }
}

async fn execute(admin_url: &str, sql: &str) {
    let connected = tokio_postgres::connect(admin_url, NoTls).await;
    let (client, connection) = connected.expect("the cluster can be reached");
    let driver = tokio::spawn(connection);
    client
        .batch_execute(sql)
        .await
        .expect("an administrator may make and drop databases");
    drop(client);
    drop(driver.await);
}

impl Drop for Server {
    fn drop(&mut self) {
        let (admin_url, sql) = (self.admin_url.clone(), self.drop_sql());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("a runtime can be made")
                .block_on(execute(&admin_url, &sql));
        });
        if dropped.join().is_err() {
            println!("the test database {} could not be dropped", self.name);
        }
    }
}
