//! Reads are repeated where that helps, end within their deadline, and never carry credentials away.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use flate2::Compression;
use flate2::write::GzEncoder;
use jira_client::{AccessToken, Error, RetryPolicy, SiteLimits, TokenError, TokenSource};
use tokio::sync::Notify;

use crate::server::{Reply, Server};
use crate::support::{builder, issues, jira, refusing_the_first_token, soon, with_numbered_tokens};

const ME: &str = r#"{"accountId":"a-1","displayName":"Ada","timeZone":"Europe/Berlin"}"#;

#[tokio::test]
async fn a_read_is_repeated_after_what_may_pass() {
    let replies = [
        || Reply::Drop,
        || Reply::with(429, "Retry-After: 0\r\n", ""),
        || Reply::with(503, "", "<html>busy"),
        || Reply::json(200, ME),
    ];
    let server = Server::start(move |_, number| replies[number]()).await;
    let me = jira(&server.url).myself().await.unwrap();
    assert_eq!(me.account_id, "a-1");
    assert_eq!(me.time_zone.as_deref(), Some("Europe/Berlin"));
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_read_is_not_repeated_after_what_will_not_pass() {
    let quota = "RateLimit-Reason: jira-quota-tenant-based\r\nRetry-After: 1800\r\n";
    for reply in [
        Box::new(|| Reply::json(500, "{}")) as Box<dyn Fn() -> Reply + Send + Sync>,
        Box::new(|| Reply::json(404, "{}")),
        Box::new(|| Reply::json(200, "{}")),
        Box::new(move || Reply::with(429, quota, "")),
    ] {
        let server = Server::start(move |_, _| reply()).await;
        jira(&server.url).myself().await.unwrap_err();
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_wait_longer_than_the_deadline_is_reported_at_once() {
    let server = Server::start(|_, _| Reply::with(429, "Retry-After: 3600\r\n", "")).await;
    let started = Instant::now();
    let error = jira(&server.url).myself().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn retry_after_is_a_floor() {
    let replies = [
        || Reply::with(429, "Retry-After: 1\r\n", ""),
        || Reply::json(200, ME),
    ];
    let server = Server::start(move |_, number| replies[number]()).await;
    let started = Instant::now();
    jira(&server.url).myself().await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_read_repeated() {
    let server = refusing_the_first_token(200, ME).await;
    let (jira, tokens) = with_numbered_tokens(&server.url);
    jira.myself().await.unwrap();
    assert_eq!(tokens.renewals.load(Ordering::SeqCst), 1);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_token_refused_again_ends_the_call_and_is_not_renewed_by_the_next_ones() {
    let server = Server::always(401, "").await;
    let (jira, tokens) = with_numbered_tokens(&server.url);
    let error = jira.myself().await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(server.seen().len(), 2);
    for _ in 0..3 {
        jira.myself().await.unwrap_err();
        jira.create_issues(&issues(1), soon()).await.unwrap_err();
    }
    assert_eq!(server.seen().len(), 8);
    assert_eq!(tokens.renewals.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_refusal_under_a_send_deadline_that_lasts_costs_one_renewal() {
    let server = Server::always(401, "").await;
    let (jira, tokens) = with_numbered_tokens(&server.url);
    for _ in 0..3 {
        jira.create_issues(&issues(1), soon()).await.unwrap_err();
        jira.myself().await.unwrap_err();
    }
    assert_eq!(server.seen().len(), 6);
    assert_eq!(tokens.renewals.load(Ordering::SeqCst), 1);
}

/// A source that answers only after it was told to.
#[derive(Debug, Default)]
struct Slow {
    go: Notify,
    done: Notify,
}

#[async_trait]
impl TokenSource for Slow {
    async fn access_token(&self) -> Result<AccessToken, TokenError> {
        self.go.notified().await;
        self.done.notify_one();
        Ok(AccessToken::bearer("token".into(), 0))
    }

    async fn renew(&self, _: &AccessToken) -> Result<AccessToken, TokenError> {
        self.access_token().await
    }
}

#[tokio::test]
async fn a_token_that_does_not_come_costs_no_more_than_the_calls_deadline_and_its_source_goes_on() {
    let server = Server::always(200, ME).await;
    let tokens = Arc::new(Slow::default());
    let jira = builder(&server.url)
        .token_source(tokens.clone())
        .deadline(Duration::from_millis(50))
        .build()
        .unwrap();
    let error = jira.myself().await.unwrap_err();
    assert!(matches!(error, Error::DeadlinePassed { .. }), "{error:?}");
    assert!(server.seen().is_empty());
    tokens.go.notify_one();
    tokens.done.notified().await;
}

#[tokio::test]
async fn times_without_end_are_taken_for_long_ones() {
    let server = Server::start(|_, number| match number {
        0 => Reply::with(503, "", ""),
        _ => Reply::json(200, ME),
    })
    .await;
    let jira = builder(&server.url)
        .deadline(Duration::MAX)
        .request_timeout(Duration::MAX)
        .build()
        .unwrap();
    jira.myself().await.unwrap();
    let policy = RetryPolicy {
        max_attempts: 2,
        first_pause: Duration::MAX,
        longest_pause: Duration::MAX,
    };
    let server = Server::always(503, "").await;
    let jira = builder(&server.url).retry_policy(policy).build().unwrap();
    let error = jira.myself().await.unwrap_err();
    assert_eq!(error.status(), Some(503));
}

#[tokio::test]
async fn a_missing_scope_renews_nothing() {
    let body = r#"{"code":401,"message":"Unauthorized; scope does not match"}"#;
    let server = Server::always(401, body).await;
    let (jira, tokens) = with_numbered_tokens(&server.url);
    let error = jira.myself().await.unwrap_err();
    assert!(error.is_missing_scope() && !error.is_unauthorized());
    assert_eq!(tokens.renewals.load(Ordering::SeqCst), 0);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let other = Server::always(200, ME).await;
    let location = format!("Location: {}steal\r\n", other.url);
    let server = Server::start(move |_, _| Reply::with(302, &location, "")).await;
    let error = jira(&server.url).myself().await.unwrap_err();
    assert_eq!(error.status(), Some(302));
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_within_the_site_is_followed() {
    let server = Server::start(|seen, _| match seen.target.as_str() {
        "/moved" => Reply::json(200, ME),
        _ => Reply::with(302, "Location: /moved\r\n", ""),
    })
    .await;
    jira(&server.url).myself().await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_gzip_bomb_stops_at_the_limit() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let blank = vec![b' '; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&blank).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 200_000);
    let headers = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
    let server = Server::start(move |_, _| Reply::with(200, headers, &bomb)).await;
    let jira = builder(&server.url)
        .max_body_bytes(1 << 20)
        .build()
        .unwrap();
    let error = jira.myself().await.unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { .. }), "{error:?}");
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn hostile_bodies_become_typed_errors() {
    let text = "Content-Type: text/plain\r\n";
    for (reply, path) in [
        (
            Box::new(|| Reply::json(200, r#"{"accountId":7}"#)) as Box<dyn Fn() -> _ + Send + Sync>,
            "accountId",
        ),
        (
            Box::new(|| Reply::json(200, r#"{"accountId":"a"#)),
            "accountId",
        ),
        (Box::new(|| Reply::json(200, "[]")), "."),
        (Box::new(move || Reply::with(200, text, ME)), "."),
        (Box::new(|| Reply::json(200, "\u{0}\u{1}")), "."),
    ] {
        let server = Server::start(move |_, _| reply()).await;
        match jira(&server.url).myself().await.unwrap_err() {
            Error::Decode {
                path: found,
                status: 200,
                ..
            } => assert_eq!(found, path),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn duplicate_and_odd_headers_do_no_harm() {
    let headers = "Content-Type: application/json\r\nContent-Type: text/html\r\n\
                   Retry-After: soon\r\nRetry-After: 1\r\nRateLimit: \"x\";r=;t=a,,;\r\n\
                   X-RateLimit-Limit: -1\r\nX-RateLimit-Reset: never\r\n";
    let server = Server::start(move |_, _| Reply::with(200, headers, ME)).await;
    jira(&server.url).myself().await.unwrap();
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed_among_clients_that_share_a_limit() {
    let server = Server::start(|_, _| Reply::Hold).await;
    let limit = SiteLimits::new(2);
    let first = builder(&server.url)
        .site_limits(limit.clone())
        .build()
        .unwrap();
    let second = builder(&server.url)
        .site_limits(limit)
        .deadline(Duration::from_millis(50))
        .build()
        .unwrap();
    let error = tokio::select! {
        _ = futures_util::future::join(first.myself(), first.myself()) => panic!("held"),
        error = async {
            server.wait_until(|seen| seen.len() == 2).await;
            second.myself().await.unwrap_err()
        } => error,
    };
    assert!(matches!(error, Error::DeadlinePassed { .. }), "{error:?}");
    assert_eq!(server.seen().len(), 2);

    // The two calls are gone now, and their places with them.
    tokio::select! {
        _ = first.myself() => panic!("held"),
        () = server.wait_until(|seen| seen.len() == 3) => {}
    }
}
