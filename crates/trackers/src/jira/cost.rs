//! What requests cost of Jira's hourly quota.

use jira_client::Error;

/// One point for the request and one for each issue or project that it read.
pub(super) fn of_objects(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX).saturating_add(1)
}

/// One point for the request and two for the person or permission that it read.
pub(super) const OF_IDENTITY: i64 = 3;

/// The cost of a request that failed: its own point, where it left at all.
pub(super) fn of_failure(error: &Error) -> i64 {
    match error {
        Error::DeadlinePassed { .. } | Error::Token(_) | Error::InvalidArgument { .. } => 0,
        _ => 1,
    }
}
