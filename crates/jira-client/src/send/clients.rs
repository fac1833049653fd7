//! The two HTTP clients underneath: one that may repeat and follow, one that never does.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};

use crate::error::BoxError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 5;
/// Shorter than common servers keep idle connections, so that a create rarely meets one just closed.
const WRITE_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// A pair of HTTP clients: reads follow redirects within their origin, writes and token calls never do.
///
/// Cheap to clone; share one between sites and the OAuth client so that connections are reused.
#[derive(Debug, Clone)]
pub struct HttpClients {
    pub(crate) reads: Client,
    pub(crate) writes: Client,
}

impl HttpClients {
    /// Builds the pair with the defaults: a connect time-out of 10 seconds, HTTP/1.1 and HTTP/2, gzip.
    ///
    /// # Errors
    /// [`BuildError::NoTlsProvider`] when no rustls provider is installed, else [`BuildError::Http`].
    pub fn new() -> Result<Self, BuildError> {
        Self::customised(|builder| builder)
    }

    /// Builds the pair from a customised builder (proxy, own root certificates, DNS).
    ///
    /// `customise` runs once per client. What keeps writes safe is set after it: no redirects for
    /// writes, none to other origins for reads, and no retries by the HTTP library.
    ///
    /// # Errors
    /// [`BuildError::NoTlsProvider`] when no rustls provider is installed, else [`BuildError::Http`].
    pub fn customised(
        customise: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, BuildError> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(BuildError::NoTlsProvider);
        }
        let start = || {
            let builder = Client::builder().connect_timeout(CONNECT_TIMEOUT);
            customise(builder)
                .referer(false)
                .retry(reqwest::retry::never())
        };
        let reads = start()
            .redirect(same_origin())
            .build()
            .map_err(BuildError::http)?;
        let writes = start()
            .redirect(Policy::none())
            .pool_idle_timeout(WRITE_IDLE_TIMEOUT)
            .build()
            .map_err(BuildError::http)?;
        Ok(Self { reads, writes })
    }
}

/// Follows redirects only where scheme, host and port stay, so credentials never reach another host.
fn same_origin() -> Policy {
    Policy::custom(|attempt| {
        let stays = attempt
            .previous()
            .last()
            .is_some_and(|previous| previous.origin() == attempt.url().origin());
        if stays && attempt.previous().len() <= MAX_REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No rustls crypto provider is installed in this process; the application does this once at start.
    #[error("no rustls crypto provider is installed, install one at the start of the program")]
    NoTlsProvider,
    /// The HTTP client refused its settings.
    #[error("the HTTP client cannot be built")]
    Http(#[source] BoxError),
    /// No token source was given.
    #[error("no token source was given")]
    NoTokenSource,
    /// The address of the site cannot be used.
    #[error("the site address cannot be used: {0}")]
    Address(&'static str),
    /// The user agent holds characters a header cannot carry.
    #[error("the user agent cannot be sent as a header")]
    UserAgent,
}

impl BuildError {
    fn http(error: reqwest::Error) -> Self {
        Self::Http(Box::new(error.without_url()))
    }
}
