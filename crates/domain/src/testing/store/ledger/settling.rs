//! Writing down what became of deliveries.

use time::OffsetDateTime;

use super::super::State;
use crate::delivery::ledger;
use crate::delivery::model::{Delivery, SettledBatch};
use crate::shared::ids::LeaseId;

impl State {
    pub(in super::super) fn settle_batch(
        &mut self,
        batch: &SettledBatch,
        now: OffsetDateTime,
    ) -> u32 {
        let is_answered = |delivery: &Delivery| {
            let mut ids = batch.outcomes.iter().map(|(id, _)| *id);
            delivery.push_id == batch.push_id && ids.any(|id| id == delivery.id)
        };
        let is_first = self.is_first_answer(batch.lease_id, is_answered);
        let links = self.links();
        let written = self.change(is_answered, now, |locked| {
            ledger::settle(locked, batch, links, is_first, now)
        });
        if let Some(stored) = self.pushes.get_mut(&batch.push_id) {
            if is_first {
                stored.push.quota_points += batch.quota_points;
            }
            let fence = batch.fence.as_ref();
            if let Some(fence) = fence.filter(|fence| fence.is_beyond(&stored.push.fence)) {
                stored.push.fence.clone_from(fence);
            }
        }
        written
    }

    /// Whether the answer of a request comes for the first time; kept at the first of its deliveries.
    fn is_first_answer(&mut self, lease: LeaseId, is_answered: impl Fn(&Delivery) -> bool) -> bool {
        let mut answered = self.deliveries.values_mut();
        let Some(first) = answered.find(|stored| is_answered(&stored.delivery)) else {
            return false;
        };
        first.answered.replace(lease) != Some(lease)
    }
}
