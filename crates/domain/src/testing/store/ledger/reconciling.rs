//! Finding out what became of deliveries whose answer was lost.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::super::{State, StoredPush};
use crate::delivery::model::{
    AttemptFindings, DeliveryState, Finding, PauseScope, Push, UncertainAttempt, UncertainDelivery,
    UncertainPush, UncertainRequest,
};
use crate::shared::ids::{DeliveryId, LeaseId, PushId};
use crate::ticket::model::PushError;

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
            let (Some(attempt), Some(fence)) = (row.attempt, &delivery.fence) else {
                continue;
            };
            if delivery.push_id == push && delivery.state == DeliveryState::Uncertain {
                let uncertain = UncertainDelivery {
                    id: delivery.id,
                    fence: fence.clone(),
                    attempted_at: attempt.at,
                };
                requests
                    .entry(attempt.lease_id)
                    .or_default()
                    .push(uncertain);
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

    pub(in super::super) fn give_up_uncertain(
        &mut self,
        before: OffsetDateTime,
        error: &PushError,
        now: OffsetDateTime,
    ) -> u32 {
        let overdue = self.deliveries.values().filter(|stored| {
            stored.delivery.state == DeliveryState::Uncertain
                && stored.attempt.is_some_and(|attempt| attempt.at < before)
        });
        let ids: Vec<DeliveryId> = overdue.map(|stored| stored.delivery.id).collect();
        for id in &ids {
            self.needs_attention(*id, error, now);
        }
        u32::try_from(ids.len()).unwrap_or(u32::MAX)
    }

    /// The greatest change number among the deliveries of an attempt.
    fn attempt_number(&self, lease: LeaseId) -> i64 {
        let of_attempt = self.deliveries.values().filter(|stored| {
            stored
                .attempt
                .is_some_and(|attempt| attempt.lease_id == lease)
        });
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
        // Compared before anything is written: each row that this call writes makes the number of its attempt grow.
        let unchanged: Vec<bool> = findings
            .iter()
            .map(|found| self.attempt_number(found.lease_id) == found.change_number)
            .collect();
        let mut written = 0;
        for (found, is_unchanged) in findings.iter().zip(unchanged) {
            for (id, finding) in &found.findings {
                let is_own = self
                    .deliveries
                    .get(id)
                    .is_some_and(|stored| stored.delivery.push_id == push);
                let may_write = is_own
                    && (matches!(finding, Finding::Present { .. })
                        || is_unchanged && self.is_uncertain_in(*id, found.lease_id));
                if let Finding::Present { external } = finding
                    && let Some(entry) = self.unlinked(push, *id, external, now)
                {
                    self.record(&entry);
                }
                if may_write {
                    written += u32::from(self.write_finding(*id, finding, now));
                }
            }
        }
        if let Some(stored) = self.pushes.get_mut(&push) {
            stored.push.quota_points += quota_points;
        }
        written
    }

    fn is_uncertain_in(&self, id: DeliveryId, lease: LeaseId) -> bool {
        self.deliveries.get(&id).is_some_and(|stored| {
            let is_in = stored
                .attempt
                .is_some_and(|attempt| attempt.lease_id == lease);
            is_in && stored.delivery.state == DeliveryState::Uncertain
        })
    }

    fn write_finding(&mut self, id: DeliveryId, finding: &Finding, now: OffsetDateTime) -> bool {
        match finding {
            Finding::Present { external } => return self.prove(id, external, now),
            Finding::Absent => self.requeue(id, None, now),
            Finding::Undecidable { error } => self.needs_attention(id, error, now),
        }
        true
    }
}
