//! What people decide about deliveries.

use time::OffsetDateTime;

use super::super::State;
use crate::audit::model::AuditEntry;
use crate::delivery::model::{Delivery, DeliveryState, Push, Resolution};
use crate::delivery::ports::ResolveOutcome;
use crate::shared::ids::{DeliveryId, TicketId, WorkspaceId};
use crate::ticket::model::{ExternalIssue, PushError};

impl State {
    pub(in super::super) fn find_delivery(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
    ) -> Option<(Delivery, Push)> {
        let delivery = &self.deliveries.get(&id)?.delivery;
        let push = &self.pushes.get(&delivery.push_id)?.push;
        (delivery.workspace_id == workspace).then(|| (delivery.clone(), push.clone()))
    }

    pub(in super::super) fn resolve(
        &mut self,
        workspace: WorkspaceId,
        id: DeliveryId,
        change_number: i64,
        resolution: &Resolution,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> ResolveOutcome {
        let found = self.find_delivery(workspace, id);
        let Some((delivery, push)) = found.filter(|(delivery, _)| {
            delivery.state == DeliveryState::NeedsAttention
                && delivery.change_number == change_number
        }) else {
            return ResolveOutcome::Changed;
        };
        match resolution {
            Resolution::Link { external } => {
                if self.is_linked_elsewhere(delivery.ticket_id, external) {
                    return ResolveOutcome::LinkedElsewhere;
                }
                self.confirm(id, external, now);
            }
            Resolution::Resend => {
                if !self.is_connected(&push) {
                    return ResolveOutcome::NotConnected;
                }
                self.change_delivery(id, now, |stored| {
                    stored.is_resent = true;
                    stored.delivery.state = DeliveryState::Queued;
                    stored.delivery.retry_at = None;
                    stored.delivery.error = None;
                });
                self.change_ticket(delivery.ticket_id, now, |_| {});
            }
            Resolution::Abandon { error } => {
                self.close(id, DeliveryState::Abandoned, error, now);
            }
        }
        self.record(audit);
        ResolveOutcome::Resolved
    }

    pub(in super::super) fn quarantine(
        &mut self,
        workspace: Option<WorkspaceId>,
        error: &PushError,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> u32 {
        let all = self.deliveries.values().map(|stored| &stored.delivery);
        let unfinished = all.filter(|delivery| {
            !delivery.state.is_settled() && workspace.is_none_or(|id| id == delivery.workspace_id)
        });
        let ids: Vec<DeliveryId> = unfinished.map(|delivery| delivery.id).collect();
        for id in &ids {
            self.needs_attention(*id, error, now);
        }
        self.record(audit);
        u32::try_from(ids.len()).unwrap_or(u32::MAX)
    }

    /// Whether an issue is another ticket's, also one that was deleted.
    pub(super) fn is_linked_elsewhere(&self, ticket: TicketId, external: &ExternalIssue) -> bool {
        let mut others = self.tickets.values().map(|stored| &stored.ticket);
        others.any(|other| {
            let linked = other.external.as_ref();
            let is_same = linked.is_some_and(|linked| {
                linked.site_id == external.site_id && linked.id == external.id
            });
            other.id != ticket && is_same
        })
    }

    pub(super) fn ticket_of(&self, id: DeliveryId) -> Option<TicketId> {
        self.deliveries
            .get(&id)
            .map(|stored| stored.delivery.ticket_id)
    }
}
