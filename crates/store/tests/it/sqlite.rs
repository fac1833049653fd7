//! What only SQLite can get wrong.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};
use handoff_domain::shared::failure::FailureKind;
use handoff_store::testing::TestDatabase;
use handoff_store::{DatabaseUrl, Store, StoreConfig};

use crate::world::World;

fn raw(database: &TestDatabase) -> SqliteConnection {
    let path = database
        .url()
        .sqlite_path()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let mut connection = SqliteConnection::establish(&path).unwrap();
    connection
        .batch_execute("PRAGMA busy_timeout = 10000")
        .unwrap();
    connection
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

fn word(connection: &mut SqliteConnection, sql: &str) -> String {
    diesel::sql_query(sql)
        .get_result::<Word>(connection)
        .unwrap()
        .word
}

#[tokio::test]
async fn the_file_is_private_and_writes_ahead() {
    let database = TestDatabase::sqlite().await;
    let path = database.url().sqlite_path().unwrap();

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let mut connection = raw(&database);
    assert_eq!(
        word(
            &mut connection,
            "SELECT journal_mode AS word FROM pragma_journal_mode"
        ),
        "wal"
    );
}

#[tokio::test]
async fn a_name_that_looks_like_a_uri_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a?mode=memory&b#c%20d.db");
    let config = StoreConfig::new(DatabaseUrl::sqlite(&path));

    let store = Store::open(config).await.unwrap();
    store.migrate_up().await.unwrap();

    assert!(path.metadata().unwrap().len() > 0);
}

#[tokio::test]
async fn times_are_text_that_sorts_and_ids_are_sixteen_bytes() {
    let database = TestDatabase::sqlite().await;
    World::new(&database).await;
    let mut connection = raw(&database);

    let sql = "SELECT created_at AS word FROM documents";
    assert_eq!(
        word(&mut connection, sql),
        "2026-11-23 09:00:00.123456+00:00"
    );
    let sql = "SELECT typeof(id) || length(id) AS word FROM documents";
    assert_eq!(word(&mut connection, sql), "blob16");
    let sql = "SELECT config ->> 'account_id' AS word FROM integrations";
    assert_eq!(word(&mut connection, sql), "account-1");
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_is_corrupt() {
    let database = TestDatabase::sqlite().await;
    let world = World::new(&database).await;
    let sql = "UPDATE documents SET created_by = 'nobody'";
    raw(&database).batch_execute(sql).unwrap();

    let failure = world
        .ports
        .documents
        .find(world.workspace, world.document)
        .await
        .unwrap_err();

    assert_eq!(failure.kind(), FailureKind::Corrupt);
}

#[tokio::test]
async fn a_write_that_is_dropped_half_way_leaves_nothing_and_blocks_nobody() {
    let database = TestDatabase::sqlite().await;
    let world = World::new(&database).await;
    let tickets = world.add_tickets(3).await;
    // Dropped after ever more steps, until one goes through to its end.
    for steps in 1.. {
        let push = world.push_of(&tickets);
        let deliveries = world.ports.deliveries.clone();
        let finished = {
            let accept = pin!(deliveries.accept(&push));
            drop_after(accept, steps).await
        };

        // Waits until the dropped transaction has let go of the file, one way or the other.
        raw(&database)
            .batch_execute("BEGIN IMMEDIATE; ROLLBACK")
            .unwrap();
        let found = deliveries.find_push(world.workspace, push.push.id, push.push.created_at);
        if finished || found.await.unwrap().is_some() {
            assert!(world.load(tickets[0].id).await.delivery.is_some());
            break;
        }
        assert_eq!(world.load(tickets[0].id).await.delivery, None);
    }
}

#[tokio::test]
async fn a_read_that_is_dropped_half_way_gives_its_connection_up() {
    let database = TestDatabase::sqlite().await;
    let world = World::new(&database).await;
    for _ in 0..20 {
        let documents = world.ports.documents.clone();
        let find = pin!(documents.find(world.workspace, world.document));
        drop_after(find, 2).await;
    }

    let found = world
        .ports
        .documents
        .find(world.workspace, world.document)
        .await
        .unwrap();

    assert!(found.is_some());
}

/// Polls a future so many times, waiting for its wake-ups, and drops it; tells whether it came to its end.
async fn drop_after<F: Future + Unpin>(mut future: F, polls: u32) -> bool {
    let mut left = polls;
    std::future::poll_fn(|context: &mut Context<'_>| {
        left -= 1;
        match pin!(&mut future).poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn a_second_process_waits_for_its_turn() {
    let database = TestDatabase::sqlite().await;
    let world = World::new(&database).await;
    let config = StoreConfig::new(database.url().clone());
    let second = Store::open(config).await.unwrap();
    let tickets = world.add_tickets(1).await;
    let push = world.push_of(&tickets);
    let mut other = raw(&database);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();

    let repository = second.deliveries();
    let mut accept = pin!(repository.accept(&push));
    let mut idle = Context::from_waker(Waker::noop());
    assert!(accept.as_mut().poll(&mut idle).is_pending());
    other.batch_execute("ROLLBACK").unwrap();

    assert!(accept.await.is_ok());
    assert!(world.load(tickets[0].id).await.delivery.is_some());
}
