//! Answers that are lost, with nobody there to decide.

use acceptance::{App, AppBuilder, Client, document, eventually, ids};
use jira_sandbox::{Effect, Endpoint, Fault};
use serde_json::{Value, json};

/// A service whose settle time passes while one watches.
fn impatient() -> AppBuilder {
    AppBuilder::default()
        .env("HANDOFF__DELIVERY__LEASE_SECONDS", "6")
        .env("HANDOFF__DELIVERY__SETTLE_SECONDS", "1")
}

/// Pushes so many tickets while something happens to the create; gives the tickets and the push.
async fn pushed_under(
    app: &App,
    owner: &Client,
    effect: Effect,
    tickets: usize,
) -> (Vec<Value>, String) {
    let (id, tickets) = owner.generated(&document(tickets)).await;
    app.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, effect));
    let push = owner.push_async(&id, &ids(&tickets), "SHOP").await;
    (ids(&tickets), push)
}

/// Checks that every ticket is exactly the issue that the push says.
#[track_caller]
fn is_delivered_once(app: &App, push: &Value, tickets: &[Value], attempts: i64) {
    assert_eq!(push["pushed"], tickets.len(), "{push}");
    for result in push["results"].as_array().unwrap() {
        app.issue_of(result);
        assert_eq!(
            (&result["attempts"], &result["error"]),
            (&json!(attempts), &Value::Null)
        );
    }
    for ticket in tickets {
        assert_eq!(app.issues_of(ticket).len(), 1, "{ticket}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_whose_answer_was_lost_are_found_and_not_made_again() {
    let app = impatient().start().await;
    let owner = app.connected().await;
    let lost = [
        Effect::DropAfter,
        Effect::Cut,
        Effect::Truncated,
        Effect::Empty,
        Effect::Html {
            status: 502,
            acting: true,
        },
    ];
    for effect in lost {
        let creates = app.creates().len();
        let (tickets, push) = pushed_under(&app, &owner, effect, 4).await;
        let settled = owner.settled(&push).await;
        is_delivered_once(&app, &settled, &tickets, 1);
        assert_eq!(app.creates().len(), creates + 1, "nothing was sent again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_that_never_reached_jira_are_proven_absent_and_sent_again_once() {
    let app = impatient().start().await;
    let owner = app.connected().await;
    let dropped = [
        Effect::DropBefore,
        Effect::Html {
            status: 504,
            acting: false,
        },
    ];
    for effect in dropped {
        let creates = app.creates().len();
        let (tickets, push) = pushed_under(&app, &owner, effect, 4).await;
        let settled = owner.settled(&push).await;
        is_delivered_once(&app, &settled, &tickets, 2);
        assert_eq!(app.creates().len(), creates + 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_not_known_the_push_is_pending_and_says_why() {
    let app = App::start().await;
    let owner = app.connected().await;
    let (tickets, push) = pushed_under(&app, &owner, Effect::DropBefore, 2).await;
    let report = eventually("the fate is unknown", async || {
        let report = owner.push_report(&push).await;
        let is_told = report["results"][1]["error"].is_object();
        is_told.then_some(report)
    })
    .await;

    assert_eq!(
        (&report["state"], &report["pending"], &report["settled_at"]),
        (&json!("running"), &json!(2), &Value::Null)
    );
    for result in report["results"].as_array().unwrap() {
        assert_eq!(
            (&result["status"], &result["attempts"]),
            (&json!("pending"), &json!(1))
        );
        let why = &result["error"];
        assert_eq!(why["code"], "TRACKER_UNAVAILABLE", "{why}");
        assert!(why["message"].as_str().is_some_and(|why| why.len() > 20));
    }
    owner.delivery_is(&tickets[0], "uncertain").await;
    let spent = eventually("a look was paid for", async || {
        let later = owner.push_report(&push).await;
        let points = later["quota_points"].as_i64()?;
        (points > report["quota_points"].as_i64()?).then_some(later)
    })
    .await;
    assert_eq!(
        spent["pending"], 2,
        "nothing is sent before the settle time"
    );
    assert_eq!(app.creates().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_was_killed_while_sending_finds_out_after_its_restart() {
    let mut app = impatient().start().await;
    let owner = app.connected().await;
    let (id, tickets) = owner.generated(&document(6)).await;
    let tickets = ids(&tickets);
    let slow = Effect::DelayAfter { ms: 60_000 };
    app.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, slow));
    let push = owner.push_async(&id, &tickets, "SHOP").await;
    eventually("Jira has made the issues", async || {
        (app.issues_of(&tickets[5]).len() == 1).then_some(())
    })
    .await;
    app.restart();
    let owner = app.client_with(Some(owner.token()));

    let settled = owner.settled(&push).await;

    is_delivered_once(&app, &settled, &tickets, 1);
    assert_eq!(app.creates().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_was_called_off_sends_nothing_again() {
    let app = impatient()
        .env("HANDOFF__DELIVERY__SETTLE_SECONDS", "3")
        .start()
        .await;
    let owner = app.connected().await;
    let (tickets, push) = pushed_under(&app, &owner, Effect::DropBefore, 2).await;
    owner.delivery_is(&tickets[0], "uncertain").await;

    let cancel = format!("/api/execution/pushes/{push}/cancel");
    let called_off = owner.post(&cancel, &json!({})).await.expect(200);

    assert_eq!(
        called_off["pending"], 2,
        "it is not known yet: {called_off}"
    );
    let settled = owner.settled(&push).await;
    assert_eq!(settled["cancelled"], 2, "{settled}");
    assert_eq!(app.creates().len(), 1);
    assert!(app.issues_of(&tickets[0]).is_empty());
}
