//! Commits that happened although nobody was told.

use std::time::Duration;

use acceptance::{AppBuilder, Client, document, eventually_within, ids};
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

#[tokio::test(flavor = "multi_thread")]
async fn commits_whose_answers_are_lost_neither_double_nor_lose_a_ticket() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let relay = Relay::before(&database.url_text()).await;
    let app = AppBuilder::default()
        .postgres(&relay.url)
        .env("HANDOFF__DELIVERY__LEASE_SECONDS", "6")
        .env("HANDOFF__DELIVERY__SETTLE_SECONDS", "1");
    let app = app.start().await;
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
