//! What the tracker reports of creates and of looks.

use std::time::Duration;

use super::TrackerError;
use crate::delivery::model::{Fence, PauseScope};
use crate::shared::ids::DeliveryId;
use crate::ticket::model::{ExternalIssue, PushError};

/// An answer, and the rate-limit points that asking for it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costed<T> {
    /// The answer.
    pub value: T,
    /// The points.
    pub quota_points: i64,
}

/// What became of one element of a create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreateOutcome {
    /// The issue exists.
    Confirmed(ExternalIssue),
    /// The tracker refused it.
    Rejected(PushError),
    /// Certainly not applied.
    Retryable {
        /// How long the tracker asked to wait.
        retry_after: Option<Duration>,
        /// Why.
        error: PushError,
    },
    /// It may have been applied.
    Uncertain(PushError),
}

/// The tracker asks to slow down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseRequest {
    /// What should pause.
    pub scope: PauseScope,
    /// For how long.
    pub wait: Duration,
    /// The tracker's own reason.
    pub reason: String,
}

/// What became of a create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateReport {
    /// One outcome an element, aligned to the input.
    pub outcomes: Vec<CreateOutcome>,
    /// What should pause, if anything.
    pub pause: Option<PauseRequest>,
    /// Rate-limit points that the requests cost.
    pub quota_points: i64,
    /// The highest position of the project that the answer showed.
    pub fence: Option<Fence>,
}

/// A mark to be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// The project's position before the attempt.
    pub fence: Fence,
    /// The project's position after the attempt's settle time, as [`AbsenceReport::ceiling`] told it: the issue lies below.
    pub ceiling: Option<Fence>,
}

/// An issue of our account that carries a mark which was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedIssue {
    /// The mark.
    pub delivery_id: DeliveryId,
    /// The issue.
    pub external: ExternalIssue,
}

/// What a look for marks found; one that failed is a report too, because it may have cost and found something.
#[derive(Debug, Default)]
pub struct FindReport {
    /// The issues that were seen; several may carry the same mark.
    pub matches: Vec<MarkedIssue>,
    /// Why an issue may have gone unseen although every question was answered, in a sentence for people.
    pub gap: Option<String>,
    /// The question that was not answered, if there was one.
    pub failure: Option<TrackerError>,
    /// Rate-limit points that the look cost.
    pub quota_points: i64,
}

impl FindReport {
    /// The report of a look that could not even begin.
    #[must_use]
    pub fn failed(failure: TrackerError) -> Self {
        Self {
            failure: Some(failure),
            ..Self::default()
        }
    }
}

/// Whether the marks that were not found are proven to be nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Both witnesses could see, agree, and saw no such mark.
    Proven,
    /// No verdict this time, and why, in a sentence for people.
    NotYet(String),
    /// No later look can give a verdict either, and why.
    Impossible(String),
}

/// A mark that was seen on an issue which our account did not create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrayMark {
    /// The mark.
    pub delivery_id: DeliveryId,
    /// The key of the issue that carries it.
    pub issue_key: String,
}

/// What an attempt to prove absence found; one that failed is a report too, because it may have cost something.
#[derive(Debug)]
pub struct AbsenceReport {
    /// The issues that were seen all the same.
    pub matches: Vec<MarkedIssue>,
    /// The verdict for every mark without a match, except those that strayed or lag.
    pub verdict: Absence,
    /// Marks without a match that another account's issue carries: nobody but a person can tell what became of them.
    pub strays: Vec<StrayMark>,
    /// Marks below whose ceiling the search does not show yet what the range of keys shows: no verdict this time.
    pub lagging: Vec<DeliveryId>,
    /// The project's position, where the look saw everything up to it.
    pub ceiling: Option<Fence>,
    /// The question that was not answered, if there was one.
    pub failure: Option<TrackerError>,
    /// Rate-limit points that the look cost.
    pub quota_points: i64,
}

impl AbsenceReport {
    /// The report of a look that could not even begin.
    #[must_use]
    pub fn failed(failure: TrackerError) -> Self {
        Self {
            matches: Vec::new(),
            verdict: Absence::NotYet(format!("the tracker could not be asked: {failure}")),
            strays: Vec::new(),
            lagging: Vec::new(),
            ceiling: None,
            failure: Some(failure),
            quota_points: 0,
        }
    }
}
