//! Whole requests and answers, kept on demand so that a test can check each of them.

use std::fmt;

use crate::endpoint::Endpoint;

/// A request to the API with its body, and what the sandbox made of it.
///
/// Requests of OAuth are never kept, and no header but the content type is.
#[derive(Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// The endpoint it was for.
    pub endpoint: Endpoint,
    /// The HTTP method.
    pub method: String,
    /// The path with names in the place of ids, as the service documents it.
    pub template: &'static str,
    /// The version of the REST API: `3` or `2`.
    pub version: String,
    /// The path without its query.
    pub path: String,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    /// The request's content type; empty where it has none.
    pub content_type: String,
    /// The request's body.
    pub body: Vec<u8>,
    /// The sandbox's own answer before a fault changed it; none where a fault kept it from acting.
    pub answer: Option<ExchangeAnswer>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

/// The sandbox's answer to an [`Exchange`].
#[derive(Clone)]
#[non_exhaustive]
pub struct ExchangeAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The content type; empty where there is no body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for ExchangeAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeAnswer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The exchanges since they are kept; none where they are not.
#[derive(Debug, Default)]
pub(crate) struct Exchanges(Option<Vec<Exchange>>);

impl Exchanges {
    /// Starts to keep whole requests and answers, or stops and forgets them.
    pub(crate) fn keep(&mut self, keep: bool) {
        self.0 = keep.then(Vec::new);
    }

    pub(crate) fn kept(&self) -> &[Exchange] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Notes a whole request where these are kept, and gives the place of its answer.
    pub(crate) fn push(&mut self, exchange: impl FnOnce() -> Exchange) -> Option<usize> {
        let exchanges = self.0.as_mut()?;
        exchanges.push(exchange());
        Some(exchanges.len() - 1)
    }

    pub(crate) fn set_answer(&mut self, at: usize, answer: ExchangeAnswer) {
        let exchange = self.0.as_mut().and_then(|kept| kept.get_mut(at));
        if let Some(exchange) = exchange {
            exchange.answer = Some(answer);
        }
    }
}
