//! A client bound to one Jira site.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use url::Url;

use crate::auth::TokenSource;
use crate::error::Error;
use crate::quota::Quota;
use crate::send::{
    Answer, BuildError, Call, HttpClients, Limits, RetryPolicy, Sender, SiteLimits, is_one_segment,
};

pub(crate) const DEFAULT_API_URL: &str = "https://api.atlassian.com";
pub(crate) const DEFAULT_USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("jira-client/", env!("CARGO_PKG_VERSION")));

/// Where a site is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteAddress {
    /// Through Atlassian's API gateway, as OAuth tokens require: `{api_url}/ex/jira/{cloud_id}`.
    Cloud {
        /// The site's id, from [`OAuthClient::accessible_resources`].
        ///
        /// [`OAuthClient::accessible_resources`]: crate::OAuthClient::accessible_resources
        cloud_id: String,
    },
    /// At its own address, such as `https://example.atlassian.net`, as API tokens require.
    Direct(Url),
}

/// A client for the REST API of one Jira Cloud site; cheap to clone, clones share limits and connections.
///
/// Reads are repeated where that can help ([`RetryPolicy`]). Writes are sent again only where the attempt
/// before was certainly not applied; a write in doubt is returned as an error, and
/// [`Error::may_have_been_applied`] says so. A token refused with 401 is renewed once per call; one that
/// came of a renewal and was never accepted, not again within a minute. What is sent under the caller's own
/// [`SendDeadline`](crate::SendDeadline) is sent at most once, whatever the answer.
#[derive(Debug, Clone)]
pub struct Jira {
    sender: Arc<Sender>,
}

impl Jira {
    /// Starts building a client for the site at `address`.
    pub fn builder(address: SiteAddress) -> JiraBuilder {
        JiraBuilder {
            address,
            api_url: None,
            tokens: None,
            user_agent: None,
            clients: None,
            limits: Limits::default(),
        }
    }

    /// Returns what the latest answer that had quota headers said.
    #[must_use]
    pub fn quota(&self) -> Option<Quota> {
        self.sender.quota()
    }

    pub(crate) async fn send(&self, call: Call) -> Result<Answer, Error> {
        self.sender.send(call).await
    }
}

/// Collects the settings of a [`Jira`] client.
#[derive(Debug)]
#[must_use]
pub struct JiraBuilder {
    address: SiteAddress,
    api_url: Option<Url>,
    tokens: Option<Arc<dyn TokenSource>>,
    user_agent: Option<String>,
    clients: Option<HttpClients>,
    limits: Limits,
}

impl JiraBuilder {
    /// Sets the gateway's address for [`SiteAddress::Cloud`]; default `https://api.atlassian.com`.
    pub fn api_url(mut self, url: Url) -> Self {
        self.api_url = Some(url);
        self
    }

    /// Sets where access tokens come from; required.
    pub fn token_source(mut self, tokens: Arc<dyn TokenSource>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Sets the `User-Agent` header; default `jira-client/{version}`.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = Some(text.into());
        self
    }

    /// Limits one attempt, from connecting to the body's end; default 30 seconds.
    pub const fn request_timeout(mut self, timeout: Duration) -> Self {
        self.limits.request_timeout = timeout;
        self
    }

    /// Limits a whole call with its attempts and pauses; default 90 seconds.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = deadline;
        self
    }

    /// Limits how many requests are under way at once; default 4.
    pub fn max_in_flight(self, requests: usize) -> Self {
        self.site_limits(SiteLimits::new(requests))
    }

    /// Sets the limits of the site; give clones of one value to all clients of the same site.
    pub fn site_limits(mut self, limits: SiteLimits) -> Self {
        self.limits.site = limits;
        self
    }

    /// Limits the size of an answer's body after decompression; default 32 MiB.
    pub const fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_body_bytes = bytes;
        self
    }

    /// Sets how calls are repeated.
    pub const fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.limits.retry = policy;
        self
    }

    /// Uses existing HTTP clients, to share connections or to set a proxy or certificates.
    pub fn http_clients(mut self, clients: HttpClients) -> Self {
        self.clients = Some(clients);
        self
    }

    /// Builds the client; sends nothing.
    ///
    /// # Errors
    /// [`BuildError`] when the token source is missing, an address or header cannot be used, or the
    /// HTTP clients cannot be built.
    pub fn build(self) -> Result<Jira, BuildError> {
        let base = base_url(self.address, self.api_url)?;
        let tokens = self.tokens.ok_or(BuildError::NoTokenSource)?;
        let user_agent = match self.user_agent {
            Some(text) => HeaderValue::try_from(text).map_err(|_| BuildError::UserAgent)?,
            None => DEFAULT_USER_AGENT,
        };
        let clients = self.clients.map_or_else(HttpClients::new, Ok)?;
        let sender = Sender::new(base, tokens, clients, user_agent, self.limits);
        Ok(Jira {
            sender: Arc::new(sender),
        })
    }
}

fn base_url(address: SiteAddress, api_url: Option<Url>) -> Result<Url, BuildError> {
    match address {
        SiteAddress::Direct(url) => checked_address(url),
        SiteAddress::Cloud { cloud_id } => {
            if !is_one_segment(&cloud_id) {
                return Err(BuildError::Address("the cloud id is empty or no id"));
            }
            let mut url = checked_address(api_url.map_or_else(default_api_url, Ok)?)?;
            url.path_segments_mut()
                .map_err(|()| BuildError::Address("it cannot carry a path"))?
                .pop_if_empty()
                .extend(["ex", "jira", &cloud_id]);
            Ok(url)
        }
    }
}

pub(crate) fn default_api_url() -> Result<Url, BuildError> {
    Url::parse(DEFAULT_API_URL).map_err(|_| BuildError::Address("the default does not parse"))
}

/// Refuses addresses that cannot be called or that carry credentials of their own.
pub(crate) fn checked_address(mut url: Url) -> Result<Url, BuildError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BuildError::Address("it is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BuildError::Address("it carries credentials"));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}
