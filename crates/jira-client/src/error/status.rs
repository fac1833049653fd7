//! An answer that is not a success, in any of the shapes Jira and its gateway use.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde_json::Value;
use time::OffsetDateTime;

use crate::quota::{Quota, time_to_next_hour};
use crate::send::{Answer, Reach, Route, header, refuses_outright};

/// Longer waits are taken as this long: nobody plans further, and clocks must not overflow.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);
const MAX_MESSAGES: usize = 20;
const MAX_MESSAGE_CHARS: usize = 300;
const MISSING_SCOPE: &str = "scope does not match";

/// An answer with another status than success.
///
/// Messages are Jira's own sentences, cut to 300 characters each. They are localised to the user and may
/// quote a rejected value such as a label; branch on status and field names, never on the text.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StatusError {
    /// The operation.
    pub route: Route,
    /// The HTTP status.
    pub status: u16,
    /// Messages that belong to no field.
    pub messages: Vec<String>,
    /// Messages by field id, such as `summary` or `customfield_10010`.
    pub field_errors: BTreeMap<String, String>,
    /// How long to wait at least: `Retry-After` in seconds or as a date, else `X-RateLimit-Reset`, else, of an
    /// hourly quota, the time until the UTC hour ends.
    pub retry_after: Option<Duration>,
    /// Why the call was limited; set exactly when the status is 429.
    pub rate_limit: Option<RateLimitReason>,
    /// The quota headers of this answer, if it had any.
    pub quota: Option<Quota>,
    /// What kind of body came.
    pub body: BodyShape,
    /// The version of the access token the request carried.
    pub token_version: Option<u64>,
    /// Atlassian's trace id of the request, for their support.
    pub trace_id: Option<String>,
}

/// The kind of body an error answer had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyShape {
    /// Jira's `{errorMessages, errors}`.
    Jira,
    /// The API gateway's `{code, message}`.
    Gateway,
    /// A web page, usually from a proxy or an outage.
    Html,
    /// Nothing, or an empty JSON object.
    Empty,
    /// Anything else, or cut short.
    Other,
}

/// Which of Jira's limits refused a request, and so who waits (the `RateLimit-Reason` header).
///
/// | reason | who waits |
/// |---|---|
/// | `jira-quota-global-based`, `jira-quota-tenant-based` | every call to the site |
/// | `jira-per-issue-on-write` | writes to this issue |
/// | `jira-burst-based`, others, none | calls of this endpoint |
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitReason {
    /// The app's hourly quota over all sites; stop calling every site until it resets.
    GlobalQuota,
    /// The app's hourly quota on this site; stop calling this site until it resets.
    TenantQuota,
    /// Too many calls of this endpoint in a moment; slow down there.
    Burst,
    /// Too many writes to one issue; slow down there.
    PerIssue,
    /// A reason not known here; `None` when the answer gave none.
    Other(Option<String>),
}

impl RateLimitReason {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        match header(headers, "ratelimit-reason") {
            Some("jira-quota-global-based") => Self::GlobalQuota,
            Some("jira-quota-tenant-based") => Self::TenantQuota,
            Some("jira-burst-based") => Self::Burst,
            Some("jira-per-issue-on-write") => Self::PerIssue,
            other => Self::Other(other.map(shorten)),
        }
    }

    /// Tells whether an hourly quota is used up, so that no call can succeed before it resets.
    #[must_use]
    pub const fn is_quota(&self) -> bool {
        matches!(self, Self::GlobalQuota | Self::TenantQuota)
    }

    /// Tells which calls have to wait.
    pub(crate) const fn reach(&self) -> Reach {
        match self {
            Self::GlobalQuota | Self::TenantQuota => Reach::Site,
            Self::PerIssue => Reach::Resource,
            Self::Burst | Self::Other(_) => Reach::Endpoint,
        }
    }
}

impl StatusError {
    /// Reads an answer as an error, whatever its status.
    pub(crate) fn of(answer: &Answer) -> Self {
        let mut error = Self::read(answer.route, answer.status, &answer.headers, &answer.body);
        error.token_version = answer.token_version;
        error
    }

    /// Reads an error answer; a body in no known shape leaves the lists empty.
    pub(crate) fn read(route: Route, status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let quota = Quota::from_headers(headers);
        let mut error = Self {
            route,
            status,
            messages: Vec::new(),
            field_errors: BTreeMap::new(),
            retry_after: parse_retry_after(headers),
            rate_limit: (status == 429).then(|| RateLimitReason::from_headers(headers)),
            quota,
            body: BodyShape::Other,
            token_version: None,
            trace_id: header(headers, "atl-traceid").map(shorten),
        };
        if status == 429 && error.retry_after.is_none() {
            error.retry_after = error.unasked_wait();
        }
        error.read_body(headers, body);
        error
    }

    /// Returns how long to wait where a 429 does not say.
    fn unasked_wait(&self) -> Option<Duration> {
        let is_quota = self
            .rate_limit
            .as_ref()
            .is_some_and(RateLimitReason::is_quota);
        let told = self.quota.as_ref().and_then(Quota::time_to_reset);
        told.or_else(|| is_quota.then(|| time_to_next_hour(OffsetDateTime::now_utc())))
    }

    fn read_body(&mut self, headers: &HeaderMap, body: &[u8]) {
        self.body = match serde_json::from_slice::<Value>(body) {
            Ok(value) => self.read_json(&value),
            Err(_) if body.trim_ascii().is_empty() => BodyShape::Empty,
            Err(_) if is_html(headers, body) => BodyShape::Html,
            Err(_) => BodyShape::Other,
        };
    }

    fn read_json(&mut self, value: &Value) -> BodyShape {
        let shape = shape_of(value);
        match shape {
            BodyShape::Jira => (self.messages, self.field_errors) = read_error_collection(value),
            BodyShape::Gateway => self.messages.extend(gateway_message(value).map(shorten)),
            _ => {}
        }
        shape
    }

    /// Tells whether the write answered by this status may have taken effect; false for reads.
    ///
    /// Only statuses by which a server refuses a request before acting on it count as certain.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        self.route.writes && !refuses_outright(self.status)
    }

    /// Tells whether the token lacks the scope of this operation.
    #[must_use]
    pub fn is_missing_scope(&self) -> bool {
        matches!(self.status, 401 | 403)
            && self
                .messages
                .iter()
                .any(|message| message.contains(MISSING_SCOPE))
    }
}

impl std::error::Error for StatusError {}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.route, self.status)?;
        if self.body == BodyShape::Html {
            write!(f, " with a web page")?;
        }
        for message in &self.messages {
            write!(f, "; {message}")?;
        }
        for (field, message) in &self.field_errors {
            write!(f, "; {field}: {message}")?;
        }
        Ok(())
    }
}

/// Tells in whose words a JSON body speaks of an error, if it does.
fn shape_of(value: &Value) -> BodyShape {
    let has_field_errors = value
        .get("errors")
        .and_then(Value::as_object)
        .is_some_and(|errors| !errors.is_empty());
    if value.get("errorMessages").is_some() || has_field_errors {
        return BodyShape::Jira;
    }
    if gateway_message(value).is_some() {
        return BodyShape::Gateway;
    }
    match value.as_object() {
        Some(object) if object.is_empty() => BodyShape::Empty,
        _ => BodyShape::Other,
    }
}

fn gateway_message(value: &Value) -> Option<&str> {
    ["message", "error_description", "error", "errorMessage"]
        .iter()
        .find_map(|key| value.get(key).and_then(Value::as_str))
}

/// Tells whether a body is Jira's or the gateway's error, whatever its status.
pub(crate) fn tells_of_an_error(body: &Value) -> bool {
    matches!(shape_of(body), BodyShape::Jira | BodyShape::Gateway)
}

/// Reads Jira's `{errorMessages: [..], errors: {field: text}}`, as far as it is there.
pub(crate) fn read_error_collection(value: &Value) -> (Vec<String>, BTreeMap<String, String>) {
    let messages = value
        .get("errorMessages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .take(MAX_MESSAGES)
        .map(shorten)
        .collect();
    let fields = value
        .get("errors")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .take(MAX_MESSAGES)
        .map(|(field, text)| (shorten(field), field_text(text)))
        .collect();
    (messages, fields)
}

fn field_text(text: &Value) -> String {
    text.as_str()
        .map_or_else(|| shorten(&text.to_string()), shorten)
}

/// Reads `Retry-After` as seconds, whole or not, or as an HTTP date; a date in the past is zero.
fn parse_retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = header(headers, RETRY_AFTER.as_str())?.trim();
    let wait = match text.parse::<f64>() {
        Ok(seconds) if seconds.is_nan() || seconds < 0.0 => return None,
        Ok(seconds) => Duration::try_from_secs_f64(seconds).unwrap_or(MAX_RETRY_AFTER),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(SystemTime::now())
            .unwrap_or(Duration::ZERO),
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// Tells whether the site refused the credentials and answered with a success as to an anonymous caller.
pub(crate) fn taken_for_anonymous(answer: &Answer) -> bool {
    let reason = header(&answer.headers, "x-seraph-loginreason").unwrap_or_default();
    let is_refused =
        reason.contains("AUTHENTICATED_FAILED") || reason.contains("AUTHENTICATION_DENIED");
    answer.is_success() && is_refused
}

fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    header(headers, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.contains("html"))
        || body.trim_ascii_start().first() == Some(&b'<')
}

pub(crate) fn shorten(text: &str) -> String {
    text.chars().take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    const CREATE: Route = Route {
        method: "POST",
        template: "/rest/api/3/issue",
        writes: true,
    };

    fn read(status: u16, body: &str) -> StatusError {
        StatusError::read(CREATE, status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn only_statuses_that_refuse_outright_are_certainly_not_applied() {
        for status in [400, 401, 403, 404, 413, 422, 429] {
            assert!(!read(status, "").may_have_been_applied(), "{status}");
        }
        for status in [
            301, 302, 307, 408, 409, 412, 423, 425, 499, 500, 502, 503, 504, 520,
        ] {
            assert!(read(status, "").may_have_been_applied(), "{status}");
        }
    }

    #[test]
    fn both_error_shapes_html_and_nothing_are_told_apart() {
        let jira = read(400, r#"{"errorMessages":["a"],"errors":{"summary":"b"}}"#);
        assert_eq!(jira.body, BodyShape::Jira);
        assert_eq!(jira.messages, ["a"]);
        assert_eq!(
            jira.field_errors.get("summary").map(String::as_str),
            Some("b")
        );

        let gateway = read(
            401,
            r#"{"code":401,"message":"Unauthorized; scope does not match"}"#,
        );
        assert_eq!(gateway.body, BodyShape::Gateway);
        assert!(gateway.is_missing_scope());

        assert_eq!(read(502, "<!doctype html><p>down").body, BodyShape::Html);
        assert_eq!(read(500, " \n").body, BodyShape::Empty);
        assert_eq!(read(404, "{}").body, BodyShape::Empty);
        assert_eq!(read(400, r#"{"errorMess"#).body, BodyShape::Other);
        assert_eq!(read(400, "[1]").body, BodyShape::Other);
    }

    #[test]
    fn a_quota_that_does_not_say_when_it_resets_does_so_with_the_hour() {
        let wait = |reason: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("ratelimit-reason", HeaderValue::from_static(reason));
            headers.insert(
                "beta-ratelimit",
                HeaderValue::from_static("\"a\";r=0;t=9000"),
            );
            StatusError::read(CREATE, 429, &headers, b"").retry_after
        };
        let hour = Duration::from_secs(3600);
        assert!(wait("jira-quota-tenant-based").is_some_and(|wait| wait <= hour));
        assert_eq!(wait("jira-burst-based"), None);
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let wait = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            parse_retry_after(&headers)
        };
        assert_eq!(wait("17"), Some(Duration::from_secs(17)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("18446744073709551615"), Some(MAX_RETRY_AFTER));
        assert_eq!(wait("1.5"), Some(Duration::from_millis(1500)));
        for odd in ["soon", "", "-1", "NaN"] {
            assert_eq!(wait(odd), None, "{odd}");
        }
        let later = SystemTime::now() + Duration::from_secs(100);
        let parsed = wait(&httpdate::fmt_http_date(later)).unwrap();
        assert!(parsed > Duration::from_secs(95) && parsed <= Duration::from_secs(100));
    }
}
