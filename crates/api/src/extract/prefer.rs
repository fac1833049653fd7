//! `Prefer` (RFC 7240) and `Idempotency-Key`.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};

use crate::error::ApiError;

/// The header that makes a push repeatable.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How long a push is waited for when nothing is preferred.
const DEFAULT_WAIT: Duration = Duration::from_secs(20);
/// The longest wait.
const MAX_WAIT_SECONDS: u64 = 60;

/// How long the caller wants to wait for the result of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

/// The caller's own key for a push.
#[derive(Clone, Debug)]
pub struct IdempotencyKey(Option<String>, bool);

impl IdempotencyKey {
    /// The key, if there is one.
    ///
    /// # Errors
    /// VALIDATION_FAILED when it has not 1 to 255 printable characters.
    pub fn checked(self) -> Result<Option<String>, ApiError> {
        if self.1 {
            return Ok(self.0);
        }
        Err(ApiError::invalid(
            "/Idempotency-Key",
            "give one key of 1 to 255 printable characters",
        ))
    }
}

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut given = request.headers().get_all(IDEMPOTENCY_KEY);
        let (first, is_single) = (given.next(), given.next().is_none());
        let key = first.map(|value| value.to_str().unwrap_or_default().to_owned());
        let is_sane = key
            .as_ref()
            .is_none_or(|key| (1..=255).contains(&key.chars().count()));
        ready(Ok(Self(key, is_single && is_sane)))
    }
}

impl FromRequest for Wait {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let given = request.headers().get_all("prefer");
        let given = given.filter_map(|value| value.to_str().ok());
        ready(Ok(Self(preferred(
            given.flat_map(|value| value.split(',')),
        ))))
    }
}

/// A wait that is named wins; a preference that is not understood is left aside, as the RFC wants.
fn preferred<'a>(preferences: impl Iterator<Item = &'a str>) -> Duration {
    let mut wait = DEFAULT_WAIT;
    for text in preferences {
        let text = text
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let seconds = text
            .strip_prefix("wait=")
            .map(|n| n.trim_matches('"').trim().parse::<u64>());
        match seconds {
            Some(Ok(seconds)) => return Duration::from_secs(seconds.min(MAX_WAIT_SECONDS)),
            _ if text == "respond-async" => wait = Duration::ZERO,
            _ => {}
        }
    }
    wait
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waited(header: &str) -> Duration {
        preferred(header.split(','))
    }

    #[test]
    fn the_wait_is_what_the_caller_prefers_within_bounds() {
        assert_eq!(waited("respond-async"), Duration::ZERO);
        assert_eq!(waited("wait=5"), Duration::from_secs(5));
        assert_eq!(waited("wait=600"), Duration::from_secs(60));
        assert_eq!(
            waited("return=minimal, Wait=7; foo"),
            Duration::from_secs(7)
        );
        assert_eq!(waited("respond-async, wait=3"), Duration::from_secs(3));
        assert_eq!(waited("wait=3, respond-async"), Duration::from_secs(3));
        assert_eq!(waited("wait=soon"), DEFAULT_WAIT);
        assert_eq!(waited(""), DEFAULT_WAIT);
    }
}
