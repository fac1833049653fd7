//! The service dies in the middle of a push.

use acceptance::{App, AppBuilder, document, eventually, ids};
use handoff_store::testing::TestDatabase;
use jira_sandbox::{Effect, Endpoint, Fault};
use serde_json::json;

use super::{adds_up, body_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_killed_while_sending_never_makes_a_second_issue_on_sqlite() {
    killed(&mut one_at_a_time().start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_killed_while_sending_never_makes_a_second_issue_on_postgres() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let url = database.url_text();
    let app = one_at_a_time().postgres(&url);
    killed(&mut app.start().await).await;
}

/// A service with one request in flight, so that what comes after it is still queued.
fn one_at_a_time() -> AppBuilder {
    AppBuilder::default().env("HANDOFF__DELIVERY__MAX_IN_FLIGHT_PER_SITE", "1")
}

async fn killed(app: &mut App) {
    let mut owner = app.connected().await;
    let mut open = Vec::new();
    for effect in [
        Effect::DelayBefore { ms: 1_000 },
        Effect::DelayAfter { ms: 60_000 },
    ] {
        let (id, tickets) = owner.generated(&document(2)).await;
        let tickets = ids(&tickets);
        let creates = app.creates().len();
        app.sandbox
            .handle()
            .push_fault(Fault::once(Endpoint::BulkCreate, effect));
        let push = owner.push_async(&id, &tickets, "SHOP").await;
        eventually("the create is under way", async || {
            (app.creates().len() > creates).then_some(())
        })
        .await;
        app.restart();
        owner = app.client_with(Some(owner.token()));
        eventually("Jira has made the issues", async || {
            (app.issues_of(&tickets[1]).len() == 1).then_some(())
        })
        .await;
        open.push((id, tickets, push));
    }
    app.sandbox.handle().clear_faults();
    let creates = app.creates().len();
    for (id, tickets, push) in &open {
        let report = owner.push_report(push).await;
        adds_up(&report);
        assert_eq!(report["pending"], 2, "{report}");
        let body = body_of(id, tickets, "SHOP");
        let headers = [("Prefer", "wait=1")];
        let joined = owner
            .post_with("/api/execution/push", body, &headers)
            .await
            .expect(202);
        adds_up(&joined);
        assert_eq!(joined["pending"], 2, "{joined}");
        let path = acceptance::ticket_path(&tickets[0]);
        owner
            .patch(&path, &json!({}))
            .await
            .problem(409, "DELIVERY_OPEN");
    }
    let (id, tickets) = owner.generated(&document(1)).await;
    assert_eq!(owner.push(&id, &tickets, "SHOP").await["pushed"], 1);
    assert_eq!(
        app.creates().len(),
        creates + 1,
        "the new process has sent only this"
    );
    for ticket in open.iter().flat_map(|(_, tickets, _)| tickets) {
        assert_eq!(app.issues_of(ticket).len(), 1);
    }
    what_was_queued_is_finished_by_the_next_process(app).await;
}

async fn what_was_queued_is_finished_by_the_next_process(app: &mut App) {
    let owner = app.client("owner");
    let (id, tickets) = owner.generated(&document(120)).await;
    let slow = Effect::DelayBefore { ms: 1_000 };
    app.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, slow));
    let creates = app.creates().len();
    let push = owner.push_async(&id, &ids(&tickets), "SHOP").await;
    eventually("the first create is under way", async || {
        (app.creates().len() > creates).then_some(())
    })
    .await;
    app.restart();
    let owner = app.client_with(Some(owner.token()));
    let report = eventually("every ticket is an issue", async || {
        let all = tickets
            .iter()
            .all(|ticket| !app.issues_of(&ticket["id"]).is_empty());
        let report = owner.push_report(&push).await;
        (all && report["pushed"] == 70).then_some(report)
    })
    .await;
    adds_up(&report);
    assert_eq!(
        report["pending"], 50,
        "the answer to the first request was never read"
    );
    assert_eq!(app.creates().len(), creates + 3);
    for ticket in &tickets {
        assert_eq!(app.issues_of(&ticket["id"]).len(), 1);
    }
}
