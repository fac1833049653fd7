//! A push as it moves.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use handoff_domain::workspace::model::Actor;
use jira_sandbox::{Effect, Endpoint, Fault, RateLimitReason};
use reqwest::{Method, RequestBuilder};
use russe::reqwest_0_13::ReqwestExt as _;
use serde_json::{Value, json};

use crate::app::{THREE_TASKS, TestApp};

/// How long an event is waited for on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// An event as it was told.
#[derive(Clone, Debug)]
struct Told {
    name: String,
    id: i64,
    data: Value,
}

/// Somebody who watches.
struct Watcher(BoxStream<'static, Result<russe::Event, russe::Error>>);

impl Watcher {
    /// The next event; `None` at the end. Comments are passed over.
    async fn next(&mut self) -> Option<Told> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next());
            let russe::Event::Message(message) = next.await.unwrap()?.unwrap() else {
                continue;
            };
            return Some(Told {
                name: message.event.unwrap().to_string(),
                id: message.id.unwrap().parse().unwrap(),
                data: serde_json::from_str(&message.data).unwrap(),
            });
        }
    }

    /// Everything until the stream ends.
    async fn rest(mut self) -> Vec<Told> {
        let mut told = Vec::new();
        while let Some(event) = self.next().await {
            told.push(event);
        }
        told
    }
}

fn events(app: &TestApp, push: &str) -> RequestBuilder {
    app.request(Method::GET, &format!("/api/execution/pushes/{push}/events"))
        .bearer_auth(&app.token)
}

async fn watch(request: RequestBuilder) -> Watcher {
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-accel-buffering"), "no");
    Watcher(response.sse_stream())
}

/// A connected app with a document's three tickets.
async fn three_tickets() -> (TestApp, Value) {
    let app = TestApp::start().await;
    app.connect().await;
    let document = app.document(THREE_TASKS).await;
    let tickets = app.generate(&document).await;
    let body = json!({
        "document_id": document, "platform": "jira", "project_key": "SHOP", "ticket_ids": tickets,
    });
    (app, body)
}

async fn push(app: &TestApp, body: &Value, prefer: &str) -> Value {
    let request = app
        .request(Method::POST, "/api/execution/push")
        .bearer_auth(&app.token)
        .header("prefer", prefer)
        .json(&app.own(body.clone()));
    let answer = app.send(request).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    answer.body
}

fn id_of(push: &Value) -> String {
    push["push_id"].as_str().unwrap().to_owned()
}

/// Checks the order of the stream, and gives each ticket's result as it was told last.
#[track_caller]
fn last_results(told: &[Told]) -> BTreeMap<String, Value> {
    assert!(told.is_sorted_by_key(|event| event.id), "{told:?}");
    let mut results = BTreeMap::new();
    let mut is_counted = true;
    for event in told {
        match event.name.as_str() {
            "delivery" => {
                let ticket = event.data["ticket_id"].as_str().unwrap().to_owned();
                results.insert(ticket, event.data.clone());
                is_counted = false;
            }
            "push" | "settled" => {
                assert!(event.data.get("results").is_none());
                is_counted = true;
            }
            other => panic!("{other}"),
        }
    }
    assert!(is_counted, "counters follow each group");
    let settled = told.iter().position(|event| event.name == "settled");
    assert_eq!(settled, Some(told.len() - 1), "{told:?}");
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_told_as_it_moves_until_it_is_settled() {
    let (app, body) = three_tickets().await;
    let slow = Duration::from_millis(400);
    app.sandbox.handle().set_latency(slow, Duration::ZERO);
    let accepted = push(&app, &body, "respond-async").await;
    let id = id_of(&accepted);

    let told = watch(events(&app, &id)).await.rest().await;

    let results = last_results(&told);
    assert_eq!(results.len(), 3);
    let statuses = told.iter().filter(|event| event.name == "delivery");
    let statuses: Vec<&Value> = statuses.map(|event| &event.data["status"]).collect();
    assert!(statuses.contains(&&json!("pending")), "{told:?}");
    let report = app
        .get(&format!("/api/execution/pushes/{id}"))
        .await
        .ok(200);
    for result in report["results"].as_array().unwrap() {
        assert_eq!(results[result["ticket_id"].as_str().unwrap()], *result);
    }
    let mut settled = report;
    settled.as_object_mut().unwrap().remove("results");
    assert_eq!(told.last().unwrap().data, settled);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_cut_off_is_told_what_came_after() {
    let (app, body) = three_tickets().await;
    let id = id_of(&push(&app, &body, "wait=60").await);
    let all = watch(events(&app, &id)).await.rest().await;
    let deliveries: Vec<&Told> = all.iter().filter(|told| told.name == "delivery").collect();
    assert_eq!(deliveries.len(), 3);
    let first = deliveries[0].id.to_string();

    let resumed = events(&app, &id).header("last-event-id", &first);
    let resumed = watch(resumed).await.rest().await;
    assert_eq!(last_results(&resumed).len(), 2);
    assert!(resumed.iter().all(|told| told.id > deliveries[0].id));
    let by_query = events(&app, &id).query(&[("after", &first)]);
    let by_query = watch(by_query).await.rest().await;
    assert_eq!(last_results(&by_query).len(), 2);
    let both = events(&app, &id)
        .query(&[("after", "0")])
        .header("last-event-id", deliveries[2].id);
    let both = watch(both).await.rest().await;
    assert!(last_results(&both).is_empty(), "the header is newer");
    let late = events(&app, &id).query(&[("after", "9223372036854775807")]);
    let late = watch(late).await.rest().await;
    assert!(last_results(&late).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_that_joined_or_were_issues_before_are_told_with_numbers_of_the_watched_push() {
    let (app, body) = three_tickets().await;
    let slow = Fault::once(Endpoint::BulkCreate, Effect::DelayBefore { ms: 1_000 });
    app.sandbox.handle().push_fault(slow);
    push(&app, &body, "respond-async").await;
    let joined = push(&app, &body, "respond-async").await;
    assert_eq!(joined["pending"], 3, "{joined}");

    let told = watch(events(&app, &id_of(&joined))).await.rest().await;
    let results = last_results(&told);
    assert_eq!(results.len(), 3);
    for result in results.values() {
        assert_eq!(result["status"], "pushed", "{told:?}");
    }
    let again = push(&app, &body, "respond-async").await;
    let told = watch(events(&app, &id_of(&again))).await.rest().await;
    let results = last_results(&told);
    assert_eq!(results.len(), 3);
    for result in results.values() {
        assert_eq!(result["status"], "already_pushed", "{told:?}");
        assert!(result["external_key"].is_string());
    }
}

/// A push that waits because the tracker asks for an hour's pause.
async fn paused_push(app: &TestApp, body: &Value) -> (String, Watcher) {
    let hour = Duration::from_secs(3_600);
    let pause = Effect::rate_limited(RateLimitReason::TenantQuota, hour);
    app.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, pause));
    let id = id_of(&push(app, body, "respond-async").await);
    let mut watcher = watch(events(app, &id)).await;
    loop {
        let told = watcher.next().await.unwrap();
        if told.name == "push" && told.data["paused_until"].is_string() {
            assert_eq!(told.data["pause_reason"], "jira-quota-tenant-based");
            assert_eq!(told.data["pending"], 3);
            return (id, watcher);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_is_told_and_a_push_that_is_called_off_ends_the_stream() {
    let (app, body) = three_tickets().await;
    let (id, watcher) = paused_push(&app, &body).await;

    let cancel = format!("/api/execution/pushes/{id}/cancel");
    app.post(&cancel, json!({})).await.ok(200);

    let told = watcher.rest().await;
    let results = last_results(&told);
    assert_eq!(results.len(), 3);
    for result in results.values() {
        assert_eq!(result["status"], "cancelled", "{told:?}");
    }
    assert_eq!(told.last().unwrap().data["cancelled"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_the_right_to_read_is_gone() {
    let (app, body) = three_tickets().await;
    let (_, watcher) = paused_push(&app, &body).await;

    app.operator
        .revoke_token(Actor::System, &app.token)
        .await
        .expect("the token is revoked");

    let told = watcher.rest().await;
    assert!(told.iter().all(|event| event.name != "settled"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_refused_like_the_push_itself() {
    let (app, body) = three_tickets().await;
    let id = id_of(&push(&app, &body, "wait=60").await);
    let (_, stranger) = app.other_workspace().await;
    let path = |id: &str| format!("/api/execution/pushes/{id}/events");

    let foreign = app.request(Method::GET, &path(&id)).bearer_auth(stranger);
    app.send(foreign).await.refused(404, "PUSH_NOT_FOUND");
    let nobody = app.request(Method::GET, &path(&id));
    app.send(nobody).await.refused(401, "UNAUTHORIZED");
    for unknown in ["nonsense", app.workspace.as_str()] {
        app.get(&path(unknown)).await.refused(404, "PUSH_NOT_FOUND");
    }
    for wrong in ["x", "-1", "1.5"] {
        let resumed = events(&app, &id).header("last-event-id", wrong);
        app.send(resumed).await.refused(422, "VALIDATION_FAILED");
        let after = format!("{}?after={wrong}", path(&id));
        app.get(&after).await.refused(422, "VALIDATION_FAILED");
    }
    app.get(&format!("{}?colour=red", path(&id)))
        .await
        .refused(400, "UNKNOWN_FIELD");
}
