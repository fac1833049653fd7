//! What the clients of one site share: permits for requests, paces of endpoints, and pauses it asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::retry::random_fraction;
use super::{Call, Route, instant_after};
use crate::error::{Error, RateLimitReason, StatusError};
use crate::rates::EndpointRates;

/// At most this long, and a tenth of the pause, does a waiter stay behind its end, so that not all go at once.
const MAX_JITTER: Duration = Duration::from_secs(5);

/// The limits of one site; clones share them, so give the clients of one site clones of one value.
///
/// After a 429 its [`RateLimitReason`] decides who waits until `Retry-After` or `X-RateLimit-Reset`. A call
/// whose wait would outlast its deadline is not sent: [`Error::Paused`].
#[derive(Debug, Clone)]
pub struct SiteLimits {
    settings: Settings,
    shared: Arc<Shared>,
}

#[derive(Debug, Clone, Copy)]
struct Settings {
    in_flight: usize,
    in_flight_per_endpoint: usize,
    rates: EndpointRates,
    pauses: bool,
}

#[derive(Debug)]
struct Shared {
    in_flight: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    site: Option<Pause>,
    endpoints: HashMap<(&'static str, &'static str), Endpoint>,
    resources: HashMap<String, Pause>,
}

#[derive(Debug)]
struct Endpoint {
    in_flight: Arc<Semaphore>,
    pause: Option<Pause>,
    /// When all that was sent is paid for at the steady rate.
    paid_until: Instant,
}

#[derive(Debug, Clone)]
struct Pause {
    until: Instant,
    reason: RateLimitReason,
}

/// Whom a limit holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Every call to the site.
    Site,
    /// Every call of the endpoint.
    Endpoint,
    /// Writes to one resource.
    Resource,
}

/// What a request holds while it is under way.
pub(crate) struct Permits<'a> {
    _site: SemaphorePermit<'a>,
    _endpoint: OwnedSemaphorePermit,
}

impl SiteLimits {
    /// Allows this many requests at once, at least one, at the default rates.
    #[must_use]
    pub fn new(in_flight: usize) -> Self {
        let in_flight = in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Self::of(Settings {
            in_flight,
            in_flight_per_endpoint: in_flight,
            rates: EndpointRates::default(),
            pauses: true,
        })
    }

    /// Returns fresh limits that allow this many requests at once to any one endpoint, at least one.
    #[must_use]
    pub fn with_in_flight_per_endpoint(self, requests: usize) -> Self {
        Self::of(Settings {
            in_flight_per_endpoint: requests.clamp(1, Semaphore::MAX_PERMITS),
            ..self.settings
        })
    }

    /// Returns fresh limits with other rates.
    #[must_use]
    pub fn with_rates(self, rates: EndpointRates) -> Self {
        Self::of(Settings {
            rates,
            ..self.settings
        })
    }

    /// Returns fresh limits that keep no pauses, for callers that keep them elsewhere.
    ///
    /// A call that is answered 429 still obeys `Retry-After` itself.
    #[must_use]
    pub fn without_pauses(self) -> Self {
        Self::of(Settings {
            pauses: false,
            ..self.settings
        })
    }

    fn of(settings: Settings) -> Self {
        let shared = Shared {
            in_flight: Semaphore::new(settings.in_flight),
            state: Mutex::default(),
        };
        Self {
            settings,
            shared: Arc::new(shared),
        }
    }

    /// Waits for the pauses that concern a call, for its permits and for its turn.
    pub(crate) async fn enter(&self, call: &Call, until: Instant) -> Result<Permits<'_>, Error> {
        loop {
            self.wait_out_pauses(call, until).await?;
            let endpoint = self.endpoint_permit(call.route, until).await?;
            let turn = self.take_turn(call.route, until)?;
            // The timer counts whole milliseconds: even a sleep until now would cost one.
            if turn > Instant::now() {
                sleep_until(turn).await;
            }
            // Last, so that whoever waits for a turn keeps no other endpoint from the site.
            let site = timeout_at(until, self.shared.in_flight.acquire()).await;
            let Ok(Ok(site)) = site else {
                return Err(Error::DeadlinePassed { route: call.route });
            };
            if self.pause(call).is_none() {
                return Ok(Permits {
                    _site: site,
                    _endpoint: endpoint,
                });
            }
        }
    }

    async fn wait_out_pauses(&self, call: &Call, until: Instant) -> Result<(), Error> {
        while let Some(pause) = self.pause(call) {
            if pause.until >= until {
                return Err(Error::Paused {
                    route: call.route,
                    reason: pause.reason,
                    wait: pause.until.saturating_duration_since(Instant::now()),
                });
            }
            let left = pause.until.saturating_duration_since(Instant::now());
            let spare = until.saturating_duration_since(pause.until);
            let span = (left / 10).min(MAX_JITTER).min(spare / 2);
            sleep_until(pause.until + span.mul_f64(random_fraction())).await;
        }
        Ok(())
    }

    async fn endpoint_permit(
        &self,
        route: Route,
        until: Instant,
    ) -> Result<OwnedSemaphorePermit, Error> {
        let in_flight = {
            let mut state = self.state();
            Arc::clone(&self.endpoint(&mut state, route).in_flight)
        };
        let permit = timeout_at(until, in_flight.acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok);
        permit.ok_or(Error::DeadlinePassed { route })
    }

    /// Returns when the call may go and counts it against its endpoint's rate (a leaky bucket).
    fn take_turn(&self, route: Route, until: Instant) -> Result<Instant, Error> {
        let burst = Duration::from_secs(1);
        let cost = burst / self.settings.rates.of(route);
        let now = Instant::now();
        let mut state = self.state();
        let endpoint = self.endpoint(&mut state, route);
        let paid_until = endpoint.paid_until.max(now);
        let ahead = paid_until
            .saturating_duration_since(now)
            .saturating_sub(burst);
        let turn = now + ahead;
        if turn >= until {
            return Err(Error::DeadlinePassed { route });
        }
        endpoint.paid_until = paid_until + cost;
        Ok(turn)
    }

    /// Remembers what a 429 asks for; `unasked` is the wait where it asks for none.
    pub(crate) fn note(&self, call: &Call, status: &StatusError, unasked: Duration) {
        let Some(reason) = status.rate_limit.clone().filter(|_| self.settings.pauses) else {
            return;
        };
        let until = instant_after(status.retry_after.unwrap_or(unasked));
        let pause = Pause { until, reason };
        let mut state = self.state();
        match (pause.reason.reach(), call.changes()) {
            (Reach::Site, _) => lengthen(&mut state.site, pause),
            (Reach::Resource, Some(resource)) => {
                let now = Instant::now();
                state.resources.retain(|_, pause| pause.until > now);
                let mut known = state.resources.remove(resource);
                lengthen(&mut known, pause);
                state
                    .resources
                    .extend(known.map(|known| (resource.to_owned(), known)));
            }
            _ => lengthen(&mut self.endpoint(&mut state, call.route).pause, pause),
        }
    }

    /// Returns the longest pause that concerns a call, if any lasts.
    fn pause(&self, call: &Call) -> Option<Pause> {
        let now = Instant::now();
        let state = self.state();
        let endpoint = state.endpoints.get(&key(call.route));
        let resource = call.changes().and_then(|it| state.resources.get(it));
        [
            state.site.as_ref(),
            endpoint.and_then(|endpoint| endpoint.pause.as_ref()),
            resource,
        ]
        .into_iter()
        .flatten()
        .filter(|pause| pause.until > now)
        .max_by_key(|pause| pause.until)
        .cloned()
    }

    fn endpoint<'s>(&self, state: &'s mut State, route: Route) -> &'s mut Endpoint {
        state
            .endpoints
            .entry(key(route))
            .or_insert_with(|| Endpoint {
                in_flight: Arc::new(Semaphore::new(self.settings.in_flight_per_endpoint)),
                pause: None,
                paid_until: Instant::now(),
            })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

const fn key(route: Route) -> (&'static str, &'static str) {
    (route.method, route.template)
}

fn lengthen(known: &mut Option<Pause>, pause: Pause) {
    if known.as_ref().is_none_or(|known| known.until < pause.until) {
        *known = Some(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Call {
        Call::get("/rest/api/3/myself")
    }

    #[tokio::test]
    async fn beyond_one_seconds_worth_calls_go_at_the_steady_rate() {
        let rates = EndpointRates {
            get: 10,
            ..EndpointRates::default()
        };
        let limits = SiteLimits::new(4).with_rates(rates);
        let far = Instant::now() + Duration::from_secs(60);
        let now = Instant::now();
        let turns: Vec<Duration> = (0..15)
            .map(|_| limits.take_turn(call().route, far).unwrap() - now)
            .collect();
        assert!(turns[10] < Duration::from_millis(100), "{turns:?}");
        assert!(turns[14] > Duration::from_millis(300), "{turns:?}");
        let other = Call::get("/rest/api/3/serverInfo").route;
        let turn = limits.take_turn(other, far).unwrap() - now;
        assert!(turn < Duration::from_millis(100), "another endpoint waits");
        let error = limits.take_turn(call().route, Instant::now()).unwrap_err();
        assert!(matches!(error, Error::DeadlinePassed { .. }));
    }

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }

    /// Makes the limits remember a burst limit of this many seconds.
    fn pause(limits: &SiteLimits, seconds: u64) {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("retry-after", seconds.into());
        let status = StatusError::read(call().route, 429, &headers, b"");
        limits.note(&call(), &status, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_begins_while_a_call_waits_for_its_turn_is_waited_out_too() {
        let rates = EndpointRates {
            get: 1,
            ..EndpointRates::default()
        };
        let limits = SiteLimits::new(1).with_rates(rates);
        for _ in 0..2 {
            limits.enter(&call(), far()).await.unwrap();
        }
        let started = Instant::now();
        let call = call();
        let third = limits.enter(&call, far());
        let meanwhile = async {
            tokio::task::yield_now().await;
            let other = Call::get("/rest/api/3/serverInfo");
            let other = limits.enter(&other, far()).await;
            other.expect("the permit of the site is free");
            assert!(started.elapsed() < Duration::from_millis(100));
            pause(&limits, 30);
        };
        let (third, ()) = tokio::join!(third, meanwhile);
        third.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_the_same_pause_does_not_go_at_the_same_moment() {
        let limits = SiteLimits::new(8);
        pause(&limits, 30);
        let started = Instant::now();
        let enter = || async {
            limits.enter(&call(), far()).await.unwrap();
            started.elapsed()
        };
        let waits = futures_util::future::join_all((0..8).map(|_| enter())).await;
        let (thirty, limit) = (Duration::from_secs(30), Duration::from_secs(34));
        assert!(waits.iter().all(|wait| (thirty..limit).contains(wait)));
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }
}
