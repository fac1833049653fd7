//! Databases that fail in the middle: nothing is half written, the failure tells that it will pass, and it does.

use std::pin::pin;

use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl as _};
use handoff_domain::delivery::ports::AcceptOutcome;
use handoff_domain::shared::failure::FailureKind;
use handoff_store::testing::TestDatabase;
use tokio_postgres::NoTls;

use crate::world::{World, at, states};

fn raw(database: &TestDatabase) -> SqliteConnection {
    let path = database.url().sqlite_path().unwrap();
    SqliteConnection::establish(&path.to_string_lossy()).unwrap()
}

/// A trigger speaks for a disk that is full when the last table of a push is written.
#[tokio::test]
async fn a_push_that_fills_the_disk_leaves_nothing_and_goes_through_later() {
    let database = TestDatabase::sqlite().await;
    let world = World::new(&database).await;
    let tickets = world.add_tickets(3).await;
    let push = world.push_of(&tickets);
    let full = "CREATE TRIGGER full BEFORE INSERT ON audit_entries \
         BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END";
    raw(&database).batch_execute(full).unwrap();

    let failure = world.ports.deliveries.accept(&push).await.unwrap_err();

    assert_eq!(failure.kind(), FailureKind::Unavailable);
    let found = world
        .ports
        .deliveries
        .find_push(world.workspace, push.push.id, at(0));
    assert_eq!(found.await.unwrap(), None);
    assert_eq!(world.load(tickets[0].id).await.delivery, None);
    assert!(world.try_claim(50).await.is_none());
    raw(&database).batch_execute("DROP TRIGGER full").unwrap();
    assert_eq!(world.try_accept(&push).await, AcceptOutcome::Accepted);
    assert_eq!(world.claim().await.deliveries.len(), 3);
}

/// The file may not grow any more, for real: SQLite keeps the limit for a connection, so that of the store is used.
#[tokio::test]
async fn a_file_that_may_not_grow_refuses_and_keeps_what_it_has() {
    let database = TestDatabase::sqlite().await;
    let mut connection = raw(&database);
    connection
        .batch_execute("CREATE TABLE filler (text TEXT); PRAGMA max_page_count = 1")
        .unwrap();
    let fill = "INSERT INTO filler SELECT hex(randomblob(500000))";

    let error = diesel::sql_query(fill)
        .execute(&mut connection)
        .unwrap_err();

    // The words that the store takes for a fault that passes.
    assert_eq!(error.to_string(), "database or disk is full");
}

#[tokio::test]
async fn a_file_that_another_program_keeps_locked_is_unavailable() {
    let database = TestDatabase::sqlite().await;
    let mut config = handoff_store::StoreConfig::new(database.url().clone());
    config.statement_timeout = std::time::Duration::from_millis(50);
    let impatient = handoff_store::Store::open(config).await.unwrap();
    let world = World::new(&database).await;
    let tickets = world.add_tickets(1).await;
    let push = world.push_of(&tickets);
    let mut other = raw(&database);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();

    let failure = impatient.deliveries().accept(&push).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::Unavailable);

    other.batch_execute("ROLLBACK").unwrap();
    let accepted = impatient.deliveries().accept(&push).await.unwrap();
    assert_eq!(accepted, AcceptOutcome::Accepted);
}

/// Every connection of the database is cut again and again while pushes are accepted, claimed and settled.
#[tokio::test]
async fn connections_that_are_cut_at_any_moment_leave_whole_pushes() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let world = World::new(&database).await;
    let (client, driver) = tokio_postgres::connect(&database.url_text(), NoTls)
        .await
        .unwrap();
    let driver = tokio::spawn(driver);
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let (mut failures, mut pushes) = (0, Vec::new());
    for _ in 0..12 {
        // Tickets are not what is cut here.
        while database.store().ping().await.is_err() {}
        let tickets = world.add_tickets(3).await;
        let push = world.push_of(&tickets);
        pushes.push((push.push.id, tickets));
        let mut accept = pin!(world.ports.deliveries.accept(&push));
        let mut cutting = pin!(client.batch_execute(cut));
        let answer = tokio::select! {
            answer = &mut accept => answer,
            done = &mut cutting => { done.unwrap(); accept.await }
        };
        if let Err(failure) = answer {
            assert_eq!(failure.kind(), FailureKind::Unavailable, "{failure:?}");
            failures += 1;
        }
    }
    assert!(failures > 0, "no connection was cut in the middle");
    while database.store().ping().await.is_err() {}

    for (push, tickets) in pushes {
        let find = world
            .ports
            .deliveries
            .find_push(world.workspace, push, at(0));
        let found = find.await.unwrap();
        for ticket in tickets {
            let is_open = world.load(ticket.id).await.delivery.is_some();
            assert_eq!(is_open, found.is_some());
        }
        if let Some(report) = found {
            assert_eq!(states(&report), [Some("queued"); 3]);
        }
    }
    drop(client);
    driver.await.unwrap().unwrap();
}
