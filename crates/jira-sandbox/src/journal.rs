//! What was asked and answered, request by request, and what all of it costs.

mod charges;

use std::borrow::Cow;

use serde::Serialize;
use time::OffsetDateTime;

use crate::endpoint::Endpoint;
use crate::kit::journal::{Exchanges, Log};

pub use charges::{AppCharges, ChargeReport, Charges, EndpointCharges};

pub(crate) use charges::Ledger;

/// One request to OAuth or Jira as the sandbox saw it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Position by arrival, from zero.
    pub sequence: usize,
    /// When it arrived, by the sandbox's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who is charged for it: the client id of an app, or `api-token`; empty where nobody is named.
    pub app: Cow<'static, str>,
    /// The HTTP method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The path with names in the place of ids, as Atlassian documents it.
    pub template: &'static str,
    /// The query of a Jira request; that of OAuth holds secrets and is left out.
    pub query: String,
    /// Which endpoint it was for.
    pub endpoint: Endpoint,
    /// The status answered; none while in flight and where the connection was closed instead.
    pub status: Option<u16>,
    /// Points of Jira's hourly quota; zero outside Jira and for API tokens, which are exempt.
    pub quota_points: u64,
    /// Bytes of the request's body.
    pub bytes_in: usize,
    /// Bytes of the answer's body.
    pub bytes_out: usize,
    /// How long it took in microseconds of the machine's clock; zero while in flight.
    pub duration_us: u64,
    /// Issues that the request created, also after its answer.
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

/// The latest requests, and the charges of all.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Log<JournalEntry>,
    ledger: Ledger,
    pub(crate) exchanges: Exchanges,
}

impl Journal {
    /// Keeps a request that has arrived, and gives its number.
    pub(crate) fn push(&mut self, entry: JournalEntry) -> usize {
        self.entries
            .push(|sequence| JournalEntry { sequence, ..entry })
    }

    /// Notes how a request ended, and charges for it.
    pub(crate) fn close(&mut self, ended: &Ended<'_>) {
        self.ledger.add(ended);
        if let Some(entry) = self.entries.get_mut(ended.sequence) {
            entry.status = ended.status;
            entry.fault = ended.fault.map(str::to_owned);
            entry.bytes_out = ended.bytes_out;
            entry.duration_us = ended.duration_us;
        }
        self.grow(ended.sequence, (ended.quota_points, ended.created_issues));
    }

    /// Notes what a request cost and created after its answer, in points and issues.
    pub(crate) fn add_late(
        &mut self,
        sequence: usize,
        app: Cow<'static, str>,
        endpoint: Endpoint,
        more: (u64, u32),
    ) {
        self.ledger.add_late(app, endpoint, more);
        self.grow(sequence, more);
    }

    /// Late work may be done before the answer is noted, so both add.
    fn grow(&mut self, sequence: usize, (points, created): (u64, u32)) {
        if let Some(entry) = self.entries.get_mut(sequence) {
            entry.quota_points += points;
            entry.created_issues += created;
        }
    }

    /// Gives what is kept, the oldest first.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &JournalEntry> {
        self.entries.iter()
    }

    /// Gives how many requests have arrived.
    pub(crate) fn arrived(&self) -> usize {
        self.entries.arrived()
    }

    /// Gives how many requests to Jira have ended.
    pub(crate) fn jira_requests(&self) -> u64 {
        self.ledger.jira_requests()
    }

    pub(crate) fn charges(&self) -> ChargeReport {
        self.ledger.report()
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended<'a> {
    pub(crate) sequence: usize,
    pub(crate) app: &'a Cow<'static, str>,
    pub(crate) endpoint: Endpoint,
    /// The fault that really struck.
    pub(crate) fault: Option<&'static str>,
    pub(crate) status: Option<u16>,
    pub(crate) quota_points: u64,
    pub(crate) bytes_in: usize,
    pub(crate) bytes_out: usize,
    pub(crate) created_issues: u32,
    pub(crate) duration_us: u64,
}

#[cfg(test)]
mod tests;
