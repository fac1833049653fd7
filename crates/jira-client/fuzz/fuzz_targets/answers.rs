//! Answers of any content to every kind of call, through the whole client.
#![no_main]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use jira_client::auth::StaticBearer;
use jira_client::webhooks::{NewWebhook, WebhookEvent};
use jira_client::{
    Alignment, Error, FetchOptions, HttpClients, Jira, NewIssue, OAuthClient, OAuthConfig,
    ProjectQuery, RetryPolicy, SearchQuery, SendDeadline, SiteAddress, Url,
};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

const STATUSES: [u16; 12] = [200, 201, 202, 302, 400, 401, 403, 404, 409, 429, 500, 503];

/// The answer that the server gives next: a status, a content type and a body.
static ANSWER: Mutex<(u16, &str, Vec<u8>)> = Mutex::new((200, "", Vec::new()));

struct Bench {
    runtime: Runtime,
    url: Url,
    clients: HttpClients,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    Bench {
        runtime: tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap(),
        url: url.parse().unwrap(),
        clients: HttpClients::new().unwrap(),
    }
});

/// Answers every request of a connection; none when the client hangs up.
fn serve(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        let (status, kind, body) = ANSWER.lock().unwrap().clone();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), &body].concat()).ok()?;
    }
}

fuzz_target!(|input: (u8, u8, bool, &[u8])| {
    let (call, status, is_html, body) = input;
    let status = STATUSES[usize::from(status) % STATUSES.len()];
    let kind = if is_html {
        "text/html"
    } else {
        "application/json"
    };
    *ANSWER.lock().unwrap() = (status, kind, body.to_vec());
    BENCH.runtime.block_on(make(call, status));
});

async fn make(call: u8, status: u16) {
    let jira = jira();
    let issue = NewIssue::new("1", "2", "x");
    match call % 12 {
        0 => read(jira.issue("A-1", &FetchOptions::default()).await),
        1 => read(
            jira.bulk_fetch(&["1".to_owned()], &FetchOptions::default())
                .await,
        ),
        2 => read(
            jira.search(&SearchQuery::new("project = A", ["status"]))
                .await,
        ),
        3 => read(jira.projects(&ProjectQuery::default()).await),
        4 => read(jira.create_meta_fields("A", "1").await),
        5 => read(jira.transitions("A-1").await),
        6 => read(jira.webhooks(0).await),
        7 => wrote(jira.create_issue(&issue).await, status),
        8 => wrote(jira.transition("A-1", "31").await, status),
        9 => {
            let webhook = NewWebhook::new([WebhookEvent::IssueUpdated], "project = A");
            let url = "http://a.example/".parse().unwrap();
            let registered = jira.register_webhooks(&url, &[webhook]).await;
            assert!(registered.as_ref().is_ok_and(|all| all.len() == 1) || registered.is_err());
            wrote(registered, status);
        }
        10 => bulk(&jira, &[issue.clone(), issue.clone(), issue], status).await,
        _ => oauth().await,
    }
}

fn jira() -> Jira {
    let pause = Duration::ZERO;
    Jira::builder(SiteAddress::Direct(BENCH.url.clone()))
        .http_clients(BENCH.clients.clone())
        .token_source(Arc::new(StaticBearer::new("t")))
        .retry_policy(RetryPolicy {
            max_attempts: 1,
            first_pause: pause,
            longest_pause: pause,
        })
        .build()
        .unwrap()
}

fn read<T>(result: Result<T, Error>) {
    if let Err(error) = result {
        assert!(!error.may_have_been_applied(), "{error:?}");
    }
}

fn wrote<T>(result: Result<T, Error>, status: u16) {
    if let Err(error) = result {
        assert_eq!(error.status(), Some(status), "{error:?}");
        let refused = matches!(status, 400 | 401 | 403 | 404 | 429);
        assert_eq!(error.may_have_been_applied(), !refused, "{error:?}");
    }
}

async fn bulk(jira: &Jira, issues: &[NewIssue], status: u16) {
    let result = jira
        .create_issues(issues, SendDeadline::after(Duration::from_secs(30)))
        .await;
    if let Ok(bulk) = &result {
        assert_eq!(bulk.outcomes.len(), issues.len());
        let is_aligned = bulk.alignment == Alignment::Aligned;
        assert!(!is_aligned || bulk.unplaced.is_empty() && bulk.unplaced_rejections.is_empty());
    }
    match &result {
        // A refusal that might have told of elements and cannot be read leaves doubt.
        Err(error @ Error::Decode { status: named, .. }) => {
            assert_eq!(*named, status, "{error:?}");
            assert!(error.may_have_been_applied(), "{error:?}");
        }
        _ => wrote(result, status),
    }
}

async fn oauth() {
    let config = OAuthConfig {
        auth_url: BENCH.url.clone(),
        api_url: BENCH.url.clone(),
        ..OAuthConfig::new("id", "secret", BENCH.url.clone()).unwrap()
    };
    let oauth = OAuthClient::with_http_clients(config, BENCH.clients.clone()).unwrap();
    if let Ok(tokens) = oauth.exchange_code(&"code".into()).await {
        read(oauth.accessible_resources(&tokens.access_token).await);
    }
}
