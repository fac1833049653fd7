//! What was asked and answered, request by request, and what all of it costs.

mod charges;
mod exchange;

use std::borrow::Cow;
use std::collections::VecDeque;

use serde::Serialize;
use time::OffsetDateTime;

use crate::endpoint::Endpoint;

pub use charges::{AppCharges, ChargeReport, Charges, EndpointCharges};
pub use exchange::{Exchange, ExchangeAnswer};

pub(crate) use charges::Ledger;

/// How many requests are kept one by one; the charges count all of them for ever.
const KEPT: usize = 20_000;

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
    entries: VecDeque<JournalEntry>,
    /// The sequence of the first entry that is still kept.
    first: usize,
    ledger: Ledger,
    exchanges: Option<Vec<Exchange>>,
}

impl Journal {
    pub(crate) fn push(&mut self, mut entry: JournalEntry) -> usize {
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
            self.first += 1;
        }
        let sequence = self.arrived();
        entry.sequence = sequence;
        self.entries.push_back(entry);
        sequence
    }

    /// Notes how a request ended, and charges for it.
    pub(crate) fn close(&mut self, ended: &Ended<'_>) {
        self.ledger.add(ended);
        let at = ended.sequence.checked_sub(self.first);
        if let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) {
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
        let at = sequence.checked_sub(self.first);
        if let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) {
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
        self.first + self.entries.len()
    }

    /// Gives how many requests to Jira have ended.
    pub(crate) fn jira_requests(&self) -> u64 {
        self.ledger.jira_requests()
    }

    pub(crate) fn charges(&self) -> ChargeReport {
        self.ledger.report()
    }

    /// Starts to keep whole requests and answers, or stops and forgets them.
    pub(crate) fn keep_exchanges(&mut self, keep: bool) {
        self.exchanges = keep.then(Vec::new);
    }

    pub(crate) fn exchanges(&self) -> &[Exchange] {
        self.exchanges.as_deref().unwrap_or_default()
    }

    /// Notes a whole request where these are kept, and gives the place of its answer.
    pub(crate) fn record(&mut self, exchange: impl FnOnce() -> Exchange) -> Option<usize> {
        let exchanges = self.exchanges.as_mut()?;
        exchanges.push(exchange());
        Some(exchanges.len() - 1)
    }

    pub(crate) fn record_answer(&mut self, at: usize, answer: ExchangeAnswer) {
        let exchange = self.exchanges.as_mut().and_then(|kept| kept.get_mut(at));
        if let Some(exchange) = exchange {
            exchange.answer = Some(answer);
        }
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
