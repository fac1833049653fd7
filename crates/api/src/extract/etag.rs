//! Versions as entity tags (RFC 9110).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};

use crate::error::ApiError;

/// The version that the caller wants to change; none when they do not mind.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Option<i64>);

/// The header that carries a version.
#[must_use]
pub fn etag(version: i64) -> (header::HeaderName, String) {
    (header::ETAG, format!("\"{version}\""))
}

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let given = request.headers().get(header::IF_MATCH);
        ready(Ok(Self(given.and_then(|value| {
            version(value.to_str().unwrap_or_default())
        }))))
    }
}

/// `*` matches whatever there is; a tag that is none of ours matches nothing.
fn version(tag: &str) -> Option<i64> {
    /// Versions begin at 1, so that this one is never met.
    const NEVER: i64 = -1;
    if tag.trim() == "*" {
        return None;
    }
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    Some(tag.trim_matches('"').parse().unwrap_or(NEVER))
}
