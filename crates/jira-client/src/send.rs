//! The one place that sends requests; it names no service.
//!
//! What an answer means is read outside: `crate::error` judges it, `crate::quota` and `crate::rates` know the
//! service's limits, `crate::auth` its tokens.

mod answer;
mod call;
mod clients;
mod deadline;
mod gate;
mod limits;
mod outcome;
mod retry;
mod round_trip;
mod tokens;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use tokio::time::{Instant, sleep};
use tracing::Instrument;
use url::Url;

pub(crate) use answer::{Answer, header};
pub use call::Route;
pub(crate) use call::{Call, Intent, is_one_segment};
pub use clients::{BuildError, HttpClients};
pub(crate) use deadline::instant_after;
pub use deadline::{SendDeadline, monotonic_now};
pub(crate) use gate::SendGate;
pub(crate) use limits::Reach;
pub use limits::SiteLimits;
pub use outcome::SendPhase;
pub(crate) use outcome::refuses_outright;
pub use retry::RetryPolicy;
pub(crate) use round_trip::{RoundTrip, round_trip};

use self::deadline::Deadlines;
use self::tokens::{NoToken, Tokens};
use crate::REQUEST_SPAN;
use crate::auth::{AccessToken, TokenSource};
use crate::error::{Error, StatusError, taken_for_anonymous};
use crate::quota::Quota;

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
pub(crate) struct Sender {
    base: Url,
    tokens: Tokens,
    clients: HttpClients,
    user_agent: HeaderValue,
    limits: Limits,
    quota: Mutex<Option<Quota>>,
}

impl Sender {
    pub(crate) fn new(
        base: Url,
        tokens: Arc<dyn TokenSource>,
        clients: HttpClients,
        user_agent: HeaderValue,
        limits: Limits,
    ) -> Self {
        Self {
            base,
            tokens: Tokens::new(tokens),
            clients,
            user_agent,
            limits,
            quota: Mutex::new(None),
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
        let deadlines = Deadlines::of(&call, self.limits.deadline);
        let mut renewal = Renewal::default();
        let mut attempt = 1;
        loop {
            let error = match self.attempt(&call, attempt, deadlines, &mut renewal).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !call.may_be_repeated_after(&error) {
                return Err(error);
            }
            if self.renews_after(&error, &mut renewal, deadlines).await? {
                attempt += 1;
                continue;
            }
            let Some(pause) = self.limits.retry.pause(&error, attempt) else {
                return Err(error);
            };
            if instant_after(pause) >= deadlines.send_by {
                return Err(error);
            }
            sleep(pause).await;
            attempt += 1;
        }
    }

    /// Renews the token of an attempt that was refused, once per call, and tells whether there is another.
    async fn renews_after(
        &self,
        error: &Error,
        renewal: &mut Renewal,
        deadlines: Deadlines,
    ) -> Result<bool, Error> {
        let Some(refused) = renewal.refused.take().filter(|_| error.is_unauthorized()) else {
            return Ok(false);
        };
        if std::mem::replace(&mut renewal.done, true) {
            return Ok(false);
        }
        match self.tokens.renew(&refused, deadlines.send_by).await {
            Ok(other) => Ok(other.is_some()),
            Err(NoToken::Late) => Ok(false),
            Err(NoToken::Failed(error)) => Err(error.into()),
        }
    }

    /// Sends a call once and traces it.
    async fn attempt(
        &self,
        call: &Call,
        attempt: u32,
        deadlines: Deadlines,
        renewal: &mut Renewal,
    ) -> Result<Answer, Error> {
        let Route {
            method, template, ..
        } = call.route;
        let span = tracing::debug_span!(
            REQUEST_SPAN,
            method,
            route = template,
            attempt,
            status = tracing::field::Empty,
        );
        async {
            let _permits = self.limits.site.enter(call, deadlines.send_by).await?;
            let started = Instant::now();
            let outcome = self.send_once(call, deadlines, renewal).await;
            self.note_limit(call, &outcome);
            let status = outcome
                .as_ref()
                .map_or_else(Error::status, |answer| Some(answer.status));
            tracing::Span::current().record("status", status);
            let elapsed_ms = started.elapsed().as_millis();
            tracing::debug!(elapsed_ms, ok = outcome.is_ok(), "request ended");
            outcome
        }
        .instrument(span)
        .await
    }

    async fn send_once(
        &self,
        call: &Call,
        deadlines: Deadlines,
        renewal: &mut Renewal,
    ) -> Result<Answer, Error> {
        let token = self.tokens.present(&mut renewal.done, deadlines.send_by);
        let token = match token.await {
            Ok(token) => token,
            Err(NoToken::Failed(error)) => return Err(error.into()),
            Err(NoToken::Late) => return Err(Error::DeadlinePassed { route: call.route }),
        };
        if deadlines.have_passed() {
            return Err(Error::DeadlinePassed { route: call.route });
        }
        let gate = deadlines.gate(call, self.limits.request_timeout);
        let mut request = call.request(&self.base, gate.as_ref())?;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, token.header_value()?);
        headers.insert(reqwest::header::USER_AGENT, self.user_agent.clone());
        let client = if call.route.writes {
            &self.clients.writes
        } else {
            &self.clients.reads
        };
        let trip = RoundTrip {
            client,
            route: call.route,
            gate: gate.as_ref(),
            give_up: deadlines
                .give_up
                .min(instant_after(self.limits.request_timeout)),
            max_body_bytes: self.limits.max_body_bytes,
            reads_refusals: call.reads_refusals(),
        };
        let mut answer = round_trip(request, trip).await?;
        answer.token_version = Some(token.version());
        self.note_quota(&answer);
        if call.is_result(&answer) && !taken_for_anonymous(&answer) {
            self.tokens.note_accepted(&token);
            return Ok(answer);
        }
        let error = Error::of(&answer);
        if error.is_unauthorized() {
            self.tokens.note_refused(&token);
            renewal.refused = Some(token);
        }
        Err(error)
    }

    /// Remembers what a 429 asks for, also where its body is a result.
    fn note_limit(&self, call: &Call, outcome: &Result<Answer, Error>) {
        let unasked = self.limits.retry.first_pause;
        match outcome {
            Err(Error::Status(status)) => self.limits.site.note(call, status, unasked),
            Ok(answer) if answer.status == 429 => {
                let status = StatusError::of(answer);
                self.limits.site.note(call, &status, unasked);
            }
            _ => {}
        }
    }

    fn note_quota(&self, answer: &Answer) {
        if let Some(quota) = Quota::from_headers(&answer.headers) {
            *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(quota);
        }
    }
}

/// What one call knows of its tokens.
#[derive(Debug, Default)]
struct Renewal {
    /// Whether the call has had its one renewal.
    done: bool,
    /// The token of the last attempt, where it was refused.
    refused: Option<AccessToken>,
}
