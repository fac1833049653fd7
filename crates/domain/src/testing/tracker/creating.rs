//! How creates end.

use std::time::Duration;

use super::FakeTracker;
use crate::connection::model::TrackerSite;
use crate::delivery::model::ClaimedDelivery;
use crate::delivery::tracker::{CreateOutcome, CreateReport, PauseRequest};
use crate::ticket::model::{PushError, PushErrorCode};

/// How one element of a create ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FakeCreate {
    /// The issue is made.
    #[default]
    Succeed,
    /// No issue is made, for this reason.
    Reject(PushError),
    /// No issue is made; it may be tried again.
    Retry {
        /// How long the tracker asks to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is lost.
    Lose {
        /// Whether the issue was made all the same.
        applied: bool,
    },
    /// The answer is lost, and the issue is made only when [`FakeTracker::act_late`] says so.
    Late,
}

/// How one create request ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateScript {
    /// One end an element, aligned; elements beyond them succeed.
    pub elements: Vec<FakeCreate>,
    /// What should pause.
    pub pause: Option<PauseRequest>,
    /// What the request costs.
    pub quota_points: i64,
}

impl FakeTracker {
    /// Says how the next create ends; calls queue up.
    pub fn next_create(&self, script: CreateScript) {
        self.script().creates.push_back(script);
    }

    /// Says how each element of the next create ends.
    pub fn next_outcomes(&self, elements: impl IntoIterator<Item = FakeCreate>) {
        let elements = elements.into_iter().collect();
        self.next_create(CreateScript {
            elements,
            ..CreateScript::default()
        });
    }

    /// Answers one create at once, as the plan says: without a pause in which anything else could happen.
    #[must_use]
    pub fn create_now(
        &self,
        site: &TrackerSite,
        deliveries: &[ClaimedDelivery],
        plan: CreateScript,
    ) -> CreateReport {
        let mut script = self.script();
        script.calls.creates.push(deliveries.len());
        let ends = plan
            .elements
            .into_iter()
            .chain(std::iter::repeat(FakeCreate::Succeed));
        let outcomes = deliveries
            .iter()
            .zip(ends)
            .map(|(delivery, end)| match end {
                FakeCreate::Succeed => CreateOutcome::Confirmed(script.make_issue(site, delivery)),
                FakeCreate::Reject(error) => CreateOutcome::Rejected(error),
                FakeCreate::Retry { retry_after } => {
                    let error = PushError::new(
                        PushErrorCode::TrackerRateLimited,
                        "the tracker asks to slow down",
                    );
                    CreateOutcome::Retryable { retry_after, error }
                }
                FakeCreate::Lose { applied } => {
                    if applied {
                        script.make_issue(site, delivery);
                    }
                    lost()
                }
                FakeCreate::Late => {
                    script.sight.late.push((site.clone(), delivery.clone()));
                    lost()
                }
            });
        let outcomes: Vec<CreateOutcome> = outcomes.collect();
        let is_made = |outcome: &CreateOutcome| matches!(outcome, CreateOutcome::Confirmed(_));
        let has_made = outcomes.iter().any(is_made);
        CreateReport {
            outcomes,
            pause: plan.pause,
            quota_points: plan.quota_points,
            fence: has_made.then(|| script.present_fence()),
        }
    }
}

fn lost() -> CreateOutcome {
    CreateOutcome::Uncertain(PushError::new(
        PushErrorCode::TrackerUnavailable,
        "the answer was lost",
    ))
}
