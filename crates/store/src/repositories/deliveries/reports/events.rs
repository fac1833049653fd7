//! What changed in a push.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::model::{NumberedEntry, Push, PushChanges, PushSummary};
use handoff_domain::shared::ids::{PushId, WorkspaceId};
use time::OffsetDateTime;

use super::super::super::Connection;
use super::super::super::schema::push_tickets;
use super::super::pauses::ActivePauses;
use super::{ReportedEntry, count_entries, entries_of, find_row, pause_of};
use crate::error::StoreError;
use crate::values::RowId;

/// The number of an entry: its own where the delivery is another push's or there is none, otherwise the delivery's.
const NUMBER: &str = "COALESCE(push_tickets.change_number, deliveries.change_number, 0)";

pub(in super::super) async fn list_changes(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: PushId,
    after: i64,
    limit: u32,
    now: OffsetDateTime,
) -> Result<Option<PushChanges>, StoreError> {
    let Some(row) = find_row(connection, workspace, id).await? else {
        return Ok(None);
    };
    let mut counts = count_entries(connection, &[row.id]).await?;
    let counts = counts.remove(&row.id).unwrap_or_default();
    let entries = if row.change_number > after {
        load_changed(connection, row.id, after, limit).await?
    } else {
        Vec::new()
    };
    let push = Push::try_from(row)?;
    let pause = pause_of(&ActivePauses::load(connection, now).await?, &push);
    let summary = PushSummary {
        push,
        counts,
        pause,
    };
    Ok(Some(PushChanges { summary, entries }))
}

async fn load_changed(
    connection: &mut Connection,
    push: RowId,
    after: i64,
    limit: u32,
) -> Result<Vec<NumberedEntry>, StoreError> {
    let rows: Vec<(i64, ReportedEntry)> = entries_of(push)
        .filter(sql::<BigInt>(NUMBER).gt(after))
        .order((sql::<BigInt>(NUMBER), push_tickets::position))
        .limit(i64::from(limit))
        .select((sql::<BigInt>(NUMBER), ReportedEntry::as_select()))
        .load(connection)
        .await?;
    let numbered = |(change_number, row): (i64, ReportedEntry)| {
        Ok(NumberedEntry {
            change_number,
            entry: row.try_into()?,
        })
    };
    rows.into_iter().map(numbered).collect()
}
