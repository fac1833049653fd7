//! Webhooks are registered one by one, listed over pages, kept alive and deleted.

use futures_util::TryStreamExt;
use jira_client::webhooks::{NewWebhook, Registration, Webhook, WebhookEvent};
use jira_client::{Error, Url};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::server::{Reply, Server};
use crate::support::jira;

fn callback() -> Url {
    Url::parse("https://app.test/hook").unwrap()
}

fn three() -> Vec<NewWebhook> {
    let events = || {
        [
            WebhookEvent::IssueUpdated,
            WebhookEvent::from("sprint_started"),
        ]
    };
    vec![
        NewWebhook::new(events(), "project = A").only_fields(["status"]),
        NewWebhook::new(events(), "watchCount > 3"),
        NewWebhook::new([WebhookEvent::IssuePropertySet], "project = B").only_properties(["k"]),
    ]
}

#[tokio::test]
async fn a_bad_filter_inside_a_success_is_the_error_of_its_webhook_alone() {
    let body = json!({"webhookRegistrationResult": [{"createdWebhookId": 1000},
        {"errors": ["The clause watchCount is unsupported"]}, {"createdWebhookId": "1001"}]});
    let server = Server::always(200, body).await;
    let registered = jira(&server.url)
        .register_webhooks(&callback(), &three())
        .await
        .unwrap();
    assert_eq!(registered[0].created(), Some(1000));
    let refused = vec!["The clause watchCount is unsupported".to_owned()];
    assert_eq!(registered[1], Registration::Rejected(refused));
    assert_eq!(registered[2].created(), Some(1001));
    let sent = json!({"url": "https://app.test/hook", "webhooks": [
        {"events": ["jira:issue_updated", "sprint_started"], "jqlFilter": "project = A",
         "fieldIdsFilter": ["status"]},
        {"events": ["jira:issue_updated", "sprint_started"], "jqlFilter": "watchCount > 3"},
        {"events": ["issue_property_set"], "jqlFilter": "project = B",
         "issuePropertyKeysFilter": ["k"]}]});
    assert_eq!(server.seen()[0].json(), sent);
    assert_eq!(server.seen()[0].method, "POST");
}

#[tokio::test]
async fn results_that_are_missing_are_unknown_and_too_many_are_an_error_in_doubt() {
    let server = Server::always(200, json!({"webhookRegistrationResult": [{}]})).await;
    let registered = jira(&server.url)
        .register_webhooks(&callback(), &three())
        .await
        .unwrap();
    assert_eq!(registered, vec![Registration::Unknown; 3]);
    let results = json!([{"createdWebhookId": 1}, {"createdWebhookId": 2}]);
    let server = Server::always(200, json!({"webhookRegistrationResult": results})).await;
    let error = jira(&server.url)
        .register_webhooks(&callback(), &three()[..1])
        .await
        .unwrap_err();
    assert!(error.may_have_been_applied(), "{error:?}");
}

#[tokio::test]
async fn webhooks_are_listed_over_pages_in_both_forms_of_their_date() {
    let server = Server::start(|_, number| {
        let values: Vec<Value> = match number {
            0 => vec![
                json!({"id": 1, "jqlFilter": "project = A", "events": ["jira:issue_updated", "new"],
                    "expirationDate": 1_790_496_191_123_i64}),
                json!({"id": "2", "expirationDate": "2026-09-27T10:03:11.123+0200", "events": null}),
            ],
            _ => vec![json!({"id": 3, "jqlFilter": null})],
        };
        let body = json!({"values": values, "startAt": number * 2, "maxResults": 2, "total": 3,
            "isLast": number == 1});
        Reply::json(200, body)
    })
    .await;
    let all: Vec<Webhook> = jira(&server.url)
        .webhooks_stream()
        .try_collect()
        .await
        .unwrap();
    let expires = datetime!(2026-09-27 08:03:11.123 UTC);
    let read: Vec<_> = all
        .iter()
        .map(|webhook| (webhook.id, webhook.expiration_date))
        .collect();
    assert_eq!(read, [(1, Some(expires)), (2, Some(expires)), (3, None)]);
    assert_eq!(all[0].events[1], WebhookEvent::Other("new".to_owned()));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_list_without_a_last_page_is_left_where_its_total_says() {
    let body = json!({"values": [{"id": 1}, {"id": 2}], "startAt": 0, "total": 5});
    let server = Server::always(200, body).await;
    let all: Vec<Webhook> = jira(&server.url)
        .webhooks_stream()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 6);
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_list_that_claims_never_to_end_is_an_error_soon_after_its_total() {
    let many: Vec<Value> = (0..50).map(|id| json!({"id": id})).collect();
    let server = Server::always(200, json!({"values": many, "total": 60, "isLast": false})).await;
    let result: Result<Vec<Webhook>, Error> =
        jira(&server.url).webhooks_stream().try_collect().await;
    assert!(matches!(result, Err(Error::Decode { path, .. }) if path == "isLast"));
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn webhooks_are_refreshed_and_deleted_by_their_ids() {
    let server = Server::start(|seen, _| match seen.method.as_str() {
        "PUT" => Reply::json(200, json!({"expirationDate": "2026-09-27T08:03:11.123Z"})),
        _ => Reply::with(202, "", ""),
    })
    .await;
    let jira = jira(&server.url);
    let until = jira.refresh_webhooks(&[1, 2]).await.unwrap();
    assert_eq!(until, Some(datetime!(2026-09-27 08:03:11.123 UTC)));
    jira.delete_webhooks(&[1]).await.unwrap();
    let seen = server.seen();
    assert!(seen[0].target.ends_with("/rest/api/3/webhook/refresh"));
    assert_eq!(seen[0].json(), json!({"webhookIds": [1, 2]}));
    assert_eq!(seen[1].method, "DELETE");
    assert!(seen[1].target.ends_with("/rest/api/3/webhook"));
    assert_eq!(seen[1].json(), json!({"webhookIds": [1]}));
}
