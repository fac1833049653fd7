//! What a person decides.

use std::time::Duration;

use acceptance::{App, Client, document, eventually, ids};
use jira_sandbox::{Effect, Endpoint, Fault, When};
use serde_json::{Value, json};

/// What waits for a person in the client's workspace.
async fn waiting(client: &Client) -> Vec<Value> {
    let path = "/api/execution/deliveries?state=needs_attention";
    let found = client.get_in_workspace(path).await.expect(200);
    found["deliveries"].as_array().unwrap().clone()
}

async fn resolve(client: &Client, delivery: &Value, body: Value) -> acceptance::Answer {
    let id = delivery["id"].as_str().unwrap();
    let path = format!("/api/execution/deliveries/{id}/resolve");
    client.post(&path, &body).await
}

/// Tickets whose create was lost before Jira acted, left to a person as after a restored backup.
async fn quarantined(app: &App, owner: &Client, tickets: usize) -> (Vec<Value>, String) {
    let (id, tickets) = owner.generated(&document(tickets)).await;
    let lost = Fault::once(Endpoint::BulkCreate, Effect::DropBefore);
    app.sandbox.handle().push_fault(lost);
    let tickets = ids(&tickets);
    let push = owner.push_async(&id, &tickets, "SHOP").await;
    owner.delivery_is(&tickets[0], "uncertain").await;
    let made = app.cli(&["delivery", "quarantine", "--json"]);
    assert_eq!(made["deliveries"], tickets.len(), "{made}");
    (tickets, push)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_what_waits_and_links_resends_or_gives_up() {
    let app = App::start().await;
    let owner = app.connected().await;
    let member = app.client("member");
    let (tickets, push) = quarantined(&app, &owner, 3).await;
    let report = owner.push_report(&push).await;
    assert_eq!(
        (&report["needs_attention"], &report["state"]),
        (&json!(3), &json!("settled"))
    );
    let status = app.cli(&["status", "--json"]);
    assert_eq!(status["deliveries"]["needs_attention"], 3, "{status}");
    assert_eq!(
        status["needs_attention"],
        json!([{"workspace_id": owner.workspace_id, "deliveries": 3}])
    );
    let found = waiting(&member).await;
    assert_eq!(found.len(), 3);
    for delivery in &found {
        assert_eq!(delivery["error"]["code"], "QUARANTINED", "{delivery}");
        assert_eq!(
            (&delivery["push_id"], &delivery["attempts"]),
            (&json!(push), &json!(1))
        );
        assert_eq!(delivery["project_key"], "SHOP");
        assert!(delivery["attempted_at"].is_string(), "{delivery}");
        assert!(tickets.contains(&delivery["ticket_id"]));
        let edit = acceptance::ticket_path(&delivery["ticket_id"]);
        let edit = owner.patch(&edit, &json!({})).await;
        edit.problem(409, "DELIVERY_OPEN");
    }

    let given_up = resolve(&member, &found[0], json!({"action": "abandon"})).await;
    let given_up = given_up.expect(200);
    assert_eq!(given_up["state"], "abandoned");
    assert_eq!(given_up["error"]["code"], "ABANDONED");
    let ticket = owner.ticket(&found[0]["ticket_id"]).await;
    assert_eq!(
        (&ticket["status"], &ticket["push_error"]["code"]),
        (&json!("push_failed"), &json!("ABANDONED"))
    );

    app.sandbox.handle().seed_issues("SHOP", 1).unwrap();
    let link = json!({"action": "link", "issue_key": "SHOP-1"});
    let linked = resolve(&member, &found[1], link.clone()).await.expect(200);
    assert_eq!(
        (&linked["state"], &linked["external_key"], &linked["error"]),
        (&json!("confirmed"), &json!("SHOP-1"), &Value::Null)
    );
    let ticket = owner.ticket(&found[1]["ticket_id"]).await;
    assert_eq!(
        (&ticket["status"], &ticket["external_key"]),
        (&json!("pushed"), &json!("SHOP-1"))
    );
    let taken = resolve(&member, &found[2], link).await;
    let taken = taken.problem(422, "VALIDATION_FAILED");
    assert_eq!(taken["errors"][0]["pointer"], "/issue_key");

    let sent = resolve(&member, &found[2], json!({"action": "resend"})).await;
    assert_eq!(sent.expect(200)["state"], "queued");
    let issue = eventually("the ticket is an issue", async || {
        app.issues_of(&found[2]["ticket_id"]).pop()
    })
    .await;
    let ticket = eventually("the ticket is pushed", async || {
        let ticket = owner.ticket(&found[2]["ticket_id"]).await;
        (ticket["status"] == "pushed").then_some(ticket)
    })
    .await;
    assert_eq!(ticket["external_key"], issue.key);
    assert!(waiting(&member).await.is_empty());
    decided_ones_are_not_decided_again(&member, &found).await;
}

async fn decided_ones_are_not_decided_again(member: &Client, decided: &[Value]) {
    for (delivery, status, code) in [
        (&decided[0], 422, "VALIDATION_FAILED"),
        (&decided[1], 409, "TICKET_ALREADY_PUSHED"),
        (&decided[2], 409, "TICKET_ALREADY_PUSHED"),
    ] {
        for action in ["resend", "abandon"] {
            let refused = resolve(member, delivery, json!({"action": action})).await;
            refused.problem(status, code);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_again_looks_once_more_and_takes_the_issue_that_is_there() {
    let app = App::start().await;
    let owner = app.connected().await;
    let (id, tickets) = owner.generated(&document(1)).await;
    let handle = app.sandbox.handle();
    handle.push_fault(Fault::once(Endpoint::BulkCreate, Effect::DropAfter));
    handle.set_latency(Duration::from_millis(500), Duration::ZERO);
    let push = owner.push_async(&id, &ids(&tickets), "SHOP").await;
    for blind in [Endpoint::BulkFetch, Endpoint::Search] {
        handle.push_fault(Fault::once(blind, Effect::status(500)).when(When::Always));
    }
    handle.set_latency(Duration::ZERO, Duration::ZERO);
    owner.delivery_is(&tickets[0]["id"], "uncertain").await;
    app.cli(&[
        "delivery",
        "quarantine",
        "--workspace",
        &owner.workspace_id,
        "--json",
    ]);
    let found = waiting(&owner).await;

    let blind = resolve(&owner, &found[0], json!({"action": "resend"})).await;
    blind.problem(502, "TRACKER_UNAVAILABLE");
    assert_eq!(waiting(&owner).await, found, "nothing was changed");
    handle.clear_faults();
    let taken = resolve(&owner, &found[0], json!({"action": "resend"})).await;
    let taken = taken.expect(200);

    assert_eq!(taken["state"], "confirmed", "{taken}");
    assert_eq!(
        app.issues_of(&tickets[0]["id"])[0].key,
        taken["external_key"]
    );
    assert_eq!(app.creates().len(), 1);
    assert_eq!(owner.push_report(&push).await["pushed"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_that_cannot_be_carried_out_change_nothing() {
    let app = App::start().await;
    let owner = app.connected().await;
    let (tickets, _) = quarantined(&app, &owner, 1).await;
    let found = waiting(&owner).await;
    let at = |answer: Value| answer["errors"][0]["pointer"].clone();
    for (body, pointer) in [
        (json!({"action": "link"}), "/issue_key"),
        (
            json!({"action": "link", "issue_key": "SHOP-999"}),
            "/issue_key",
        ),
        (
            json!({"action": "link", "issue_key": "no key"}),
            "/issue_key",
        ),
        (
            json!({"action": "resend", "issue_key": "SHOP-1"}),
            "/issue_key",
        ),
        (json!({"action": "forget"}), "/action"),
        (json!({}), "/action"),
    ] {
        let refused = resolve(&owner, &found[0], body.clone()).await;
        let refused = refused.problem(422, "VALIDATION_FAILED");
        assert_eq!(at(refused), pointer, "{body}");
    }
    let odd = resolve(&owner, &found[0], json!({"action": "resend", "x": 1})).await;
    odd.problem(400, "UNKNOWN_FIELD");
    let stranger = app.client_of(&app.workspace("Stranger"), "owner");
    let foreign = resolve(&stranger, &found[0], json!({"action": "abandon"})).await;
    foreign.problem(404, "DELIVERY_NOT_FOUND");
    let nonsense = resolve(&owner, &json!({"id": "x"}), json!({"action": "abandon"})).await;
    nonsense.problem(404, "DELIVERY_NOT_FOUND");
    let nobody = resolve(&owner.anonymous(), &found[0], json!({"action": "abandon"})).await;
    nobody.problem(401, "UNAUTHORIZED");

    owner
        .post_in_workspace("/api/integrations/jira/disconnect", json!({}))
        .await
        .expect(200);
    for body in [
        json!({"action": "resend"}),
        json!({"action": "link", "issue_key": "SHOP-1"}),
    ] {
        let refused = resolve(&owner, &found[0], body).await;
        refused.problem(404, "NO_ACTIVE_INTEGRATION");
    }
    assert_eq!(waiting(&owner).await, found);
    assert!(app.issues_of(&tickets[0]).is_empty());
    let open = resolve(&owner, &found[0], json!({"action": "abandon"})).await;
    assert_eq!(open.expect(200)["state"], "abandoned");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_under_way_cannot_be_decided_and_only_its_workspace_is_quarantined() {
    let app = App::start().await;
    let owner = app.connected().await;
    let (id, tickets) = owner.generated(&document(1)).await;
    let lost = Fault::once(Endpoint::BulkCreate, Effect::DropBefore);
    app.sandbox.handle().push_fault(lost);
    owner.push_async(&id, &ids(&tickets), "SHOP").await;
    let ticket = owner.delivery_is(&tickets[0]["id"], "uncertain").await;

    let early = resolve(&owner, &ticket["delivery"], json!({"action": "abandon"})).await;
    early.problem(409, "DELIVERY_OPEN");
    let other = app.workspace("Other");
    let none = app.cli(&["delivery", "quarantine", "--workspace", &other, "--json"]);
    assert_eq!(none, json!({"workspace_id": other, "deliveries": 0}));
    owner.delivery_is(&tickets[0]["id"], "uncertain").await;
    let unknown = "00000000-0000-7000-8000-000000000000";
    let refused = app.run(&["delivery", "quarantine", "--workspace", unknown]);
    assert!(!refused.status.success());
    let own = app.cli(&[
        "delivery",
        "quarantine",
        "--workspace",
        &owner.workspace_id,
        "--json",
    ]);
    assert_eq!(own["deliveries"], 1);
    owner
        .delivery_is(&tickets[0]["id"], "needs_attention")
        .await;
}
