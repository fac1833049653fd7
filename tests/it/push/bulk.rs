//! Many tickets in few requests.

use std::time::Duration;

use acceptance::{App, Client, document};
use jira_sandbox::{Effect, Endpoint, Fault};
use serde_json::{Value, json};

use super::adds_up;
use crate::databases::OnPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_and_twenty_tickets_take_three_requests_and_each_has_its_result_on_sqlite() {
    bulk(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_and_twenty_tickets_take_three_requests_and_each_has_its_result_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        bulk(&app).await;
    }
}

async fn bulk(app: &App) {
    let owner = app.connected().await;
    let (id, tickets) = owner.generated(&document(120)).await;
    assert_eq!(tickets.len(), 120);
    let latency = Duration::from_millis(50);
    app.sandbox.handle().set_latency(latency, Duration::ZERO);
    let push = owner.push(&id, &tickets, "SHOP").await;
    adds_up(&push);
    assert_eq!(push["pushed"], 120);
    let mut sizes: Vec<u32> = app
        .creates()
        .iter()
        .map(|entry| entry.created_issues)
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [20, 50, 50]);
    for (ticket, result) in tickets.iter().zip(push["results"].as_array().unwrap()) {
        assert_eq!(result["ticket_id"], ticket["id"]);
        assert_eq!(
            app.issue_of(result).summary(),
            ticket["title"].as_str().unwrap()
        );
    }
    let busiest = app.creates().iter().map(|entry| entry.in_flight).max();
    assert!(busiest.is_some_and(|busiest| busiest <= 4), "{busiest:?}");
    one_impossible_among_fifty_fails_alone(app, &owner).await;
}

async fn one_impossible_among_fifty_fails_alone(app: &App, owner: &Client) {
    let refused = Effect::FailElements {
        elements: vec![7],
        status: 400,
        acting: false,
    };
    app.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, refused));
    let (id, tickets) = owner.generated(&document(50)).await;
    let creates = app.creates().len();
    let push = owner.push(&id, &tickets, "SHOP").await;
    adds_up(&push);
    assert_eq!(
        (&push["pushed"], &push["failed"]),
        (&json!(49), &json!(1)),
        "{push}"
    );
    assert_eq!(app.creates().len(), creates + 1);
    for (at, result) in push["results"].as_array().unwrap().iter().enumerate() {
        if at != 7 {
            let issue = app.issue_of(result);
            assert_eq!(issue.summary(), tickets[at]["title"].as_str().unwrap());
            continue;
        }
        assert_eq!(result["status"], "push_failed");
        assert_eq!(result["error"]["code"], "FIELD_REJECTED");
        assert_eq!(result["external_key"], Value::Null);
        let failed = owner.ticket(&result["ticket_id"]).await;
        assert_eq!(failed["status"], "push_failed");
        assert_eq!(failed["push_error"], result["error"]);
        let again = owner.push(&id, &tickets[7..=7], "SHOP").await;
        assert_eq!(again["pushed"], 1, "a failed one may be pushed again");
        assert_eq!(app.issues_of(&result["ticket_id"]).len(), 1);
    }
}
