//! Jira that answers wrongly, late or not at all.

use std::time::Duration;

use acceptance::{App, Client, document, eventually, ids};
use jira_sandbox::{Effect, Endpoint, Fault, RateLimitReason, When};
use serde_json::{Value, json};

use super::{adds_up, body_of};

fn html(status: u16) -> Effect {
    Effect::Html {
        status,
        acting: false,
    }
}

/// One ticket, pushed while the next create meets this effect.
async fn pushed_under(app: &App, owner: &Client, effect: Effect) -> (String, Value, String) {
    let (document, tickets) = owner.generated(&document(1)).await;
    app.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, effect));
    let push = owner.push_async(&document, &ids(&tickets), "SHOP").await;
    (document, tickets[0]["id"].clone(), push)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_outcome_is_unknown_stays_pending_and_is_never_sent_again() {
    let app = App::start().await;
    let owner = app.connected().await;
    let effects = [
        Effect::DropBefore,
        Effect::status(500),
        Effect::status(503),
        Effect::status(408),
        html(502),
        html(200),
    ];
    let mut open = Vec::new();
    for effect in effects {
        let name = format!("{effect:?}");
        let (document, ticket, push) = pushed_under(&app, &owner, effect).await;
        let seen = owner.delivery_is(&ticket, "uncertain").await;
        assert_eq!(seen["status"], "generated", "{name}");
        assert!(app.issues_of(&ticket).is_empty(), "{name}");
        let report = owner.push_report(&push).await;
        adds_up(&report);
        let result = &report["results"][0];
        assert_eq!(
            (
                &result["status"],
                &result["attempts"],
                &result["external_key"]
            ),
            (&json!("pending"), &json!(1), &Value::Null),
            "{name}: {report}"
        );
        assert_eq!(result["error"]["code"], "TRACKER_UNAVAILABLE", "{name}");
        open.push((document, ticket, push));
    }
    app.sandbox.handle().clear_faults();
    let creates = app.creates().len();
    assert_eq!(creates, open.len());
    for (document, ticket, push) in &open {
        let body = body_of(document, std::slice::from_ref(ticket), "SHOP");
        let headers = [("Prefer", "wait=0")];
        let joined = owner
            .post_with("/api/execution/push", body, &headers)
            .await
            .expect(202);
        assert_eq!(
            (&joined["pending"], &joined["total"]),
            (&json!(1), &json!(1))
        );
        let cancel = format!("/api/execution/pushes/{push}/cancel");
        let cancelled = owner.post(&cancel, &json!({})).await.expect(200);
        assert_eq!(cancelled["pending"], 1, "it may have been applied");
        assert!(app.issues_of(ticket).is_empty());
    }
    let (document, tickets) = owner.generated(&document(1)).await;
    assert_eq!(owner.push(&document, &tickets, "SHOP").await["pushed"], 1);
    assert_eq!(
        app.creates().len(),
        creates + 1,
        "the worker has come by and sent only this"
    );
    for (_, ticket, push) in &open {
        assert!(app.issues_of(ticket).is_empty());
        let report = owner.push_report(push).await;
        assert_eq!(
            (&report["state"], &report["pending"]),
            (&json!("running"), &json!(1))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_whose_answer_was_lost_is_found_and_never_made_again() {
    let app = App::start().await;
    let owner = app.connected().await;
    let acting = Effect::Html {
        status: 201,
        acting: true,
    };
    for effect in [Effect::DropAfter, acting, Effect::Empty, Effect::Truncated] {
        let name = format!("{effect:?}");
        let (_, ticket, push) = pushed_under(&app, &owner, effect).await;
        let settled = owner.settled(&push).await;
        adds_up(&settled);
        let result = &settled["results"][0];
        assert_eq!(
            (&result["status"], &result["attempts"]),
            (&json!("pushed"), &json!(1)),
            "{name}: {settled}"
        );
        app.issue_of(result);
        assert_eq!(app.issues_of(&ticket).len(), 1, "{name}");
    }
    assert_eq!(app.creates().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_was_certainly_refused_fails_and_one_certainly_not_applied_is_repeated() {
    let app = App::start().await;
    let owner = app.connected().await;
    let invalid = json!({"errorMessages": [], "errors": {"summary": "Not today."}});
    let answer = |status: u16, body: Value| Effect::Answer {
        status,
        headers: Vec::new(),
        body,
        acting: false,
    };
    for (effect, code) in [
        (Effect::status(403), "PERMISSION_DENIED"),
        // The project can be seen, so it is not that which is missing.
        (Effect::status(404), "PERMISSION_DENIED"),
        (
            answer(
                400,
                json!({"issues": [], "errors": [{
                    "status": 400, "elementErrors": invalid, "failedElementNumber": 0,
                }]}),
            ),
            "FIELD_REJECTED",
        ),
        (answer(400, invalid), "FIELD_REJECTED"),
    ] {
        let name = format!("{effect:?}");
        let (document, ticket, push) = pushed_under(&app, &owner, effect).await;
        let settled = owner.settled(&push).await;
        adds_up(&settled);
        assert_eq!(settled["results"][0]["error"]["code"], code, "{name}");
        assert!(app.issues_of(&ticket).is_empty());
        let body = json!([{"id": ticket}]);
        let again = owner
            .push(&document, body.as_array().unwrap(), "SHOP")
            .await;
        assert_eq!(again["pushed"], 1, "{name}");
        assert_eq!(app.issues_of(&ticket).len(), 1);
    }
    let wait = Duration::from_secs(1);
    let mut effects = vec![Effect::status(401)];
    effects.extend(
        [
            RateLimitReason::GlobalQuota,
            RateLimitReason::TenantQuota,
            RateLimitReason::Burst,
            RateLimitReason::PerIssueWrite,
        ]
        .map(|reason| Effect::rate_limited(reason, wait)),
    );
    for effect in effects {
        let name = format!("{effect:?}");
        let (_, ticket, push) = pushed_under(&app, &owner, effect).await;
        let settled = owner.settled(&push).await;
        let result = &settled["results"][0];
        assert_eq!(
            (&result["status"], &result["attempts"]),
            (&json!("pushed"), &json!(2)),
            "{name}"
        );
        assert_eq!(
            (&result["error"], &settled["paused_until"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(app.issues_of(&ticket).len(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_pause_is_told_and_obeyed() {
    let app = App::start().await;
    let owner = app.connected().await;
    let hour = Duration::from_secs(3_600);
    let effect = Effect::rate_limited(RateLimitReason::TenantQuota, hour);
    let (_, ticket, push) = pushed_under(&app, &owner, effect).await;
    let report = eventually("the push is paused", async || {
        let report = owner.push_report(&push).await;
        let is_paused = report["paused_until"].is_string();
        (is_paused && report["results"][0]["retry_at"].is_string()).then_some(report)
    })
    .await;
    adds_up(&report);
    assert_eq!(report["pause_reason"], "jira-quota-tenant-based");
    assert_eq!(report["results"][0]["status"], "pending");
    assert_eq!(
        report["results"][0]["error"]["code"],
        "TRACKER_RATE_LIMITED"
    );
    owner.delivery_is(&ticket, "queued").await;
    let (document, tickets) = owner.generated(&document(1)).await;
    let body = body_of(&document, &ids(&tickets), "SHOP");
    let headers = [("Prefer", "wait=2")];
    let paused = owner
        .post_with("/api/execution/push", body, &headers)
        .await
        .expect(202);
    assert_eq!(
        paused["pause_reason"], "jira-quota-tenant-based",
        "{paused}"
    );
    assert_eq!(app.creates().len(), 1, "nothing is sent during the pause");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jira_that_cannot_be_read_refuses_the_push_as_a_whole_and_the_next_one_goes_through() {
    let app = App::start().await;
    let owner = app.connected().await;
    let (document, tickets) = owner.generated(&document(1)).await;
    let body = body_of(&document, &ids(&tickets), "SHOP");
    let reads = [
        Endpoint::ProjectSearch,
        Endpoint::CreateMetaTypes,
        Endpoint::CreateMetaFields,
        Endpoint::Search,
    ];
    let minute = Duration::from_secs(60);
    let mut seen = Vec::new();
    for endpoint in reads {
        for (effect, codes) in [
            (Effect::status(403), &["FORBIDDEN"][..]),
            (Effect::status(500), &["TRACKER_UNAVAILABLE"]),
            (
                Effect::rate_limited(RateLimitReason::Burst, minute),
                &["TRACKER_RATE_LIMITED"],
            ),
            (html(200), &["TRACKER_UNAVAILABLE"]),
            (Effect::Empty, &["TRACKER_UNAVAILABLE"]),
            (Effect::Truncated, &["TRACKER_UNAVAILABLE"]),
        ] {
            let name = format!("{endpoint:?} {effect:?}");
            let fault = Fault::once(endpoint, effect).when(When::Always);
            app.sandbox.handle().set_faults([fault]);
            let answer = owner
                .post_in_workspace("/api/execution/push", body.clone())
                .await;
            seen.push((name, answer, codes));
        }
    }
    for (name, answer, codes) in seen {
        let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
        assert!(codes.contains(&code.as_str()), "{name}: {}", answer.text);
        let is_limit = code == "TRACKER_RATE_LIMITED";
        assert_eq!(
            is_limit,
            answer.header("retry-after") == "60",
            "{name}: {answer:?}"
        );
        answer.clone().problem(answer.status, &code);
    }
    assert!(app.creates().is_empty());
    assert_eq!(owner.ticket(&tickets[0]["id"]).await, tickets[0]);

    let flaky = [Effect::DropBefore, Effect::status(503), Effect::status(401)];
    let flaky = reads
        .into_iter()
        .zip(flaky)
        .map(|(at, effect)| Fault::once(at, effect));
    app.sandbox.handle().set_faults(flaky);
    let pushed = owner.push(&document, &tickets, "SHOP").await;
    assert_eq!(pushed["pushed"], 1, "reads are tried again");
    assert_eq!(app.creates().len(), 1);
}
