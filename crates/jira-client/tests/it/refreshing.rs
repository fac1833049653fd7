//! The refreshing source: one flight, saved before used, lost answers asked for again.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jira_client::auth::{RefreshingTokenSource, TokenPair, TokenStore};
use jira_client::{TokenError, TokenSource};
use secrecy::ExposeSecret;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::oauth::client;
use crate::server::{Reply, Seen, Server};
use crate::support::builder;

#[derive(Debug, Default)]
struct Memory {
    saved: Mutex<Vec<String>>,
    broken: AtomicBool,
    panics: AtomicBool,
}

#[async_trait]
impl TokenStore for Memory {
    async fn save(&self, pair: &TokenPair) -> Result<(), Box<dyn StdError + Send + Sync>> {
        assert!(!self.panics.load(Ordering::SeqCst), "the store panics");
        if self.broken.load(Ordering::SeqCst) {
            return Err("disk full".into());
        }
        self.saved
            .lock()
            .unwrap()
            .push(pair.refresh_token.expose_secret().to_owned());
        Ok(())
    }
}

fn rotate(seen: &Seen, number: usize) -> Reply {
    assert!(seen.json()["refresh_token"].is_string());
    let next = number + 1;
    Reply::json(
        200,
        json!({"access_token": format!("at-{next}"), "expires_in": 3600,
        "refresh_token": format!("rt-{next}")}),
    )
}

fn pair(expires_in: Duration) -> TokenPair {
    TokenPair {
        access_token: "at-0".into(),
        refresh_token: "rt-0".into(),
        expires_at: OffsetDateTime::now_utc() + expires_in,
    }
}

fn source(server: &Server, expires_in: Duration) -> (RefreshingTokenSource, Arc<Memory>) {
    let memory = Arc::new(Memory::default());
    let source = RefreshingTokenSource::new(client(&server.url), pair(expires_in), memory.clone());
    (source, memory)
}

#[tokio::test]
async fn twenty_callers_with_an_expired_token_cause_one_refresh() {
    let server = Server::start(rotate).await;
    let (source, memory) = source(&server, Duration::ZERO);
    let calls = (0..20).map(|_| source.access_token());
    let tokens = futures_util::future::join_all(calls).await;
    assert!(
        tokens
            .iter()
            .all(|token| token.as_ref().unwrap().version() == 2)
    );
    assert_eq!(server.seen().len(), 1);
    assert_eq!(*memory.saved.lock().unwrap(), ["rt-1"]);
}

#[tokio::test]
async fn twenty_callers_with_one_refused_token_cause_one_refresh() {
    let server = Server::start(rotate).await;
    let (source, _) = source(&server, Duration::HOUR);
    let refused = source.access_token().await.unwrap();
    assert!(server.seen().is_empty());
    let calls = (0..20).map(|_| source.renew(&refused));
    let tokens = futures_util::future::join_all(calls).await;
    assert!(
        tokens
            .iter()
            .all(|token| token.as_ref().unwrap().version() == 2)
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn twenty_calls_of_the_client_with_an_expired_token_cause_one_refresh() {
    let server = Server::start(|seen, number| match seen.header("authorization") {
        None => rotate(seen, number),
        Some("Bearer at-0") => Reply::json(401, r#"{"code":401,"message":"Unauthorized"}"#),
        Some(_) => Reply::json(200, r#"{"accountId":"a-1"}"#),
    })
    .await;
    for expires_in in [Duration::ZERO, Duration::HOUR] {
        let (source, memory) = source(&server, expires_in);
        let jira = builder(&server.url)
            .token_source(Arc::new(source))
            .build()
            .unwrap();
        let before = refreshes(&server);
        let calls = (0..20).map(|_| {
            let jira = jira.clone();
            tokio::spawn(async move { jira.myself().await })
        });
        for call in futures_util::future::join_all(calls).await {
            call.unwrap().unwrap();
        }
        assert_eq!(refreshes(&server), before + 1, "{expires_in}");
        assert_eq!(memory.saved.lock().unwrap().len(), 1);
    }
}

fn refreshes(server: &Server) -> usize {
    let seen = server.seen();
    let is_refresh = |seen: &&Seen| seen.target == "/oauth/token";
    seen.iter().filter(is_refresh).count()
}

#[tokio::test]
async fn when_saving_fails_the_call_fails_unsent_and_the_old_pair_works_in_the_next_process() {
    let server = Server::start(rotate).await;
    let (first, memory) = source(&server, Duration::ZERO);
    memory.broken.store(true, Ordering::SeqCst);
    let jira = builder(&server.url)
        .token_source(Arc::new(first))
        .build()
        .unwrap();
    let error = jira.myself().await.unwrap_err();
    assert!(
        matches!(error, jira_client::Error::Token(TokenError::NotSaved(_))),
        "{error:?}"
    );
    assert!(!error.may_have_been_applied() && !error.needs_reconnect());
    assert_eq!(
        server.seen().len(),
        refreshes(&server),
        "nothing but the refresh was sent"
    );

    let (second, memory) = source(&server, Duration::ZERO);
    second.access_token().await.unwrap();
    let sent = server.seen().pop().unwrap().json();
    assert_eq!(
        sent["refresh_token"], "rt-0",
        "Atlassian's leeway covers the old one"
    );
    assert_eq!(memory.saved.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn tokens_that_live_shorter_than_the_usual_head_start_are_not_refreshed_at_every_call() {
    let server = Server::start(|_, number| {
        let body = json!({"access_token": format!("at-{number}"), "expires_in": 100,
            "refresh_token": format!("rt-{number}")});
        Reply::json(200, body)
    })
    .await;
    let (source, _) = source(&server, Duration::ZERO);
    for _ in 0..5 {
        source.access_token().await.unwrap();
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_pair_that_cannot_be_saved_is_not_used_and_not_lost() {
    let server = Server::start(rotate).await;
    let (source, memory) = source(&server, Duration::ZERO);
    memory.broken.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let error = source.access_token().await.unwrap_err();
        assert!(matches!(error, TokenError::NotSaved(_)), "{error:?}");
    }
    memory.broken.store(false, Ordering::SeqCst);
    source.access_token().await.unwrap();
    assert_eq!(*memory.saved.lock().unwrap(), ["rt-1"]);
    assert_eq!(
        server.seen().len(),
        1,
        "the new pair was kept, not asked for again"
    );
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_token() {
    let server = Server::start(|seen, number| match number {
        0 => Reply::Drop,
        _ => rotate(seen, number),
    })
    .await;
    let (source, memory) = source(&server, Duration::ZERO);
    source.access_token().await.unwrap();
    let sent: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| seen.json()["refresh_token"].clone())
        .collect();
    assert_eq!(sent, ["rt-0", "rt-0"]);
    assert_eq!(*memory.saved.lock().unwrap(), ["rt-2"]);
}

#[tokio::test]
async fn a_dead_grant_is_reported_to_all_without_hammering() {
    let body = r#"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#;
    let server = Server::always(403, body).await;
    let (source, _) = source(&server, Duration::ZERO);
    for _ in 0..5 {
        let error = source.access_token().await.unwrap_err();
        assert!(error.needs_reconnect(), "{error:?}");
        assert!(jira_client::Error::from(error).needs_reconnect());
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_wrong_client_secret_is_the_operators_fault() {
    let body = r#"{"error":"access_denied","error_description":"Unauthorized"}"#;
    let server = Server::always(401, body).await;
    let (source, _) = source(&server, Duration::ZERO);
    let error = source.access_token().await.unwrap_err();
    assert!(error.is_app_misconfigured() && !error.needs_reconnect());
}

#[tokio::test]
async fn an_outage_does_not_take_away_a_token_that_is_still_good() {
    let server = Server::always(503, "").await;
    let (source, _) = source(&server, Duration::MINUTE);
    assert_eq!(source.access_token().await.unwrap().version(), 1);
    let asked = server.seen().len();
    assert_eq!(source.access_token().await.unwrap().version(), 1);
    assert_eq!(server.seen().len(), asked, "not asked again at once");
}

#[tokio::test]
async fn a_refresh_is_saved_even_when_its_caller_has_gone() {
    let server = Server::start(rotate).await;
    let (source, memory) = source(&server, Duration::ZERO);
    let call = source.access_token();
    tokio::select! {
        _ = call => {}
        () = server.wait_until(|seen| !seen.is_empty()) => {}
    }
    source.access_token().await.unwrap();
    assert_eq!(*memory.saved.lock().unwrap(), ["rt-1"]);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn while_a_refresh_ahead_of_time_is_under_way_the_present_token_is_used() {
    let server = Server::start(|_, _| Reply::Hold).await;
    let (source, _) = source(&server, Duration::MINUTE);
    let first = tokio::spawn({
        let source = source.clone();
        async move { source.access_token().await }
    });
    server.wait_until(|seen| seen.len() == 1).await;
    for _ in 0..5 {
        let token = source.access_token().await.unwrap();
        assert_eq!(token.version(), 1);
    }
    assert!(!first.is_finished(), "nobody waited for the first caller");
    assert_eq!(server.seen().len(), 1);
    first.abort();
}

#[tokio::test(start_paused = true)]
async fn who_begins_a_refresh_ahead_of_time_does_not_wait_for_it_for_long() {
    let server = Server::start(|_, _| Reply::Hold).await;
    let (source, _) = source(&server, Duration::MINUTE);
    let started = tokio::time::Instant::now();
    assert_eq!(source.access_token().await.unwrap().version(), 1);
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
}

#[tokio::test]
async fn the_token_endpoint_is_left_alone_for_as_long_as_it_asks() {
    let server = Server::start(|_, _| Reply::with(429, "Retry-After: 60\r\n", "")).await;
    let (source, _) = source(&server, Duration::ZERO);
    for _ in 0..5 {
        let error = jira_client::Error::from(source.access_token().await.unwrap_err());
        let wait = error.retry_after().unwrap().as_secs();
        assert!((50..=60).contains(&wait), "{wait}");
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_token_endpoint_that_fails_is_not_asked_again_at_once() {
    let body = r#"{"error":"temporarily_unavailable"}"#;
    let server = Server::start(move |_, _| Reply::with(503, "Retry-After: 0\r\n", body)).await;
    let (source, _) = source(&server, Duration::ZERO);
    source.access_token().await.unwrap_err();
    let asked = server.seen().len();
    let error = jira_client::Error::from(source.access_token().await.unwrap_err());
    assert!(error.retry_after().is_some(), "{error:?}");
    assert_eq!(server.seen().len(), asked);
}

#[tokio::test]
async fn a_store_that_panics_loses_no_pair() {
    let server = Server::start(rotate).await;
    let (source, memory) = source(&server, Duration::ZERO);
    memory.panics.store(true, Ordering::SeqCst);
    source.access_token().await.unwrap_err();
    memory.panics.store(false, Ordering::SeqCst);
    source.access_token().await.unwrap();
    assert_eq!(*memory.saved.lock().unwrap(), ["rt-1"]);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_pair_that_expired_before_it_could_be_saved_is_refreshed_again() {
    let server = Server::start(|_, number| {
        let life = if number == 0 { 0 } else { 3600 };
        let body = json!({"access_token": format!("at-{number}"), "expires_in": life,
            "refresh_token": format!("rt-{number}")});
        Reply::json(200, body)
    })
    .await;
    let (source, memory) = source(&server, Duration::ZERO);
    memory.broken.store(true, Ordering::SeqCst);
    source.access_token().await.unwrap_err();
    memory.broken.store(false, Ordering::SeqCst);
    source.access_token().await.unwrap();
    assert_eq!(*memory.saved.lock().unwrap(), ["rt-0", "rt-1"]);
    assert_eq!(server.seen()[1].json()["refresh_token"], "rt-0");
}
