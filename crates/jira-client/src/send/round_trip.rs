//! One request and its answer: time-out, body limit, and what is known when it fails.

use bytes::{Bytes, BytesMut};
use reqwest::{Client, Request, Response};
use tokio::time::{Instant, timeout_at};

use super::gate::{GateEnd, SendGate};
use super::{Answer, Route, SendPhase, refuses_outright};
use crate::error::Error;

/// Error answers longer than this are read no further, unless they may be results; their status says enough.
const MAX_ERROR_BODY_BYTES: usize = 256 * 1024;

/// How to make one round trip.
pub(crate) struct RoundTrip<'a> {
    pub(crate) client: &'a Client,
    pub(crate) route: Route,
    pub(crate) gate: Option<&'a SendGate>,
    pub(crate) give_up: Instant,
    pub(crate) max_body_bytes: usize,
    /// Whether the body of a refusal may be a result, to be read as far as that of a success.
    pub(crate) reads_refusals: bool,
}

/// Why a body could not be read to its end.
enum BodyFailure {
    Lost(reqwest::Error),
    Late,
    TooLarge,
}

/// Sends a request and reads the whole answer, of whatever status.
///
/// The body of an error answer is read as far as it comes: its status is the news.
pub(crate) async fn round_trip(request: Request, trip: RoundTrip<'_>) -> Result<Answer, Error> {
    let head = timeout_at(trip.give_up, trip.client.execute(request)).await;
    let mut response = match head {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(trip.no_answer(Some(error))),
        Err(_late) => return Err(trip.no_answer(None)),
    };
    let status = response.status().as_u16();
    let success = response.status().is_success();
    let limit = if success || trip.reads_refusals && refuses_outright(status) {
        trip.max_body_bytes
    } else {
        MAX_ERROR_BODY_BYTES
    };
    let mut body = BytesMut::new();
    let read = read_body(&mut response, &mut body, limit, trip.give_up).await;
    let headers = std::mem::take(response.headers_mut());
    let route = trip.route;
    let complete = read.is_ok();
    let answer = |body: Bytes| Answer {
        route,
        status,
        headers,
        body,
        complete,
        token_version: None,
    };
    match read {
        Ok(()) => Ok(answer(body.freeze())),
        Err(_) if !success => Ok(answer(body.freeze())),
        Err(BodyFailure::TooLarge) => Err(Error::BodyTooLarge {
            route: trip.route,
            status,
            limit,
        }),
        Err(BodyFailure::Lost(error)) => Err(trip.sent(Some(error))),
        Err(BodyFailure::Late) => Err(trip.sent(None)),
    }
}

async fn read_body(
    response: &mut Response,
    body: &mut BytesMut,
    limit: usize,
    give_up: Instant,
) -> Result<(), BodyFailure> {
    loop {
        let chunk = timeout_at(give_up, response.chunk()).await;
        let chunk = chunk
            .map_err(|_late| BodyFailure::Late)?
            .map_err(BodyFailure::Lost)?;
        let Some(chunk) = chunk else {
            return Ok(());
        };
        if chunk.len() > limit.saturating_sub(body.len()) {
            return Err(BodyFailure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
}

impl RoundTrip<'_> {
    /// Judges a request that got no answer; `None` means that waiting ended by time-out.
    fn no_answer(&self, error: Option<reqwest::Error>) -> Error {
        let unconnected = error.as_ref().is_some_and(reqwest::Error::is_connect);
        let phase = match self.gate.map(SendGate::close) {
            Some(GateEnd::Expired) => return Error::DeadlinePassed { route: self.route },
            Some(GateEnd::Withheld) => SendPhase::NotSent,
            Some(GateEnd::Released) => SendPhase::MayHaveBeenSent,
            None if unconnected => SendPhase::NotSent,
            None => SendPhase::MayHaveBeenSent,
        };
        self.transport(phase, error)
    }

    fn sent(&self, error: Option<reqwest::Error>) -> Error {
        self.transport(SendPhase::MayHaveBeenSent, error)
    }

    fn transport(&self, phase: SendPhase, error: Option<reqwest::Error>) -> Error {
        let timed_out = error.as_ref().is_none_or(reqwest::Error::is_timeout);
        let source = error.map(|error| error.without_url().into());
        Error::Transport {
            route: self.route,
            phase,
            timed_out,
            source,
        }
    }
}
