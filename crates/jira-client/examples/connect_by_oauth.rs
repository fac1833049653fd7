//! Connects a user by OAuth 2.0 (3LO): consent in the browser, callback, tokens saved, first call.
//!
//! ```text
//! JIRA_CLIENT_ID=… JIRA_CLIENT_SECRET=… cargo run --example connect_by_oauth -- grant.json
//! ```
//!
//! Register `http://127.0.0.1:8765/callback` for the app, or name another address in
//! `JIRA_CALLBACK_URL`. `JIRA_AUTH_URL` and `JIRA_API_URL` replace Atlassian's own addresses.

#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]
#![expect(clippy::print_stderr, reason = "an example says what went wrong")]

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use jira_client::auth::{RefreshingTokenSource, TokenPair, TokenStore};
use jira_client::{ExposeSecret, Jira, OAuthClient, OAuthConfig, SecretString, SiteAddress, Url};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const SCOPES: [&str; 4] = [
    "read:jira-work",
    "write:jira-work",
    "read:jira-user",
    "offline_access",
];

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    // The application chooses the TLS provider, once for the whole process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let path = env::args()
        .nth(1)
        .unwrap_or_else(|| "grant.json".to_owned());
    let config = config()?;
    let (callback, api_url) = (config.redirect_uri.clone(), config.api_url.clone());
    let oauth = OAuthClient::new(config)?;

    let listener = TcpListener::bind(callback.socket_addrs(|| None)?.as_slice()).await?;
    let state = random_state()?;
    println!("open {}", oauth.authorize_url(&state, &SCOPES));
    let code = wait_for_callback(listener, callback.path(), &state).await?;
    let tokens = oauth.exchange_code(&code).await?;

    // The list may hold sites of an earlier consent, and nothing marks the one just chosen.
    let sites = oauth.accessible_resources(&tokens.access_token).await?;
    let mut sites = sites.into_iter().filter(|site| site.is_jira());
    let site = sites.next().ok_or("the grant reaches no Jira site")?;
    sites.for_each(|other| println!("the grant reaches {} too", other.url));

    let pair = TokenPair::from_set(tokens).ok_or("the grant has no refresh token")?;
    let vault = GrantFile {
        path: path.into(),
        cloud_id: site.id.clone(),
    };
    vault.save(&pair).await?;
    let source = RefreshingTokenSource::new(oauth, pair, Arc::new(vault));
    let jira = Jira::builder(SiteAddress::Cloud { cloud_id: site.id })
        .api_url(api_url)
        .token_source(Arc::new(source))
        .build()?;
    println!(
        "connected to {} as {}",
        site.url,
        jira.myself().await?.display_name
    );
    Ok(())
}

fn config() -> Result<OAuthConfig> {
    let variable = |name| env::var(name).map_err(|_| format!("{name} is not set"));
    let callback = env::var("JIRA_CALLBACK_URL");
    let callback = callback.unwrap_or_else(|_| "http://127.0.0.1:8765/callback".to_owned());
    let mut config = OAuthConfig::new(
        variable("JIRA_CLIENT_ID")?,
        variable("JIRA_CLIENT_SECRET")?,
        callback.parse()?,
    )?;
    if let Ok(url) = env::var("JIRA_AUTH_URL") {
        config.auth_url = Url::parse(&url)?;
    }
    if let Ok(url) = env::var("JIRA_API_URL") {
        config.api_url = Url::parse(&url)?;
    }
    Ok(config)
}

/// A value that nobody can guess, so that only the consent begun here is taken.
fn random_state() -> Result<String> {
    let mut bytes = [0; 16];
    let provider = rustls::crypto::ring::default_provider();
    let filled = provider.secure_random.fill(&mut bytes);
    filled.map_err(|_| "no random numbers are to be had")?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// What Atlassian adds to the callback's address.
#[derive(Deserialize)]
struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

type Answers = mpsc::Sender<Callback>;

/// Serves the callback until it was called with the right state, and returns the code.
async fn wait_for_callback(listener: TcpListener, path: &str, state: &str) -> Result<SecretString> {
    let (sender, mut answers) = mpsc::channel(1);
    let routes = Router::new()
        .route(path, get(receive))
        .with_state((sender, Arc::<str>::from(state)));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, routes).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let server = tokio::spawn(server.into_future());
    let answer = answers.recv().await.ok_or("the listener has ended")?;
    // The browser still gets its page.
    drop(stop);
    server.await??;
    match (answer.code, answer.error) {
        (Some(code), _) => Ok(code.into()),
        (None, error) => Err(format!("no consent: {}", error.unwrap_or_default()).into()),
    }
}

async fn receive(
    State((answers, state)): State<(Answers, Arc<str>)>,
    Query(callback): Query<Callback>,
) -> (StatusCode, &'static str) {
    if callback.state.as_deref() != Some(&*state) {
        return (
            StatusCode::BAD_REQUEST,
            "This is not the consent asked for.",
        );
    }
    let _ = answers.send(callback).await;
    (StatusCode::OK, "Thank you. You can close this page.")
}

/// Keeps the grant in a file that only its owner can read; a service would seal it first.
#[derive(Debug)]
struct GrantFile {
    path: PathBuf,
    cloud_id: String,
}

#[async_trait]
impl TokenStore for GrantFile {
    /// Replaces the file in one step, so that a crash leaves the old pair or the new one.
    async fn save(&self, pair: &TokenPair) -> Result<()> {
        let text = serde_json::json!({
            "cloud_id": self.cloud_id,
            "access_token": pair.access_token.expose_secret(),
            "refresh_token": pair.refresh_token.expose_secret(),
            "expires_at": pair.expires_at.unix_timestamp(),
        });
        let beside = self.path.with_extension("new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(text.to_string().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        Ok(())
    }
}
