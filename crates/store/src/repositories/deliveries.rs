//! The ledger of pushes and deliveries.
//!
//! Rows are locked in one order: integrations, tickets, pushes. Whoever changes a delivery holds its push, which gives the
//! change number; whoever opens, joins or settles one also holds its ticket, so that no push can join unseen.

mod accept;
mod cancel;
mod changes;
mod claim;
mod links;
mod pauses;
mod plan;
mod reconcile;
mod reports;
mod resolve;
mod rows;
mod settle;
mod writes;

use async_trait::async_trait;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::delivery::model::{
    AttemptFindings, ClaimedBatch, Delivery, DeliveryState, Pause, Push, PushChanges, PushReport,
    PushState, PushSummary, Resolution, SettledBatch, UncertainPush, UncertainRequest,
};
use handoff_domain::delivery::ports::{
    AcceptOutcome, DeliveryRepository, HeldLease, IdempotencyKey, KeyLookup, NewPush, PushFilter,
    ResolveOutcome,
};
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::{DeliveryId, LeaseId, PushId, WorkspaceId};
use handoff_domain::shared::page::{Page, PageRequest};
use handoff_domain::ticket::model::PushError;
use time::OffsetDateTime;

use super::session::retrying;
use super::{Database, audit};
use crate::error::StoreError;
use crate::values::RowId;
pub(super) use cancel::{cancel_workspace, strand};
pub(super) use links::relink;

/// Keeps pushes and deliveries.
pub(crate) struct Deliveries {
    database: Database,
}

impl Deliveries {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn accept_once(&self, push: &NewPush) -> Result<AcceptOutcome, StoreError> {
        let mut transaction = self.database.begin().await?;
        let accepted = accept::accept(transaction.connection()?, push).await;
        transaction.end(accepted).await
    }

    async fn claim_once(
        &self,
        lease: LeaseId,
        limit: u32,
        busy_sites: &[String],
        now: OffsetDateTime,
    ) -> Result<Option<ClaimedBatch>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let connection = transaction.connection()?;
        let claimed = claim::claim(connection, lease, limit, busy_sites, now).await;
        transaction.end(claimed).await
    }

    async fn settle_once(
        &self,
        batch: &SettledBatch,
        now: OffsetDateTime,
    ) -> Result<u32, StoreError> {
        let mut transaction = self.database.begin().await?;
        let connection = transaction.connection()?;
        let settled = settle::settle(connection, batch, now).await;
        transaction.end(settled).await
    }

    async fn cancel_once(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<Option<u32>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let connection = transaction.connection()?;
        let cancelled = cancel::cancel(connection, workspace, id, now, audit).await;
        transaction.end(cancelled).await
    }

    async fn reconcile_once(
        &self,
        push: PushId,
        findings: &[AttemptFindings],
        quota_points: i64,
        now: OffsetDateTime,
    ) -> Result<u32, StoreError> {
        let mut transaction = self.database.begin().await?;
        let connection = transaction.connection()?;
        let written = reconcile::reconcile(connection, push, findings, quota_points, now).await;
        transaction.end(written).await
    }

    async fn resolve_once(
        &self,
        seen: resolve::Seen,
        resolution: &Resolution,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<ResolveOutcome, StoreError> {
        let mut transaction = self.database.begin().await?;
        let connection = transaction.connection()?;
        let resolved = resolve::resolve(connection, seen, resolution, now, audit).await;
        transaction.end(resolved).await
    }

    async fn quarantine_once(
        &self,
        workspace: Option<WorkspaceId>,
        after: Option<RowId>,
        error: &PushError,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<(u32, Option<RowId>), StoreError> {
        let mut transaction = self.database.begin().await?;
        let connection = transaction.connection()?;
        if after.is_none()
            && let Err(error) = audit::insert(connection, audit).await
        {
            return transaction.end(Err(error)).await;
        }
        let changed = resolve::quarantine(connection, workspace, after, error, now).await;
        transaction.end(changed).await
    }

    async fn give_up_once(
        &self,
        before: OffsetDateTime,
        after: Option<RowId>,
        error: &PushError,
        now: OffsetDateTime,
    ) -> Result<(u32, Option<RowId>), StoreError> {
        let mut transaction = self.database.begin().await?;
        let connection = transaction.connection()?;
        let given_up = reconcile::give_up(connection, before, after, error, now).await;
        transaction.end(given_up).await
    }

    async fn expire_once(&self, lease: LeaseId, now: OffsetDateTime) -> Result<u32, StoreError> {
        let mut transaction = self.database.begin().await?;
        let expired = settle::expire(transaction.connection()?, lease, now).await;
        transaction.end(expired).await
    }
}

#[async_trait]
impl DeliveryRepository for Deliveries {
    async fn find_key(
        &self,
        workspace: WorkspaceId,
        key: &IdempotencyKey,
        now: OffsetDateTime,
    ) -> Result<KeyLookup, Failure> {
        let mut reader = self.database.read().await?;
        let found = accept::find_key(reader.connection()?, workspace, key).await?;
        Ok(found.map_or(KeyLookup::Free, |found| found.lookup(key, now)))
    }

    async fn accept(&self, push: &NewPush) -> Result<AcceptOutcome, Failure> {
        let outcome = retrying(|| self.accept_once(push)).await;
        match outcome {
            // Somebody else used the same key at the same moment; the second look sees that push.
            Err(error) if error.is_unique_violation() => Ok(self.accept_once(push).await?),
            outcome => Ok(outcome?),
        }
    }

    async fn find_push(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        now: OffsetDateTime,
    ) -> Result<Option<PushReport>, Failure> {
        let mut snapshot = self.database.snapshot().await?;
        let found = reports::find_push(snapshot.connection()?, workspace, id, now).await;
        Ok(snapshot.end(found).await?)
    }

    async fn push_state(
        &self,
        workspace: WorkspaceId,
        id: PushId,
    ) -> Result<Option<PushState>, Failure> {
        let mut reader = self.database.read().await?;
        Ok(reports::push_state(reader.connection()?, workspace, id).await?)
    }

    async fn list_pushes(
        &self,
        workspace: WorkspaceId,
        filter: PushFilter,
        page: PageRequest,
        now: OffsetDateTime,
    ) -> Result<Page<PushSummary>, Failure> {
        let mut snapshot = self.database.snapshot().await?;
        let connection = snapshot.connection()?;
        let listed = reports::list_pushes(connection, workspace, filter, page, now).await;
        Ok(snapshot.end(listed).await?)
    }

    async fn list_deliveries(
        &self,
        workspace: WorkspaceId,
        state: Option<DeliveryState>,
        page: PageRequest,
    ) -> Result<Page<Delivery>, Failure> {
        let mut reader = self.database.read().await?;
        Ok(reports::list_deliveries(reader.connection()?, workspace, state, page).await?)
    }

    async fn cancel(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<Option<u32>, Failure> {
        Ok(retrying(|| self.cancel_once(workspace, id, now, audit)).await?)
    }

    async fn claim(
        &self,
        lease: LeaseId,
        limit: u32,
        busy_sites: &[String],
        now: OffsetDateTime,
    ) -> Result<Option<ClaimedBatch>, Failure> {
        Ok(retrying(|| self.claim_once(lease, limit, busy_sites, now)).await?)
    }

    async fn settle(&self, batch: &SettledBatch, now: OffsetDateTime) -> Result<u32, Failure> {
        Ok(taking_turns(|| self.settle_once(batch, now)).await?)
    }

    async fn list_held(&self) -> Result<Vec<HeldLease>, Failure> {
        let mut reader = self.database.read().await?;
        Ok(reports::list_held(reader.connection()?).await?)
    }

    async fn expire_lease(&self, lease: LeaseId, now: OffsetDateTime) -> Result<u32, Failure> {
        Ok(retrying(|| self.expire_once(lease, now)).await?)
    }

    async fn pause(&self, pause: &Pause) -> Result<(), Failure> {
        let mut transaction = self.database.begin().await?;
        let paused = pauses::write(transaction.connection()?, pause).await;
        Ok(transaction.end(paused).await?)
    }

    async fn list_uncertain(
        &self,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<UncertainPush>, Failure> {
        let mut snapshot = self.database.snapshot().await?;
        let listed = reconcile::list_uncertain(snapshot.connection()?, limit, now).await;
        Ok(snapshot.end(listed).await?)
    }

    async fn load_uncertain(&self, push: PushId) -> Result<Vec<UncertainRequest>, Failure> {
        let mut snapshot = self.database.snapshot().await?;
        let loaded = reconcile::load_uncertain(snapshot.connection()?, push).await;
        Ok(snapshot.end(loaded).await?)
    }

    async fn give_up_uncertain(
        &self,
        before: OffsetDateTime,
        error: &PushError,
        now: OffsetDateTime,
    ) -> Result<u32, Failure> {
        let (mut total, mut after) = (0, None);
        loop {
            let next = || self.give_up_once(before, after, error, now);
            let (given_up, last) = retrying(next).await?;
            total += given_up;
            if last.is_none() {
                return Ok(total);
            }
            after = last;
        }
    }

    async fn begin_look(
        &self,
        push: PushId,
        seen: Option<OffsetDateTime>,
        next: OffsetDateTime,
    ) -> Result<bool, Failure> {
        let mut transaction = self.database.begin().await?;
        let begun = reconcile::begin_look(transaction.connection()?, push, seen, next).await;
        Ok(transaction.end(begun).await?)
    }

    async fn reconcile(
        &self,
        push: PushId,
        findings: &[AttemptFindings],
        quota_points: i64,
        now: OffsetDateTime,
    ) -> Result<u32, Failure> {
        let reconcile = || self.reconcile_once(push, findings, quota_points, now);
        Ok(taking_turns(reconcile).await?)
    }

    async fn find_delivery(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
    ) -> Result<Option<(Delivery, Push)>, Failure> {
        let mut reader = self.database.read().await?;
        Ok(resolve::find_delivery(reader.connection()?, workspace, id).await?)
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
        let seen = resolve::Seen {
            workspace,
            id,
            change_number,
        };
        let resolve = || self.resolve_once(seen, resolution, now, audit);
        Ok(taking_turns(resolve).await?)
    }

    async fn quarantine(
        &self,
        workspace: Option<WorkspaceId>,
        error: &PushError,
        now: OffsetDateTime,
        audit: &AuditEntry,
    ) -> Result<u32, Failure> {
        let (mut total, mut after) = (0, None);
        loop {
            let next = || self.quarantine_once(workspace, after, error, now, audit);
            let (changed, last) = retrying(next).await?;
            total += changed;
            if last.is_none() {
                return Ok(total);
            }
            after = last;
        }
    }

    async fn list_changes(
        &self,
        workspace: WorkspaceId,
        push: PushId,
        after: i64,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Option<PushChanges>, Failure> {
        let mut snapshot = self.database.snapshot().await?;
        let connection = snapshot.connection()?;
        let listed = reports::list_changes(connection, workspace, push, after, limit, now).await;
        Ok(snapshot.end(listed).await?)
    }
}

/// Runs a transaction again when another one linked the same issue at the same moment; then it is seen.
async fn taking_turns<T, F>(attempt: impl Fn() -> F + Send + Sync) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>> + Send,
    T: Send,
{
    match retrying(&attempt).await {
        Err(error) if error.is_unique_violation() => retrying(&attempt).await,
        outcome => outcome,
    }
}
