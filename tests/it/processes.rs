//! Several services on one database.

use acceptance::{AppBuilder, document, ids};
use futures_util::future::join_all;
use handoff_store::testing::TestDatabase;
use jira_sandbox::{Effect, Endpoint, Fault};
use serde_json::json;

use crate::kill_points::Stage;

/// Checks that every ticket of a push is exactly the issue that the push says.
#[track_caller]
#[tokio::test(flavor = "multi_thread")]
async fn three_services_that_meet_an_expired_token_refresh_it_once_and_deliver_everything_once() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let app = AppBuilder::default().postgres(&database.url_text());
    let app = app.start().await;
    let others = [app.beside(), app.beside()];
    let owner = app.connected().await;
    let handle = app.sandbox.handle();
    let mut callers = vec![owner.clone()];
    callers.extend(others.iter().map(|other| other.serves(&owner)));

    for round in 1..=2 {
        let mut made = Vec::new();
        for caller in &callers {
            made.push(caller.generated(&document(60)).await);
        }
        // So slow that everybody asks for a token before there is a new one.
        let slow = Effect::DelayBefore { ms: 1_500 };
        handle.push_fault(Fault::once(Endpoint::Token, slow));
        handle.expire_access_tokens();
        let pushes = callers
            .iter()
            .zip(&made)
            .map(|(caller, (id, tickets))| async move {
                caller.push_async(id, &ids(tickets), "SHOP").await
            });
        let pushes = join_all(pushes).await;

        for ((caller, (_, tickets)), push) in callers.iter().zip(&made).zip(&pushes) {
            let settled = caller.settled(push).await;
            app.check_delivered_once(&settled, &ids(tickets));
        }
        let counters = handle.token_counters();
        assert_eq!(
            (
                counters.exchanges,
                counters.refreshes,
                counters.leeway_refreshes,
                counters.refused
            ),
            (1, round, 0, 0),
            "{counters:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_frozen_while_its_answer_comes_changes_nothing_that_another_found_out() {
    let mut stage = Stage::set().await;
    stage.fault(Endpoint::BulkCreate, Effect::DelayAfter { ms: 2_000 });
    let push = stage.push().await;
    stage.made().await;
    stage.freeze();
    let other = stage.app.beside();
    let sleeper = stage.asks_instead(other.serves(&stage.owner));

    stage.is_delivered_once(&push).await;
    let found = stage.owner.push_report(&push).await;
    drop(other);
    stage.app.signal("CONT");

    let (id, tickets) = sleeper.generated(&document(1)).await;
    assert_eq!(sleeper.push(&id, &tickets, "SHOP").await["pushed"], 1);
    // Only what its create cost is told late: a point a ticket.
    let mut told = found.clone();
    told["quota_points"] = json!(found["quota_points"].as_i64().unwrap() + 4);
    assert_eq!(sleeper.push_report(&push).await, told);
    assert_eq!(stage.app.creates().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_frozen_between_claim_and_first_byte_posts_nothing_when_it_wakes_up_late() {
    let mut stage = Stage::set().await;
    let push = stage.push_paused().await;
    let former = stage.requests(Endpoint::Token);
    stage.fault(Endpoint::Token, Effect::DelayBefore { ms: 2_000 });
    stage.end_access_token();
    stage.arrived(Endpoint::Token, former).await;
    stage.freeze();
    let other = stage.app.beside();
    let sleeper = stage.asks_instead(other.serves(&stage.owner));

    stage.is_delivered_once(&push).await;
    let found = stage.owner.push_report(&push).await;
    let creates = stage.app.creates().len();
    drop(other);
    stage.app.signal("CONT");

    // It sends one request at a time, so when it has delivered this, the frozen one is over.
    let (id, tickets) = sleeper.generated(&document(1)).await;
    assert_eq!(sleeper.push(&id, &tickets, "SHOP").await["pushed"], 1);
    assert_eq!(sleeper.push_report(&push).await, found);
    assert_eq!(stage.app.creates().len(), creates + 1);
}
