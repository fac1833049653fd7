//! Writing down what became of deliveries.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::ledger;
use handoff_domain::delivery::model::{DeliveryState, Fence, SettledBatch, Settlement};
use handoff_domain::shared::ids::LeaseId;
use handoff_domain::ticket::model::ExternalIssue;
use time::OffsetDateTime;

use super::super::schema::{deliveries, pushes};
use super::super::{Connection, locks};
use super::changes::{CANDIDATE, Candidate, Ledger, change};
use super::links::load_links;
use crate::error::StoreError;
use crate::values::{RowId, Word};

pub(super) async fn settle(
    connection: &mut Connection,
    batch: &SettledBatch,
    now: OffsetDateTime,
) -> Result<u32, StoreError> {
    let (push, lease) = (RowId::from(batch.push_id), RowId::from(batch.lease_id));
    let ids: Vec<RowId> = batch.outcomes.iter().map(|(id, _)| (*id).into()).collect();
    let found: Vec<Candidate> = deliveries::table
        .filter(deliveries::id.eq_any(&ids))
        .filter(deliveries::push_id.eq(push))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    let first = found.iter().map(|(id, ..)| *id).min();
    let issues = batch.outcomes.iter().filter_map(|(_, it)| issue_of(it));
    let links = load_links(connection, &issues.collect::<Vec<_>>()).await?;
    let locked = Ledger::lock(connection, &found).await?;
    let is_first_answer = is_first_answer(connection, first, lease).await?;
    let changes = ledger::settle(locked.locked()?, batch, links, is_first_answer, now);
    let written = locked.write(connection, changes, now).await?;
    if is_first_answer {
        spend(connection, push, batch.quota_points).await?;
    }
    if let Some(fence) = &batch.fence {
        raise_fence(connection, push, fence).await?;
    }
    Ok(written)
}

/// Whether the answer of this request comes for the first time: one whose own receipt was lost is brought again. Kept at
/// the first of its deliveries.
async fn is_first_answer(
    connection: &mut Connection,
    first: Option<RowId>,
    lease: RowId,
) -> Result<bool, StoreError> {
    let Some(first) = first else {
        return Ok(false);
    };
    let answered = deliveries::answered_lease_id;
    let is_other = answered.is_null().or(answered.ne(lease));
    let delivery = deliveries::table.filter(deliveries::id.eq(first));
    let noted = diesel::update(delivery.filter(is_other))
        .set(deliveries::answered_lease_id.eq(lease))
        .execute(connection);
    Ok(noted.await? > 0)
}

/// Lets later attempts be looked for from here on, unless others have seen more of the project already.
async fn raise_fence(
    connection: &mut Connection,
    push: RowId,
    seen: &Fence,
) -> Result<(), StoreError> {
    locks::pushes(connection, &[push]).await?;
    let query = pushes::table.find(push).select(pushes::fence);
    let known: Option<String> = query.first(connection).await.optional()?;
    let Some(known) = known.map(Fence) else {
        return Ok(());
    };
    if seen.is_beyond(&known) {
        diesel::update(pushes::table.find(push))
            .set(pushes::fence.eq(&seen.0))
            .execute(connection)
            .await?;
    }
    Ok(())
}

const fn issue_of(outcome: &Settlement) -> Option<&ExternalIssue> {
    match outcome {
        Settlement::Confirmed { external } => Some(external),
        _ => None,
    }
}

/// Adds the points that requests cost to a push.
pub(super) async fn spend(
    connection: &mut Connection,
    push: RowId,
    quota_points: i64,
) -> Result<(), StoreError> {
    if quota_points == 0 {
        return Ok(());
    }
    diesel::update(pushes::table.find(push))
        .set(pushes::quota_points.eq(pushes::quota_points + quota_points))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn expire(
    connection: &mut Connection,
    lease: LeaseId,
    now: OffsetDateTime,
) -> Result<u32, StoreError> {
    let found: Vec<Candidate> = deliveries::table
        .filter(deliveries::lease_id.eq(RowId::from(lease)))
        .filter(deliveries::state.eq(DeliveryState::Sending.word()))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    change(connection, &found, now, |locked| {
        ledger::expire(locked, lease)
    })
    .await
}
