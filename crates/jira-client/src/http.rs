//! The one place that sends requests.

mod answer;
mod call;
mod clients;
mod gate;
mod limits;
mod quota;
mod retry;
mod round_trip;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use tokio::time::{Instant, sleep};
use tracing::Instrument;
use url::Url;

pub(crate) use answer::Answer;
pub(crate) use call::{Call, Intent, is_one_segment};
pub use clients::{BuildError, HttpClients};
pub(crate) use gate::SendGate;
pub use limits::{EndpointRates, SiteLimits};
pub use quota::{AnnouncedLimit, Quota, QuotaWindow};
pub use retry::RetryPolicy;
pub(crate) use round_trip::{Trip, round_trip};

use crate::auth::{AccessToken, TokenError, TokenSource};
use crate::clock::SendDeadline;
use crate::error::{Error, Route};

/// The settings of a sender that callers may change.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) request_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) max_body_bytes: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) site: SiteLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(90),
            max_body_bytes: 32 * 1024 * 1024,
            retry: RetryPolicy::default(),
            site: SiteLimits::new(4),
        }
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

    /// Performs a call and returns its success.
    ///
    /// Reads are repeated where that can help, writes where they were also certainly not applied.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, Error> {
        call.check()?;
        let window = Window::of(&call, self.limits.deadline);
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let error = match self.attempt(&call, attempt, window).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !call.may_be_repeated_after(&error) {
                return Err(error);
            }
            if error.is_unauthorized() && !renewed && self.renew_rejected().await? {
                renewed = true;
                attempt += 1;
                continue;
            }
            let Some(pause) = self.limits.retry.pause(&error, attempt) else {
                return Err(error);
            };
            if Instant::now() + pause >= window.send_until {
                return Err(error);
            }
            sleep(pause).await;
            attempt += 1;
        }
    }

    /// Sends a call once and traces it.
    async fn attempt(&self, call: &Call, attempt: u32, window: Window) -> Result<Answer, Error> {
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
            let _places = self.limits.site.enter(call, window.send_until).await?;
            let started = Instant::now();
            let outcome = self.send_once(call, window).await;
            if let Err(Error::Status(status)) = &outcome {
                let unasked = self.limits.retry.first_pause;
                self.limits.site.note(call, status, unasked);
            }
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

    async fn send_once(&self, call: &Call, window: Window) -> Result<Answer, Error> {
        let token = self.token().await?;
        if window.has_closed() {
            return Err(Error::DeadlinePassed { route: call.route });
        }
        let gate = window.gate(call, self.limits.request_timeout);
        let mut request = call.request(&self.base, gate.as_ref())?;
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
            gate: gate.as_ref(),
            give_up: window
                .give_up
                .min(Instant::now() + self.limits.request_timeout),
            max_body_bytes: self.limits.max_body_bytes,
        };
        let mut answer = round_trip(request, trip).await?;
        answer.token_version = Some(token.version());
        self.note_quota(&answer);
        let is_result = answer.is_success() || call.expects(answer.status);
        if is_result && !answer.is_of_nobody() {
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

/// The time a call has.
#[derive(Clone, Copy)]
struct Window {
    /// When waiting for an answer ends.
    give_up: Instant,
    /// When nothing is sent any more, by the clock that pauses and places are waited for with.
    send_until: Instant,
    /// The same for writes, by the clock that runs through suspend.
    fence: Option<SendDeadline>,
    at_most_once: bool,
}

impl Window {
    fn of(call: &Call, deadline: Duration) -> Self {
        let now = Instant::now();
        let fence = match call.intent {
            Intent::Read => None,
            Intent::Write => Some(SendDeadline::after(deadline)),
            Intent::WriteOnce(deadline) => Some(deadline),
        };
        let send_within = fence.map_or(deadline, |fence| fence.remaining().min(deadline));
        Self {
            give_up: now + deadline,
            send_until: now + send_within,
            fence,
            at_most_once: matches!(call.intent, Intent::WriteOnce(_)),
        }
    }

    fn has_closed(&self) -> bool {
        Instant::now() >= self.give_up || self.fence.is_some_and(SendDeadline::has_passed)
    }

    /// Returns the gate of one attempt's body; an attempt that may be followed by another has its own fence.
    fn gate(&self, call: &Call, request_timeout: Duration) -> Option<SendGate> {
        let fence = self.fence.filter(|_| call.has_body())?;
        Some(SendGate::new(if self.at_most_once {
            fence
        } else {
            fence.min(SendDeadline::after(request_timeout))
        }))
    }
}
