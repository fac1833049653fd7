//! `Last-Event-ID`, by which a stream of events is resumed (HTML, 9.2).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};

use crate::error::ApiError;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The id of the last event that the caller has seen.
#[derive(Clone, Debug)]
pub struct LastEventId(Option<String>);

impl LastEventId {
    /// The id, if there is one; an empty one is none, as the standard wants.
    ///
    /// # Errors
    /// VALIDATION_FAILED for what is no id of ours.
    pub fn checked(&self) -> Result<Option<i64>, ApiError> {
        let given = self.0.as_deref().filter(|id| !id.is_empty());
        let Some(id) = given else { return Ok(None) };
        match id.parse() {
            Ok(id) if id >= 0 => Ok(Some(id)),
            _ => Err(ApiError::invalid(
                "/Last-Event-ID",
                "give the id of an event of this push",
            )),
        }
    }
}

impl FromRequest for LastEventId {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let given = request.headers().get(LAST_EVENT_ID);
        ready(Ok(Self(
            given.map(|id| id.to_str().unwrap_or("not readable").to_owned()),
        )))
    }
}
