//! One request, described before it is sent.

use std::fmt;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method, Request};
use serde::Serialize;
use url::Url;

use super::{Answer, SendDeadline, SendGate, refuses_outright};
use crate::error::Error;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The operation a call performed: its method and route template, never its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
    pub(crate) writes: bool,
}

impl Route {
    /// Returns the HTTP method.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// Returns the path with placeholders, such as `/rest/api/3/project/{projectIdOrKey}`.
    #[must_use]
    pub const fn template(&self) -> &'static str {
        self.template
    }

    /// Tells whether the operation changes anything.
    #[must_use]
    pub const fn writes(&self) -> bool {
        self.writes
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.template)
    }
}

/// What a call does, which decides how it may be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Intent {
    /// Changes nothing; may be sent again.
    Read,
    /// Changes something; sent again only where the attempt before was certainly not applied.
    Write,
    /// Changes something; sent at most once, and not after the deadline.
    WriteOnce(SendDeadline),
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) route: Route,
    pub(crate) intent: Intent,
    method: Method,
    arguments: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    refusal_is_result: Option<fn(&Answer) -> bool>,
    refusal: Option<&'static str>,
}

impl Call {
    /// Describes a GET; `template` holds one `{placeholder}` per [`Call::argument`].
    pub(crate) fn get(template: &'static str) -> Self {
        Self::new(Method::GET, "GET", template, Intent::Read)
    }

    /// Describes a POST that only reads and may be sent again.
    pub(crate) fn post_read(template: &'static str) -> Self {
        Self::new(Method::POST, "POST", template, Intent::Read)
    }

    /// Describes a POST that changes something.
    pub(crate) fn post(template: &'static str) -> Self {
        Self::new(Method::POST, "POST", template, Intent::Write)
    }

    /// Describes a PUT.
    pub(crate) fn put(template: &'static str) -> Self {
        Self::new(Method::PUT, "PUT", template, Intent::Write)
    }

    /// Describes a DELETE.
    pub(crate) fn delete(template: &'static str) -> Self {
        Self::new(Method::DELETE, "DELETE", template, Intent::Write)
    }

    /// Lets a write be sent at most once, and not after `deadline`.
    pub(crate) const fn at_most_once(mut self, deadline: SendDeadline) -> Self {
        self.intent = Intent::WriteOnce(deadline);
        self
    }

    fn new(method: Method, name: &'static str, template: &'static str, intent: Intent) -> Self {
        let writes = !matches!(intent, Intent::Read);
        Self {
            route: Route {
                method: name,
                template,
                writes,
            },
            intent,
            method,
            arguments: Vec::new(),
            query: Vec::new(),
            body: None,
            refusal_is_result: None,
            refusal: None,
        }
    }

    /// Fills the next placeholder of the path.
    pub(crate) fn argument(mut self, value: &str) -> Self {
        if !is_one_segment(value) {
            self.refusal = Some("an id or key is empty, a dot segment or holds control characters");
        }
        self.arguments.push(value.to_owned());
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn query_if(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub(crate) fn json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(text) => self.body = Some(text.into()),
            Err(_) => self.refusal = Some("the body cannot be written as JSON"),
        }
        self
    }

    /// Hands a refusal to the caller as if it were a success, where its body is a result.
    pub(crate) const fn refusal_as_result(mut self, is_result: fn(&Answer) -> bool) -> Self {
        self.refusal_is_result = Some(is_result);
        self
    }

    /// Tells whether the body of a refusal may be a result.
    pub(crate) const fn reads_refusals(&self) -> bool {
        self.refusal_is_result.is_some()
    }

    /// Tells whether an answer is what the caller waits for.
    pub(crate) fn is_result(&self, answer: &Answer) -> bool {
        let is_result = |of: fn(&Answer) -> bool| refuses_outright(answer.status) && of(answer);
        answer.is_success() || self.refusal_is_result.is_some_and(is_result)
    }

    /// Refuses the call with a reason, to be reported when it is sent.
    pub(crate) const fn refuse(mut self, reason: &'static str) -> Self {
        self.refusal = Some(reason);
        self
    }

    pub(crate) const fn check(&self) -> Result<(), Error> {
        match self.refusal {
            Some(reason) => Err(Error::InvalidArgument {
                route: self.route,
                reason,
            }),
            None => Ok(()),
        }
    }

    /// Tells whether the call may be sent again after this error.
    pub(crate) fn may_be_repeated_after(&self, error: &Error) -> bool {
        match self.intent {
            Intent::Read => true,
            Intent::Write => !error.may_have_been_applied(),
            Intent::WriteOnce(_) => false,
        }
    }

    /// Returns the resource that a write changes: the first that its path names.
    pub(crate) fn changes(&self) -> Option<&str> {
        let first = self.arguments.first().filter(|_| self.route.writes);
        first.map(String::as_str)
    }

    /// Tells whether there is a body, which alone can pass a gate.
    pub(crate) const fn has_body(&self) -> bool {
        self.body.is_some()
    }

    /// Builds the request; the body of a write passes the gate.
    pub(crate) fn request(&self, base: &Url, gate: Option<&SendGate>) -> Result<Request, Error> {
        let mut request = Request::new(self.method.clone(), self.url(base)?);
        request.headers_mut().insert(ACCEPT, JSON);
        if let Some(body) = &self.body {
            request.headers_mut().insert(CONTENT_TYPE, JSON);
            *request.body_mut() = Some(match gate {
                Some(gate) => Body::wrap(gate.body(body.clone())),
                None => Body::from(body.clone()),
            });
        }
        Ok(request)
    }

    fn url(&self, base: &Url) -> Result<Url, Error> {
        let reason = "the site address cannot carry a path";
        let mut url = base.clone();
        {
            let refusal = |()| Error::InvalidArgument {
                route: self.route,
                reason,
            };
            let mut path = url.path_segments_mut().map_err(refusal)?;
            path.pop_if_empty();
            let mut arguments = self.arguments.iter();
            for segment in self.route.template.split('/').skip(1) {
                if !segment.starts_with('{') {
                    path.push(segment);
                } else if let Some(argument) = arguments.next() {
                    path.push(argument);
                }
            }
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

/// Tells whether a value stays one segment of a path.
///
/// Addresses lose tabs and line ends before their dot segments are resolved, so `.` with a tab climbs too.
pub(crate) fn is_one_segment(value: &str) -> bool {
    !matches!(value, "" | "." | "..") && !value.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(call: &Call) -> String {
        call.url(&Url::parse("https://api.example.com/c-1/").unwrap())
            .unwrap()
            .into()
    }

    #[test]
    fn arguments_cannot_leave_their_path_segment() {
        let call = Call::get("/things/{id}").argument("../A-1?x#y/z");
        let expected = "https://api.example.com/c-1/things/..%2FA-1%3Fx%23y%2Fz";
        assert_eq!(url(&call), expected);
        assert!(call.check().is_ok());
    }

    #[test]
    fn empty_and_dot_arguments_and_control_characters_are_refused() {
        for argument in [
            "", ".", "..", ".\t.", "\n..", ".\r", "A-1\n", "\0", "\u{85}",
        ] {
            let call = Call::get("/things/{id}").argument(argument);
            assert!(
                matches!(call.check(), Err(Error::InvalidArgument { .. })),
                "{argument}"
            );
        }
    }
}
