//! Dynamic webhooks, registered and delivered over real HTTP.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jira_sandbox::{ACME_CLOUD_ID, SandboxConfig, USER_ACCOUNT_ID, WebhookJwt};
use ring::hmac;
use serde_json::{Value, json};

use crate::harness::{Jira, consent, document, exchange, task};
use crate::receiver::{Received, Receiver};

const SCOPES: &str =
    "read:jira-work write:jira-work read:jira-user manage:jira-webhook offline_access";

pub(crate) fn start() -> Jira {
    connect(Jira::start())
}

fn connect(mut jira: Jira) -> Jira {
    let base = jira.sandbox.base_url();
    let code = consent(base, SCOPES, &[ACME_CLOUD_ID]);
    let pair = exchange(base, &code).json();
    jira.access_token = pair["access_token"].as_str().unwrap().to_owned();
    jira.refresh_token = pair["refresh_token"].as_str().unwrap().to_owned();
    jira
}

fn all_events() -> Value {
    json!([
        "jira:issue_created",
        "jira:issue_updated",
        "jira:issue_deleted",
        "issue_property_set"
    ])
}

fn hook(jql: &str) -> Value {
    json!({"events": all_events(), "jqlFilter": jql})
}

fn register(jira: &Jira, url: &str, hooks: &[Value]) -> Vec<Value> {
    let reply = jira.post("webhook", &json!({"url": url, "webhooks": hooks}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let results = reply.json()["webhookRegistrationResult"].clone();
    results.as_array().unwrap().clone()
}

/// Registers for everything in SHOP.
pub(crate) fn listen(jira: &Jira) -> Receiver {
    let receiver = Receiver::start();
    let results = register(jira, &receiver.url, &[hook("project = SHOP")]);
    assert!(results[0]["createdWebhookId"].is_u64(), "{results:?}");
    receiver
}

/// Checks a delivery's token as a receiver must, and gives its claims.
fn verified(received: &Received, secret: &str) -> Option<Value> {
    let token = received.header("Authorization")?.strip_prefix("Bearer ")?;
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let json = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).ok();
    if json(header)?["alg"] != "HS256" {
        return None;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, signed.as_bytes(), &decode(signature)?).ok()?;
    json(claims)
}

#[test]
fn what_happens_to_issues_is_delivered_as_jira_tells_it() {
    let jira = start();
    let receiver = listen(&jira);
    let mut issue = task("SHOP", "A");
    issue["fields"]["description"] = document("Some words");
    assert_eq!(jira.post("issue", &issue).status, 201);
    let created = receiver.wait_for(1).remove(0);
    assert_eq!(created.event(), "jira:issue_created");
    assert_eq!(created.body["issue_event_type_name"], "issue_created");
    assert_eq!(created.body["user"]["accountId"], USER_ACCOUNT_ID);
    assert_eq!(created.body["timestamp"].to_string().len(), 13);
    let shown = &created.body["issue"];
    assert_eq!(shown["key"], "SHOP-1");
    assert_eq!(
        shown["fields"]["description"], "Some words",
        "version 2 has texts"
    );
    assert!(
        shown["self"]
            .as_str()
            .unwrap()
            .contains("/rest/api/2/issue/")
    );
    assert_eq!(created.body.get("changelog"), None);
    assert_eq!(created.header("X-Atlassian-Webhook-Flow"), Some("Primary"));
    assert_eq!(created.header("X-Atlassian-Webhook-Retry"), None);

    jira.put(
        "issue/SHOP-1",
        &json!({"fields": {"summary": "B", "priority": {"id": "1"}}}),
    );
    let updated = receiver.wait_for(2).remove(1);
    let fields: Vec<_> = updated.body["changelog"]["items"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(fields.len(), 2, "{fields:?}");
    assert_eq!(fields[0]["fieldId"], "summary");
    assert_eq!(
        (&fields[0]["fromString"], &fields[0]["toString"]),
        (&json!("A"), &json!("B"))
    );
    assert_eq!(
        (&fields[1]["from"], &fields[1]["to"]),
        (&json!("3"), &json!("1"))
    );

    jira.post(
        "issue/SHOP-1/transitions",
        &json!({"transition": {"id": "31"}}),
    );
    let moved = receiver.wait_for(3).remove(2);
    assert_eq!(moved.body["issue_event_type_name"], "issue_generic");
    let status = &moved.body["changelog"]["items"][0];
    assert_eq!(
        (&status["field"], &status["toString"]),
        (&json!("status"), &json!("Done"))
    );
    assert_eq!(moved.body["changelog"]["items"][1]["field"], "resolution");

    jira.put("issue/SHOP-1/properties/mark", &json!({"a": 1}));
    let property = receiver.wait_for(4).remove(3);
    assert_eq!(property.event(), "issue_property_set");
    assert_eq!(
        property.body["property"],
        json!({"key": "mark", "value": {"a": 1}})
    );

    jira.beside("DELETE", "/sandbox/issues/SHOP-1", "");
    let deleted = receiver.wait_for(5).remove(4);
    assert_eq!(deleted.event(), "jira:issue_deleted");
    assert_eq!(deleted.body["issue"]["key"], "SHOP-1");
    let mut identifiers: Vec<_> = receiver.received();
    identifiers.dedup_by_key(|it| {
        it.header("X-Atlassian-Webhook-Identifier")
            .map(str::to_owned)
    });
    assert_eq!(
        identifiers.len(),
        5,
        "each event has an identifier of its own"
    );
}

#[test]
fn every_delivery_is_signed_with_the_client_secret_unless_switched_otherwise() {
    let jira = start();
    let receiver = listen(&jira);
    let secret = SandboxConfig::default().client_secret;
    let mut arrived = 0;
    for (jwt, is_good) in [
        (WebhookJwt::Valid, true),
        (WebhookJwt::NoClaims, true),
        (WebhookJwt::Missing, false),
        (WebhookJwt::WrongSecret, false),
        (WebhookJwt::AlgorithmNone, false),
        (WebhookJwt::AlgorithmWrong, false),
        (WebhookJwt::Garbage, false),
    ] {
        jira.handle()
            .switch(|switches| switches.webhooks.webhook_jwt = jwt);
        jira.create(&["A"]);
        arrived += 1;
        let received = receiver.wait_for(arrived).remove(arrived - 1);
        assert_eq!(verified(&received, &secret).is_some(), is_good, "{jwt:?}");
    }
    jira.handle()
        .switch(|switches| switches.webhooks.webhook_jwt = WebhookJwt::Expired);
    jira.create(&["A"]);
    let expired = receiver.wait_for(arrived + 1).remove(arrived);
    let claims = verified(&expired, &secret).unwrap();
    let iat = claims["iat"].as_i64().unwrap();
    assert_eq!(claims["exp"], iat + 180);
}

#[test]
fn filters_decide_over_projects_fields_and_properties() {
    let jira = start();
    let receiver = Receiver::start();
    let of_status = json!({"events": ["jira:issue_updated"], "jqlFilter": "project = SHOP",
        "fieldIdsFilter": ["status"]});
    let of_property = json!({"events": ["issue_property_set"], "jqlFilter": "project = SHOP",
        "issuePropertyKeysFilter": ["mine"]});
    let of_team = json!({"events": ["jira:issue_created"], "jqlFilter": "project IN (TEAM, OWN)"});
    let results = register(&jira, &receiver.url, &[of_status, of_property, of_team]);
    jira.create(&["A"]);
    jira.put("issue/SHOP-1", &json!({"fields": {"summary": "B"}}));
    jira.put("issue/SHOP-1/properties/other", &json!(1));
    jira.put("issue/SHOP-1/properties/mine", &json!(2));
    jira.post(
        "issue/SHOP-1/transitions",
        &json!({"transition": {"id": "21"}}),
    );
    jira.post("issue", &task("TEAM", "A"));
    let received = receiver.wait_for(3);
    let mut seen: Vec<_> = received
        .iter()
        .map(|it| {
            (
                it.event().to_owned(),
                it.body["matchedWebhookIds"][0].clone(),
            )
        })
        .collect();
    seen.sort_by_key(|(_, id)| id.as_u64());
    let id = |at: usize| results[at]["createdWebhookId"].clone();
    let expected = [
        ("jira:issue_updated".to_owned(), id(0)),
        ("issue_property_set".to_owned(), id(1)),
        ("jira:issue_created".to_owned(), id(2)),
    ];
    assert_eq!(seen, expected);
    assert_eq!(jira.handle().webhook_deliveries().len(), 3);
}

#[test]
fn filters_may_ask_for_entity_properties_and_custom_fields() {
    let jira = start();
    let receiver = Receiver::start();
    let created = |jql: &str| json!({"events": ["jira:issue_created"], "jqlFilter": jql});
    let hooks = [
        created("issue.property[mark].team.name = blue"),
        created("project = REQ AND cf[10010] = CC-1"),
        created("issue.property[mark].tags NOT IN (old)"),
        created("project = SHOP AND status IN (\"To Do\")"),
    ];
    let results = register(&jira, &receiver.url, &hooks);
    let ids: Vec<_> = results.iter().map(|it| &it["createdWebhookId"]).collect();
    assert_eq!(ids, [1, 2, 3, 4], "{results:?}");
    let with = |project: &str, mark: Value| {
        let mut issue = task(project, "A");
        issue["properties"] = json!([{"key": "mark", "value": mark}]);
        issue
    };
    let mut third = with("REQ", json!({"tags": ["old"]}));
    third["fields"]["customfield_10010"] = json!("CC-1");
    for issue in [
        with("SHOP", json!({"team": {"name": "blue"}})),
        with("TEAM", json!({"tags": ["new"]})),
        third,
    ] {
        assert_eq!(jira.post("issue", &issue).status, 201);
    }
    let received = receiver.wait_for(3);
    let mut matched: Vec<_> = received
        .iter()
        .map(|it| {
            (
                it.body["issue"]["key"].as_str(),
                it.body["matchedWebhookIds"].clone(),
            )
        })
        .collect();
    matched.sort_by_key(|(key, _)| *key);
    let expected = [
        (Some("REQ-1"), json!([2])),
        (Some("SHOP-1"), json!([1, 4])),
        (Some("TEAM-1"), json!([3])),
    ];
    assert_eq!(matched, expected);
}

#[test]
fn what_a_filter_may_not_hold_is_named_as_it_was_written() {
    let jira = start();
    for (jql, named) in [
        ("assignee is EMPTY", "The operator is is unsupported"),
        ("assignee IS NOT NULL", "The operator is not is unsupported"),
        (
            "project = SHOP ORDER BY key",
            "The clause ORDER BY is unsupported",
        ),
        ("project >= SHOP", "The operator >= is unsupported"),
    ] {
        let results = register(&jira, "http://127.0.0.1:9/hook", &[hook(jql)]);
        assert_eq!(results[0]["errors"], json!([named]), "{jql}");
    }
}

#[test]
fn every_site_counts_its_webhooks_for_itself() {
    let mut jira = start();
    jira.control("POST", "grants", &json!({"site": "beacon"}));
    let url = "http://127.0.0.1:9/hook";
    let of_acme = register(&jira, url, &[hook("project = SHOP")]);
    jira.cloud_id = jira_sandbox::BEACON_CLOUD_ID.to_owned();
    let of_beacon = register(&jira, url, &[hook("project = BEA")]);
    assert_eq!(of_acme, of_beacon);
    jira.call("DELETE", "webhook", Some(&json!({"webhookIds": [1]})));
    assert_eq!(
        jira.handle().webhook_count(),
        1,
        "the other site keeps its own"
    );
}

#[test]
fn a_bad_filter_a_second_url_and_a_sixth_webhook_are_errors_inside_a_200() {
    let jira = start();
    let url = "http://127.0.0.1:9/hook";
    let results = register(
        &jira,
        url,
        &[
            hook("watchCount > 3"),
            hook("project = SHOP"),
            hook("project ~ SHOP"),
            hook("project = NOPE"),
            hook("created > -1d"),
        ],
    );
    assert_eq!(
        results[0]["errors"],
        json!(["The clause watchCount is unsupported"])
    );
    assert!(results[1]["createdWebhookId"].is_u64());
    for at in [2, 3] {
        assert!(results[at]["errors"].is_array(), "{results:?}");
    }
    assert_eq!(
        results[4]["errors"],
        json!(["The clause created is unsupported"])
    );
    let other = register(&jira, "http://127.0.0.1:9/other", &[hook("project = SHOP")]);
    assert!(
        other[0]["errors"][0]
            .as_str()
            .unwrap()
            .contains("single URL")
    );
    let five = vec![hook("project = SHOP"); 5];
    let results = register(&jira, url, &five);
    assert!(results[3]["createdWebhookId"].is_u64() && results[4]["errors"].is_array());
}

#[test]
fn webhooks_are_listed_refreshed_deleted_and_expire_after_thirty_days() {
    let mut jira = start();
    let receiver = listen(&jira);
    let day = Duration::from_secs(24 * 3600);
    let listed = jira.get("webhook").json();
    assert_eq!(
        (&listed["total"], &listed["isLast"]),
        (&json!(1), &json!(true))
    );
    let id = listed["values"][0]["id"].as_u64().unwrap();
    let end = listed["values"][0]["expirationDate"].as_i64().unwrap();
    jira.handle().advance_clock(day * 29);
    jira.refresh();
    let refreshed = jira.put("webhook/refresh", &json!({"webhookIds": [id, 999]}));
    let moved = refreshed.json()["expirationDate"].as_i64().unwrap();
    assert!(moved > end + 28 * 24 * 3600 * 1000, "{moved} {end}");
    jira.handle().advance_clock(day * 29);
    jira.refresh();
    jira.create(&["A"]);
    receiver.wait_for(1);
    jira.handle().advance_clock(day * 2);
    jira.refresh();
    jira.create(&["B"]);
    assert_eq!(jira.handle().webhook_count(), 0);
    assert_eq!(
        jira.get("webhook").json()["total"],
        1,
        "expired ones stay listed"
    );
    let gone = jira.call("DELETE", "webhook", Some(&json!({"webhookIds": [id]})));
    assert_eq!((gone.status, gone.body.len()), (202, 0));
    assert_eq!(jira.get("webhook").json()["total"], 0);
    assert_eq!(receiver.received().len(), 1);
}

#[test]
fn webhooks_need_both_scopes_and_an_app() {
    let jira = Jira::start();
    let reply = jira.get("webhook");
    assert_eq!(reply.status, 401);
    assert!(reply.text().contains("scope does not match"));
    let jira = connect(jira);
    assert_eq!(jira.get("webhook").status, 200);
    let malformed = json!({"url": "no url", "webhooks": [hook("project = SHOP")]});
    assert_eq!(jira.post("webhook", &malformed).status, 400);
    let empty = json!({"url": "http://127.0.0.1:9/", "webhooks": []});
    assert_eq!(jira.post("webhook", &empty).status, 400);
    let none = jira.call("DELETE", "webhook", Some(&json!({})));
    assert_eq!(none.status, 400);
}
