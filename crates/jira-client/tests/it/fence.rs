//! A write leaves before its deadline or never, and "never sent" is true.

use std::time::Duration;

use jira_client::{Error, SendDeadline, SendPhase};

use crate::server::Server;
use crate::support::{builder, issue, jira, soon};

/// More than the client's send buffer and the server's small window hold.
const HUGE: usize = 12 * 1024 * 1024;

#[tokio::test]
async fn past_its_deadline_a_write_is_not_sent() {
    let server = Server::always(201, r#"{"issues":[{"id":"1","key":"A-1"}],"errors":[]}"#).await;
    let passed = SendDeadline::after(Duration::ZERO);

    let error = jira(&server.url)
        .create_issues(&[issue("x")], passed)
        .await
        .unwrap_err();

    assert!(matches!(error, Error::DeadlinePassed { .. }), "{error:?}");
    assert!(!error.may_have_been_applied());
    assert!(server.seen().iter().all(|seen| !seen.is_complete()));
}

#[tokio::test]
async fn a_deadline_that_passes_while_sending_keeps_the_last_byte_back() {
    let server = Server::holding_bodies().await;
    let jira = jira(&server.url);
    let new = issue("x").field("description", "d".repeat(HUGE));
    let deadline = SendDeadline::after(Duration::from_secs(8));

    let call = jira.create_issues(std::slice::from_ref(&new), deadline);
    tokio::pin!(call);
    tokio::select! {
        early = &mut call => panic!("ended before the server saw anything: {early:?}"),
        () = server.wait_until(|seen| !seen.is_empty()) => {}
    }
    let thaw = async {
        while !deadline.has_passed() {
            tokio::time::sleep(deadline.remaining()).await;
        }
        server.read_on();
    };
    let (result, ()) = tokio::join!(call, thaw);

    let error = result.unwrap_err();
    assert!(matches!(error, Error::DeadlinePassed { .. }), "{error:?}");
    server.wait_until(|seen| seen[0].ended).await;
    assert!(!server.seen()[0].is_complete());
}

#[tokio::test]
async fn a_body_the_server_did_not_take_in_time_was_never_complete() {
    let server = Server::holding_bodies().await;
    let jira = builder(&server.url)
        .request_timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    let new = issue("x").field("description", "d".repeat(HUGE));

    let error = jira.create_issues(&[new], soon()).await.unwrap_err();

    let not_sent = matches!(
        error,
        Error::Transport {
            phase: SendPhase::NotSent,
            timed_out: true,
            ..
        }
    );
    assert!(not_sent, "{error:?}");
    assert!(!error.may_have_been_applied());
    server.read_on();
    server.wait_until(|seen| seen[0].ended).await;
    assert!(!server.seen()[0].is_complete());
}

#[tokio::test]
async fn a_call_that_is_dropped_does_not_post_later() {
    let server = Server::holding_bodies().await;
    let jira = jira(&server.url);
    let new = issue("x").field("description", "d".repeat(HUGE));

    let call = jira.create_issues(std::slice::from_ref(&new), soon());
    tokio::select! {
        _ = call => panic!("the server does not answer"),
        () = server.wait_until(|seen| !seen.is_empty()) => {}
    }

    server.read_on();
    server.wait_until(|seen| seen[0].ended).await;
    assert!(!server.seen()[0].is_complete());
}

#[tokio::test]
async fn bodies_of_every_small_size_arrive_whole() {
    let server = Server::always(201, r#"{"id":"1","key":"A-1"}"#).await;
    let jira = jira(&server.url);
    for length in [0, 1, 2, 1_000, 70_000, 900_000] {
        let text = "s".repeat(length);
        jira.create_issue(&issue(&text)).await.unwrap();
        let seen = server.seen().pop().unwrap();
        assert!(seen.is_complete());
        assert_eq!(seen.json()["fields"]["summary"], text);
    }
}

#[tokio::test]
async fn a_connection_dropped_before_the_body_is_judged_by_what_left() {
    let server = Server::dropping_bodies().await;
    let jira = jira(&server.url);
    let new = issue("x").field("description", "d".repeat(HUGE));
    let error = jira.create_issues(&[new], soon()).await.unwrap_err();
    assert!(!error.may_have_been_applied(), "{error:?}");
    assert_eq!(server.seen().len(), 1);
}
