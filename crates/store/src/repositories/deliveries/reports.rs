//! Reading the ledger.

mod entries;
mod events;

use std::collections::HashMap;

use diesel::dsl::{count_star, max, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::model::{
    Delivery, DeliveryState, Pause, Push, PushCounts, PushEntry, PushReport, PushState, PushSummary,
};
use handoff_domain::delivery::ports::{HeldLease, PushFilter};
use handoff_domain::shared::ids::{PushId, WorkspaceId};
use handoff_domain::shared::page::{Page, PageRequest};
use time::OffsetDateTime;

use super::super::schema::{deliveries, push_tickets, pushes};
use super::super::{Backend, Connection};
use super::pauses::ActivePauses;
use super::rows::{DeliveryRow, PushRow};
use crate::error::StoreError;
use crate::values::{RowId, Word, parse_word};
use entries::{ReportedEntry, entries_of};
pub(super) use events::list_changes;

pub(super) async fn find_push(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: PushId,
    now: OffsetDateTime,
) -> Result<Option<PushReport>, StoreError> {
    let Some(row) = find_row(connection, workspace, id).await? else {
        return Ok(None);
    };
    let push = Push::try_from(row)?;
    let entries = load_entries(connection, id).await?;
    let pause = pause_of(&ActivePauses::load(connection, now).await?, &push);
    Ok(Some(PushReport {
        push,
        entries,
        pause,
    }))
}

async fn find_row(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: PushId,
) -> Result<Option<PushRow>, StoreError> {
    let query = pushes::table
        .filter(pushes::id.eq(RowId::from(id)))
        .filter(pushes::workspace_id.eq(RowId::from(workspace)))
        .select(PushRow::as_select());
    Ok(query.first(connection).await.optional()?)
}

async fn load_entries(
    connection: &mut Connection,
    push: PushId,
) -> Result<Vec<PushEntry>, StoreError> {
    let rows: Vec<ReportedEntry> = entries_of(push.into())
        .order(push_tickets::position)
        .select(ReportedEntry::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(PushEntry::try_from).collect()
}

/// A settled push waits for nothing.
fn pause_of(pauses: &ActivePauses, push: &Push) -> Option<Pause> {
    pauses
        .on_creates(&push.site_id)
        .filter(|_| push.state == PushState::Running)
}

pub(super) async fn push_state(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: PushId,
) -> Result<Option<PushState>, StoreError> {
    let state: Option<String> = pushes::table
        .filter(pushes::id.eq(RowId::from(id)))
        .filter(pushes::workspace_id.eq(RowId::from(workspace)))
        .select(pushes::state)
        .first(connection)
        .await
        .optional()?;
    state
        .map(|word| parse_word("pushes.state", &word))
        .transpose()
}

pub(super) async fn list_pushes(
    connection: &mut Connection,
    workspace: WorkspaceId,
    filter: PushFilter,
    page: PageRequest,
    now: OffsetDateTime,
) -> Result<Page<PushSummary>, StoreError> {
    let mut query = pushes::table
        .filter(pushes::workspace_id.eq(RowId::from(workspace)))
        .order(pushes::id.desc())
        .limit(i64::from(page.limit) + 1)
        .select(PushRow::as_select())
        .into_boxed::<Backend>();
    if let Some(document) = filter.document_id {
        query = query.filter(pushes::document_id.eq(RowId::from(document)));
    }
    if let Some(state) = filter.state {
        query = query.filter(pushes::state.eq(state.word()));
    }
    if let Some(after) = page.after {
        query = query.filter(pushes::id.lt(RowId(after)));
    }
    let rows: Vec<PushRow> = query.load(connection).await?;
    let page = Page::from_rows(rows, page.limit, |row| row.id.0);
    let ids: Vec<RowId> = page.items.iter().map(|row| row.id).collect();
    let mut counts = count_entries(connection, &ids).await?;
    let pauses = ActivePauses::load(connection, now).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let counts = counts.remove(&row.id).unwrap_or_default();
        let push = Push::try_from(row)?;
        items.push(PushSummary {
            pause: pause_of(&pauses, &push),
            push,
            counts,
        });
    }
    Ok(Page {
        items,
        next: page.next,
    })
}

async fn count_entries(
    connection: &mut Connection,
    ids: &[RowId],
) -> Result<HashMap<RowId, PushCounts>, StoreError> {
    let delivered: Vec<(RowId, String, i64)> = push_tickets::table
        .inner_join(deliveries::table.on(push_tickets::delivery_id.eq(deliveries::id.nullable())))
        .filter(push_tickets::push_id.eq_any(ids))
        .group_by((push_tickets::push_id, deliveries::state))
        .select((push_tickets::push_id, deliveries::state, count_star()))
        .load(connection)
        .await?;
    let already_pushed: Vec<(RowId, i64)> = push_tickets::table
        .filter(push_tickets::push_id.eq_any(ids))
        .filter(push_tickets::delivery_id.is_null())
        .group_by(push_tickets::push_id)
        .select((push_tickets::push_id, count_star()))
        .load(connection)
        .await?;
    let mut counts: HashMap<RowId, PushCounts> = HashMap::with_capacity(ids.len());
    for (push, state, tickets) in delivered {
        let state = parse_word("deliveries.state", &state)?;
        counts
            .entry(push)
            .or_default()
            .add(Some(state), to_count(tickets));
    }
    for (push, tickets) in already_pushed {
        counts.entry(push).or_default().add(None, to_count(tickets));
    }
    Ok(counts)
}

fn to_count(tickets: i64) -> u32 {
    u32::try_from(tickets).unwrap_or(u32::MAX)
}

pub(super) async fn list_deliveries(
    connection: &mut Connection,
    workspace: WorkspaceId,
    state: Option<DeliveryState>,
    page: PageRequest,
) -> Result<Page<Delivery>, StoreError> {
    let mut query = deliveries::table
        .filter(deliveries::workspace_id.eq(RowId::from(workspace)))
        .order(deliveries::id.desc())
        .limit(i64::from(page.limit) + 1)
        .select(DeliveryRow::as_select())
        .into_boxed::<Backend>();
    if let Some(state) = state {
        query = query.filter(deliveries::state.eq(state.word()));
    }
    if let Some(after) = page.after {
        query = query.filter(deliveries::id.lt(RowId(after)));
    }
    let rows: Vec<DeliveryRow> = query.load(connection).await?;
    let found = rows
        .into_iter()
        .map(Delivery::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Page::from_rows(found, page.limit, |delivery: &Delivery| {
        delivery.id.as_uuid()
    }))
}

pub(super) async fn list_held(connection: &mut Connection) -> Result<Vec<HeldLease>, StoreError> {
    let rows: Vec<(Option<RowId>, Option<i64>)> = deliveries::table
        .filter(sql::<Bool>("deliveries.state = 'sending'"))
        .group_by(deliveries::lease_id)
        .select((deliveries::lease_id, max(deliveries::change_number)))
        .load(connection)
        .await?;
    let held = rows.into_iter().filter_map(|(lease, change_number)| {
        Some(HeldLease {
            lease_id: lease?.id(),
            change_number: change_number?,
        })
    });
    Ok(held.collect())
}
