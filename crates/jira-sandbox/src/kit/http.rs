//! What the handlers see of a request, and what they give back.

use actix_web::HttpRequest;
use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded;

/// A request read to its end, with its path and query decoded.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query_string: String,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) content_type: String,
    pub(crate) bearer: Option<String>,
    /// E-mail address and API token of basic authentication.
    pub(crate) basic: Option<(String, String)>,
    /// Whether it came to the site's own address instead of the gateway.
    pub(crate) at_site: bool,
    /// The language that `X-Force-Accept-Language` asks for.
    pub(crate) forced_language: Option<String>,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn read(request: &HttpRequest, body: Bytes) -> Self {
        let header = |name| {
            let value = request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Self {
            method: request.method().clone(),
            path: request.path().to_owned(),
            query_string: request.query_string().to_owned(),
            segments: segments(request.uri().path()),
            query: pairs(request.query_string().as_bytes()),
            content_type: header(header::CONTENT_TYPE),
            bearer: header(header::AUTHORIZATION)
                .strip_prefix("Bearer ")
                .map(str::to_owned),
            basic: basic(&header(header::AUTHORIZATION)),
            at_site: false,
            forced_language: forced_language(request),
            body,
        }
    }

    /// Makes a control call that comes from the same program; the query stands behind the path.
    pub(crate) fn of_control(method: Method, call: &str, body: Bytes) -> Self {
        let (path, query) = call.split_once('?').unwrap_or((call, ""));
        let path = format!("/sandbox/{path}");
        Self {
            method,
            segments: segments(&path),
            path,
            query_string: query.to_owned(),
            query: pairs(query.as_bytes()),
            content_type: "application/json".to_owned(),
            bearer: None,
            basic: None,
            at_site: false,
            forced_language: None,
            body,
        }
    }

    /// Gives the path's parts from `from` on.
    pub(crate) fn parts(&self, from: usize) -> Vec<&str> {
        self.segments
            .iter()
            .skip(from)
            .map(String::as_str)
            .collect()
    }

    /// Gives one part of the path, empty where the path is shorter.
    pub(crate) fn part(&self, at: usize) -> &str {
        self.segments.get(at).map_or("", String::as_str)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Gives every value of a list parameter, which may be repeated and hold commas.
    pub(crate) fn query_list(&self, name: &str) -> Vec<String> {
        self.query
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Reads a number from the query, or the default where there is none or none that is readable.
    pub(crate) fn query_number(&self, name: &str, default: usize) -> usize {
        self.query(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or(default)
    }

    pub(crate) fn is_json(&self) -> bool {
        self.content_type
            .to_ascii_lowercase()
            .starts_with("application/json")
    }

    pub(crate) fn is_form(&self) -> bool {
        self.content_type
            .to_ascii_lowercase()
            .starts_with("application/x-www-form-urlencoded")
    }

    /// Reads the body as a posted form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }
}

/// Reads the `Authorization` header of basic authentication.
fn basic(header: &str) -> Option<(String, String)> {
    let encoded = header.strip_prefix("Basic ")?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, token) = text.split_once(':')?;
    Some((name.to_owned(), token.to_owned()))
}

/// Reads the language that counts only where another header forces it.
fn forced_language(request: &HttpRequest) -> Option<String> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let forced = header("X-Force-Accept-Language")?;
    let language = header("Accept-Language")?;
    forced
        .eq_ignore_ascii_case("true")
        .then(|| language.to_ascii_lowercase())
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(decode_segment)
        .collect()
}

/// Decodes `%xx` in a path part, in which a plus sign stands for itself.
fn decode_segment(part: &str) -> String {
    let shielded = part
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    form_urlencoded::parse(shielded.as_bytes())
        .next()
        .map_or_else(String::new, |(key, _)| key.into())
}

/// A whole answer: status, headers and body, and what it cost.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the connection is closed in the middle of the body.
    pub(crate) cut: bool,
    /// How much this request has made; each adds to the configured latency.
    pub(crate) created: u32,
    /// Whether a fault hit an element of this bulk.
    pub(crate) hit: bool,
    /// Points of the hourly quota beyond the one that every request costs.
    pub(crate) extra_points: u64,
}

/// What a handler gives: its answer, or a refusal that ended its work early.
pub(crate) type Answered = Result<Answer, Answer>;

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::raw(
            status,
            "application/json;charset=UTF-8",
            body.to_string().into_bytes(),
        )
    }

    pub(crate) fn html(status: u16, body: String) -> Self {
        Self::raw(status, "text/html;charset=UTF-8", body.into_bytes())
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::raw(status, "", Vec::new())
    }

    pub(crate) fn redirect(location: String) -> Self {
        let mut answer = Self::empty(302);
        answer.headers.push(("Location".to_owned(), location));
        answer
    }

    fn raw(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body,
            cut: false,
            created: 0,
            hit: false,
            extra_points: 0,
        }
    }

    /// Adds what the answer costs beyond the base point.
    pub(crate) fn costing(mut self, extra_points: usize) -> Self {
        self.extra_points = u64::try_from(extra_points).unwrap_or(u64::MAX);
        self
    }
}
