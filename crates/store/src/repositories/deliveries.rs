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
mod reconcile;
mod reports;
mod resolve;
mod rows;
mod settle;
mod tickets;
mod writes;

use async_trait::async_trait;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::delivery::model::{
    AttemptFindings, ClaimedBatch, Delivery, DeliveryState, Pause, Push, PushChanges, PushReport,
    PushState, PushSummary, Resolution, SettledBatch, UncertainPush, UncertainRequest,
};
use handoff_domain::delivery::ports::{
    AcceptOutcome, DeliveryQueue, HeldLease, IdempotencyKey, KeyLookup, NewPush, PushFilter,
    PushRepository, ResolveOutcome, UncertainDeliveries,
};
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::{DeliveryId, LeaseId, PushId, WorkspaceId};
use handoff_domain::shared::page::{Page, PageRequest};
use handoff_domain::ticket::model::PushError;
use time::OffsetDateTime;

use super::session::work;
use super::{Database, audit};
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
}

#[async_trait]
impl PushRepository for Deliveries {
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
        self.database
            .write_in_turn(|connection| work(accept::accept(connection, push)))
            .await
    }

    async fn find_push(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        now: OffsetDateTime,
    ) -> Result<Option<PushReport>, Failure> {
        self.database
            .snapshot(|connection| work(reports::find_push(connection, workspace, id, now)))
            .await
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
        self.database
            .snapshot(|connection| {
                work(reports::list_pushes(
                    connection, workspace, filter, page, now,
                ))
            })
            .await
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
        self.database
            .write(|connection| work(cancel::cancel(connection, workspace, id, now, audit)))
            .await
    }

    async fn list_changes(
        &self,
        workspace: WorkspaceId,
        push: PushId,
        after: i64,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Option<PushChanges>, Failure> {
        self.database
            .snapshot(|connection| {
                work(reports::list_changes(
                    connection, workspace, push, after, limit, now,
                ))
            })
            .await
    }
}

#[async_trait]
impl DeliveryQueue for Deliveries {
    async fn claim(
        &self,
        lease: LeaseId,
        limit: u32,
        busy_sites: &[String],
        now: OffsetDateTime,
    ) -> Result<Option<ClaimedBatch>, Failure> {
        self.database
            .write(|connection| work(claim::claim(connection, lease, limit, busy_sites, now)))
            .await
    }

    async fn settle(&self, batch: &SettledBatch, now: OffsetDateTime) -> Result<u32, Failure> {
        self.database
            .write_in_turn(|connection| work(settle::settle(connection, batch, now)))
            .await
    }

    async fn list_held(&self) -> Result<Vec<HeldLease>, Failure> {
        let mut reader = self.database.read().await?;
        Ok(reports::list_held(reader.connection()?).await?)
    }

    async fn expire_lease(&self, lease: LeaseId, now: OffsetDateTime) -> Result<u32, Failure> {
        self.database
            .write(|connection| work(settle::expire(connection, lease, now)))
            .await
    }

    async fn pause(&self, pause: &Pause) -> Result<(), Failure> {
        self.database
            .write(|connection| work(pauses::write(connection, pause)))
            .await
    }
}

#[async_trait]
impl UncertainDeliveries for Deliveries {
    async fn list_uncertain(
        &self,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<UncertainPush>, Failure> {
        self.database
            .snapshot(|connection| work(reconcile::list_uncertain(connection, limit, now)))
            .await
    }

    async fn load_uncertain(&self, push: PushId) -> Result<Vec<UncertainRequest>, Failure> {
        self.database
            .snapshot(|connection| work(reconcile::load_uncertain(connection, push)))
            .await
    }

    async fn begin_look(
        &self,
        push: PushId,
        seen: Option<OffsetDateTime>,
        next: OffsetDateTime,
    ) -> Result<bool, Failure> {
        self.database
            .write(|connection| work(reconcile::begin_look(connection, push, seen, next)))
            .await
    }

    async fn reconcile(
        &self,
        push: PushId,
        findings: &[AttemptFindings],
        quota_points: i64,
        now: OffsetDateTime,
    ) -> Result<u32, Failure> {
        self.database
            .write_in_turn(|connection| {
                work(reconcile::reconcile(
                    connection,
                    push,
                    findings,
                    quota_points,
                    now,
                ))
            })
            .await
    }

    async fn give_up_uncertain(
        &self,
        before: OffsetDateTime,
        error: &PushError,
        now: OffsetDateTime,
    ) -> Result<u32, Failure> {
        let (mut total, mut after) = (0, None);
        loop {
            let step = self.database.write::<_, Failure>(|connection| {
                work(reconcile::give_up(connection, before, after, error, now))
            });
            let (given_up, last) = step.await?;
            total += given_up;
            if last.is_none() {
                return Ok(total);
            }
            after = last;
        }
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
        self.database
            .write_in_turn(|connection| {
                work(resolve::resolve(connection, seen, resolution, now, audit))
            })
            .await
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
            let step = self.database.write::<_, Failure>(|connection| {
                work(async move {
                    if after.is_none() {
                        audit::insert(connection, audit).await?;
                    }
                    resolve::quarantine(connection, workspace, after, error, now).await
                })
            });
            let (changed, last) = step.await?;
            total += changed;
            if last.is_none() {
                return Ok(total);
            }
            after = last;
        }
    }
}
