//! Secrets appear in no debug text, error or log.

use std::io;
use std::sync::{Arc, Mutex};

use jira_client::auth::{ApiToken, StaticBearer};
use jira_client::{
    AccessToken, Jira, OAuthClient, OAuthConfig, SiteAddress, TokenSet, TokenSource,
};
use tracing_subscriber::fmt::MakeWriter;
use url::Url;

use crate::server::{Reply, Server};
use crate::support::{builder, install_tls, issue};

const SECRET: &str = "hush-hush";

#[tokio::test]
async fn debug_texts_hold_no_secret() {
    install_tls();
    let url = Url::parse("https://app.test/callback").unwrap();
    let config = OAuthConfig::new("client", SECRET, url).unwrap();
    let set = TokenSet {
        access_token: SECRET.into(),
        refresh_token: Some(SECRET.into()),
        expires_in: std::time::Duration::from_secs(1),
        scope: String::new(),
    };
    let api_token = ApiToken::new("you@example.test", SECRET);
    let site = SiteAddress::Cloud {
        cloud_id: "c".to_owned(),
    };
    let jira = Jira::builder(site).token_source(Arc::new(StaticBearer::new(SECRET)));
    let basic = api_token.access_token().await.unwrap();
    let texts = [
        format!("{config:?}"),
        format!("{:?}", OAuthClient::new(config.clone()).unwrap()),
        format!("{set:?}"),
        format!("{api_token:?} {basic:?}"),
        format!("{:?}", AccessToken::bearer(SECRET.into(), 1)),
        format!("{:?}", jira.build().unwrap()),
    ];
    let encoded = "aHVzaC1odXNo";
    for text in texts {
        assert!(!text.contains(SECRET) && !text.contains(encoded), "{text}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn each_attempt_has_a_span_of_its_own() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start(|_, number| match number {
        0 => Reply::with(503, "Retry-After: 0\r\n", ""),
        _ => Reply::json(200, r#"{"accountId":"a-1"}"#),
    })
    .await;
    builder(&server.url)
        .build()
        .unwrap()
        .myself()
        .await
        .unwrap();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for attempt in ["attempt=1 status=503", "attempt=2 status=200"] {
        let closed = text
            .lines()
            .filter(|line| line.contains(attempt) && line.contains("close"));
        assert_eq!(closed.count(), 1, "{attempt} in {text}");
    }
}

#[tokio::test]
async fn spans_name_route_and_status_but_no_token_body_or_address() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server =
        Server::start(|_, _| Reply::json(400, r#"{"errorMessages":[],"errors":{}}"#)).await;
    let jira = builder(&server.url)
        .token_source(Arc::new(StaticBearer::new(SECRET)))
        .build()
        .unwrap();

    let error = jira
        .create_issue(&issue("private title"))
        .await
        .unwrap_err();
    jira.issue("PRIV-1", &jira_client::FetchOptions::default())
        .await
        .unwrap_err();

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let own: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(" jira_client::"))
        .collect();
    assert!(
        own.iter()
            .any(|line| line.contains("/rest/api/3/issue") && line.contains("400"))
    );
    for word in [SECRET, "private title"] {
        assert!(!text.contains(word), "{word} in {text}");
        assert!(!format!("{error:?} {error}").contains(word));
    }
    assert!(
        own.iter()
            .all(|line| !line.contains("PRIV-1") && !line.contains("127.0.0.1"))
    );
}
