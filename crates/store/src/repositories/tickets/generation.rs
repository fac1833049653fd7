//! Bringing the scoped tickets of a document in.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::ticket::ports::{Generated, GenerationOutcome};
use handoff_domain::ticket::regeneration::{
    Generation, KnownTicket, RegenerationPlan, plan as regenerate,
};
use time::OffsetDateTime;

use super::super::schema::{document_blocks, documents, execution_tickets};
use super::super::{Connection, locks};
use super::rows::{self, KnownRow};
use super::{IDS_PER_STATEMENT, coverage, delivery_state, ids_of_document, load, of_document};
use crate::error::StoreError;
use crate::values::RowId;

/// When each ticket that is deleted was deleted.
type Deletions = HashMap<RowId, OffsetDateTime>;

/// Writes what the domain makes of the document's tickets and of what was scoped.
pub(super) async fn apply(
    connection: &mut Connection,
    generation: &Generation,
) -> Result<GenerationOutcome, StoreError> {
    let id = RowId::from(generation.document_id);
    locks::document(connection, id).await?;
    if version_of(connection, id).await? != Some(generation.document_version) {
        return Ok(GenerationOutcome::DocumentChanged);
    }
    let (known, deletions) = load_known(connection, id).await?;
    let plan = regenerate(&known, generation);
    remove(connection, &plan).await?;
    write(connection, id, &plan, &deletions).await?;
    coverage::keep(connection, generation, &plan).await?;
    let tickets = of_document(generation.workspace_id, generation.document_id, None);
    Ok(GenerationOutcome::Done(Generated {
        tickets: load(connection, tickets).await?,
        ids: plan.ids,
        coverage: plan.coverage,
        notes: plan.notes,
    }))
}

async fn version_of(connection: &mut Connection, id: RowId) -> Result<Option<i64>, StoreError> {
    let version = documents::table
        .filter(documents::id.eq(id))
        .filter(documents::deleted_at.is_null())
        .select(documents::version)
        .first(connection)
        .await;
    Ok(version.optional()?)
}

/// Every ticket that the document ever had, locked.
async fn load_known(
    connection: &mut Connection,
    document: RowId,
) -> Result<(Vec<KnownTicket>, Deletions), StoreError> {
    let ids = ids_of_document(connection, document).await?;
    let (mut known, mut deletions) = (Vec::with_capacity(ids.len()), Deletions::new());
    for ids in ids.chunks(IDS_PER_STATEMENT) {
        locks::tickets(connection, ids).await?;
        let rows: Vec<(KnownRow, Option<String>)> = execution_tickets::table
            .filter(execution_tickets::id.eq_any(ids))
            .order(execution_tickets::id)
            .select((KnownRow::as_select(), delivery_state()))
            .load(connection)
            .await?;
        for (row, state) in rows {
            let deleted_at = row.deleted_at();
            let row = row.known(state)?;
            deletions.extend(deleted_at.map(|at| (RowId::from(row.ticket.id), at)));
            known.push(row);
        }
    }
    Ok((known, deletions))
}

async fn load_blocks(
    connection: &mut Connection,
    document: RowId,
) -> Result<HashSet<RowId>, StoreError> {
    let ids: Vec<RowId> = document_blocks::table
        .filter(document_blocks::document_id.eq(document))
        .select(document_blocks::id)
        .load(connection)
        .await?;
    Ok(ids.into_iter().collect())
}

async fn remove(connection: &mut Connection, plan: &RegenerationPlan) -> Result<(), StoreError> {
    let removed: Vec<RowId> = plan.removed.iter().copied().map(RowId::from).collect();
    for ids in removed.chunks(IDS_PER_STATEMENT) {
        let tickets = execution_tickets::table.filter(execution_tickets::id.eq_any(ids));
        diesel::delete(tickets).execute(connection).await?;
    }
    Ok(())
}

async fn write(
    connection: &mut Connection,
    document: RowId,
    plan: &RegenerationPlan,
    deletions: &Deletions,
) -> Result<(), StoreError> {
    let blocks = load_blocks(connection, document).await?;
    let mut rows = Vec::with_capacity(plan.written.len());
    for known in &plan.written {
        let mut known = known.clone();
        let id = RowId::from(known.ticket.id);
        // A block without a row, such as one that only this reading of the document has.
        let block_id = known.ticket.block_id;
        known.ticket.block_id = block_id.filter(|block| blocks.contains(&RowId::from(*block)));
        rows.push(KnownRow::new(&known, deletions.get(&id).copied())?);
    }
    rows::write_known(connection, rows).await
}
