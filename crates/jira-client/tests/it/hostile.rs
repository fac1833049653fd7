//! Servers that answer badly, on purpose or not: every call ends soon, in a typed error or a sound value.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use jira_client::{Error, FetchOptions, RetryPolicy, SecretString, SendPhase};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::oauth;
use crate::server::{Reply, Server};
use crate::support::{builder, issue, jira, soon};

const JSON: &str = "Content-Type: application/json\r\n";

fn gzip_bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let blank = vec![b' '; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&blank).unwrap();
    }
    encoder.finish().unwrap()
}

#[tokio::test]
async fn an_endless_body_is_left_at_the_limit() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    let server = Server::start(move |_, _| Reply::Endless(head, vec![b' '; 65_536])).await;
    let jira = builder(&server.url)
        .max_body_bytes(1 << 20)
        .build()
        .unwrap();
    let error = jira.myself().await.unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { .. }), "{error:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_slow_body_ends_with_the_time_out() {
    let text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{";
    let server = Server::start(move |_, _| Reply::raw_then_hold(text)).await;
    let jira = builder(&server.url)
        .request_timeout(Duration::from_millis(100))
        .retry_policy(RetryPolicy::NONE)
        .build()
        .unwrap();
    let error = jira.myself().await.unwrap_err();
    let timed_out = matches!(
        error,
        Error::Transport {
            timed_out: true,
            phase: SendPhase::MayHaveBeenSent,
            ..
        }
    );
    assert!(timed_out, "{error:?}");
    assert!(!error.may_have_been_applied(), "a read changes nothing");
}

#[tokio::test]
async fn a_silent_server_costs_no_more_than_the_calls_deadline() {
    let server = Server::start(|_, _| Reply::Hold).await;
    let jira = builder(&server.url)
        .request_timeout(Duration::from_secs(30))
        .deadline(Duration::from_secs(2))
        .build()
        .unwrap();
    let started = Instant::now();
    jira.myself().await.unwrap_err();
    let error = jira.create_issue(&issue("x")).await.unwrap_err();
    assert!(error.may_have_been_applied(), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(25));
}

#[tokio::test]
async fn a_gzip_bomb_is_left_at_the_limit_whatever_its_status() {
    let bomb = gzip_bomb();
    let headers = format!("{JSON}Content-Encoding: gzip\r\n");
    for (status, doubt) in [(201, true), (403, false), (500, true)] {
        let (bomb, headers) = (bomb.clone(), headers.clone());
        let server = Server::start(move |_, _| Reply::with(status, &headers, &bomb)).await;
        let jira = builder(&server.url)
            .max_body_bytes(1 << 20)
            .build()
            .unwrap();
        let error = jira.create_issue(&issue("x")).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.may_have_been_applied(), doubt, "{error:?}");
    }
}

#[tokio::test]
async fn a_page_in_place_of_json_names_what_came() {
    for (headers, body) in [
        (
            "Content-Type: text/html; charset=utf-8\r\n",
            "<html>please log in</html>",
        ),
        ("Content-Type: text/html\r\n", r#"{"accountId":"a-1"}"#),
        ("Content-Type: application/xml\r\n", "<user/>"),
        (JSON, "<html>please log in</html>"),
        ("", "<html>please log in</html>"),
        (JSON, ""),
    ] {
        let server = Server::start(move |_, _| Reply::with(200, headers, body)).await;
        let error = jira(&server.url).myself().await.unwrap_err();
        let Error::Decode { status, path, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!((*status, path.as_str()), (200, "."));
        assert!(!error.to_string().contains("log in"), "{error}");
    }
}

#[tokio::test]
async fn json_nested_without_end_is_refused() {
    let deep = format!(r#"{{"accountId":{}"#, "[".repeat(200_000));
    let server = Server::always(200, deep).await;
    let error = jira(&server.url).myself().await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
}

#[tokio::test]
async fn missing_headers_and_a_body_that_ends_with_the_connection_do_no_harm() {
    let text = "HTTP/1.1 200 OK\r\n\r\n{\"accountId\":\"a-1\"}";
    let server = Server::start(move |_, _| Reply::raw(text)).await;
    assert_eq!(jira(&server.url).myself().await.unwrap().account_id, "a-1");
}

#[tokio::test]
async fn contradicting_lengths_are_no_answer() {
    let text = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\
        Content-Length: 30\r\n\r\n{\"id\":\"1\",\"key\":\"A-1\"}";
    let server = Server::start(move |_, _| Reply::raw(text)).await;
    let error = jira(&server.url)
        .create_issue(&issue("x"))
        .await
        .unwrap_err();
    assert!(error.may_have_been_applied(), "{error:?}");
}

#[tokio::test]
async fn a_wrong_type_deep_in_an_issue_is_named_by_its_path_and_not_by_its_value() {
    let good = json!({"id": "1", "key": "A-1", "fields": {"summary": "s"}});
    for (fields, place) in [
        (json!({"status": "secret"}), "fields.status"),
        (
            json!({"status": {"name": ["secret"]}}),
            "fields.status.name",
        ),
        (json!({"labels": {"secret": 1}}), "fields.labels"),
        (json!({"labels": ["a", 7]}), "fields.labels[1]"),
        (json!({"created": "secret"}), "fields.created"),
        (
            json!({"creator": {"accountId": 7}}),
            "fields.creator.accountId",
        ),
        (json!(["secret"]), "fields"),
    ] {
        let bad = json!({"id": "2", "key": "A-2", "fields": fields});
        let server = Server::always(200, json!({"issues": [good, bad]})).await;
        let ids = ["1".to_owned(), "2".to_owned()];
        let found = jira(&server.url)
            .bulk_fetch(&ids, &FetchOptions::default())
            .await;
        let error = found.unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        match error {
            Error::Decode { path, .. } => assert_eq!(path, format!("issues[1].{place}")),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn dates_are_read_in_any_zone_and_keys_may_have_changed() {
    let expected = datetime!(2026-09-27 08:03:11.123 UTC);
    for created in [
        "2026-09-27T10:03:11.123+0200",
        "2026-09-27T13:48:11.123+05:45",
        "2026-09-26T22:03:11.123-1000",
        "2026-09-27T08:03:11.123Z",
    ] {
        let body = json!({"id": 10_002, "key": "NEW-1", "fields": {"created": created,
            "creator": {"accountId": "a-1"}, "reporter": null, "other": 1}, "surprise": []});
        let server = Server::always(200, body).await;
        let found = jira(&server.url)
            .issue("OLD-7", &FetchOptions::default())
            .await
            .unwrap();
        assert_eq!(found.fields.created, Some(expected), "{created}");
        assert_eq!((found.id.as_str(), found.key.as_str()), ("10002", "NEW-1"));
        assert_eq!(found.fields.creator.unwrap().account_id, "a-1");
        assert!(found.fields.reporter.is_none());
    }
}

#[tokio::test]
async fn an_answer_as_to_nobody_is_no_empty_list() {
    let headers = format!("{JSON}X-Seraph-LoginReason: AUTHENTICATED_FAILED\r\n");
    let server =
        Server::start(move |_, _| Reply::with(200, &headers, r#"{"values":[],"isLast":true}"#))
            .await;
    let jira = jira(&server.url);
    let error = jira.projects(&Default::default()).await.unwrap_err();
    assert!(error.is_unauthorized(), "{error:?}");
    assert!(matches!(
        error,
        Error::TakenForAnonymous { status: 200, .. }
    ));
    let error = jira.set_issue_property("A-1", "k", &json!(1)).await;
    assert!(error.unwrap_err().may_have_been_applied());
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let server =
        Server::start(|_, _| Reply::with(302, "Location: /again\r\n", "<html>moved")).await;
    let error = jira(&server.url).myself().await.unwrap_err();
    assert_eq!(error.status(), Some(302));
    assert!(server.seen().len() < 10);
}

#[tokio::test]
async fn no_write_and_no_token_call_follows_a_redirect_and_no_credential_leaves() {
    let other = Server::always(200, json!({"id": "1", "key": "A-1", "access_token": "x"})).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("Location: {}steal\r\n", other.url);
        let server = Server::start(move |_, _| Reply::with(status, &location, "")).await;
        let jira = jira(&server.url);
        jira.create_issues(&[issue("x")], soon()).await.unwrap_err();
        jira.set_issue_property("A-1", "k", &json!(1))
            .await
            .unwrap_err();
        jira.delete_issue_property("A-1", "k").await.unwrap_err();
        jira.myself().await.unwrap_err();
        let token = SecretString::from("rt-1");
        let client = oauth::client(&server.url);
        client.refresh(&token, soon()).await.unwrap_err();
        client.exchange_code(&token).await.unwrap_err();
        client.accessible_resources(&token).await.unwrap_err();
        assert_eq!(server.seen().len(), 7, "{status}");
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn what_a_sparse_stand_in_leaves_out_is_not_missed() {
    let server = Server::start(|seen, _| {
        let path = seen.target.split('?').next().unwrap().to_owned();
        let body: Value = match path.trim_start_matches("/ex/jira/site-1") {
            "/oauth/token" => json!({"access_token": "at-1", "expires_in": "3600",
                "scope": ["read:jira-work", "write:jira-work"], "refresh_token": ""}),
            "/oauth/token/accessible-resources" => json!([{"id": "c-1", "scopes": null}]),
            "/rest/api/3/project/search" => json!({"values": [{"id": 1, "key": "A"}]}),
            "/rest/api/3/issue/createmeta/A/issuetypes" => json!({
                "issueTypes": [{"id": 3, "name": null}], "createMetaIssueType": [{"id": 3}]}),
            "/rest/api/3/issue/createmeta/A/issuetypes/3" => json!({"fields": [
                {"fieldId": "priority", "allowedValues": [{"id": 2, "name": "High"}],
                 "schema": null}]}),
            "/rest/api/3/search/jql" => json!({"issues": [{"id": 5}], "isLast": null}),
            "/rest/api/3/issue" => json!({"id": 9, "key": "A-9"}),
            "/rest/api/3/serverInfo" => json!({"baseUrl": null}),
            other => panic!("{other}"),
        };
        Reply::json(200, body)
    })
    .await;
    let client = oauth::client(&server.url);
    let set = client.exchange_code(&"code".into()).await.unwrap();
    assert_eq!(set.scope, "read:jira-work write:jira-work");
    assert_eq!(set.expires_in, Duration::from_secs(3600));
    assert!(set.refresh_token.is_none());
    let sites = client
        .accessible_resources(&set.access_token)
        .await
        .unwrap();
    assert_eq!(sites[0].id, "c-1");

    let jira = jira(&server.url);
    let projects = jira.projects(&Default::default()).await.unwrap();
    assert_eq!(projects.values[0].id, "1");
    assert_eq!(projects.next_start(), Some(1));
    let types = jira.create_meta_issue_types("A").await.unwrap();
    assert_eq!((types.len(), types[0].id.as_str()), (1, "3"));
    let priorities = jira.create_meta_priorities("A", "3").await.unwrap();
    assert_eq!(priorities.unwrap()[0].id, "2");
    let query = jira_client::SearchQuery::new("project = A", ["summary"]);
    assert_eq!(jira.search(&query).await.unwrap().issues[0].id, "5");
    assert_eq!(jira.create_issue(&issue("x")).await.unwrap().id, "9");
    assert!(jira.server_info().await.unwrap().base_url.is_empty());
}
