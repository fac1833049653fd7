//! What faults do.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::chaos::ChaosKind;
use crate::errors::NO_SUCH_ISSUE;

/// Reads an effect, or the name of a random fault that stands for one.
pub(crate) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Effect, D::Error> {
    let given = Value::deserialize(from)?;
    if given.is_string() {
        let kind: ChaosKind = serde_json::from_value(given).map_err(D::Error::custom)?;
        return Ok(kind.usual_effect());
    }
    let effect: Effect = serde_json::from_value(given.clone()).map_err(D::Error::custom)?;
    match given.as_object() {
        // Effects without values of their own take every member, unless they are asked here.
        Some(given) if effect.has_no_values() => match given.keys().find(|name| *name != "kind") {
            Some(unknown) => Err(D::Error::custom(format!("unknown field `{unknown}`"))),
            None => Ok(effect),
        },
        _ => Ok(effect),
    }
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// Closes the connection with nothing done and nothing answered.
    DropBefore,
    /// Does what was asked, then closes the connection without an answer.
    DropAfter,
    /// Waits before anything is done.
    DelayBefore {
        /// Milliseconds.
        ms: u64,
    },
    /// Does what was asked, then waits before answering.
    DelayAfter {
        /// Milliseconds.
        ms: u64,
    },
    /// Answers this instead of the real answer.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Headers beside the content type.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The JSON body; null leaves it empty.
        #[serde(default)]
        body: Value,
        /// Whether what was asked is done all the same.
        #[serde(default)]
        acting: bool,
    },
    /// Answers 429 as Jira does where a limit is reached; nothing is done.
    RateLimited {
        /// Which limit.
        reason: RateLimitReason,
        /// Seconds until a request is taken again.
        retry_after_seconds: u64,
    },
    /// Answers a page of HTML.
    Html {
        /// The HTTP status.
        status: u16,
        /// Whether what was asked is done all the same.
        #[serde(default)]
        acting: bool,
    },
    /// Does what was asked and answers with the right status but no body.
    Empty,
    /// Does what was asked and answers only the first half of the JSON, as if that were all.
    Truncated,
    /// Does what was asked and closes the connection in the middle of the answer's body.
    Cut,
    /// Answers at once, or closes the connection, and does what was asked only later.
    ActLater {
        /// Milliseconds until the work is begun.
        ms: u64,
        /// Milliseconds between the issues of a bulk create; zero makes them all at once.
        #[serde(default)]
        ms_per_issue: u64,
        /// The status answered at once with a page of HTML; none closes the connection.
        #[serde(default)]
        status: Option<u16>,
    },
    /// Gives the issues of a bulk answer in another order.
    Shuffled,
    /// Fails elements of a bulk create one by one.
    FailElements {
        /// Positions in the request, from zero.
        elements: Vec<usize>,
        /// The status of those elements.
        status: u16,
        /// Whether their issues are made all the same.
        #[serde(default)]
        acting: bool,
    },
}

impl Effect {
    /// Answers a status with a general message in Jira's shape.
    pub fn status(status: u16) -> Self {
        let message = match status {
            404 => NO_SUCH_ISSUE,
            408 => "Request timeout",
            409 => "The request conflicts with another change. Try again.",
            422 => "The site's configuration does not allow this.",
            401 => return Self::answer(401, json!({"code": 401, "message": "Unauthorized"})),
            403 => {
                let text = "The app is not installed on this instance";
                return Self::answer(403, json!({"code": 403, "message": text}));
            }
            503 => "Service unavailable",
            _ => "Internal server error",
        };
        Self::answer(status, json!({"errorMessages": [message], "errors": {}}))
    }

    /// Answers 429 for a reason, with the headers that go with it.
    pub fn rate_limited(reason: RateLimitReason, retry_after: Duration) -> Self {
        Self::RateLimited {
            reason,
            retry_after_seconds: retry_after.as_secs(),
        }
    }

    /// Answers 429 as the gateway has been seen to: no reason, and no moment to come back.
    pub fn gateway_limit() -> Self {
        let text = "Too many requests";
        Self::answer(429, json!({"code": 429, "message": text})).with_header(
            "X-Failure-Category",
            "FAILURE CLIENT RATE LIMITED".to_owned(),
        )
    }

    /// Adds `Retry-After` to an answer.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        self.with_header("Retry-After", wait.as_secs().to_string())
    }

    /// Lets the work be done although the answer says otherwise.
    #[must_use]
    pub fn although_done(mut self) -> Self {
        if let Self::Answer { acting, .. } | Self::Html { acting, .. } = &mut self {
            *acting = true;
        }
        self
    }

    fn with_header(mut self, name: &str, value: String) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value));
        }
        self
    }

    /// Answers as the token endpoint does when it refuses.
    pub fn token_error(error: TokenError) -> Self {
        let (status, error, description) = error.parts();
        Self::answer(
            status,
            json!({"error": error, "error_description": description}),
        )
    }

    fn answer(status: u16, body: Value) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body,
            acting: false,
        }
    }

    /// Tells whether the fault strikes elements of a bulk create instead of a whole request.
    pub(crate) fn strikes_elements(&self) -> bool {
        matches!(self, Self::Shuffled | Self::FailElements { .. })
    }

    /// Tells whether a request has what the fault strikes: elements, where it strikes those.
    pub(crate) fn finds(&self, elements: impl Fn() -> usize) -> bool {
        match self {
            Self::Shuffled => elements() > 1,
            Self::FailElements {
                elements: struck, ..
            } => {
                let count = elements();
                struck.iter().any(|at| *at < count)
            }
            _ => true,
        }
    }

    fn has_no_values(&self) -> bool {
        match self {
            Self::DropBefore
            | Self::DropAfter
            | Self::Empty
            | Self::Truncated
            | Self::Cut
            | Self::Shuffled => true,
            Self::DelayBefore { .. }
            | Self::DelayAfter { .. }
            | Self::Answer { .. }
            | Self::RateLimited { .. }
            | Self::Html { .. }
            | Self::ActLater { .. }
            | Self::FailElements { .. } => false,
        }
    }

    /// Tells whether the request is acted on under this fault.
    pub(crate) fn acts(&self) -> bool {
        match self {
            Self::DropBefore | Self::ActLater { .. } | Self::RateLimited { .. } => false,
            Self::Answer { acting, .. } | Self::Html { acting, .. } => *acting,
            _ => true,
        }
    }

    /// Names the fault for the journal.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::DelayBefore { .. } => "delay_before",
            Self::DelayAfter { .. } => "delay_after",
            Self::Answer { .. } => "answer",
            Self::RateLimited { .. } => "rate_limited",
            Self::Html { .. } => "html",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Cut => "cut",
            Self::ActLater { .. } => "act_later",
            Self::Shuffled => "shuffled",
            Self::FailElements { .. } => "fail_elements",
        }
    }
}

/// Why Jira answers 429, as its `RateLimit-Reason` header says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateLimitReason {
    /// The app's quota over all sites is used up.
    GlobalQuota,
    /// The app's quota on this site is used up.
    TenantQuota,
    /// Too many requests to one endpoint at once.
    Burst,
    /// Too many writes to one issue.
    PerIssueWrite,
}

impl RateLimitReason {
    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::GlobalQuota => "jira-quota-global-based",
            Self::TenantQuota => "jira-quota-tenant-based",
            Self::Burst => "jira-burst-based",
            Self::PerIssueWrite => "jira-per-issue-on-write",
        }
    }
}

/// The refusals of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// A dead refresh token, as Atlassian documents it.
    InvalidGrant,
    /// A dead refresh token, as production has been seen to answer.
    UnauthorizedClient,
    /// A wrong client secret.
    AccessDenied,
    /// A body that makes no sense.
    InvalidRequest,
}

impl TokenError {
    pub(crate) fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::InvalidGrant => (403, "invalid_grant", "Unknown or invalid refresh token."),
            Self::UnauthorizedClient => (403, "unauthorized_client", "refresh_token is invalid"),
            Self::AccessDenied => (401, "access_denied", "Unauthorized"),
            Self::InvalidRequest => (400, "invalid_request", "The request is malformed."),
        }
    }
}
