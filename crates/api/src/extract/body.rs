//! JSON bodies.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt as _;
use handoff_domain::workspace::model::{Actor, WorkspaceAccess};
use serde_json::Value;

use super::input::{Reading, enter, entered, read};
use super::{Caller, Gate, Input};
use crate::error::{ApiError, Code};

/// A JSON body of a known caller.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// A JSON body that names a workspace in which the caller may do this.
#[derive(Debug)]
pub struct WorkspaceBody<T> {
    /// The caller.
    pub caller: Caller,
    /// What the caller may do in the workspace.
    pub access: WorkspaceAccess,
    /// The body as it was sent, for comparing it with another.
    pub raw: web::Bytes,
    /// The body.
    pub input: T,
}

impl<T: Input> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let caller = Caller::of(&request).await?;
            if T::PEOPLE_ONLY && matches!(caller.actor, Actor::Token(_)) {
                return Err(ApiError::new(
                    Code::Forbidden,
                    "a workspace token cannot do this",
                ));
            }
            let raw = read_bytes::<T>(&request, payload).await?;
            Ok(Self(read(parse(&raw)?)?))
        })
    }
}

impl<T: Gate> FromRequest for WorkspaceBody<T> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let caller = Caller::of(&request).await?;
            let raw = read_bytes::<T>(&request, payload).await?;
            let value = parse(&raw)?;
            let access = enter::<T>(&request, caller, &value).await?;
            let input = read(value)?;
            Ok(Self {
                caller,
                access: entered(access)?,
                raw,
                input,
            })
        })
    }
}

async fn read_bytes<T: Input>(
    request: &HttpRequest,
    mut payload: Payload,
) -> Result<web::Bytes, ApiError> {
    if !T::MAY_BE_ABSENT {
        require_json(request)?;
    }
    let most = T::MAX_BYTES;
    let too_large = || {
        ApiError::new(
            Code::PayloadTooLarge,
            format!("the body has more than {most} bytes"),
        )
    };
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut body = web::BytesMut::with_capacity(announced.unwrap_or(1024).min(most));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            ApiError::new(Code::InvalidJson, "the body could not be read")
                .caused_by(error.to_string())
        })?;
        if body.len().saturating_add(chunk.len()) > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    if T::MAY_BE_ABSENT && body.is_empty() {
        return Ok(web::Bytes::from_static(b"{}"));
    }
    require_json(request)?;
    Ok(body.freeze())
}

fn require_json(request: &HttpRequest) -> Result<(), ApiError> {
    let given = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = given
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let essence = essence.to_ascii_lowercase();
    let is_json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    if is_json {
        return Ok(());
    }
    Err(ApiError::new(
        Code::UnsupportedMediaType,
        "send the body as application/json",
    ))
}

fn parse(raw: &[u8]) -> Result<Value, ApiError> {
    let text = std::str::from_utf8(raw).map_err(|error| {
        let detail = format!("the body is not UTF-8 from byte {} on", error.valid_up_to());
        ApiError::new(Code::InvalidJson, detail)
    })?;
    serde_json::from_str(text).map_err(|error| {
        let detail = format!(
            "the body is not JSON at line {}, column {}",
            error.line(),
            error.column()
        );
        ApiError::new(Code::InvalidJson, detail)
    })
}
