//! What a client error means to the domain.

use std::time::Duration;

use handoff_domain::connection::ports::AccessTokenError;
use handoff_domain::delivery::tracker::TrackerError;
use handoff_domain::shared::failure::{Failure, FailureKind};
use jira_client::{Error, RateLimitReason, TokenError};

/// How long everything pauses when Jira asks to slow down and does not say for how long.
pub(super) const DEFAULT_PAUSE: Duration = Duration::from_secs(5);

/// Jira's word for why it asks to slow down.
pub(super) fn reason_word(reason: &RateLimitReason) -> &str {
    match reason {
        RateLimitReason::GlobalQuota => "jira-quota-global-based",
        RateLimitReason::TenantQuota => "jira-quota-tenant-based",
        RateLimitReason::PerIssue => "jira-per-issue-on-write",
        RateLimitReason::Other(Some(word)) => word,
        _ => "jira-burst-based",
    }
}

/// The domain's own error that travelled through the client, if this is one.
pub(super) fn access_token_error(error: &Error) -> Option<&AccessTokenError> {
    match error {
        Error::Token(TokenError::Unavailable(source)) => source.downcast_ref::<AccessTokenError>(),
        _ => None,
    }
}

/// What the failure of a question means.
pub(super) fn tracker_error(error: Error) -> TrackerError {
    match access_token_error(&error) {
        Some(AccessTokenError::NotConnected) => return TrackerError::NotConnected,
        Some(AccessTokenError::ReconnectRequired) => return TrackerError::ReconnectRequired,
        Some(AccessTokenError::AppMisconfigured) => return TrackerError::AppMisconfigured,
        Some(AccessTokenError::Failure(failure)) => {
            let (kind, wait) = (failure.kind(), failure.retry_after());
            return Failure::new(kind, error).with_retry_after(wait).into();
        }
        None => {}
    }
    if let Some(reason) = error.rate_limit_reason()
        && reason.is_quota()
    {
        return TrackerError::QuotaSpent {
            is_of_app: *reason == RateLimitReason::GlobalQuota,
            wait: error.retry_after().unwrap_or(DEFAULT_PAUSE),
            reason: reason_word(reason).to_owned(),
        };
    }
    if error.is_missing_scope() {
        return TrackerError::MissingScope;
    }
    if error.status() == Some(403) {
        return TrackerError::PermissionDenied;
    }
    failure(error).into()
}

/// What the failure of a question means for a decision to try again.
pub(super) fn failure(error: Error) -> Failure {
    let retry_after: Option<Duration> = error.retry_after();
    let kind = match (&error, error.status()) {
        (_, Some(429)) => FailureKind::RateLimited,
        (
            Error::Transport {
                timed_out: true, ..
            }
            | Error::DeadlinePassed { .. },
            _,
        ) => FailureKind::TimedOut,
        (Error::InvalidArgument { .. }, _) => FailureKind::Internal,
        _ => FailureKind::Unavailable,
    };
    Failure::new(kind, error).with_retry_after(retry_after)
}
