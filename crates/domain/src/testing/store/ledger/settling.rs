//! Writing down what became of deliveries.

use time::OffsetDateTime;

use super::super::State;
use crate::audit::model::AuditEntry;
use crate::connection::model::Platform;
use crate::delivery::model::{DeliveryState, SettledBatch, Settlement};
use crate::shared::ids::{DeliveryId, LeaseId, PushId};
use crate::ticket::model::{ExternalIssue, PushError, TicketStatus};

impl State {
    pub(in super::super) fn settle_batch(
        &mut self,
        batch: &SettledBatch,
        now: OffsetDateTime,
    ) -> u32 {
        let mut written = 0;
        let unlinked: Vec<AuditEntry> = batch
            .outcomes
            .iter()
            .filter_map(|(id, outcome)| match outcome {
                Settlement::Confirmed { external } => {
                    self.unlinked(batch.push_id, *id, external, now)
                }
                _ => None,
            })
            .collect();
        for (id, outcome) in &batch.outcomes {
            let is_of_push = self
                .deliveries
                .get(id)
                .is_some_and(|stored| stored.delivery.push_id == batch.push_id);
            if is_of_push {
                written += u32::from(self.settle(batch.lease_id, *id, outcome, now));
            }
        }
        let is_first = self.is_first_answer(batch);
        for entry in unlinked.iter().filter(|_| is_first) {
            self.record(entry);
        }
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
    fn is_first_answer(&mut self, batch: &SettledBatch) -> bool {
        let ids = batch.outcomes.iter().map(|(id, _)| *id);
        let known = ids.filter(|id| {
            let stored = self.deliveries.get(id);
            stored.is_some_and(|stored| stored.delivery.push_id == batch.push_id)
        });
        let Some(stored) = known.min().and_then(|id| self.deliveries.get_mut(&id)) else {
            return false;
        };
        let is_first = stored.answered != Some(batch.lease_id);
        stored.answered = Some(batch.lease_id);
        is_first
    }

    /// The note of an issue that its delivery, as it stands, can no longer become and is not.
    pub(super) fn unlinked(
        &self,
        push: PushId,
        id: DeliveryId,
        external: &ExternalIssue,
        now: OffsetDateTime,
    ) -> Option<AuditEntry> {
        let delivery = &self.deliveries.get(&id)?.delivery;
        let is_it = delivery
            .external
            .as_ref()
            .is_some_and(|held| held.id == external.id);
        let is_unlinked = delivery.push_id == push && !delivery.state.is_open() && !is_it;
        is_unlinked.then(|| AuditEntry::issue_unlinked(delivery.workspace_id, id, external, now))
    }

    /// Writes down what became of one delivery; `false` where that is not to be written.
    fn settle(
        &mut self,
        lease: LeaseId,
        id: DeliveryId,
        outcome: &Settlement,
        now: OffsetDateTime,
    ) -> bool {
        if let Settlement::Confirmed { external } = outcome {
            return self.prove(id, external, now);
        }
        let is_held = self.deliveries.get(&id).is_some_and(|stored| {
            stored.delivery.state == DeliveryState::Sending && stored.lease == Some(lease)
        });
        if !is_held {
            return false;
        }
        match outcome {
            Settlement::Confirmed { .. } => {}
            Settlement::Rejected { error } => self.close(id, DeliveryState::Rejected, error, now),
            Settlement::Retry { at, error } => self.requeue(id, Some((*at, error)), now),
            Settlement::Uncertain { error } => self.change_delivery(id, now, |stored| {
                stored.delivery.state = DeliveryState::Uncertain;
                stored.delivery.error = Some(error.clone());
            }),
        }
        true
    }

    /// Takes the proof that an issue exists, whoever brings it, unless it proves the issue of another ticket.
    pub(super) fn prove(
        &mut self,
        id: DeliveryId,
        external: &ExternalIssue,
        now: OffsetDateTime,
    ) -> bool {
        let Some(delivery) = self.deliveries.get(&id).map(|stored| &stored.delivery) else {
            return false;
        };
        let (state, ticket) = (delivery.state, delivery.ticket_id);
        let is_linked_elsewhere = self.is_linked_elsewhere(ticket, external);
        match state {
            DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Uncertain
                if is_linked_elsewhere =>
            {
                self.needs_attention(id, &PushError::linked_elsewhere(&external.key), now);
                true
            }
            DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Uncertain => {
                self.confirm(id, external, now);
                true
            }
            DeliveryState::NeedsAttention if !is_linked_elsewhere => {
                self.confirm(id, external, now);
                true
            }
            _ => false,
        }
    }

    /// Makes a delivery and its ticket that issue.
    pub(super) fn confirm(
        &mut self,
        id: DeliveryId,
        external: &ExternalIssue,
        now: OffsetDateTime,
    ) {
        self.change_delivery(id, now, |stored| {
            let delivery = &mut stored.delivery;
            delivery.state = DeliveryState::Confirmed;
            delivery.external = Some(external.clone());
            delivery.retry_at = None;
            delivery.error = None;
        });
        let Some(ticket) = self.ticket_of(id) else {
            return;
        };
        self.change_ticket(ticket, now, |ticket| {
            ticket.status = TicketStatus::Pushed;
            ticket.platform = Some(Platform::Jira.as_str().to_owned());
            ticket.external = Some(external.clone());
            ticket.push_error = None;
            ticket.pushed_at = Some(now);
        });
    }

    /// Queues what was certainly not applied again, or calls it off where its push was, unless a person had it sent again
    /// after that.
    pub(super) fn requeue(
        &mut self,
        id: DeliveryId,
        retry: Option<(OffsetDateTime, &PushError)>,
        now: OffsetDateTime,
    ) {
        let is_cancelled = self.deliveries.get(&id).is_some_and(|stored| {
            let push = self.pushes.get(&stored.delivery.push_id);
            push.is_some_and(|push| push.is_cancelled) && !stored.is_resent
        });
        self.change_delivery(id, now, |stored| {
            let delivery = &mut stored.delivery;
            delivery.state = DeliveryState::Queued;
            delivery.retry_at = retry.map(|(at, _)| at);
            delivery.error = retry.map(|(_, error)| error.clone());
            if is_cancelled {
                delivery.state = DeliveryState::Cancelled;
                delivery.retry_at = None;
                delivery.error = None;
            }
        });
        if let Some(ticket) = self.ticket_of(id).filter(|_| is_cancelled) {
            self.change_ticket(ticket, now, |_| {});
        }
    }

    /// Ends a delivery for this reason, and with it the push of its ticket.
    pub(super) fn close(
        &mut self,
        id: DeliveryId,
        state: DeliveryState,
        error: &PushError,
        now: OffsetDateTime,
    ) {
        self.change_delivery(id, now, |stored| {
            stored.delivery.state = state;
            stored.delivery.error = Some(error.clone());
        });
        if let Some(ticket) = self.ticket_of(id) {
            self.fail_ticket(ticket, error, now);
        }
    }

    /// Leaves a delivery to a person.
    pub(in super::super) fn needs_attention(
        &mut self,
        id: DeliveryId,
        error: &PushError,
        now: OffsetDateTime,
    ) {
        self.change_delivery(id, now, |stored| {
            stored.delivery.state = DeliveryState::NeedsAttention;
            stored.delivery.retry_at = None;
            stored.delivery.error = Some(error.clone());
        });
        if let Some(ticket) = self.ticket_of(id) {
            self.change_ticket(ticket, now, |_| {});
        }
    }
}
