//! What becomes of deliveries that fail, are lost or come too often.

use std::time::{Duration, Instant};

use jira_sandbox::{USER_ACCOUNT_ID, WebhookDeliveryState};
use serde_json::json;

use crate::harness::Jira;
use crate::webhooks::{listen, start};

#[test]
fn failures_are_retried_on_the_sandbox_clock_and_refusals_are_not() {
    let jira = start();
    let receiver = listen(&jira);
    receiver.script(&[503, 429, 200, 400]);
    jira.create(&["A"]);
    for attempts in 1..=2 {
        receiver.wait_for(attempts);
        settle(&jira, 0, attempts);
        jira.handle().advance_clock(Duration::from_secs(15 * 60));
    }
    let received = receiver.wait_for(3);
    let retries: Vec<_> = received
        .iter()
        .map(|it| it.header("X-Atlassian-Webhook-Retry"))
        .collect();
    assert_eq!(retries, [None, Some("1"), Some("2")]);
    let mut identifiers = received.clone();
    identifiers.dedup_by_key(|it| {
        it.header("X-Atlassian-Webhook-Identifier")
            .map(str::to_owned)
    });
    assert_eq!(identifiers.len(), 1);
    settle(&jira, 0, 3);
    let ended = jira.handle().webhook_deliveries().remove(0);
    assert_eq!(ended.state, WebhookDeliveryState::Delivered);
    let gap = ended.attempts[1].at - ended.attempts[0].at;
    assert!(gap >= time::Duration::minutes(5), "{gap}");

    let jira = reconnect(jira);
    jira.create(&["B"]);
    receiver.wait_for(4);
    settle(&jira, 1, 1);
    let refused = jira.handle().webhook_deliveries().remove(1);
    assert_eq!(refused.state, WebhookDeliveryState::GivenUp);
}

fn reconnect(mut jira: Jira) -> Jira {
    jira.refresh();
    jira
}

/// Waits until the sandbox has noted so many attempts of a delivery.
fn settle(jira: &Jira, delivery: usize, attempts: usize) {
    let patience = Instant::now() + Duration::from_secs(20);
    while jira.handle().webhook_deliveries()[delivery].attempts.len() < attempts {
        assert!(
            Instant::now() < patience,
            "attempt {attempts} was never noted"
        );
        std::thread::yield_now();
    }
}

#[test]
fn deliveries_come_twice_out_of_order_or_not_at_all_where_switched_so() {
    let jira = start();
    let receiver = listen(&jira);
    jira.handle()
        .switch(|switches| switches.webhooks.webhook_duplicate_percent = 100);
    jira.create(&["A"]);
    let twice = receiver.wait_for(2);
    let identifier = |at: usize| twice[at].header("X-Atlassian-Webhook-Identifier").unwrap();
    assert_eq!(identifier(0), identifier(1));
    jira.handle().switch(|switches| {
        switches.webhooks.webhook_duplicate_percent = 0;
        switches.webhooks.webhook_reorder = true;
    });
    jira.create(&["B", "C"]);
    let later = receiver.wait_for(4);
    let keys: Vec<_> = later[2..]
        .iter()
        .map(|it| it.body["issue"]["key"].clone())
        .collect();
    assert_eq!(keys, ["SHOP-3", "SHOP-2"]);
    jira.handle().switch(|switches| {
        switches.webhooks.webhook_reorder = false;
        switches.webhooks.webhook_lose_percent = 100;
    });
    jira.create(&["D"]);
    let patience = Instant::now() + Duration::from_secs(20);
    while jira.handle().webhook_deliveries().len() < 5 {
        assert!(Instant::now() < patience);
        std::thread::yield_now();
    }
    let lost = jira.handle().webhook_deliveries().remove(4);
    assert_eq!(lost.state, WebhookDeliveryState::Lost);
    assert_eq!(receiver.received().len(), 4);
}

#[test]
fn an_app_that_is_not_public_delivers_to_its_owner_only() {
    let jira = start();
    let receiver = listen(&jira);
    let owner = jira_sandbox::OTHER_USER_ACCOUNT_ID;
    let settings = json!({"app_private": true, "app_owner": owner}).to_string();
    jira.beside("POST", "/sandbox/settings", &settings);
    jira.create(&["A"]);
    let settings = json!({"app_owner": USER_ACCOUNT_ID}).to_string();
    jira.beside("POST", "/sandbox/settings", &settings);
    jira.create(&["B"]);
    assert_eq!(receiver.wait_for(1)[0].body["issue"]["key"], "SHOP-2");
}

#[test]
fn the_address_can_lose_its_query_and_changelogs_their_ids() {
    let jira = start();
    let receiver = listen(&jira);
    jira.handle().switch(|switches| {
        switches.webhooks.webhook_drop_query = true;
        switches.webhooks.webhook_old_changelog = true;
    });
    jira.create(&["A"]);
    receiver.wait_for(1);
    jira.post(
        "issue/SHOP-1/transitions",
        &json!({"transition": {"id": "21"}}),
    );
    let moved = receiver.wait_for(2).remove(1);
    let item = &moved.body["changelog"]["items"][0];
    assert_eq!(
        (&item["field"], item.get("fieldId")),
        (&json!("Status"), None)
    );
    let sent = jira.handle().webhook_deliveries();
    assert!(sent.iter().all(|delivery| !delivery.url.contains('?')));
}
