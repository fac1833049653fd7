//! Finding out what became of deliveries whose answer was lost.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::super::{State, StoredPush};
use crate::delivery::ledger;
use crate::delivery::model::{
    AttemptFindings, Delivery, DeliveryState, PauseScope, Push, UncertainAttempt,
    UncertainDelivery, UncertainPush, UncertainRequest,
};
use crate::shared::ids::{LeaseId, PushId};

impl State {
    pub(in super::super) fn list_uncertain(
        &self,
        limit: u32,
        now: OffsetDateTime,
    ) -> Vec<UncertainPush> {
        let of_site = |push: &Push| PauseScope::holding_looks(&push.site_id);
        let is_held = |push: &Push| {
            of_site(push).iter().any(|scope| {
                let pause = self.pauses.get(&scope.key());
                pause.is_some_and(|pause| pause.until > now)
            })
        };
        let reachable = self
            .pushes
            .values()
            .filter(|stored| self.is_reachable(&stored.push) && !is_held(&stored.push));
        let mut pushes: Vec<UncertainPush> = reachable
            .filter_map(|stored| self.uncertain_push(stored))
            .collect();
        pushes.sort_by_key(|uncertain| (uncertain.next_look_at, uncertain.push.id));
        pushes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        pushes
    }

    fn uncertain_push(&self, stored: &StoredPush) -> Option<UncertainPush> {
        let requests = self.load_uncertain(stored.push.id);
        let attempts: Vec<UncertainAttempt> =
            requests.iter().map(|request| request.attempt).collect();
        (!attempts.is_empty()).then(|| UncertainPush {
            push: stored.push.clone(),
            next_look_at: stored.next_look_at,
            attempts,
        })
    }

    pub(in super::super) fn load_uncertain(&self, push: PushId) -> Vec<UncertainRequest> {
        let mut requests: BTreeMap<LeaseId, Vec<UncertainDelivery>> = BTreeMap::new();
        for row in self.deliveries.values() {
            let delivery = &row.delivery;
            let (Some(attempt), Some(at)) = (row.attempt, delivery.attempted_at) else {
                continue;
            };
            let Some(fence) = &delivery.fence else {
                continue;
            };
            if delivery.push_id == push && delivery.state == DeliveryState::Uncertain {
                let uncertain = UncertainDelivery {
                    id: delivery.id,
                    fence: fence.clone(),
                    attempted_at: at,
                };
                requests.entry(attempt).or_default().push(uncertain);
            }
        }
        let request = |(lease_id, deliveries)| UncertainRequest {
            attempt: UncertainAttempt {
                lease_id,
                change_number: self.attempt_number(lease_id),
            },
            deliveries,
        };
        requests.into_iter().map(request).collect()
    }

    /// The greatest change number among the deliveries of an attempt.
    fn attempt_number(&self, lease: LeaseId) -> i64 {
        let all = self.deliveries.values();
        let of_attempt = all.filter(|stored| stored.attempt == Some(lease));
        of_attempt
            .map(|stored| stored.delivery.change_number)
            .max()
            .unwrap_or_default()
    }

    pub(in super::super) fn begin_look(
        &mut self,
        push: PushId,
        seen: Option<OffsetDateTime>,
        next: OffsetDateTime,
    ) -> bool {
        match self.pushes.get_mut(&push) {
            Some(stored) if stored.next_look_at == seen => {
                stored.next_look_at = Some(next);
                true
            }
            _ => false,
        }
    }

    pub(in super::super) fn reconcile(
        &mut self,
        push: PushId,
        findings: &[AttemptFindings],
        quota_points: i64,
        now: OffsetDateTime,
    ) -> u32 {
        let attempts = findings.iter().map(|found| found.lease_id);
        let numbers = attempts.map(|id| (id, self.attempt_number(id))).collect();
        let links = self.links();
        let is_found = |delivery: &Delivery| {
            let mut ids = findings.iter().flat_map(|found| &found.findings);
            delivery.push_id == push && ids.any(|(id, _)| *id == delivery.id)
        };
        let written = self.change(is_found, now, |locked| {
            ledger::reconcile(locked, findings, &numbers, links, now)
        });
        if let Some(stored) = self.pushes.get_mut(&push) {
            stored.push.quota_points += quota_points;
        }
        written
    }
}
