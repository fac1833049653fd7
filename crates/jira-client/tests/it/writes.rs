//! A write is sent again only where it certainly did nothing, and its error never promises too much.

use std::sync::atomic::Ordering;

use jira_client::{Error, RateLimitReason, SendPhase};
use tokio::net::TcpListener;
use url::Url;

use crate::server::{Reply, Server};
use crate::support::{
    builder, issue, issues, jira, refusing_the_first_token, soon, with_numbered_tokens,
};

#[tokio::test]
async fn a_create_sends_fields_and_properties_once_and_returns_the_issue() {
    let server = Server::always(201, r#"{"id":"10","key":"A-1","self":"https://x.test/10"}"#).await;
    let new = issue("Export").property("example.mark", serde_json::json!({"row": 1}));

    let created = jira(&server.url).create_issue(&new).await.unwrap();

    assert_eq!((created.id.as_str(), created.key.as_str()), ("10", "A-1"));
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].target, "/ex/jira/site-1/rest/api/3/issue");
    assert_eq!(seen[0].header("authorization"), Some("Bearer token-1"));
    assert_eq!(seen[0].json()["fields"]["summary"], "Export");
    assert_eq!(seen[0].json()["properties"][0]["key"], "example.mark");
}

#[tokio::test]
async fn refusals_are_certain_and_everything_else_is_in_doubt() {
    for (status, doubt) in [
        (400, false),
        (401, false),
        (403, false),
        (404, false),
        (413, false),
        (422, false),
        (429, false),
        (302, true),
        (307, true),
        (408, true),
        (409, true),
        (500, true),
        (502, true),
        (503, true),
        (504, true),
    ] {
        let server = Server::start(move |_, _| {
            Reply::with(status, "Location: /elsewhere\r\nRetry-After: 0\r\n", "{}")
        })
        .await;
        let jira = jira(&server.url);

        let error = jira.create_issue(&issue("x")).await.unwrap_err();
        assert_eq!(error.may_have_been_applied(), doubt, "create, {status}");
        assert_eq!(error.status(), Some(status));
        let times = if status == 429 { 4 } else { 1 };
        assert_eq!(server.seen().len(), times, "{status}");

        let error = jira.create_issues(&issues(2), soon()).await.unwrap_err();
        assert_eq!(
            error.may_have_been_applied(),
            doubt,
            "bulk create, {status}"
        );
        assert_eq!(server.seen().len(), times + 1, "sent once, {status}");
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_doubt() {
    for reply in [
        || Reply::Drop,
        || Reply::raw("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":\"1"),
        || Reply::json(201, r#"{"id":"10","ke"#),
        || Reply::json(201, r#"{"key":"A-1"}"#),
        || Reply::json(201, ""),
        || Reply::with(200, "Content-Type: text/html\r\n", "<html>busy</html>"),
        || {
            Reply::with(
                201,
                "Content-Type: application/json\r\n",
                "<html>busy</html>",
            )
        },
        || Reply::raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
        || Reply::raw("nonsense\r\n\r\n"),
    ] {
        let server = Server::start(move |_, _| reply()).await;
        let error = jira(&server.url)
            .create_issue(&issue("x"))
            .await
            .unwrap_err();
        assert!(error.may_have_been_applied(), "{error:?}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_doubt() {
    let server = Server::start(|_, _| Reply::Hold).await;
    let timeout = std::time::Duration::from_secs(1);
    let jira = builder(&server.url)
        .request_timeout(timeout)
        .build()
        .unwrap();
    let error = jira.create_issues(&[issue("x")], soon()).await.unwrap_err();
    let expected = matches!(
        error,
        Error::Transport {
            phase: SendPhase::MayHaveBeenSent,
            timed_out: true,
            ..
        }
    );
    assert!(expected, "{error:?}");
    assert!(error.may_have_been_applied());
}

#[tokio::test]
async fn without_a_connection_nothing_was_applied() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", free.local_addr().unwrap())).unwrap();
    drop(free);
    let error = jira(&url).create_issue(&issue("x")).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Transport {
                phase: SendPhase::NotSent,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn an_endless_success_is_cut_off_and_leaves_doubt() {
    let head = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n";
    let server = Server::start(move |_, _| Reply::Endless(head, vec![b' '; 65_536])).await;
    let jira = builder(&server.url)
        .max_body_bytes(1 << 20)
        .build()
        .unwrap();
    let error = jira.create_issue(&issue("x")).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::BodyTooLarge {
                limit: 1_048_576,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.may_have_been_applied());
}

#[tokio::test]
async fn an_endless_refusal_is_still_a_refusal() {
    let head = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n";
    let server = Server::start(move |_, _| Reply::Endless(head, vec![b'<'; 65_536])).await;
    let error = jira(&server.url)
        .create_issue(&issue("x"))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(403));
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn a_redirect_of_a_write_is_not_followed() {
    let other = Server::always(201, r#"{"id":"1","key":"A-1"}"#).await;
    let location = format!("Location: {}\r\n", other.url);
    let server = Server::start(move |_, _| Reply::with(307, &location, "")).await;
    let error = jira(&server.url)
        .create_issue(&issue("x"))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(307));
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn under_a_send_deadline_a_refused_token_is_renewed_by_the_next_call_and_not_by_a_repeat() {
    let server = refusing_the_first_token(201, r#"{"id":"10","key":"A-1"}"#).await;
    let (jira, tokens) = with_numbered_tokens(&server.url);

    let error = jira.create_issues(&issues(1), soon()).await.unwrap_err();
    assert!(error.is_unauthorized() && !error.may_have_been_applied());
    assert_eq!(error.as_status().unwrap().token_version, Some(0));
    assert_eq!(server.seen().len(), 1);
    assert_eq!(tokens.renewals.load(Ordering::SeqCst), 0);

    jira.create_issue(&issue("x")).await.unwrap();
    assert_eq!(tokens.renewals.load(Ordering::SeqCst), 1);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_create_whose_token_was_refused_is_sent_again_with_a_new_one() {
    let server = refusing_the_first_token(201, r#"{"id":"10","key":"A-1"}"#).await;
    let (jira, tokens) = with_numbered_tokens(&server.url);
    jira.create_issue(&issue("x")).await.unwrap();
    assert_eq!(tokens.renewals.load(Ordering::SeqCst), 1);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_create_that_jira_limited_is_sent_again_and_one_in_doubt_is_not() {
    let server = Server::start(|_, number| match number {
        0 => Reply::with(429, "Retry-After: 0\r\n", ""),
        1 => Reply::json(201, r#"{"id":"10","key":"A-1"}"#),
        _ => Reply::with(503, "Retry-After: 0\r\n", ""),
    })
    .await;
    let jira = jira(&server.url);
    jira.create_issue(&issue("x")).await.unwrap();
    assert_eq!(server.seen().len(), 2);
    let error = jira.create_issue(&issue("x")).await.unwrap_err();
    assert!(error.may_have_been_applied());
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn field_errors_and_limits_are_told() {
    let body = r#"{"errorMessages":["No"],"errors":{"summary":"Summary can't exceed 255."}}"#;
    let server = Server::always(400, body).await;
    let error = jira(&server.url)
        .create_issue(&issue("x"))
        .await
        .unwrap_err();
    let fields: Vec<_> = error.field_errors().collect();
    assert_eq!(fields, [("summary", "Summary can't exceed 255.")]);
    assert_eq!(error.as_status().unwrap().messages, ["No"]);

    let headers = "RateLimit-Reason: jira-quota-global-based\r\nRetry-After: 1847\r\n\
                   X-RateLimit-Remaining: 0\r\n";
    let server = Server::start(move |_, _| Reply::with(429, headers, "")).await;
    let jira = jira(&server.url);
    let error = jira.create_issue(&issue("x")).await.unwrap_err();
    assert_eq!(
        error.rate_limit_reason(),
        Some(&RateLimitReason::GlobalQuota)
    );
    assert_eq!(error.retry_after().unwrap().as_secs(), 1847);
    assert_eq!(jira.quota().unwrap().remaining, Some(0));
}
