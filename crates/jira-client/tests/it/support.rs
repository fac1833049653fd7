//! What most tests start from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jira_client::auth::StaticBearer;
use jira_client::{
    AccessToken, Jira, JiraBuilder, NewIssue, RetryPolicy, SendDeadline, SiteAddress, TokenError,
    TokenSource,
};
use url::Url;

use crate::server::{Reply, Server};

pub(crate) fn install_tls() {
    // A second install by another test of this process is refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client of a cloud site behind `url`, with pauses too short to wait for.
pub(crate) fn builder(url: &Url) -> JiraBuilder {
    install_tls();
    let pause = Duration::from_millis(1);
    Jira::builder(SiteAddress::Cloud {
        cloud_id: "site-1".to_owned(),
    })
    .api_url(url.clone())
    .token_source(Arc::new(StaticBearer::new("token-1")))
    .retry_policy(RetryPolicy {
        max_attempts: 4,
        first_pause: pause,
        longest_pause: pause,
    })
}

pub(crate) fn jira(url: &Url) -> Jira {
    builder(url).build().unwrap()
}

pub(crate) fn issue(summary: &str) -> NewIssue {
    NewIssue::new("10000", "10001", summary)
}

pub(crate) fn issues(count: usize) -> Vec<NewIssue> {
    (0..count)
        .map(|number| issue(&format!("Issue {number}")))
        .collect()
}

pub(crate) fn soon() -> SendDeadline {
    SendDeadline::after(Duration::from_secs(30))
}

/// A server that refuses the first token of [`Numbered`] and answers the others like this.
pub(crate) async fn refusing_the_first_token(status: u16, body: &'static str) -> Server {
    Server::start(move |seen, _| match seen.header("authorization") {
        Some("Bearer token-0") => Reply::json(401, r#"{"code":401,"message":"Unauthorized"}"#),
        _ => Reply::json(status, body),
    })
    .await
}

/// A client with numbered tokens, and their source.
pub(crate) fn with_numbered_tokens(url: &Url) -> (Jira, Arc<Numbered>) {
    let tokens = Arc::new(Numbered::default());
    let jira = builder(url).token_source(tokens.clone()).build().unwrap();
    (jira, tokens)
}

/// A source whose tokens are numbered; renewing gives the next number.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    present: AtomicU64,
    pub(crate) renewals: AtomicU64,
}

#[async_trait]
impl TokenSource for Numbered {
    async fn access_token(&self) -> Result<AccessToken, TokenError> {
        let version = self.present.load(Ordering::SeqCst);
        Ok(AccessToken::bearer(
            format!("token-{version}").into(),
            version,
        ))
    }

    async fn renew(&self, rejected: &AccessToken) -> Result<AccessToken, TokenError> {
        let next = rejected.version() + 1;
        if self.present.fetch_max(next, Ordering::SeqCst) < next {
            self.renewals.fetch_add(1, Ordering::SeqCst);
        }
        self.access_token().await
    }
}
