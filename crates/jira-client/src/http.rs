//! The one place that sends requests.

mod answer;
mod call;
mod clients;
mod gate;
mod quota;
mod retry;
mod round_trip;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;
use url::Url;

pub(crate) use answer::Answer;
pub(crate) use call::{Call, Intent};
pub use clients::{BuildError, HttpClients};
pub(crate) use gate::SendGate;
pub use quota::{Quota, QuotaWindow};
pub use retry::RetryPolicy;
pub(crate) use round_trip::{Trip, round_trip};

use crate::auth::{AccessToken, TokenError, TokenSource};
use crate::clock::SendDeadline;
pub(crate) use crate::error::RateLimitReason;
use crate::error::{Error, Route};

/// The settings of a sender that callers may change.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) request_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) max_body_bytes: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) in_flight: InFlightLimit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(90),
            max_body_bytes: 32 * 1024 * 1024,
            retry: RetryPolicy::default(),
            in_flight: InFlightLimit::new(4),
        }
    }
}

/// How many requests may be under way at once; share one between clients of the same site.
#[derive(Debug, Clone)]
pub struct InFlightLimit(Arc<Semaphore>);

impl InFlightLimit {
    /// Allows `requests` at once, at least one.
    #[must_use]
    pub fn new(requests: usize) -> Self {
        Self(Arc::new(Semaphore::new(
            requests.clamp(1, Semaphore::MAX_PERMITS),
        )))
    }
}

/// Sends calls to one base address with one token source.
#[derive(Debug)]
pub(crate) struct Http {
    base: Url,
    tokens: Arc<dyn TokenSource>,
    clients: HttpClients,
    user_agent: HeaderValue,
    limits: Limits,
    rejected: Mutex<Option<AccessToken>>,
    quota: Mutex<Option<Quota>>,
}

impl Http {
    pub(crate) fn new(
        base: Url,
        tokens: Arc<dyn TokenSource>,
        clients: HttpClients,
        user_agent: HeaderValue,
        limits: Limits,
    ) -> Self {
        let (rejected, quota) = (Mutex::new(None), Mutex::new(None));
        Self {
            base,
            tokens,
            clients,
            user_agent,
            limits,
            rejected,
            quota,
        }
    }

    /// Returns the quota headers seen last.
    pub(crate) fn quota(&self) -> Option<Quota> {
        self.quota
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) const fn request_timeout(&self) -> Duration {
        self.limits.request_timeout
    }

    /// Performs a call and returns its success; reads may be sent several times, writes at most once.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, Error> {
        call.check()?;
        match call.intent {
            Intent::Read => self.send_read(&call).await,
            Intent::Write(deadline) => self.send_write(&call, deadline).await,
        }
    }

    async fn send_read(&self, call: &Call) -> Result<Answer, Error> {
        let give_up = Instant::now() + self.limits.deadline;
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let error = match self.attempt(call, attempt, None, give_up).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.is_unauthorized() && !renewed && self.renew_rejected().await? {
                renewed = true;
                continue;
            }
            let Some(pause) = self.limits.retry.pause(&error, attempt) else {
                return Err(error);
            };
            if Instant::now() + pause >= give_up {
                return Err(error);
            }
            sleep(pause).await;
            attempt += 1;
        }
    }

    async fn send_write(&self, call: &Call, deadline: SendDeadline) -> Result<Answer, Error> {
        let give_up = Instant::now() + self.limits.deadline;
        let gate = SendGate::new(deadline);
        self.attempt(call, 1, Some(&gate), give_up).await
    }

    /// Sends a call once and traces it.
    async fn attempt(
        &self,
        call: &Call,
        attempt: u32,
        gate: Option<&SendGate>,
        give_up: Instant,
    ) -> Result<Answer, Error> {
        let Route {
            method, template, ..
        } = call.route;
        let span = tracing::debug_span!(
            "jira_request",
            method,
            route = template,
            attempt,
            status = tracing::field::Empty,
        );
        async {
            let _permit = self.permit(call.route, give_up).await?;
            let started = Instant::now();
            let outcome = self.send_once(call, gate, give_up).await;
            let status = outcome
                .as_ref()
                .map_or_else(Error::status, |answer| Some(answer.status));
            tracing::Span::current().record("status", status);
            let elapsed_ms = started.elapsed().as_millis();
            tracing::debug!(elapsed_ms, ok = outcome.is_ok(), "jira request ended");
            outcome
        }
        .instrument(span)
        .await
    }

    async fn permit(
        &self,
        route: Route,
        give_up: Instant,
    ) -> Result<tokio::sync::SemaphorePermit<'_>, Error> {
        let waited = timeout_at(give_up, self.limits.in_flight.0.acquire()).await;
        waited
            .ok()
            .and_then(Result::ok)
            .ok_or(Error::DeadlinePassed { route })
    }

    async fn send_once(
        &self,
        call: &Call,
        gate: Option<&SendGate>,
        give_up: Instant,
    ) -> Result<Answer, Error> {
        let token = self.token().await?;
        if Instant::now() >= give_up || call.is_past_its_deadline() {
            return Err(Error::DeadlinePassed { route: call.route });
        }
        let mut request = call.request(&self.base, gate)?;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, token.header_value()?);
        headers.insert(reqwest::header::USER_AGENT, self.user_agent.clone());
        let client = if call.route.writes {
            &self.clients.writes
        } else {
            &self.clients.reads
        };
        let trip = Trip {
            client,
            route: call.route,
            gate,
            give_up: give_up.min(Instant::now() + self.limits.request_timeout),
            max_body_bytes: self.limits.max_body_bytes,
        };
        let mut answer = round_trip(request, trip).await?;
        answer.token_version = Some(token.version());
        self.note_quota(&answer);
        if answer.is_success() || call.expects(answer.status) {
            return Ok(answer);
        }
        let error = answer.to_error();
        if error.is_unauthorized() {
            *self.rejected.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        }
        Err(error)
    }

    fn note_quota(&self, answer: &Answer) {
        if let Some(quota) = Quota::from_headers(&answer.headers) {
            *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(quota);
        }
    }

    /// Returns a token, another one when Jira has refused the source's present one.
    async fn token(&self) -> Result<AccessToken, TokenError> {
        let token = self.tokens.access_token().await?;
        let refused = {
            let rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
            rejected
                .as_ref()
                .is_some_and(|rejected| rejected.version() == token.version())
        };
        if !refused {
            return Ok(token);
        }
        match self.tokens.renew(&token).await {
            Ok(renewed) => Ok(renewed),
            Err(TokenError::NotRenewable) => Ok(token),
            Err(error) => Err(error),
        }
    }

    /// Renews the token refused last and tells whether there is another one now.
    async fn renew_rejected(&self) -> Result<bool, TokenError> {
        let rejected = self
            .rejected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(rejected) = rejected else {
            return Ok(false);
        };
        match self.tokens.renew(&rejected).await {
            Ok(token) => Ok(token.version() != rejected.version()),
            Err(TokenError::NotRenewable) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
