//! Writing down what became of deliveries.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::connection::model::Integration;
use handoff_domain::delivery::model::{DeliveryState, SettledBatch, Settlement};
use handoff_domain::shared::ids::{LeaseId, PushId, WorkspaceId};
use handoff_domain::ticket::model::{ExternalIssue, PushError, PushErrorCode};
use time::OffsetDateTime;

use super::super::schema::{deliveries, pushes};
use super::super::{Connection, audit};
use super::changes::{Candidate, CandidateColumns, TicketChange, change, is_held};
use super::rows::DeliveryRow;
use crate::error::StoreError;
use crate::values::{RowId, Word, to_json};

const CANDIDATE: (deliveries::id, deliveries::push_id, deliveries::ticket_id) =
    (deliveries::id, deliveries::push_id, deliveries::ticket_id);

pub(super) async fn settle(
    connection: &mut Connection,
    batch: &SettledBatch,
    now: OffsetDateTime,
) -> Result<u32, StoreError> {
    let (push, lease) = (RowId::from(batch.push_id), RowId::from(batch.lease_id));
    let quota_points = batch.quota_points;
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
    let written = change(connection, candidates(found), now, |row| {
        match outcomes.get(&row.id) {
            Some(outcome) => write_outcome(row, lease, outcome),
            None => Ok(None),
        }
    });
    let written = written.await?;
    if quota_points != 0 {
        let spent = pushes::quota_points.eq(pushes::quota_points + quota_points);
        diesel::update(pushes::table.find(push))
            .set(spent)
            .execute(connection)
            .await?;
    }
    Ok(written)
}

/// Proof of presence is taken from whoever brings it; everything else needs the lease.
fn write_outcome(
    row: &mut DeliveryRow,
    lease: RowId,
    outcome: &Settlement,
) -> Result<Option<TicketChange>, StoreError> {
    let may_be_there = matches!(
        row.state()?,
        DeliveryState::Sending | DeliveryState::Uncertain | DeliveryState::NeedsAttention
    );
    match outcome {
        Settlement::Confirmed { external } if may_be_there => {
            confirm(row, external);
            Ok(Some(TicketChange::Pushed))
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
            row.set_state(DeliveryState::Queued);
            row.retry_at = Some(*at);
            Ok(Some(TicketChange::Keep))
        }
        Settlement::Uncertain { error } => {
            row.error = Some(to_json(error)?);
            row.set_state(DeliveryState::Uncertain);
            Ok(Some(TicketChange::Keep))
        }
    }
}

fn confirm(row: &mut DeliveryRow, external: &ExternalIssue) {
    row.error = None;
    row.external_id = Some(external.id.clone());
    row.external_key = Some(external.key.clone());
    row.external_url = Some(external.url.clone());
    row.set_state(DeliveryState::Confirmed);
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
    let expired = change(connection, candidates(found), now, |row| {
        if !is_held(row, lease) {
            return Ok(None);
        }
        row.set_state(DeliveryState::Uncertain);
        Ok(Some(TicketChange::Keep))
    });
    expired.await
}

pub(super) async fn cancel(
    connection: &mut Connection,
    workspace: WorkspaceId,
    push: PushId,
    now: OffsetDateTime,
    entry: &AuditEntry,
) -> Result<Option<u32>, StoreError> {
    let push = RowId::from(push);
    let known: Option<RowId> = pushes::table
        .filter(pushes::id.eq(push))
        .filter(pushes::workspace_id.eq(RowId::from(workspace)))
        .select(pushes::id)
        .first(connection)
        .await
        .optional()?;
    if known.is_none() {
        return Ok(None);
    }
    let found: Vec<CandidateColumns> = deliveries::table
        .filter(deliveries::push_id.eq(push))
        .filter(deliveries::state.eq(DeliveryState::Queued.word()))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    let cancelled = change(connection, candidates(found), now, cancel_queued).await?;
    audit::insert(connection, entry).await?;
    Ok(Some(cancelled))
}

/// Cancels everything that a workspace has queued.
pub(in super::super) async fn cancel_workspace(
    connection: &mut Connection,
    workspace: WorkspaceId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let found: Vec<CandidateColumns> = deliveries::table
        .filter(deliveries::workspace_id.eq(RowId::from(workspace)))
        .filter(deliveries::state.eq(DeliveryState::Queued.word()))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    change(connection, candidates(found), now, cancel_queued).await?;
    Ok(())
}

fn cancel_queued(row: &mut DeliveryRow) -> Result<Option<TicketChange>, StoreError> {
    if row.state()? != DeliveryState::Queued {
        return Ok(None);
    }
    row.set_state(DeliveryState::Cancelled);
    Ok(Some(TicketChange::Released))
}

/// What is bound to another site or account than the workspace is connected to now: unsent deliveries are cancelled, and
/// where an issue may be on another site, a person must decide, because it can no longer be looked for.
pub(in super::super) async fn strand(
    connection: &mut Connection,
    integration: &Integration,
) -> Result<(), StoreError> {
    let workspace = RowId::from(integration.workspace_id);
    let (site, account) = (&integration.config.cloud_id, &integration.config.account_id);
    let now = integration.updated_at;
    let unsent: Vec<CandidateColumns> = deliveries::table
        .inner_join(pushes::table.on(pushes::id.eq(deliveries::push_id)))
        .filter(deliveries::workspace_id.eq(workspace))
        .filter(deliveries::state.eq(DeliveryState::Queued.word()))
        .filter(pushes::site_id.ne(site).or(pushes::account_id.ne(account)))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    change(connection, candidates(unsent), now, cancel_queued).await?;
    let may_exist = [
        DeliveryState::Sending.word(),
        DeliveryState::Uncertain.word(),
    ];
    let found: Vec<CandidateColumns> = deliveries::table
        .filter(deliveries::workspace_id.eq(workspace))
        .filter(deliveries::state.eq_any(may_exist))
        .filter(deliveries::site_id.ne(site))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    let message = "site_changed: the workspace was connected to another site meanwhile";
    let error = to_json(&PushError::new(PushErrorCode::OtherSite, message))?;
    let stranded = change(connection, candidates(found), now, |row| {
        let may_exist = matches!(
            row.state()?,
            DeliveryState::Sending | DeliveryState::Uncertain
        );
        if !may_exist {
            return Ok(None);
        }
        row.error = Some(error.clone());
        row.set_state(DeliveryState::NeedsAttention);
        Ok(Some(TicketChange::Touched))
    });
    stranded.await?;
    Ok(())
}

fn candidates(found: Vec<CandidateColumns>) -> Vec<Candidate> {
    found.into_iter().map(Candidate::from).collect()
}
