//! A connection or a database that changes in the middle of a push.

use std::fs;
use std::time::Duration;

use acceptance::{App, AppBuilder, Browser, Client, Consent, document, eventually, ids};
use diesel::RunQueryDsl as _;
use jira_sandbox::{BEACON_CLOUD_ID, Effect, Endpoint, Fault, RateLimitReason};
use serde_json::{Value, json};

/// A service whose settle time passes while one watches, with one request in flight.
fn impatient() -> AppBuilder {
    AppBuilder::default()
        .env("HANDOFF__DELIVERY__LEASE_SECONDS", "6")
        .env("HANDOFF__DELIVERY__SETTLE_SECONDS", "1")
        .env("HANDOFF__DELIVERY__MAX_IN_FLIGHT_PER_SITE", "1")
}

/// Whether Jira goes on with a request that it does not answer.
enum Acts {
    Soon,
    Never,
}

/// A push of 60 tickets of which the answer to the first 50 is lost; gives it at the moment when that request is under way.
async fn in_the_middle(app: &App, owner: &Client, acts: Acts) -> (Vec<Value>, String, String) {
    let (id, tickets) = owner.generated(&document(60)).await;
    let lost = Effect::ActLater {
        ms: match acts {
            Acts::Soon => 1_000,
            Acts::Never => 3_600_000,
        },
        ms_per_issue: 0,
        status: None,
    };
    let handle = app.sandbox.handle();
    let pause = Effect::rate_limited(RateLimitReason::TenantQuota, Duration::from_secs(5));
    handle.push_fault(Fault::once(Endpoint::BulkCreate, pause));
    handle.push_fault(Fault::once(Endpoint::BulkCreate, lost));
    let push = owner.push_async(&id, &ids(&tickets), "SHOP").await;
    eventually("the push is paused", async || {
        let report = owner.push_report(&push).await;
        report["paused_until"].is_string().then_some(())
    })
    .await;
    // So slow that a person acts before the answer is lost.
    handle.set_latency(Duration::from_secs(6), Duration::ZERO);
    eventually("the create is under way", async || {
        (app.creates().len() == 2).then_some(())
    })
    .await;
    owner
        .post_in_workspace("/api/integrations/jira/disconnect", json!({}))
        .await
        .expect(200);
    handle.set_latency(Duration::ZERO, Duration::ZERO);
    owner.delivery_is(&tickets[0]["id"], "uncertain").await;
    let report = owner.push_report(&push).await;
    assert_eq!(
        (&report["pending"], &report["cancelled"]),
        (&json!(50), &json!(10)),
        "{report}"
    );
    (ids(&tickets), id, push)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_site_is_disconnected_goes_on_when_it_is_connected_again() {
    let app = impatient().start().await;
    let owner = app.connected().await;
    let (tickets, id, push) = in_the_middle(&app, &owner, Acts::Soon).await;
    let first = &tickets[..50];
    eventually("Jira has made the issues", async || {
        let mut all = first.iter().map(|ticket| app.issues_of(ticket).len());
        all.all(|count| count == 1).then_some(())
    })
    .await;
    assert_eq!(owner.push_report(&push).await["pending"], 50);

    let landed = Browser::default().connect(&owner, Consent::Acme).await;
    assert_eq!(landed.query(), Some("jira=connected"), "{landed}");

    let settled = owner.settled(&push).await;
    assert_eq!(
        (&settled["pushed"], &settled["cancelled"]),
        (&json!(50), &json!(10)),
        "{settled}"
    );
    let rest = json!({
        "document_id": id, "platform": "jira", "ticket_ids": tickets, "project_key": "SHOP",
    });
    let rest = owner.post_in_workspace("/api/execution/push", rest).await;
    let rest = rest.expect(200);
    assert_eq!(
        (&rest["pushed"], &rest["already_pushed"]),
        (&json!(10), &json!(50)),
        "{rest}"
    );
    for ticket in &tickets {
        assert_eq!(app.issues_of(ticket).len(), 1, "{ticket}");
    }
    assert_eq!(app.creates().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_workspace_moves_to_another_site_waits_for_a_person() {
    let app = impatient().start().await;
    let owner = app.connected().await;
    let (tickets, id, push) = in_the_middle(&app, &owner, Acts::Never).await;

    let landed = Browser::default().connect(&owner, Consent::BothSites).await;
    let secret = landed.query_pairs().find(|(name, _)| name == "confirm");
    let choice = json!({"confirm": secret.unwrap().1, "cloud_id": BEACON_CLOUD_ID});
    let confirm = "/api/integrations/jira/confirm";
    owner.post_in_workspace(confirm, choice).await.expect(200);

    let report = owner.push_report(&push).await;
    assert_eq!(
        (&report["state"], &report["needs_attention"]),
        (&json!("settled"), &json!(50))
    );
    let path = "/api/execution/deliveries?state=needs_attention";
    let waiting = owner.get_in_workspace(path).await.expect(200);
    let one = &waiting["deliveries"][0];
    assert_eq!(one["error"]["code"], "SITE_CHANGED", "{one}");
    let ticket = &one["ticket_id"];
    let again = json!({
        "document_id": id, "platform": "jira", "ticket_ids": [ticket], "project_key": "BEA",
    });
    let path = "/api/execution/push";
    let refused = owner
        .post_in_workspace(path, again.clone())
        .await
        .expect(200);
    assert_eq!(refused["results"][0]["error"]["code"], "SITE_CHANGED");

    let resolve = format!(
        "/api/execution/deliveries/{}/resolve",
        one["id"].as_str().unwrap()
    );
    let given_up = owner.post(&resolve, &json!({"action": "abandon"})).await;
    assert_eq!(given_up.expect(200)["state"], "abandoned");
    let pushed = owner.post_in_workspace(path, again).await.expect(200);
    assert_eq!(pushed["pushed"], 1, "{pushed}");
    let made = app.issues_of(ticket);
    assert_eq!(made.len(), 1);
    assert!(made[0].key.starts_with("BEA-"), "{}", made[0].key);
    assert!(tickets.contains(ticket));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_database_from_the_middle_of_a_push_is_restored_without_a_second_issue() {
    let mut app = impatient().start().await;
    let owner = app.connected().await;
    let (id, tickets) = owner.generated(&document(3)).await;
    let tickets = ids(&tickets);
    let slow = Effect::DelayBefore { ms: 2_000 };
    app.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, slow));
    let push = owner.push_async(&id, &tickets, "SHOP").await;
    eventually("the create is under way", async || {
        (!app.creates().is_empty()).then_some(())
    })
    .await;
    let copy = app.data_folder().join("copy.db");
    diesel::sql_query(format!("VACUUM INTO '{}'", copy.display()))
        .execute(&mut app.database())
        .unwrap();
    assert_eq!(owner.settled(&push).await["pushed"], 3);

    app.kill();
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(app.data_folder().join(format!("handoff.db{ending}")));
    }
    fs::rename(&copy, app.data_folder().join("handoff.db")).unwrap();
    let quarantined = app.cli(&["delivery", "quarantine", "--json"]);
    assert_eq!(quarantined["deliveries"], 3, "{quarantined}");
    app.restart();
    let owner = app.client_with(Some(owner.token()));

    let report = owner.push_report(&push).await;
    assert_eq!(report["needs_attention"], 3, "{report}");
    for result in report["results"].as_array().unwrap() {
        assert_eq!(result["error"]["code"], "QUARANTINED");
        let path = format!(
            "/api/execution/deliveries/{}/resolve",
            result["delivery_id"].as_str().unwrap()
        );
        let found = owner.post(&path, &json!({"action": "resend"})).await;
        let found = found.expect(200);
        assert_eq!(found["state"], "confirmed", "{found}");
        let issues = app.issues_of(&result["ticket_id"]);
        assert_eq!(issues.len(), 1);
        assert_eq!(found["external_key"], issues[0].key);
    }
    assert_eq!(owner.push_report(&push).await["pushed"], 3);
    assert_eq!(app.creates().len(), 1);
}
