//! The schema files against the catalogues of migrated databases.

use diesel::Connection as _;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};
use handoff_store::testing::TestDatabase;
use tokio_postgres::NoTls;

/// Table, column, type and whether it may be null.
type Column = (String, String, String, bool);

/// Reads the columns out of a schema file, whose form is the same throughout.
fn columns_of(schema: &str, type_of: impl Fn(&str) -> &'static str) -> Vec<Column> {
    let mut table = String::new();
    let mut columns = Vec::new();
    for line in schema.lines().map(str::trim) {
        if let Some((name, _)) = line
            .strip_suffix(") {")
            .and_then(|line| line.split_once(" ("))
        {
            name.clone_into(&mut table);
        } else if let Some((column, of_type)) = line.split_once(" -> ") {
            let of_type = of_type.trim_end_matches(',');
            let inner = of_type
                .strip_prefix("Nullable<")
                .and_then(|rest| rest.strip_suffix('>'));
            let sql_type = type_of(inner.unwrap_or(of_type)).to_owned();
            columns.push((table.clone(), column.to_owned(), sql_type, inner.is_some()));
        }
    }
    columns.sort();
    columns
}

#[derive(QueryableByName)]
struct SqliteColumn {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql_type: String,
    #[diesel(sql_type = Bool)]
    is_nullable: bool,
}

#[tokio::test]
async fn the_sqlite_schema_is_what_migrations_make() {
    let database = TestDatabase::sqlite().await;
    let path = database
        .url()
        .sqlite_path()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let mut connection = SqliteConnection::establish(&path).unwrap();
    let found: Vec<SqliteColumn> = diesel::sql_query(
        "SELECT t.name AS table_name, c.name AS name, c.type AS sql_type, c.\"notnull\" = 0 AS is_nullable \
         FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> '__diesel_schema_migrations'",
    )
    .load(&mut connection)
    .unwrap();

    let mut found: Vec<Column> = found
        .into_iter()
        .map(|column| {
            (
                column.table_name,
                column.name,
                column.sql_type,
                column.is_nullable,
            )
        })
        .collect();
    found.sort();
    let expected = columns_of(
        include_str!("../../src/sqlite/schema.rs"),
        |name| match name {
            "Binary" => "BLOB",
            "Text" | "Json" | "Date" | "TimestamptzSqlite" => "TEXT",
            "BigInt" | "Integer" | "Bool" => "INTEGER",
            other => panic!("what is {other} on SQLite?"),
        },
    );
    assert!(expected.len() > 100);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_postgres_schema_is_what_migrations_make() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let (client, connection) = tokio_postgres::connect(&database.url_text(), NoTls)
        .await
        .unwrap();
    let driver = tokio::spawn(connection);
    let rows = client
        .query(
            "SELECT table_name::text, column_name::text, udt_name::text, is_nullable = 'YES' \
             FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'",
            &[],
        )
        .await
        .unwrap();
    drop(client);
    driver.await.unwrap().unwrap();

    let mut found: Vec<Column> = rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3)))
        .collect();
    found.sort();
    let expected = columns_of(
        include_str!("../../src/postgres/schema.rs"),
        |name| match name {
            "Uuid" => "uuid",
            "Binary" => "bytea",
            "Text" => "text",
            "Jsonb" => "jsonb",
            "Timestamptz" => "timestamptz",
            "Date" => "date",
            "BigInt" => "int8",
            "Integer" => "int4",
            "Bool" => "bool",
            other => panic!("what is {other} on PostgreSQL?"),
        },
    );
    assert!(expected.len() > 100);
    assert_eq!(found, expected);
}
