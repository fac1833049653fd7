//! Pushing tickets to Jira.

mod bulk;
mod crash;
mod faults;
mod once;
mod refusals;

use acceptance::{App, Client, document, ids};
use jira_sandbox::{Effect, Endpoint, Fault};
use serde_json::{Value, json};

use crate::databases::OnPostgres;

const PUSH_FIELDS: [&str; 19] = [
    "push_id",
    "document_id",
    "platform",
    "project_key",
    "state",
    "total",
    "pushed",
    "failed",
    "pending",
    "already_pushed",
    "needs_attention",
    "cancelled",
    "paused_until",
    "pause_reason",
    "quota_points",
    "created_by",
    "created_at",
    "settled_at",
    "results",
];
const RESULT_FIELDS: [&str; 10] = [
    "ticket_id",
    "delivery_id",
    "status",
    "attempts",
    "retry_at",
    "external_id",
    "external_key",
    "external_url",
    "warnings",
    "error",
];

/// The body of a push of these tickets to a project, without the workspace.
fn body_of(document: &str, tickets: &[Value], project: &str) -> Value {
    json!({
        "document_id": document, "platform": "jira", "ticket_ids": tickets, "project_key": project,
    })
}

/// Checks that the counters are those of the results.
#[track_caller]
fn adds_up(push: &Value) {
    let results = push["results"].as_array().unwrap();
    let count = |status: &str| results.iter().filter(|one| one["status"] == status).count();
    for (counter, status) in [
        ("pushed", "pushed"),
        ("failed", "push_failed"),
        ("pending", "pending"),
        ("already_pushed", "already_pushed"),
        ("needs_attention", "needs_attention"),
        ("cancelled", "cancelled"),
    ] {
        assert_eq!(push[counter], count(status), "{counter}: {push}");
    }
    assert_eq!(push["total"], results.len());
    let is_settled = push["pending"] == 0;
    assert_eq!(
        push["state"],
        if is_settled { "settled" } else { "running" }
    );
    assert_eq!(push["settled_at"].is_string(), is_settled, "{push}");
}

/// Checks that a JSON text has exactly these keys of an object in this order.
#[track_caller]
fn has_keys(text: &str, keys: &[&str]) {
    let places: Vec<Option<usize>> = keys
        .iter()
        .map(|key| text.find(&format!("\"{key}\":")))
        .collect();
    assert!(places.iter().all(Option::is_some), "{keys:?}: {text}");
    assert!(places.is_sorted(), "{keys:?}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_answers_in_the_shape_of_the_contract_and_can_be_looked_up_on_sqlite() {
    contract(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_answers_in_the_shape_of_the_contract_and_can_be_looked_up_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        contract(&app).await;
    }
}

async fn contract(app: &App) {
    let owner = app.connected().await;
    let (document_id, tickets) = owner.generated(&document(3)).await;
    let push = the_shape_is_the_contracts(app, &owner, &document_id, &tickets).await;
    pushes_and_deliveries_are_listed(app, &owner, &document_id, &push).await;
    what_was_pushed_is_not_pushed_again(app, &owner, &document_id, &tickets).await;
    without_ids_the_reviewed_ones_go(app, &owner).await;
    the_caller_chooses_how_long_to_wait(app, &owner).await;
}

async fn the_shape_is_the_contracts(
    app: &App,
    owner: &Client,
    document: &str,
    tickets: &[Value],
) -> Value {
    let body = body_of(document, &ids(tickets), "SHOP");
    let answer = owner.post_in_workspace("/api/execution/push", body).await;
    let location = answer.header("location").to_owned();
    has_keys(&answer.text, &PUSH_FIELDS);
    let results = answer.text.split_once("\"results\":").unwrap().1;
    has_keys(results, &RESULT_FIELDS);
    let push = answer.expect(200);
    assert_eq!(push.as_object().unwrap().len(), PUSH_FIELDS.len());
    assert_eq!(
        location,
        format!(
            "/api/execution/pushes/{}",
            push["push_id"].as_str().unwrap()
        )
    );
    adds_up(&push);
    assert_eq!(
        (
            &push["document_id"],
            &push["platform"],
            &push["project_key"],
            &push["pushed"]
        ),
        (&json!(document), &json!("jira"), &json!("SHOP"), &json!(3))
    );
    assert_eq!(
        (&push["paused_until"], &push["pause_reason"]),
        (&Value::Null, &Value::Null)
    );
    assert!(push["quota_points"].as_u64().unwrap() >= 3, "{push}");
    let pairs = tickets.iter().zip(push["results"].as_array().unwrap());
    for (ticket, result) in pairs {
        assert_eq!(result.as_object().unwrap().len(), RESULT_FIELDS.len());
        assert_eq!(
            result["ticket_id"], ticket["id"],
            "in the order they were given"
        );
        assert_eq!(
            (
                &result["status"],
                &result["attempts"],
                &result["warnings"],
                &result["error"]
            ),
            (&json!("pushed"), &json!(1), &json!([]), &Value::Null)
        );
        assert_eq!(
            app.issue_of(result).summary(),
            ticket["title"].as_str().unwrap()
        );
        let stored = owner.ticket(&ticket["id"]).await;
        assert_eq!(
            (&stored["status"], &stored["platform"]),
            (&json!("pushed"), &json!("jira"))
        );
        assert_eq!(stored["external_key"], result["external_key"]);
        assert!(
            stored["pushed_at"].is_string() && stored["delivery"].is_null(),
            "{stored}"
        );
    }
    push
}

async fn pushes_and_deliveries_are_listed(app: &App, owner: &Client, document: &str, push: &Value) {
    let id = push["push_id"].as_str().unwrap();
    assert_eq!(owner.push_report(id).await, *push);
    let list = async |query: &str| {
        let path = format!("/api/execution/pushes{query}");
        owner.get_in_workspace(&path).await
    };
    for query in [
        "",
        &format!("?document_id={document}"),
        "?state=settled&limit=1",
    ] {
        let pushes = list(query).await.expect(200);
        let mut listed = push.clone();
        listed.as_object_mut().unwrap().remove("results");
        assert_eq!(
            pushes,
            json!({"pushes": [listed], "next_cursor": null}),
            "{query}"
        );
    }
    for query in [
        "?state=running",
        &format!("?document_id={}", owner.workspace_id),
    ] {
        let pushes = list(query).await.expect(200);
        assert_eq!(
            pushes,
            json!({"pushes": [], "next_cursor": null}),
            "{query}"
        );
    }
    list("?state=lost").await.problem(422, "VALIDATION_FAILED");
    let page = owner
        .get_in_workspace("/api/execution/deliveries?state=confirmed&limit=2")
        .await
        .expect(200);
    let first = &page["deliveries"][0];
    assert_eq!(page["deliveries"].as_array().unwrap().len(), 2);
    assert!(page["next_cursor"].is_string());
    assert_eq!(
        (&first["state"], &first["push_id"]),
        (&json!("confirmed"), &json!(id))
    );
    let results = push["results"].as_array().unwrap();
    assert!(
        results.iter().any(|one| one["delivery_id"] == first["id"]),
        "{first}"
    );
    let none = owner
        .get_in_workspace("/api/execution/deliveries?state=queued")
        .await;
    assert_eq!(
        none.expect(200),
        json!({"deliveries": [], "next_cursor": null})
    );

    let cancelled = owner
        .post(&format!("/api/execution/pushes/{id}/cancel"), &json!({}))
        .await;
    assert_eq!(
        cancelled.expect(200),
        *push,
        "a settled push has nothing to cancel"
    );
    let stranger = app.client_of(&app.workspace("Stranger"), "owner");
    for id in [id, &owner.workspace_id, "nonsense"] {
        let path = format!("/api/execution/pushes/{id}");
        stranger.get(&path).await.problem(404, "PUSH_NOT_FOUND");
        let cancel = stranger.post(&format!("{path}/cancel"), &json!({})).await;
        cancel.problem(404, "PUSH_NOT_FOUND");
    }
}

async fn what_was_pushed_is_not_pushed_again(
    app: &App,
    owner: &Client,
    document: &str,
    tickets: &[Value],
) {
    let creates = app.creates().len();
    let again = owner.push(document, tickets, "SHOP").await;
    adds_up(&again);
    assert_eq!(again["already_pushed"], 3);
    for result in again["results"].as_array().unwrap() {
        let issues = app.issues_of(&result["ticket_id"]);
        assert_eq!(issues.len(), 1);
        assert_eq!(result["external_key"], issues[0].key);
    }
    assert_eq!(app.creates().len(), creates);
}

async fn without_ids_the_reviewed_ones_go(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(3)).await;
    let body = json!({"document_id": id, "platform": "jira", "project_key": "SHOP"});
    let push = async || {
        let answer = owner
            .post_in_workspace("/api/execution/push", body.clone())
            .await;
        answer.expect(200)
    };
    let none = push().await;
    assert_eq!((&none["total"], &none["results"]), (&json!(0), &json!([])));
    owner.change(&tickets[1]["id"], json!({})).await;
    let one = push().await;
    adds_up(&one);
    assert_eq!(one["total"], 1);
    assert_eq!(one["results"][0]["ticket_id"], tickets[1]["id"]);
    app.issue_of(&one["results"][0]);
    assert_eq!(push().await["total"], 0);
}

async fn the_caller_chooses_how_long_to_wait(app: &App, owner: &Client) {
    let (id, tickets) = owner.generated(&document(5)).await;
    let tickets = ids(&tickets);
    let delay = Effect::DelayBefore { ms: 1_500 };
    let slow = Fault::once(Endpoint::BulkCreate, delay);
    for (at, prefer) in ["respond-async", "wait=0", "respond-async, wait=60"]
        .iter()
        .enumerate()
    {
        app.sandbox.handle().push_fault(slow.clone());
        let body = body_of(&id, &tickets[at..=at], "SHOP");
        let answer = owner
            .post_with("/api/execution/push", body, &[("Prefer", prefer)])
            .await;
        if at < 2 {
            let location = answer.header("location").to_owned();
            let push = answer.expect(202);
            adds_up(&push);
            assert_eq!(push["results"][0]["status"], "pending");
            let settled = owner.settled(push["push_id"].as_str().unwrap()).await;
            assert_eq!(owner.get(&location).await.expect(200), settled);
            app.issue_of(&settled["results"][0]);
        } else {
            assert_eq!(answer.expect(200)["pushed"], 1);
        }
    }
    for (at, prefer) in [(3, "wait=soon"), (4, "handling=lenient; x, wait=-1")] {
        let body = body_of(&id, &tickets[at..=at], "SHOP");
        let answer = owner
            .post_with("/api/execution/push", body, &[("Prefer", prefer)])
            .await;
        assert_eq!(answer.expect(200)["pushed"], 1, "{prefer} is left aside");
    }
}
