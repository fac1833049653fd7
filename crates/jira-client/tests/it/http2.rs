//! Over HTTP/2 a connection may end in ways that tempt a library to send again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use h2::Reason;
use http::Response;
use jira_client::HttpClients;
use tokio::net::TcpListener;
use url::Url;

use crate::support::{builder, install_tls, issue, issues, soon};

struct Front {
    url: Url,
    acted: Arc<AtomicUsize>,
}

/// Takes each request completely, counts it, and answers or says GOAWAY with no error.
async fn start(answers: bool) -> Front {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let acted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&acted);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.ok()?;
                let (request, mut respond) = connection.accept().await?.ok()?;
                let mut body = request.into_body();
                let read = async {
                    while let Some(chunk) = body.data().await {
                        let length = chunk.unwrap().len();
                        body.flow_control().release_capacity(length).unwrap();
                    }
                };
                tokio::select! {
                    () = read => {}
                    _ = connection.accept() => return None,
                }
                count.fetch_add(1, Ordering::SeqCst);
                if answers {
                    let head = Response::builder().header("content-type", "application/json");
                    let mut send = respond
                        .send_response(head.body(()).unwrap(), false)
                        .unwrap();
                    send.send_data(r#"{"id":"1","key":"A-1"}"#.into(), true)
                        .unwrap();
                    connection.graceful_shutdown();
                } else {
                    connection.abrupt_shutdown(Reason::NO_ERROR);
                }
                while connection.accept().await.is_some() {}
                Some(())
            });
        }
    });
    Front { url, acted }
}

fn http2_clients() -> HttpClients {
    install_tls();
    HttpClients::customised(reqwest::ClientBuilder::http2_prior_knowledge).unwrap()
}

#[tokio::test]
async fn a_front_that_acts_and_says_goaway_gets_each_write_once() {
    let front = start(false).await;
    let jira = builder(&front.url)
        .http_clients(http2_clients())
        .build()
        .unwrap();
    let error = jira.create_issue(&issue("x")).await.unwrap_err();
    assert!(error.may_have_been_applied(), "{error:?}");
    assert_eq!(front.acted.load(Ordering::SeqCst), 1);

    let error = jira.create_issues(&issues(2), soon()).await.unwrap_err();
    assert!(error.may_have_been_applied(), "{error:?}");
    assert_eq!(front.acted.load(Ordering::SeqCst), 2);

    let error = jira.transition("A-1", "31").await.unwrap_err();
    assert!(error.may_have_been_applied(), "{error:?}");
    assert_eq!(front.acted.load(Ordering::SeqCst), 3);

    let error = jira.delete_issue_property("A-1", "k").await.unwrap_err();
    assert!(error.may_have_been_applied(), "{error:?}");
    assert_eq!(front.acted.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_body_larger_than_the_window_arrives_whole() {
    let front = start(true).await;
    let jira = builder(&front.url)
        .http_clients(http2_clients())
        .build()
        .unwrap();
    for length in [10, 65_400, 1_000_000] {
        jira.create_issue(&issue(&"s".repeat(length)))
            .await
            .unwrap();
    }
    assert_eq!(front.acted.load(Ordering::SeqCst), 3);
}
