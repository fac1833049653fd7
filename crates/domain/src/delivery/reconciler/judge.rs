//! What a look says of each delivery.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use time::OffsetDateTime;

use super::super::model::{AttemptFindings, Fence, Finding, UncertainDelivery, UncertainRequest};
use super::super::tracker::{Absence, AbsenceReport, FindReport, MarkedIssue, TrackerError};
use crate::shared::ids::{DeliveryId, LeaseId};
use crate::ticket::model::{ExternalIssue, PushError, PushErrorCode};

/// What a look showed.
pub(super) struct Sight {
    issues: HashMap<DeliveryId, Vec<ExternalIssue>>,
    verdict: Absence,
    /// The keys of other accounts' issues that carry a mark.
    strays: HashMap<DeliveryId, String>,
    /// The marks below whose ceiling the search lags.
    lagging: HashSet<DeliveryId>,
    /// The project's position, where everything up to it was seen.
    pub(super) ceiling: Option<Fence>,
    /// The question that was not answered, if there was one.
    pub(super) failure: Option<TrackerError>,
    /// What it cost.
    pub(super) quota_points: i64,
}

impl From<FindReport> for Sight {
    fn from(report: FindReport) -> Self {
        let why = match &report.failure {
            Some(error) => format!("the tracker could not be asked: {error}"),
            None => "the tracker did not have its time yet".to_owned(),
        };
        Self {
            issues: by_mark(report.matches),
            verdict: Absence::NotYet(why),
            strays: HashMap::new(),
            lagging: HashSet::new(),
            ceiling: None,
            failure: report.failure,
            quota_points: report.quota_points,
        }
    }
}

impl From<AbsenceReport> for Sight {
    fn from(report: AbsenceReport) -> Self {
        let strays = report.strays.into_iter();
        Self {
            issues: by_mark(report.matches),
            verdict: report.verdict,
            strays: strays
                .map(|stray| (stray.delivery_id, stray.issue_key))
                .collect(),
            lagging: report.lagging.into_iter().collect(),
            ceiling: report.ceiling,
            failure: report.failure,
            quota_points: report.quota_points,
        }
    }
}

/// The different issues that carry each mark; one that was seen twice, or under two keys, is one.
pub(in super::super) fn by_mark(
    matches: Vec<MarkedIssue>,
) -> HashMap<DeliveryId, Vec<ExternalIssue>> {
    let mut issues: HashMap<DeliveryId, Vec<ExternalIssue>> = HashMap::new();
    for found in matches {
        let of_mark = issues.entry(found.delivery_id).or_default();
        if of_mark.iter().all(|known| known.id != found.external.id) {
            of_mark.push(found.external);
        }
    }
    issues
}

/// The keys of issues, for people.
pub(in super::super) fn keys(issues: &[ExternalIssue]) -> String {
    let keys: Vec<&str> = issues.iter().map(|issue| issue.key.as_str()).collect();
    keys.join(", ")
}

/// Turns a look into findings.
pub(super) struct Judge<'a> {
    pub(super) sight: &'a Sight,
    /// The requests that were watched for the whole settle time before the look began.
    pub(super) ripe: &'a HashSet<LeaseId>,
    pub(super) now: OffsetDateTime,
    /// How long after an attempt a person must decide.
    pub(super) deadline: Duration,
}

impl Judge<'_> {
    /// What is to be written, for each request of which something is known.
    pub(super) fn findings(&self, requests: &[UncertainRequest]) -> Vec<AttemptFindings> {
        let judged = requests
            .iter()
            .filter_map(|request| self.of_request(request));
        judged.collect()
    }

    fn of_request(&self, request: &UncertainRequest) -> Option<AttemptFindings> {
        let is_seen = |delivery: &UncertainDelivery| self.sight.issues.contains_key(&delivery.id);
        let is_still_creating = request.deliveries.iter().any(is_seen);
        let is_ripe = self.ripe.contains(&request.attempt.lease_id);
        let judged = request.deliveries.iter().filter_map(|delivery| {
            let finding = match self.sight.issues.get(&delivery.id).map(Vec::as_slice) {
                Some([one]) => Finding::Present {
                    external: one.clone(),
                },
                Some(several) => several_issues(several),
                None if is_ripe => self.without_issue(delivery, is_still_creating)?,
                None => return None,
            };
            Some((delivery.id, finding))
        });
        let findings: Vec<_> = judged.collect();
        (!findings.is_empty()).then_some(AttemptFindings {
            lease_id: request.attempt.lease_id,
            change_number: request.attempt.change_number,
            findings,
        })
    }

    /// What is said of a delivery without an issue, after the settle time of its request.
    ///
    /// A request of which another issue turned up only now may still be at work: its settle time begins anew.
    fn without_issue(
        &self,
        delivery: &UncertainDelivery,
        is_still_creating: bool,
    ) -> Option<Finding> {
        let stray =
            self.sight.strays.get(&delivery.id).map(|key| {
                format!("{key} carries the ticket's mark, but another account created it")
            });
        let why = match (&self.sight.verdict, &stray) {
            (Absence::Proven, _) if self.sight.lagging.contains(&delivery.id) => {
                "the tracker's search does not show yet what its keys show"
            }
            (Absence::Proven, _) if is_still_creating => {
                "another issue of the same request turned up only now"
            }
            // Whose the issue is can only be told by a person: an anonymised account, a clone, an import.
            (Absence::Proven, Some(why)) => return Some(unknown(why)),
            (Absence::Proven, None) => return Some(Finding::Absent),
            (Absence::Impossible(why), _) => return Some(unknown(why)),
            (Absence::NotYet(why), _) => why,
        };
        let is_overdue = self.now - delivery.attempted_at >= self.deadline;
        is_overdue.then(|| unknown(stray.as_deref().unwrap_or(why)))
    }
}

fn several_issues(issues: &[ExternalIssue]) -> Finding {
    let message = format!(
        "several issues carry the ticket's mark: {}; link one of them",
        keys(issues)
    );
    Finding::Undecidable {
        error: PushError::new(PushErrorCode::SeveralIssues, message),
    }
}

/// No look could tell before the deadline.
pub(super) fn overdue() -> PushError {
    outcome_unknown(
        "no look gave an answer before the deadline; the workspace may be disconnected from the site, or the site paused",
    )
}

fn unknown(why: &str) -> Finding {
    Finding::Undecidable {
        error: outcome_unknown(why),
    }
}

fn outcome_unknown(why: &str) -> PushError {
    let message = format!("whether the issue exists could not be found out: {why}");
    PushError::new(PushErrorCode::OutcomeUnknown, message)
}
