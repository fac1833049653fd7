//! A client that has consented to the sandbox's site Acme.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jira_client::auth::{RefreshingTokenSource, TokenPair, TokenStore};
use jira_client::{
    Jira, NewIssue, OAuthClient, OAuthConfig, RetryPolicy, SecretString, SendDeadline, SiteAddress,
    Url,
};
use jira_sandbox::{ACME_CLOUD_ID, Sandbox, SandboxConfig};

const SCOPES: [&str; 5] = [
    "read:jira-work",
    "write:jira-work",
    "read:jira-user",
    "manage:jira-webhook",
    "offline_access",
];

#[derive(Debug, Default)]
pub(super) struct Saved(pub(super) Mutex<Vec<TokenPair>>);

#[async_trait]
impl TokenStore for Saved {
    async fn save(&self, pair: &TokenPair) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.lock().unwrap().push(pair.clone());
        Ok(())
    }
}

pub(super) struct Connected {
    pub(super) sandbox: Sandbox,
    pub(super) oauth: OAuthClient,
    pub(super) saved: Arc<Saved>,
    pub(super) jira: Jira,
}

/// Consents, exchanges the code and builds a client of the site Acme.
pub(super) async fn connect(config: SandboxConfig) -> Connected {
    install_tls();
    let sandbox = Sandbox::start(SandboxConfig {
        auto_consent: true,
        ..config
    })
    .unwrap();
    let url = Url::parse(sandbox.base_url()).unwrap();
    let callback = Url::parse("http://127.0.0.1:9/callback").unwrap();
    let config = SandboxConfig::default();
    let config = OAuthConfig {
        auth_url: url.clone(),
        api_url: url.clone(),
        ..OAuthConfig::new(config.client_id, config.client_secret, callback).unwrap()
    };
    let oauth = OAuthClient::new(config).unwrap();
    let code = consent(&oauth).await;
    let set = oauth.exchange_code(&code).await.unwrap();
    let sites = oauth.accessible_resources(&set.access_token).await.unwrap();
    assert_eq!(sites[0].id, ACME_CLOUD_ID);
    assert!(sites[0].is_jira());
    let saved = Arc::new(Saved::default());
    let pair = TokenPair::from_set(set).unwrap();
    let tokens = RefreshingTokenSource::new(oauth.clone(), pair, saved.clone());
    let pause = Duration::from_millis(1);
    let jira = Jira::builder(SiteAddress::Cloud {
        cloud_id: sites[0].id.clone(),
    })
    .api_url(url)
    .token_source(Arc::new(tokens))
    .retry_policy(RetryPolicy {
        max_attempts: 3,
        first_pause: pause,
        longest_pause: pause,
    })
    .build()
    .unwrap();
    Connected {
        sandbox,
        oauth,
        saved,
        jira,
    }
}

pub(super) async fn consent(oauth: &OAuthClient) -> SecretString {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let url = oauth.authorize_url("state-1", &SCOPES);
    let answer = browser.build().unwrap().get(url).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap();
    let callback = Url::parse(location).unwrap();
    let find = |name: &str| {
        let pair = callback.query_pairs().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.into_owned()).unwrap()
    };
    assert_eq!(find("state"), "state-1");
    find("code").into()
}

impl Connected {
    /// Returns the project's id and the id of its type Task, as createmeta tells.
    pub(super) async fn task_of(&self, key: &str) -> (String, String) {
        let project = self.jira.project(key).await.unwrap();
        let types = self.jira.create_meta_issue_types(key).await.unwrap();
        let task = types
            .iter()
            .find(|kind| kind.untranslated_name.as_deref() == Some("Task"));
        (project.id, task.unwrap().id.clone())
    }

    pub(super) async fn issues(&self, key: &str, count: usize) -> Vec<NewIssue> {
        let (project, task) = self.task_of(key).await;
        (0..count)
            .map(|n| NewIssue::new(&project, &task, &format!("Issue {n}")))
            .collect()
    }
}

pub(super) fn install_tls() {
    // A second install by another test of this process is refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

pub(super) fn soon() -> SendDeadline {
    SendDeadline::after(Duration::from_secs(30))
}
