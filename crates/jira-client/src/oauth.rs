//! OAuth 2.0 (3LO): consent, code exchange, refresh, and the sites a grant reaches.
//!
//! **Source:** Atlassian, "OAuth 2.0 (3LO) apps" and "Rotating refresh tokens", read 2026-10.

mod error;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use reqwest::{Body, Method, Request};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Instrument;
use url::Url;

pub use error::OAuthError;

use crate::auth::StaticBearer;
use crate::error::Error;
use crate::rest::lenient::{id, null_as_empty, number};
use crate::send::{
    BuildError, Call, HttpClients, Limits, RoundTrip, Route, SendDeadline, SendGate, Sender,
    instant_after, round_trip,
};
use crate::site::{DEFAULT_USER_AGENT, checked_address};

const DEFAULT_AUTH_URL: &str = "https://auth.atlassian.com";
const TOKEN_ROUTE: Route = Route {
    method: "POST",
    template: "/oauth/token",
    writes: true,
};
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_TOKEN_BODY_BYTES: usize = 1024 * 1024;
/// Atlassian's documented lifetime, for an answer that leaves `expires_in` out.
const DEFAULT_LIFETIME_SECONDS: u64 = 3600;

/// An app as registered in Atlassian's developer console, and where Atlassian is.
#[derive(Debug, Clone)]
pub struct OAuthConfig {
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: SecretString,
    /// The registered callback address.
    pub redirect_uri: Url,
    /// Where consent and tokens are; `https://auth.atlassian.com`.
    pub auth_url: Url,
    /// Where the APIs are; `https://api.atlassian.com`.
    pub api_url: Url,
}

impl OAuthConfig {
    /// Makes a configuration with Atlassian's own addresses.
    ///
    /// # Errors
    /// [`BuildError::Address`], which would be a fault of this crate.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
        redirect_uri: Url,
    ) -> Result<Self, BuildError> {
        let auth_url = Url::parse(DEFAULT_AUTH_URL)
            .map_err(|_| BuildError::Address("the default does not parse"))?;
        Ok(Self {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            redirect_uri,
            auth_url,
            api_url: crate::site::default_api_url()?,
        })
    }
}

/// The tokens of a successful exchange or refresh.
#[derive(Debug, Clone)]
pub struct TokenSet {
    /// The access token; opaque and of unbounded length.
    pub access_token: SecretString,
    /// The next refresh token; absent without the scope `offline_access`.
    pub refresh_token: Option<SecretString>,
    /// How long the access token is valid.
    pub expires_in: Duration,
    /// The granted scopes, space separated; empty when the answer named none.
    pub scope: String,
}

/// A site (or other container) that a grant reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Site {
    /// The cloud id.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The site's name.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
    /// The site's own address, such as `https://example.atlassian.net`.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub url: String,
    /// The scopes granted there.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub scopes: Vec<String>,
    /// The site's picture.
    #[serde(default)]
    pub avatar_url: Option<String>,
}

impl Site {
    /// Tells whether the grant reaches Jira there; the same site may be listed again for Confluence.
    #[must_use]
    pub fn is_jira(&self) -> bool {
        self.scopes.iter().any(|scope| scope.contains("jira"))
    }
}

/// The OAuth half of a 3LO app; cheap to clone.
#[derive(Clone)]
pub struct OAuthClient {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    config: OAuthConfig,
    clients: HttpClients,
    timeout: Duration,
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient")
            .field("client_id", &self.inner.config.client_id)
            .field("auth_url", &self.inner.config.auth_url.as_str())
            .finish_non_exhaustive()
    }
}

impl OAuthClient {
    /// Makes a client with HTTP clients of its own.
    ///
    /// # Errors
    /// [`BuildError`] when an address cannot be used or the HTTP clients cannot be built.
    pub fn new(config: OAuthConfig) -> Result<Self, BuildError> {
        Self::with_http_clients(config, HttpClients::new()?)
    }

    /// Makes a client on existing HTTP clients.
    ///
    /// # Errors
    /// [`BuildError::Address`] when an address cannot be used.
    pub fn with_http_clients(
        mut config: OAuthConfig,
        clients: HttpClients,
    ) -> Result<Self, BuildError> {
        config.auth_url = checked_address(config.auth_url)?;
        config.api_url = checked_address(config.api_url)?;
        let inner = Inner {
            config,
            clients,
            timeout: DEFAULT_TIMEOUT,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Returns a client whose requests are given up after `timeout`; default 30 seconds.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let mut inner = Inner::clone(&self.inner);
        inner.timeout = timeout;
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Returns the address to send the user's browser to.
    ///
    /// `state` comes back with the code; bind it to the user's session. Add `offline_access` to the
    /// scopes to get a refresh token.
    ///
    /// **Source:** Atlassian, "OAuth 2.0 (3LO) apps", "Direct the user to the authorization URL".
    #[must_use]
    pub fn authorize_url(&self, state: &str, scopes: &[impl AsRef<str>]) -> Url {
        let config = &self.inner.config;
        let mut url = at(&config.auth_url, &["authorize"]);
        let scopes: Vec<&str> = scopes.iter().map(AsRef::as_ref).collect();
        url.query_pairs_mut()
            .append_pair("audience", "api.atlassian.com")
            .append_pair("client_id", &config.client_id)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("redirect_uri", config.redirect_uri.as_str())
            .append_pair("state", state)
            .append_pair("response_type", "code")
            .append_pair("prompt", "consent");
        url
    }

    /// Exchanges the code of a callback for tokens; a code works once.
    ///
    /// # Errors
    /// [`OAuthError`]; a lost answer cannot be repeated, the user has to start again.
    ///
    /// **Source:** Atlassian, "OAuth 2.0 (3LO) apps", "Exchange authorization code for access token".
    pub async fn exchange_code(&self, code: &SecretString) -> Result<TokenSet, OAuthError> {
        let config = &self.inner.config;
        let request = TokenRequest {
            grant_type: "authorization_code",
            client_id: &config.client_id,
            client_secret: config.client_secret.expose_secret(),
            code: Some(code.expose_secret()),
            redirect_uri: Some(config.redirect_uri.as_str()),
            refresh_token: None,
        };
        self.token(&request, SendDeadline::after(self.inner.timeout))
            .await
    }

    /// Exchanges a refresh token for a new pair, which disables the one used.
    ///
    /// Save the new pair before using it. When the answer is lost ([`OAuthError::may_have_been_applied`]),
    /// repeat with the same refresh token within ten minutes; later reuse kills the whole grant. The
    /// request is not sent after `deadline`.
    ///
    /// # Errors
    /// [`OAuthError`]; see its methods for what to do.
    ///
    /// **Source:** Atlassian, "OAuth 2.0 (3LO) apps", "Rotating refresh tokens".
    pub async fn refresh(
        &self,
        refresh_token: &SecretString,
        deadline: SendDeadline,
    ) -> Result<TokenSet, OAuthError> {
        let config = &self.inner.config;
        let request = TokenRequest {
            grant_type: "refresh_token",
            client_id: &config.client_id,
            client_secret: config.client_secret.expose_secret(),
            code: None,
            redirect_uri: None,
            refresh_token: Some(refresh_token.expose_secret()),
        };
        self.token(&request, deadline).await
    }

    /// Lists what the grant of `access_token` reaches; the list may be empty and name other products.
    ///
    /// One grant serves all consents of an account, so sites of earlier consents are listed too and
    /// nothing marks the one picked last: ask the user. Use [`Site::is_jira`] to filter.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    ///
    /// **Source:** Atlassian, "OAuth 2.0 (3LO) apps", "Get the cloudid for your site".
    pub async fn accessible_resources(
        &self,
        access_token: &SecretString,
    ) -> Result<Vec<Site>, Error> {
        let tokens = Arc::new(StaticBearer::new(access_token.clone()));
        let limits = Limits {
            request_timeout: self.inner.timeout,
            ..Limits::default()
        };
        let base = self.inner.config.api_url.clone();
        let clients = self.inner.clients.clone();
        let sender = Sender::new(base, tokens, clients, DEFAULT_USER_AGENT, limits);
        let call = Call::get("/oauth/token/accessible-resources");
        sender.send(call).await?.json()
    }

    async fn token(
        &self,
        request: &TokenRequest<'_>,
        deadline: SendDeadline,
    ) -> Result<TokenSet, OAuthError> {
        let gate = SendGate::new(deadline);
        let url = at(&self.inner.config.auth_url, &["oauth", "token"]);
        let trip = RoundTrip {
            client: &self.inner.clients.writes,
            route: TOKEN_ROUTE,
            gate: Some(&gate),
            give_up: instant_after(self.inner.timeout),
            max_body_bytes: MAX_TOKEN_BODY_BYTES,
            reads_refusals: false,
        };
        let Route {
            method, template, ..
        } = TOKEN_ROUTE;
        let grant = request.grant_type;
        let span = tracing::debug_span!(crate::REQUEST_SPAN, method, route = template, grant);
        let request = request.http_request(url, &gate)?;
        let answer = async {
            let outcome = round_trip(request, trip).await;
            let status = outcome
                .as_ref()
                .map_or_else(Error::status, |answer| Some(answer.status));
            tracing::debug!(status, "token request ended");
            outcome
        }
        .instrument(span)
        .await?;
        if !answer.is_success() {
            return Err(OAuthError::read(&answer));
        }
        TokenResponse::into_set(answer.json()?)
    }
}

/// Reads the granted scopes, which some servers list and others join.
fn scopes(value: &Value) -> String {
    match value {
        Value::String(scopes) => scopes.clone(),
        Value::Array(scopes) => {
            let scopes: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
            scopes.join(" ")
        }
        _ => String::new(),
    }
}

fn at(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[derive(Serialize)]
struct TokenRequest<'a> {
    grant_type: &'static str,
    client_id: &'a str,
    client_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

impl TokenRequest<'_> {
    fn http_request(&self, url: Url, gate: &SendGate) -> Result<Request, OAuthError> {
        let refusal = |_| Error::InvalidArgument {
            route: TOKEN_ROUTE,
            reason: "the body cannot be written as JSON",
        };
        let body = serde_json::to_vec(self).map_err(refusal)?;
        let mut request = Request::new(Method::POST, url);
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(ACCEPT, json.clone());
        request.headers_mut().insert(CONTENT_TYPE, json);
        request.headers_mut().insert(USER_AGENT, DEFAULT_USER_AGENT);
        *request.body_mut() = Some(Body::wrap(gate.body(Bytes::from(body))));
        Ok(request)
    }
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default, deserialize_with = "number")]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Value,
}

impl TokenResponse {
    fn into_set(self) -> Result<TokenSet, OAuthError> {
        if self.access_token.is_empty() {
            let (path, reason) = ("access_token".to_owned(), "the token is empty".to_owned());
            return Err(Error::Decode {
                route: TOKEN_ROUTE,
                status: 200,
                path,
                reason,
            }
            .into());
        }
        let seconds = self.expires_in.unwrap_or(DEFAULT_LIFETIME_SECONDS);
        Ok(TokenSet {
            access_token: self.access_token.into(),
            refresh_token: self
                .refresh_token
                .filter(|token| !token.is_empty())
                .map(SecretString::from),
            expires_in: Duration::from_secs(seconds.min(365 * 24 * 3600)),
            scope: scopes(&self.scope),
        })
    }
}
