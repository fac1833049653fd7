//! What is charged, to whom and for which endpoint.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;

use crate::endpoint::Endpoint;

use super::Ended;

/// Sums over requests that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Charges {
    /// Requests.
    pub requests: u64,
    /// Points of Jira's hourly quota.
    pub quota_points: u64,
    /// Bytes of the requests' bodies.
    pub bytes_in: u64,
    /// Bytes of the answers' bodies.
    pub bytes_out: u64,
    /// Issues created.
    pub created_issues: u64,
    /// Requests whose connection was closed instead of an answer.
    pub unanswered: u64,
    /// Requests answered with a status of 400 or more.
    pub refused: u64,
    /// Time spent in microseconds, summed over requests that may have run side by side.
    pub duration_us: u64,
}

impl Charges {
    /// Gives what was added since an earlier reading.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(before.requests),
            quota_points: self.quota_points.saturating_sub(before.quota_points),
            bytes_in: self.bytes_in.saturating_sub(before.bytes_in),
            bytes_out: self.bytes_out.saturating_sub(before.bytes_out),
            created_issues: self.created_issues.saturating_sub(before.created_issues),
            unanswered: self.unanswered.saturating_sub(before.unanswered),
            refused: self.refused.saturating_sub(before.refused),
            duration_us: self.duration_us.saturating_sub(before.duration_us),
        }
    }

    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.quota_points += other.quota_points;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.created_issues += other.created_issues;
        self.unanswered += other.unanswered;
        self.refused += other.refused;
        self.duration_us += other.duration_us;
    }

    fn of(ended: &Ended<'_>) -> Self {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Self {
            requests: 1,
            quota_points: ended.quota_points,
            bytes_in: count(ended.bytes_in),
            bytes_out: count(ended.bytes_out),
            created_issues: ended.created_issues.into(),
            unanswered: ended.status.is_none().into(),
            refused: ended.status.is_some_and(|status| status >= 400).into(),
            duration_us: ended.duration_us,
        }
    }
}

/// What all requests to OAuth and Jira cost, exactly, however many there were.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct ChargeReport {
    /// Everything together.
    pub total: Charges,
    /// Per app, by name.
    pub apps: Vec<AppCharges>,
}

/// What one app is charged.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AppCharges {
    /// The app's client id, or `api-token`; empty for requests that name nobody.
    pub app: String,
    /// Its requests together.
    pub total: Charges,
    /// Its requests by endpoint, the dearest first.
    pub endpoints: Vec<EndpointCharges>,
}

/// What one app is charged at one endpoint.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct EndpointCharges {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its path with names in the place of ids; empty where there is no single one.
    pub template: &'static str,
    /// The sums.
    #[serde(flatten)]
    pub charges: Charges,
}

/// The sums as they grow.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rows: HashMap<(Cow<'static, str>, Endpoint), Charges>,
}

impl Ledger {
    pub(super) fn add(&mut self, ended: &Ended<'_>) {
        let row = (ended.app.clone(), ended.endpoint);
        self.rows.entry(row).or_default().add(Charges::of(ended));
    }

    /// Adds points and issues to a request that is counted already.
    pub(super) fn add_late(
        &mut self,
        app: Cow<'static, str>,
        endpoint: Endpoint,
        (quota_points, created): (u64, u32),
    ) {
        let row = self.rows.entry((app, endpoint)).or_default();
        row.quota_points += quota_points;
        row.created_issues += u64::from(created);
    }

    pub(super) fn jira_requests(&self) -> u64 {
        let jira = self
            .rows
            .iter()
            .filter(|((_, endpoint), _)| endpoint.is_api());
        jira.map(|(_, charges)| charges.requests).sum()
    }

    pub(super) fn report(&self) -> ChargeReport {
        let mut report = ChargeReport::default();
        for ((app, endpoint), charges) in &self.rows {
            report.total.add(*charges);
            let row = EndpointCharges {
                endpoint: *endpoint,
                template: endpoint.template(),
                charges: *charges,
            };
            match report.apps.iter_mut().find(|known| known.app == *app) {
                Some(known) => {
                    known.total.add(*charges);
                    known.endpoints.push(row);
                }
                None => report.apps.push(AppCharges {
                    app: app.clone().into_owned(),
                    total: *charges,
                    endpoints: vec![row],
                }),
            }
        }
        report.apps.sort_by(|a, b| a.app.cmp(&b.app));
        for app in &mut report.apps {
            let dearest = |row: &EndpointCharges| (row.charges.quota_points, row.charges.requests);
            app.endpoints
                .sort_by(|a, b| dearest(b).cmp(&dearest(a)).then(a.template.cmp(b.template)));
        }
        report
    }
}
