//! The line to the tracker: requests take their time, get lost, are refused, and act late.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::SendDeadline;
use handoff_domain::delivery::model::{ClaimedDelivery, PauseScope};
use handoff_domain::delivery::tracker::{CreateReport, PauseRequest, TrackerError};
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::shared::ids::DeliveryId;
use handoff_domain::testing::{CreateScript, FakeCreate, FakeTracker};
use handoff_domain::ticket::model::{PushError, PushErrorCode};

use super::dice::Dice;
use super::process::LocalClock;
use crate::world::{TrackerProxy, too_late};

/// What the tracker does later, by the true time.
#[derive(Clone, Copy)]
pub(super) enum Later {
    Act(DeliveryId),
    Index(DeliveryId),
}

/// What was promised to happen later; all lines share it.
pub(super) type Agenda = Arc<Mutex<Vec<(Duration, Later)>>>;

/// One process's line to the tracker.
pub(super) struct Line {
    pub(super) tracker: Arc<FakeTracker>,
    pub(super) clock: LocalClock,
    pub(super) dice: Dice,
    pub(super) agenda: Agenda,
    /// Within this time after the last byte everything is made and can be seen by one witness at least.
    pub(super) settle: Duration,
    /// Whether numbers are skipped, so that only the search finds what comes after.
    pub(super) has_gaps: bool,
}

impl Line {
    /// How one element ends; what the tracker does late is put on the agenda.
    fn element(&self, delivery: DeliveryId, is_lost: bool) -> FakeCreate {
        let limit = self.settle.as_secs() * 9 / 10;
        let acts_after = match self.dice.below(3) {
            0 => 0,
            _ => self.dice.below(limit),
        };
        let index_limit = if self.has_gaps { limit } else { 3_600 };
        let rest = index_limit.saturating_sub(acts_after).max(1);
        let indexed_after = acts_after + 1 + self.dice.below(rest);
        let now = self.clock.truth();
        let at = |seconds| now + Duration::from_secs(seconds);
        let mut agenda = self.agenda.lock().unwrap();
        let is_made = !is_lost || !self.dice.once_in(3);
        if is_made {
            agenda.push((at(indexed_after), Later::Index(delivery)));
        }
        match (is_lost, is_made, acts_after) {
            (false, ..) => FakeCreate::Succeed,
            (true, false, _) => {
                self.dice.note("lost and never made");
                FakeCreate::Lose { applied: false }
            }
            (true, true, 0) => {
                self.dice.note("lost and made");
                FakeCreate::Lose { applied: true }
            }
            (true, true, _) => {
                self.dice.note("lost and made late");
                agenda.push((at(acts_after), Later::Act(delivery)));
                FakeCreate::Late
            }
        }
    }

    fn plan(&self, site: &TrackerSite, deliveries: &[ClaimedDelivery]) -> CreateScript {
        let mut plan = CreateScript {
            quota_points: 1,
            ..CreateScript::default()
        };
        let end = self.dice.below(10);
        let element = |delivery: &ClaimedDelivery| match end {
            0..4 => self.element(delivery.id, true),
            4 => FakeCreate::Retry { retry_after: None },
            5 if self.dice.once_in(2) => {
                FakeCreate::Reject(PushError::new(PushErrorCode::FieldRejected, "no"))
            }
            6 => self.element(delivery.id, self.dice.once_in(2)),
            _ => self.element(delivery.id, false),
        };
        plan.elements = deliveries.iter().map(element).collect();
        if end == 4 {
            self.dice.note("asked to slow down");
            let site = site.cloud_id.clone();
            let scopes = [
                PauseScope::App,
                PauseScope::Site(site.clone()),
                PauseScope::Creates(site),
            ];
            plan.pause = Some(PauseRequest {
                scope: scopes[usize::try_from(self.dice.below(3)).unwrap()].clone(),
                wait: Duration::from_secs(self.dice.below(90)),
                reason: "jira-burst-based".to_owned(),
            });
        }
        plan
    }

    async fn travel(&self) {
        let seconds = self.dice.one_of(&[0, 0, 1, 10, 60]);
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

#[async_trait]
impl TrackerProxy for Line {
    fn tracker(&self) -> &FakeTracker {
        &self.tracker
    }

    async fn create(
        &self,
        site: &TrackerSite,
        deliveries: &[ClaimedDelivery],
        deadline: SendDeadline,
    ) -> CreateReport {
        self.travel().await;
        if self.clock.monotonic() >= deadline.0 {
            self.dice.note("too late to send");
            return too_late(deliveries);
        }
        let plan = self.plan(site, deliveries);
        let report = self.tracker.create_now(site, deliveries, plan);
        self.travel().await;
        report
    }

    fn begin_look(&self) -> Result<(), TrackerError> {
        if self.dice.once_in(8) {
            self.dice.note("a look failed");
            return Err(Failure::new(FailureKind::Unavailable, "no answer").into());
        }
        Ok(())
    }

    async fn end_look(&self, _site: &TrackerSite) {
        self.travel().await;
    }
}
