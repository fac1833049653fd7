//! Migrations up, down and up again.

use handoff_store::UnknownChange;
use handoff_store::testing::TestDatabase;

use crate::raw::Raw;

#[tokio::test]
async fn sqlite_migrates_up_down_and_up() {
    goes_up_down_and_up(&TestDatabase::empty_sqlite().await).await;
}

#[tokio::test]
async fn postgres_migrates_up_down_and_up() {
    if let Some(database) = TestDatabase::empty_postgres().await {
        goes_up_down_and_up(&database).await;
    }
}

#[tokio::test]
async fn processes_that_migrate_sqlite_at_once_do_it_once() {
    migrates_once(&TestDatabase::empty_sqlite().await).await;
}

#[tokio::test]
async fn processes_that_migrate_postgres_at_once_do_it_once() {
    if let Some(database) = TestDatabase::empty_postgres().await {
        migrates_once(&database).await;
    }
}

async fn goes_up_down_and_up(database: &TestDatabase) {
    let store = database.store();
    let pending = store.pending_migrations().await.unwrap();
    assert!(!pending.is_empty());

    assert_eq!(store.migrate_up().await.unwrap(), pending);
    assert_eq!(
        store.pending_migrations().await.unwrap(),
        Vec::<String>::new()
    );
    assert!(!store.has_sealed_secrets().await.unwrap());
    assert_eq!(store.migrate_up().await.unwrap(), Vec::<String>::new());

    for name in pending.iter().rev() {
        assert_eq!(store.migrate_down().await.unwrap().as_ref(), Some(name));
    }
    assert_eq!(store.migrate_down().await.unwrap(), None);
    assert!(store.has_sealed_secrets().await.is_err());

    assert_eq!(store.migrate_up().await.unwrap(), pending);
    let status = store.migration_status().await.unwrap();
    assert!(status.iter().all(|migration| migration.applied));
}

#[tokio::test]
async fn sqlite_tells_what_a_newer_program_has_changed() {
    tells_of_newer_changes(&TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_tells_what_a_newer_program_has_changed() {
    if let Some(database) = TestDatabase::postgres().await {
        tells_of_newer_changes(&database).await;
    }
}

async fn tells_of_newer_changes(database: &TestDatabase) {
    let mut raw = Raw::open(database).await;
    let status = database.store().migration_status().await.unwrap();
    let stamps = status
        .iter()
        .map(|known| known.name.split('_').next().unwrap().replace('-', ""));
    let own = "SELECT version FROM schema_changes ORDER BY version";
    assert_eq!(raw.words(own).await, stamps.collect::<Vec<_>>());
    assert_eq!(database.store().unknown_changes().await.unwrap(), []);
    let truth = raw.truth();
    raw.run(&format!(
        "INSERT INTO schema_changes VALUES ('29991231000000', {truth})"
    ))
    .await;

    let unknown = database.store().unknown_changes().await.unwrap();

    assert_eq!(
        unknown,
        [UnknownChange {
            version: "29991231000000".to_owned(),
            breaks_older: true
        }]
    );
}

async fn migrates_once(database: &TestDatabase) {
    let store = database.store();

    let (left, right) = tokio::join!(store.migrate_up(), store.migrate_up());

    let mut applied = left.unwrap();
    applied.append(&mut right.unwrap());
    let names: Vec<String> = store
        .migration_status()
        .await
        .unwrap()
        .into_iter()
        .map(|known| known.name)
        .collect();
    assert_eq!(applied, names);
}
