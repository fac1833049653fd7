//! What people decide about deliveries.

use time::OffsetDateTime;

use super::super::State;
use crate::audit::model::AuditEntry;
use crate::delivery::ledger;
use crate::delivery::model::{Delivery, Push, Resolution};
use crate::delivery::ports::ResolveOutcome;
use crate::shared::ids::{DeliveryId, WorkspaceId};

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
        let can_be_sent = found.is_some_and(|(_, push)| self.is_connected(&push));
        let fits = |delivery: &Delivery| delivery.id == id && delivery.workspace_id == workspace;
        let (outcome, changes) = ledger::resolve(
            self.locked(fits),
            change_number,
            resolution,
            can_be_sent,
            self.links(),
        );
        self.write(changes, now);
        if outcome == ResolveOutcome::Resolved {
            self.record(audit);
        }
        outcome
    }
}
