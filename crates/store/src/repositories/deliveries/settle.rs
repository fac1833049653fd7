//! Writing down what became of deliveries.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::model::{DeliveryState, Fence, SettledBatch, Settlement};
use handoff_domain::shared::ids::LeaseId;
use handoff_domain::ticket::model::{ExternalIssue, PushError};
use time::OffsetDateTime;

use super::super::schema::{deliveries, pushes};
use super::super::{Connection, locks};
use super::changes::{CANDIDATE, CandidateColumns, TicketChange, change, is_held};
use super::links::{Links, Unlinked};
use super::rows::{DeliveryRow, PushRow};
use crate::error::StoreError;
use crate::values::{RowId, Word, to_json};

pub(super) async fn settle(
    connection: &mut Connection,
    batch: &SettledBatch,
    now: OffsetDateTime,
) -> Result<u32, StoreError> {
    let (push, lease) = (RowId::from(batch.push_id), RowId::from(batch.lease_id));
    let outcomes: HashMap<RowId, &Settlement> = batch
        .outcomes
        .iter()
        .map(|(id, outcome)| (RowId::from(*id), outcome))
        .collect();
    let ids: Vec<RowId> = outcomes.keys().copied().collect();
    let found: Vec<CandidateColumns> = deliveries::table
        .filter(deliveries::id.eq_any(&ids))
        .filter(deliveries::push_id.eq(push))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    let answered = found.iter().map(|(id, ..)| *id).min();
    let issues: Vec<&ExternalIssue> = outcomes.values().filter_map(|it| issue_of(it)).collect();
    let mut links = Links::load(connection, &issues).await?;
    let mut unlinked = Unlinked::new(now);
    let written = change(connection, found, now, |row, push| {
        let Some(outcome) = outcomes.get(&row.id) else {
            return Ok(None);
        };
        if let Settlement::Confirmed { external } = outcome {
            unlinked.note(row, external)?;
        }
        write_outcome(row, push, lease, outcome, &mut links)
    });
    let written = written.await?;
    if is_first_answer(connection, answered, lease).await? {
        spend(connection, push, batch.quota_points).await?;
        unlinked.write(connection).await?;
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

/// Proof of presence is taken from whoever brings it; everything else needs the lease.
fn write_outcome(
    row: &mut DeliveryRow,
    push: &PushRow,
    lease: RowId,
    outcome: &Settlement,
    links: &mut Links,
) -> Result<Option<TicketChange>, StoreError> {
    match outcome {
        Settlement::Confirmed { external } if row.may_be_there()? => {
            links.confirm_or_ask(row, external)
        }
        _ if !is_held(row, lease) => Ok(None),
        Settlement::Confirmed { .. } => Ok(None),
        Settlement::Rejected { error } => {
            row.error = Some(to_json(error)?);
            row.set_state(DeliveryState::Rejected);
            Ok(Some(TicketChange::Failed))
        }
        Settlement::Retry { at, error } => {
            row.error = Some(to_json(error)?);
            Ok(Some(queue_again(row, push, Some(*at))))
        }
        Settlement::Uncertain { error } => {
            row.error = Some(to_json(error)?);
            row.set_state(DeliveryState::Uncertain);
            Ok(Some(TicketChange::Keep))
        }
    }
}

/// Queues a delivery that certainly made no issue, or calls it off with its push, unless a person had it sent again after
/// that.
pub(super) fn queue_again(
    row: &mut DeliveryRow,
    push: &PushRow,
    at: Option<OffsetDateTime>,
) -> TicketChange {
    if push.cancelled_at.is_some() && !row.is_resent {
        row.error = None;
        row.set_state(DeliveryState::Cancelled);
        return TicketChange::Released;
    }
    row.set_state(DeliveryState::Queued);
    row.retry_at = at;
    TicketChange::Keep
}

pub(super) async fn expire(
    connection: &mut Connection,
    lease: LeaseId,
    now: OffsetDateTime,
) -> Result<u32, StoreError> {
    let lease = RowId::from(lease);
    let found: Vec<CandidateColumns> = deliveries::table
        .filter(deliveries::lease_id.eq(lease))
        .filter(deliveries::state.eq(DeliveryState::Sending.word()))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    let expired = change(connection, found, now, |row, _| {
        if !is_held(row, lease) {
            return Ok(None);
        }
        row.error = Some(to_json(&PushError::sender_died())?);
        row.set_state(DeliveryState::Uncertain);
        Ok(Some(TicketChange::Keep))
    });
    expired.await
}
