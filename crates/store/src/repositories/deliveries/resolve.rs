//! What people decide about single deliveries, and operators about all.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::delivery::ledger;
use handoff_domain::delivery::model::{Delivery, Push, Resolution};
use handoff_domain::delivery::ports::ResolveOutcome;
use handoff_domain::shared::ids::{DeliveryId, WorkspaceId};
use handoff_domain::ticket::model::{ExternalIssue, PushError};
use time::OffsetDateTime;

use super::super::schema::{deliveries, pushes};
use super::super::{Backend, Connection, audit};
use super::accept::{Bound, is_connected};
use super::changes::{CANDIDATE, CHANGED_AT_ONCE, Candidate, IS_UNSETTLED, Ledger, change};
use super::links::load_links;
use super::rows::{DeliveryRow, PushRow};
use crate::error::StoreError;
use crate::values::RowId;

pub(super) async fn find_delivery(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: DeliveryId,
) -> Result<Option<(Delivery, Push)>, StoreError> {
    let row: Option<(DeliveryRow, PushRow)> = deliveries::table
        .inner_join(pushes::table.on(pushes::id.eq(deliveries::push_id)))
        .filter(deliveries::id.eq(RowId::from(id)))
        .filter(deliveries::workspace_id.eq(RowId::from(workspace)))
        .select((DeliveryRow::as_select(), PushRow::as_select()))
        .first(connection)
        .await
        .optional()?;
    row.map(|(delivery, push)| Ok((delivery.try_into()?, push.try_into()?)))
        .transpose()
}

/// The delivery that is decided about, as the person saw it.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) workspace: WorkspaceId,
    pub(super) id: DeliveryId,
    pub(super) change_number: i64,
}

pub(super) async fn resolve(
    connection: &mut Connection,
    seen: Seen,
    resolution: &Resolution,
    now: OffsetDateTime,
    entry: &AuditEntry,
) -> Result<ResolveOutcome, StoreError> {
    let can_be_sent = match resolution {
        Resolution::Resend => can_be_sent(connection, seen).await?,
        Resolution::Link { .. } | Resolution::Abandon { .. } => true,
    };
    let found: Vec<Candidate> = deliveries::table
        .filter(deliveries::id.eq(RowId::from(seen.id)))
        .filter(deliveries::workspace_id.eq(RowId::from(seen.workspace)))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    let issues: &[&ExternalIssue] = match resolution {
        Resolution::Link { external } => &[external],
        Resolution::Resend | Resolution::Abandon { .. } => &[],
    };
    let links = load_links(connection, issues).await?;
    let locked = Ledger::lock(connection, &found).await?;
    let (outcome, changes) = ledger::resolve(
        locked.locked()?,
        seen.change_number,
        resolution,
        can_be_sent,
        links,
    );
    locked.write(connection, changes, now).await?;
    if outcome == ResolveOutcome::Resolved {
        audit::insert(connection, entry).await?;
    }
    Ok(outcome)
}

/// Whether the workspace is connected to what the push is bound to: queued for another site it would be stuck.
async fn can_be_sent(connection: &mut Connection, seen: Seen) -> Result<bool, StoreError> {
    let push: Option<PushRow> = deliveries::table
        .inner_join(pushes::table.on(pushes::id.eq(deliveries::push_id)))
        .filter(deliveries::id.eq(RowId::from(seen.id)))
        .filter(deliveries::workspace_id.eq(RowId::from(seen.workspace)))
        .select(PushRow::as_select())
        .first(connection)
        .await
        .optional()?;
    let Some(push) = push else {
        return Ok(false);
    };
    let bound = Bound {
        workspace: push.workspace_id,
        platform: &push.platform,
        site: &push.site_id,
        account: &push.account_id,
    };
    is_connected(connection, bound).await
}

/// Leaves the next unfinished deliveries to a person. Answers how many, and the last one that was looked at, if there may
/// be more.
pub(super) async fn quarantine(
    connection: &mut Connection,
    workspace: Option<WorkspaceId>,
    after: Option<RowId>,
    error: &PushError,
    now: OffsetDateTime,
) -> Result<(u32, Option<RowId>), StoreError> {
    let mut query = deliveries::table
        .filter(sql::<Bool>(IS_UNSETTLED))
        .order(deliveries::id)
        .limit(CHANGED_AT_ONCE)
        .select(CANDIDATE)
        .into_boxed::<Backend>();
    if let Some(workspace) = workspace {
        query = query.filter(deliveries::workspace_id.eq(RowId::from(workspace)));
    }
    if let Some(after) = after {
        query = query.filter(deliveries::id.gt(after));
    }
    let found: Vec<Candidate> = query.load(connection).await?;
    let last = found.last().map(|(id, ..)| *id);
    let changed = change(connection, &found, now, |locked| {
        ledger::quarantine(locked, error)
    });
    Ok((changed.await?, last))
}
