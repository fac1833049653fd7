//! What can go wrong in a call, and what is known about its effect.

mod status;

use std::error::Error as StdError;
use std::time::Duration;

pub use status::{BodyShape, RateLimitReason, StatusError};
pub(crate) use status::{read_error_collection, shorten, taken_for_anonymous, tells_of_an_error};

use crate::auth::TokenError;
use crate::send::{Answer, Route, SendPhase};

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a call gave no result.
///
/// The question that matters after a failed write is answered by [`may_have_been_applied`]; it never
/// says "no" unless that is certain:
///
/// | what happened to the write | may have been applied |
/// |---|---|
/// | no connection, send deadline passed, pause, no token, refused argument | no |
/// | 400, 401, 403, 404, 429 and the other statuses that refuse a request outright | no |
/// | a refusal of a bulk create with a body that cannot be read and might speak of elements | yes |
/// | answer lost or late, 408, 409, 5xx, unexpected 3xx or 4xx | yes |
/// | a success whose body is cut short, too long, HTML or does not decode | yes |
/// | a success to a caller who was taken for nobody | yes |
///
/// Which errors come from which call:
///
/// | error | reads | writes |
/// |---|---|---|
/// | [`Transport`](Self::Transport), [`Status`](Self::Status) | after the last attempt | at once, unless certainly not applied |
/// | [`Decode`](Self::Decode), [`BodyTooLarge`](Self::BodyTooLarge) | at once | at once, in doubt |
/// | [`DeadlinePassed`](Self::DeadlinePassed), [`Paused`](Self::Paused) | no place, turn or token in time | the same, or the body could not leave in time |
/// | [`Token`](Self::Token) | the token source failed | the same; nothing was sent, or what was sent was refused with 401 |
/// | [`TakenForAnonymous`](Self::TakenForAnonymous) | API tokens at a site's own address | the same, in doubt |
/// | [`InvalidArgument`](Self::InvalidArgument) | an id or key that is empty or holds control characters | the same, or more than 50 issues in one request |
///
/// [`may_have_been_applied`]: Self::may_have_been_applied
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No complete answer came.
    #[error("{route}: {}", phase.text(*timed_out))]
    Transport {
        /// The operation.
        route: Route,
        /// How far the request had come.
        phase: SendPhase,
        /// Whether waiting ended by time-out.
        timed_out: bool,
        /// What the HTTP library reported, without the address.
        #[source]
        source: Option<BoxError>,
    },
    /// An answer came and it was not a success.
    #[error(transparent)]
    Status(Box<StatusError>),
    /// A success, or the refusal of a bulk create, came whose body is not what was promised.
    #[error("{route} answered {status} with an unusable body at `{path}`: {reason}")]
    Decode {
        /// The operation.
        route: Route,
        /// The HTTP status.
        status: u16,
        /// Where in the body, such as `issues[3].fields.status`; `.` for the whole.
        path: String,
        /// What was wrong, without the value found.
        reason: String,
    },
    /// A success came whose body is longer than the configured limit.
    #[error("{route} answered {status} with a body of more than {limit} bytes")]
    BodyTooLarge {
        /// The operation.
        route: Route,
        /// The HTTP status.
        status: u16,
        /// The limit in bytes, after decompression.
        limit: usize,
    },
    /// A success came, but the site took the caller for nobody (`X-Seraph-LoginReason`).
    ///
    /// At a site's own address a wrong API token can end so: with an empty list in place of a 401.
    #[error("{route} answered {status}, but the site did not accept the credentials")]
    TakenForAnonymous {
        /// The operation.
        route: Route,
        /// The HTTP status.
        status: u16,
    },
    /// The deadline passed before the request could be sent; it was not sent.
    #[error("{route} was not sent before its deadline")]
    DeadlinePassed {
        /// The operation.
        route: Route,
    },
    /// Jira has asked for a pause that outlasts the call's deadline; the call was not sent.
    #[error("{route} was not sent, Jira asked for a pause of {} more seconds", wait.as_secs())]
    Paused {
        /// The operation.
        route: Route,
        /// The limit that refused an earlier call.
        reason: RateLimitReason,
        /// How long the pause still lasts.
        wait: Duration,
    },
    /// No access token could be had; nothing was sent, or what was sent was refused with 401.
    #[error("no access token")]
    Token(#[from] TokenError),
    /// The arguments cannot be sent; nothing was sent.
    #[error("{route}: {reason}")]
    InvalidArgument {
        /// The operation.
        route: Route,
        /// What is wrong with them.
        reason: &'static str,
    },
}

impl Error {
    /// Reads an answer that is no result.
    pub(crate) fn of(answer: &Answer) -> Self {
        if answer.is_success() {
            return Self::TakenForAnonymous {
                route: answer.route,
                status: answer.status,
            };
        }
        Self::Status(Box::new(StatusError::of(answer)))
    }

    /// Tells whether the write behind this error may have taken effect.
    ///
    /// False is a promise, true a doubt: look before repeating. Always false for reads.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        match self {
            Self::Transport { route, phase, .. } => {
                route.writes && *phase == SendPhase::MayHaveBeenSent
            }
            Self::Status(status) => status.may_have_been_applied(),
            Self::Decode { route, .. }
            | Self::BodyTooLarge { route, .. }
            | Self::TakenForAnonymous { route, .. } => route.writes,
            Self::DeadlinePassed { .. }
            | Self::Paused { .. }
            | Self::Token(_)
            | Self::InvalidArgument { .. } => false,
        }
    }

    /// Returns the answer's status, details and limits, when there was one that is not a success.
    #[must_use]
    pub fn as_status(&self) -> Option<&StatusError> {
        match self {
            Self::Status(status) => Some(status),
            _ => None,
        }
    }

    /// Returns the HTTP status, when an answer came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status(error) => Some(error.status),
            Self::Decode { status, .. }
            | Self::BodyTooLarge { status, .. }
            | Self::TakenForAnonymous { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Returns how long the server asked to wait at least.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(status) => status.retry_after,
            Self::Paused { wait, .. } => Some(*wait),
            Self::Token(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Returns why the call was limited, when it was: answered 429, or held back after one.
    #[must_use]
    pub fn rate_limit_reason(&self) -> Option<&RateLimitReason> {
        match self {
            Self::Status(status) => status.rate_limit.as_ref(),
            Self::Paused { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// Tells whether the token lacks the scope of this operation; a new token does not help.
    #[must_use]
    pub fn is_missing_scope(&self) -> bool {
        self.as_status().is_some_and(StatusError::is_missing_scope)
    }

    /// Tells whether the credentials were refused (401) for another reason than a missing scope.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        match self {
            Self::Status(status) => status.status == 401 && !status.is_missing_scope(),
            Self::TakenForAnonymous { .. } => true,
            _ => false,
        }
    }

    /// Tells whether only the user's renewed consent can help.
    #[must_use]
    pub fn needs_reconnect(&self) -> bool {
        matches!(self, Self::Token(error) if error.needs_reconnect())
    }

    /// Tells whether Jira found nothing there, which also stands for "not visible to this user".
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Tells whether Jira itself found nothing there; the 404 of a gateway or proxy says nothing of Jira.
    pub(crate) fn is_jiras_not_found(&self) -> bool {
        let shape = self.as_status().map(|status| status.body);
        self.is_not_found() && matches!(shape, Some(BodyShape::Jira | BodyShape::Empty))
    }

    /// Returns Jira's complaints by field name, empty when it named none.
    pub fn field_errors(&self) -> impl Iterator<Item = (&str, &str)> {
        self.as_status()
            .into_iter()
            .flat_map(|status| status.field_errors.iter())
            .map(|(field, text)| (field.as_str(), text.as_str()))
    }
}
