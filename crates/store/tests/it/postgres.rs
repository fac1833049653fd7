//! What only PostgreSQL can get wrong.

use handoff_store::testing::TestDatabase;
use handoff_store::{DatabaseUrl, Store, StoreConfig, StoreError};
use tokio_postgres::NoTls;

use crate::world::World;

async fn execute(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
}

async fn open(url: &str) -> Result<Store, StoreError> {
    Store::open(StoreConfig::new(DatabaseUrl::parse(url)?)).await
}

#[tokio::test]
async fn a_server_that_may_lose_commits_is_refused() {
    let Some(database) = TestDatabase::empty_postgres().await else {
        return;
    };
    let url = database.url_text();
    let name = url.rsplit('/').next().unwrap();
    execute(
        &url,
        &format!("ALTER DATABASE {name} SET synchronous_commit = off"),
    )
    .await;

    let refused = open(&url).await.unwrap_err();

    assert_eq!(
        refused.to_string(),
        "the database has synchronous_commit = off, but on is needed"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_of_without_the_password() {
    let refused = open("postgres://somebody:hidden@127.0.0.1:1/handoff")
        .await
        .unwrap_err();

    assert!(matches!(refused, StoreError::Connect(_)));
    assert!(!format!("{refused} {refused:?}").contains("hidden"));
}

#[tokio::test]
async fn encryption_that_is_asked_for_is_never_left_out() {
    let Some(database) = TestDatabase::empty_postgres().await else {
        return;
    };
    let url = format!("{}?sslmode=require", database.url_text());

    let refused = open(&url).await.unwrap_err().to_string();

    // A machine that trusts nobody does not even ask the server.
    assert!(
        refused.contains("TLS") || refused.contains("trusts no"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_is_replaced() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let world = World::new(&database).await;
    let end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    execute(&database.url_text(), end_all).await;

    let mut failures = 0;
    while database.store().ping().await.is_err() {
        failures += 1;
        assert!(failures < 10, "broken connections stay in the pool");
    }

    let found = world
        .ports
        .documents
        .find(world.workspace, world.document)
        .await
        .unwrap();
    assert!(found.is_some());
}
