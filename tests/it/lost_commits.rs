//! Commits that happened although nobody was told, and a database that is gone for a while.

use std::time::Duration;

use acceptance::{App, AppBuilder, Client, document, eventually_within, ids};
use handoff_store::testing::TestDatabase;
use serde_json::{Value, json};

use self::relay::Relay;

mod relay;

const DOCUMENTS: usize = 6;
const TICKETS: usize = 10;
/// A commit is lost now and then, so that the next try may well succeed.
const EVERY: u64 = 4;
/// A worker whose claim was lost is thought dead after its lease.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks for a push again and again under one key, as a caller does whose requests fail.
async fn pushed(client: &Client, id: &str, tickets: &[Value]) -> Value {
    let key = format!("push-of-{id}");
    let headers = [("Idempotency-Key", key.as_str())];
    let body = json!({
        "document_id": id, "platform": "jira", "ticket_ids": tickets, "project_key": "SHOP",
    });
    eventually_within(PATIENCE, "the push is settled", async || {
        let path = "/api/execution/push";
        let answer = client.post_with(path, body.clone(), &headers).await;
        assert!(
            [200, 202, 500, 503].contains(&answer.status),
            "{}",
            answer.text
        );
        (answer.body["state"] == "settled").then_some(answer.body)
    })
    .await
}

/// A service on PostgreSQL behind a relay, whose leases and settle times are short.
async fn behind_a_relay(database: &TestDatabase) -> (Relay, App) {
    let relay = Relay::before(&database.url_text()).await;
    let app = AppBuilder::default()
        .postgres(&relay.url)
        .env("HANDOFF__DELIVERY__LEASE_SECONDS", "6")
        .env("HANDOFF__DELIVERY__SETTLE_SECONDS", "1");
    let app = app.start().await;
    (relay, app)
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_whose_answers_are_lost_neither_double_nor_lose_a_ticket() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let (relay, app) = behind_a_relay(&database).await;
    let owner = app.connected().await;
    let mut made = Vec::new();
    for _ in 0..DOCUMENTS {
        let (id, tickets) = owner.generated(&document(TICKETS)).await;
        made.push((id, ids(&tickets)));
    }

    relay.lose_every(EVERY);
    let pushes = made.iter().map(|(id, tickets)| pushed(&owner, id, tickets));
    let pushes = futures_util::future::join_all(pushes).await;
    relay.lose_every(0);

    assert!(relay.lost() > 3, "{}", relay.lost());
    for ((_, tickets), push) in made.iter().zip(&pushes) {
        app.check_delivered_once(push, tickets);
    }
    assert_eq!(app.sandbox.handle().issue_count(), DOCUMENTS * TICKETS);
}

/// So many failed tries to write an outcome down, a second apart, that the lease is over.
const TRIES_OF_A_LEASE: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_for_longer_than_a_lease_costs_neither_ticket_nor_issue() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let (relay, app) = behind_a_relay(&database).await;
    let owner = app.connected().await;
    let (id, tickets) = owner.generated(&document(120)).await;
    let tickets = ids(&tickets);
    let handle = app.sandbox.handle();
    handle.set_latency(Duration::from_secs(1), Duration::ZERO);
    let push = owner.push_async(&id, &tickets, "SHOP").await;
    eventually_within(PATIENCE, "creates are under way", async || {
        (!app.creates().is_empty()).then_some(())
    })
    .await;

    relay.set_gone(true);
    handle.set_latency(Duration::ZERO, Duration::ZERO);
    eventually_within(
        PATIENCE,
        "nothing could be written for a lease",
        async || {
            let log = app.log();
            let tries = log.matches("outcomes could not be written down yet");
            (tries.count() >= TRIES_OF_A_LEASE).then_some(())
        },
    )
    .await;
    let refused = owner.get(&format!("/api/execution/pushes/{push}")).await;
    assert!([500, 503].contains(&refused.status), "{}", refused.text);
    assert_eq!(owner.get("/readyz").await.status, 503);
    relay.set_gone(false);

    let report = eventually_within(PATIENCE, "the push is settled", async || {
        let answer = owner.get(&format!("/api/execution/pushes/{push}")).await;
        (answer.body["state"] == "settled").then_some(answer.body)
    })
    .await;
    app.check_delivered_once(&report, &tickets);
    assert_eq!(handle.issue_count(), tickets.len());
}
