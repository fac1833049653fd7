//! What was asked and answered, request by request.

use serde::Serialize;
use time::OffsetDateTime;

use crate::endpoint::Endpoint;

/// One request as the sandbox saw it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Position by arrival, from zero.
    pub sequence: usize,
    /// When it arrived, by the sandbox's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The HTTP method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The query of a Jira request; that of OAuth holds secrets and is left out.
    pub query: String,
    /// Which endpoint it was for.
    pub endpoint: Endpoint,
    /// The status answered; none while in flight and where the connection was closed instead.
    pub status: Option<u16>,
    /// Points of Jira's hourly quota; zero outside Jira.
    pub quota_points: u64,
    /// Bytes of the request's body.
    pub bytes_in: usize,
    /// Bytes of the answer's body.
    pub bytes_out: usize,
    /// Issues that the request created.
    pub created_issues: u32,
    /// Jira requests in flight when this one arrived, itself included.
    pub in_flight: usize,
    /// The fault that hit it.
    pub fault: Option<String>,
}

/// What the token endpoint has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TokenCounters {
    /// Codes exchanged for tokens.
    pub exchanges: u64,
    /// Refresh tokens exchanged for the first time.
    pub refreshes: u64,
    /// Refresh tokens exchanged again within the leeway.
    pub leeway_refreshes: u64,
    /// Requests refused.
    pub refused: u64,
    /// Token families killed because a token was used again after the leeway.
    pub families_killed: u64,
}

/// The requests so far.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Vec<JournalEntry>,
}

impl Journal {
    pub(crate) fn push(&mut self, mut entry: JournalEntry) -> usize {
        entry.sequence = self.entries.len();
        self.entries.push(entry);
        self.entries.len() - 1
    }

    pub(crate) fn amend(&mut self, sequence: usize, change: impl FnOnce(&mut JournalEntry)) {
        if let Some(entry) = self.entries.get_mut(sequence) {
            change(entry);
        }
    }

    pub(crate) fn list(&self) -> &[JournalEntry] {
        &self.entries
    }
}
