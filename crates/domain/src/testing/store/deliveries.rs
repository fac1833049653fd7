//! The ledger in memory.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{InMemoryStore, page_down};
use crate::audit::model::AuditEntry;
use crate::delivery::ledger;
use crate::delivery::model::{
    AttemptFindings, ClaimedBatch, Delivery, DeliveryState, Pause, Push, PushChanges, PushReport,
    PushState, PushSummary, Resolution, SettledBatch, UncertainPush, UncertainRequest,
};
use crate::delivery::ports::{
    AcceptOutcome, DeliveryQueue, HeldLease, IdempotencyKey, KeyLookup, NewPush, PushFilter,
    PushRepository, ResolveOutcome, UncertainDeliveries,
};
use crate::shared::failure::Failure;
use crate::shared::ids::{DeliveryId, LeaseId, PushId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::ticket::model::PushError;

/// Keeps pushes and deliveries in memory.
#[derive(Clone, Debug)]
pub struct InMemoryDeliveryRepository(InMemoryStore);

impl InMemoryDeliveryRepository {
    /// Puts the ledger on a memory.
    #[must_use]
    pub fn new(store: &InMemoryStore) -> Self {
        Self(store.clone())
    }
}

#[async_trait]
impl PushRepository for InMemoryDeliveryRepository {
    async fn find_key(
        &self,
        workspace: WorkspaceId,
        key: &IdempotencyKey,
        now: OffsetDateTime,
    ) -> Result<KeyLookup, Failure> {
        Ok(self.0.enter().await.find_key(workspace, key, now))
    }

    async fn accept(&self, push: &NewPush) -> Result<AcceptOutcome, Failure> {
        Ok(self.0.enter().await.accept(push))
    }

    async fn find_push(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        now: OffsetDateTime,
    ) -> Result<Option<PushReport>, Failure> {
        let state = self.0.enter().await;
        let found = state
            .pushes
            .get(&id)
            .filter(|stored| stored.push.workspace_id == workspace);
        Ok(found.map(|stored| state.report(stored, now)))
    }

    async fn push_state(
        &self,
        workspace: WorkspaceId,
        id: PushId,
    ) -> Result<Option<PushState>, Failure> {
        let state = self.0.enter().await;
        let found = state
            .pushes
            .get(&id)
            .filter(|stored| stored.push.workspace_id == workspace);
        Ok(found.map(|stored| stored.push.state))
    }

    async fn list_pushes(
        &self,
        workspace: WorkspaceId,
        filter: PushFilter,
        page: PageRequest,
        now: OffsetDateTime,
    ) -> Result<Page<PushSummary>, Failure> {
        let state = self.0.enter().await;
        let wanted = state.pushes.values().rev().filter(|stored| {
            let push = &stored.push;
            push.workspace_id == workspace
                && filter
                    .document_id
                    .is_none_or(|document| document == push.document_id)
                && filter.state.is_none_or(|state| state == push.state)
        });
        let summaries = wanted.map(|stored| state.summary(stored, now));
        Ok(page_down(summaries, page, |summary| {
            summary.push.id.as_uuid()
        }))
    }

    async fn list_deliveries(
        &self,
        workspace: WorkspaceId,
        state: Option<DeliveryState>,
        page: PageRequest,
    ) -> Result<Page<Delivery>, Failure> {
        let memory = self.0.enter().await;
        let all = memory
            .deliveries
            .values()
            .rev()
            .map(|stored| &stored.delivery);
        let wanted = all.filter(|delivery| {
            delivery.workspace_id == workspace && state.is_none_or(|state| state == delivery.state)
        });
        Ok(page_down(wanted.cloned(), page, |delivery| {
            delivery.id.as_uuid()
        }))
    }

    async fn cancel(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<Option<u32>, Failure> {
        let mut state = self.0.enter().await;
        let found = state.pushes.get(&id);
        if found.is_none_or(|stored| stored.push.workspace_id != workspace) {
            return Ok(None);
        }
        if let Some(stored) = state.pushes.get_mut(&id) {
            stored.is_cancelled = true;
        }
        for stored in state.deliveries.values_mut() {
            stored.is_resent &= stored.delivery.push_id != id;
        }
        let cancelled = state.change(|it| it.push_id == id, now, ledger::cancel);
        state.record(audit);
        Ok(Some(cancelled))
    }

    async fn list_changes(
        &self,
        workspace: WorkspaceId,
        push: PushId,
        after: i64,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Option<PushChanges>, Failure> {
        let state = self.0.enter().await;
        Ok(state.list_changes(workspace, push, after, limit, now))
    }
}

#[async_trait]
impl DeliveryQueue for InMemoryDeliveryRepository {
    async fn claim(
        &self,
        lease: LeaseId,
        limit: u32,
        busy_sites: &[String],
        now: OffsetDateTime,
    ) -> Result<Option<ClaimedBatch>, Failure> {
        Ok(self.0.enter().await.claim(lease, limit, busy_sites, now))
    }

    async fn settle(&self, batch: &SettledBatch, now: OffsetDateTime) -> Result<u32, Failure> {
        Ok(self.0.enter().await.settle_batch(batch, now))
    }

    async fn list_held(&self) -> Result<Vec<HeldLease>, Failure> {
        let state = self.0.enter().await;
        let mut held: Vec<HeldLease> = Vec::new();
        for stored in state.deliveries.values() {
            let (Some(lease_id), DeliveryState::Sending) = (stored.lease, stored.delivery.state)
            else {
                continue;
            };
            let change_number = stored.delivery.change_number;
            match held.iter_mut().find(|known| known.lease_id == lease_id) {
                Some(known) => known.change_number = known.change_number.max(change_number),
                None => held.push(HeldLease {
                    lease_id,
                    change_number,
                }),
            }
        }
        Ok(held)
    }

    async fn expire_lease(&self, lease: LeaseId, now: OffsetDateTime) -> Result<u32, Failure> {
        let mut state = self.0.enter().await;
        let is_sending = |delivery: &Delivery| delivery.state == DeliveryState::Sending;
        Ok(state.change(is_sending, now, |locked| ledger::expire(locked, lease)))
    }

    async fn pause(&self, pause: &Pause) -> Result<(), Failure> {
        let mut state = self.0.enter().await;
        let kept = state
            .pauses
            .entry(pause.scope.key())
            .or_insert_with(|| pause.clone());
        if kept.until < pause.until {
            kept.clone_from(pause);
        }
        Ok(())
    }
}

#[async_trait]
impl UncertainDeliveries for InMemoryDeliveryRepository {
    async fn list_uncertain(
        &self,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<UncertainPush>, Failure> {
        Ok(self.0.enter().await.list_uncertain(limit, now))
    }

    async fn load_uncertain(&self, push: PushId) -> Result<Vec<UncertainRequest>, Failure> {
        Ok(self.0.enter().await.load_uncertain(push))
    }

    async fn begin_look(
        &self,
        push: PushId,
        seen: Option<OffsetDateTime>,
        next: OffsetDateTime,
    ) -> Result<bool, Failure> {
        Ok(self.0.enter().await.begin_look(push, seen, next))
    }

    async fn reconcile(
        &self,
        push: PushId,
        findings: &[AttemptFindings],
        quota_points: i64,
        now: OffsetDateTime,
    ) -> Result<u32, Failure> {
        let mut state = self.0.enter().await;
        Ok(state.reconcile(push, findings, quota_points, now))
    }

    async fn give_up_uncertain(
        &self,
        before: OffsetDateTime,
        error: &PushError,
        now: OffsetDateTime,
    ) -> Result<u32, Failure> {
        let mut state = self.0.enter().await;
        Ok(state.change(
            |_| true,
            now,
            |locked| ledger::give_up(locked, before, error),
        ))
    }

    async fn find_delivery(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
    ) -> Result<Option<(Delivery, Push)>, Failure> {
        Ok(self.0.enter().await.find_delivery(workspace, id))
    }

    async fn resolve(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
        change_number: i64,
        resolution: &Resolution,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<ResolveOutcome, Failure> {
        let mut state = self.0.enter().await;
        Ok(state.resolve(workspace, id, change_number, resolution, now, audit))
    }

    async fn quarantine(
        &self,
        workspace: Option<WorkspaceId>,
        error: &PushError,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<u32, Failure> {
        let mut state = self.0.enter().await;
        state.record(audit);
        let fits = |delivery: &Delivery| workspace.is_none_or(|id| id == delivery.workspace_id);
        Ok(state.change(fits, now, |locked| ledger::quarantine(locked, error)))
    }
}
