//! SQL beside the repositories, on either database.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{Nullable, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _};
use handoff_store::testing::TestDatabase;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A connection of its own to a test's database.
pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(Client),
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Nullable<Text>)]
    word: Option<String>,
}

impl Raw {
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        if let Some(path) = database.url().sqlite_path() {
            let mut connection = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
            let settings = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON";
            connection.batch_execute(settings).unwrap();
            return Self::Sqlite(connection);
        }
        let url = database.url_text();
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        Self::Postgres(client)
    }

    /// An id as this database writes it.
    pub(crate) fn id(&self, number: u32) -> String {
        match self {
            Self::Sqlite(_) => format!("x'{number:032x}'"),
            Self::Postgres(_) => format!("'{number:032x}'::uuid"),
        }
    }

    pub(crate) const fn truth(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "1",
            Self::Postgres(_) => "true",
        }
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        match self {
            Self::Sqlite(connection) => connection.batch_execute(sql).unwrap(),
            Self::Postgres(client) => client.batch_execute(sql).await.unwrap(),
        }
    }

    /// The first column of each row, as text.
    pub(crate) async fn words(&mut self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => {
                let named = format!("WITH found(word) AS ({sql}) SELECT word FROM found");
                let rows: Vec<Word> = diesel::sql_query(named).load(connection).unwrap();
                rows.into_iter().filter_map(|row| row.word).collect()
            }
            Self::Postgres(client) => {
                let rows = client.simple_query(sql).await.unwrap();
                let word = |message| match message {
                    SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                    _ => None,
                };
                rows.into_iter().filter_map(word).collect()
            }
        }
    }

    /// Every row of a table, whole.
    pub(crate) async fn dump(&mut self, table: &str) -> Vec<String> {
        let columns = match self {
            Self::Postgres(_) => format!("{table}::text"),
            Self::Sqlite(_) => {
                let sql =
                    format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')");
                self.words(&sql).await.join(" || '|' || ")
            }
        };
        self.words(&format!("SELECT {columns} FROM {table} ORDER BY 1"))
            .await
    }

    /// References to rows that are not there; PostgreSQL allows none.
    pub(crate) async fn foreign_key_faults(&mut self) -> Vec<String> {
        match self {
            Self::Sqlite(_) => {
                self.words("SELECT \"table\" FROM pragma_foreign_key_check")
                    .await
            }
            Self::Postgres(_) => Vec::new(),
        }
    }
}
