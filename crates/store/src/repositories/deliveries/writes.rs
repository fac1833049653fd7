//! Writing rows of the ledger, many with one statement.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::super::schema::{deliveries, push_tickets, pushes};
use super::super::{Connection, execute_batch};
use super::rows::{DeliveryRow, EntryRow, PushRow};
use crate::batches::batches;
use crate::error::StoreError;

/// How many rows one statement writes; keeps well below the databases' greatest number of parameters.
pub(super) const ROWS_PER_STATEMENT: usize = 500;

/// Writes what can change of deliveries.
pub(super) async fn write_deliveries(
    connection: &mut Connection,
    rows: Vec<DeliveryRow>,
) -> Result<(), StoreError> {
    for batch in batches(rows, ROWS_PER_STATEMENT) {
        let upsert = diesel::insert_into(deliveries::table)
            .values(batch)
            .on_conflict(deliveries::id)
            .do_update()
            .set((
                deliveries::state.eq(excluded(deliveries::state)),
                deliveries::attempts.eq(excluded(deliveries::attempts)),
                deliveries::retry_at.eq(excluded(deliveries::retry_at)),
                deliveries::lease_id.eq(excluded(deliveries::lease_id)),
                deliveries::fence.eq(excluded(deliveries::fence)),
                deliveries::error.eq(excluded(deliveries::error)),
                deliveries::external_id.eq(excluded(deliveries::external_id)),
                deliveries::external_key.eq(excluded(deliveries::external_key)),
                deliveries::external_url.eq(excluded(deliveries::external_url)),
                deliveries::change_number.eq(excluded(deliveries::change_number)),
                deliveries::updated_at.eq(excluded(deliveries::updated_at)),
                deliveries::attempt_id.eq(excluded(deliveries::attempt_id)),
                deliveries::attempted_at.eq(excluded(deliveries::attempted_at)),
                deliveries::is_resent.eq(excluded(deliveries::is_resent)),
            ));
        execute_batch(connection, upsert).await?;
    }
    Ok(())
}

/// Writes what can change of pushes.
pub(super) async fn write_pushes(
    connection: &mut Connection,
    rows: Vec<PushRow>,
) -> Result<(), StoreError> {
    for batch in batches(rows, ROWS_PER_STATEMENT) {
        let upsert = diesel::insert_into(pushes::table)
            .values(batch)
            .on_conflict(pushes::id)
            .do_update()
            .set((
                pushes::state.eq(excluded(pushes::state)),
                pushes::change_number.eq(excluded(pushes::change_number)),
                pushes::settled_at.eq(excluded(pushes::settled_at)),
                pushes::cancelled_at.eq(excluded(pushes::cancelled_at)),
            ));
        execute_batch(connection, upsert).await?;
    }
    Ok(())
}

/// Writes the change numbers of entries.
pub(super) async fn write_entries(
    connection: &mut Connection,
    rows: Vec<EntryRow>,
) -> Result<(), StoreError> {
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        let upsert = diesel::insert_into(push_tickets::table)
            .values(chunk.to_vec())
            .on_conflict((push_tickets::push_id, push_tickets::position))
            .do_update()
            .set(push_tickets::change_number.eq(excluded(push_tickets::change_number)));
        execute_batch(connection, upsert).await?;
    }
    Ok(())
}
