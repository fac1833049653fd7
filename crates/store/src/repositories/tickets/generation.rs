//! Bringing the scoped tickets of a document in.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::shared::ids::{DocumentId, WorkspaceId};
use handoff_domain::ticket::model::{Ticket, TicketStatus};
use handoff_domain::ticket::ports::GenerationScope;
use time::OffsetDateTime;

use super::super::schema::{document_blocks, execution_tickets};
use super::super::{Connection, locks};
use super::rows::{self, TicketRow};
use super::{IDS_PER_STATEMENT, ids_of_document, load, load_locked, of_document};
use crate::error::StoreError;
use crate::values::{RowId, Word};

/// Inserts, updates and removes tickets by fingerprint, and gives those of the document.
pub(super) async fn apply(
    connection: &mut Connection,
    workspace: WorkspaceId,
    document: DocumentId,
    scoped: &[Ticket],
    scope: GenerationScope,
    now: OffsetDateTime,
) -> Result<Vec<Ticket>, StoreError> {
    let id = RowId::from(document);
    locks::document(connection, id).await?;
    let known = ids_of_document(connection, id).await?;
    let known = load_locked(connection, &known).await?;
    let blocks = load_blocks(connection, id).await?;
    let mut scoped_rows = Vec::with_capacity(scoped.len());
    for ticket in scoped {
        let mut row = TicketRow::new(ticket)?;
        // The document may have changed since it was scoped; its next generation sets the block again.
        row.block_id = row.block_id.filter(|block| blocks.contains(block));
        scoped_rows.push(row);
    }
    if scope == GenerationScope::Whole {
        remove_vanished(connection, &known, &scoped_rows).await?;
    }
    rows::write(connection, changed(known, scoped_rows, now)).await?;
    load(connection, of_document(workspace, document, None)).await
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

/// Nobody has touched the ticket yet, so that it follows its document.
fn is_unreviewed(row: &TicketRow) -> bool {
    row.status == TicketStatus::Generated.word()
        && row.delivery_id.is_none()
        && row.deleted_at.is_none()
}

/// Removes unreviewed tickets whose source is gone, fingerprint and all: nobody decided against them.
async fn remove_vanished(
    connection: &mut Connection,
    known: &[TicketRow],
    scoped: &[TicketRow],
) -> Result<(), StoreError> {
    let kept: HashSet<&str> = scoped.iter().map(|row| row.fingerprint.as_str()).collect();
    let is_gone = |row: &&TicketRow| is_unreviewed(row) && !kept.contains(row.fingerprint.as_str());
    let gone: Vec<RowId> = known.iter().filter(is_gone).map(|row| row.id).collect();
    for ids in gone.chunks(IDS_PER_STATEMENT) {
        let tickets = execution_tickets::table.filter(execution_tickets::id.eq_any(ids));
        diesel::delete(tickets).execute(connection).await?;
    }
    Ok(())
}

/// The rows to be written: new ones, and unreviewed ones whose source says something else now.
fn changed(known: Vec<TicketRow>, scoped: Vec<TicketRow>, now: OffsetDateTime) -> Vec<TicketRow> {
    let mut known: HashMap<String, TicketRow> = known
        .into_iter()
        .map(|row| (row.fingerprint.clone(), row))
        .collect();
    let mut seen = HashSet::with_capacity(scoped.len());
    let mut rows = Vec::new();
    for new in scoped {
        if !seen.insert(new.fingerprint.clone()) {
            continue;
        }
        let Some(old) = known.remove(&new.fingerprint) else {
            rows.push(new);
            continue;
        };
        if !is_unreviewed(&old) {
            continue;
        }
        let mut row = old.clone();
        row.set_content(&new);
        if row != old {
            row.version += 1;
            row.updated_at = now;
            rows.push(row);
        }
    }
    rows
}
