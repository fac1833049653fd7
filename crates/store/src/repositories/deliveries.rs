//! The ledger of pushes and deliveries.
//!
//! Rows are locked in one order: integrations, tickets, pushes. Whoever changes a delivery holds its push, which gives the
//! change number; whoever opens, joins or settles one also holds its ticket, so that no push can join unseen.

mod accept;
mod changes;
mod claim;
mod pauses;
mod plan;
mod reports;
mod rows;
mod settle;

use async_trait::async_trait;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::delivery::model::{
    ClaimedBatch, Delivery, DeliveryState, Pause, PushReport, PushState, PushSummary, SettledBatch,
};
use handoff_domain::delivery::ports::{
    AcceptOutcome, DeliveryRepository, HeldLease, IdempotencyKey, KeyLookup, NewPush, PushFilter,
};
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::{LeaseId, PushId, WorkspaceId};
use handoff_domain::shared::page::{Page, PageRequest};
use time::OffsetDateTime;

use super::Database;
use super::session::retrying;
use crate::error::StoreError;
pub(super) use settle::{cancel_workspace, strand};

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
        let cancelled = settle::cancel(connection, workspace, id, now, audit).await;
        transaction.end(cancelled).await
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
        Ok(retrying(|| self.settle_once(batch, now)).await?)
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
}
