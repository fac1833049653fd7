//! What an editor changes, compared with what they saw.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::shared::ids::{TicketId, WorkspaceId};
use handoff_domain::ticket::family::{self, Relative};
use handoff_domain::ticket::model::Ticket;
use handoff_domain::ticket::ports::SaveOutcome;
use handoff_domain::ticket::regeneration::{KnownTicket, Provenance};
use time::OffsetDateTime;

use super::super::schema::execution_tickets;
use super::super::{Connection, locks};
use super::rows::{self, KnownRow, TicketRow};
use crate::error::StoreError;
use crate::values::{RowId, parse_word};

/// Saves what people may change.
pub(super) async fn save(
    connection: &mut Connection,
    ticket: &Ticket,
) -> Result<SaveOutcome, StoreError> {
    let (workspace, id) = (RowId::from(ticket.workspace_id), RowId::from(ticket.id));
    let row = TicketRow::new(ticket)?;
    let changes = (
        execution_tickets::title.eq(row.title),
        execution_tickets::description.eq(row.description),
        execution_tickets::ticket_type.eq(row.ticket_type),
        execution_tickets::priority.eq(row.priority),
        execution_tickets::labels.eq(row.labels),
        execution_tickets::acceptance_criteria.eq(row.acceptance_criteria),
        execution_tickets::estimated_effort.eq(row.estimated_effort),
        execution_tickets::assignee.eq(row.assignee),
        execution_tickets::due_on.eq(row.due_on),
        execution_tickets::parent_id.eq(row.parent_id),
        execution_tickets::parent_key.eq(row.parent_key),
        execution_tickets::depends_on.eq(row.depends_on),
        execution_tickets::fields.eq(row.fields),
        execution_tickets::status.eq(row.status),
        execution_tickets::push_error.eq(row.push_error),
        execution_tickets::updated_at.eq(row.updated_at),
        execution_tickets::version.eq(execution_tickets::version + 1),
    );
    let as_seen = present(workspace, id).filter(execution_tickets::version.eq(ticket.version));
    let saved = diesel::update(as_seen)
        .set(changes)
        .execute(connection)
        .await?;
    outcome(connection, workspace, id, saved).await
}

/// Keeps new tickets, of which nobody knows where they came from.
pub(super) async fn insert(
    connection: &mut Connection,
    tickets: &[Ticket],
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(tickets.len());
    for ticket in tickets {
        let known = KnownTicket {
            ticket: ticket.clone(),
            provenance: Provenance::default(),
            is_deleted: false,
        };
        rows.push(KnownRow::new(&known, None)?);
    }
    rows::write_known(connection, rows).await
}

/// Saves likewise, if the ticket can stand where it should among those of its document.
pub(super) async fn save_placed(
    connection: &mut Connection,
    ticket: &Ticket,
) -> Result<SaveOutcome, StoreError> {
    let document = RowId::from(ticket.document_id);
    locks::document(connection, document).await?;
    let rows: Vec<(RowId, String, Option<RowId>)> = execution_tickets::table
        .filter(execution_tickets::document_id.eq(document))
        .filter(execution_tickets::deleted_at.is_null())
        .select((
            execution_tickets::id,
            execution_tickets::ticket_type,
            execution_tickets::parent_id,
        ))
        .load(connection)
        .await?;
    let mut relatives = Vec::with_capacity(rows.len());
    for (id, ticket_type, parent_id) in rows {
        relatives.push(Relative {
            id: id.id(),
            ticket_type: parse_word("execution_tickets.ticket_type", &ticket_type)?,
            parent_id: parent_id.map(RowId::id),
        });
    }
    match family::check(ticket, &relatives) {
        Ok(()) => save(connection, ticket).await,
        Err(error) => Ok(SaveOutcome::Misplaced(error)),
    }
}

/// Marks the ticket as deleted; its children have no parent then.
pub(super) async fn delete(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: TicketId,
    version: i64,
    now: OffsetDateTime,
) -> Result<SaveOutcome, StoreError> {
    let (workspace, id) = (RowId::from(workspace), RowId::from(id));
    let changes = (
        execution_tickets::deleted_at.eq(now),
        execution_tickets::updated_at.eq(now),
        execution_tickets::version.eq(execution_tickets::version + 1),
    );
    let as_seen = present(workspace, id).filter(execution_tickets::version.eq(version));
    lock_document_of(connection, id).await?;
    let deleted = diesel::update(as_seen)
        .set(changes)
        .execute(connection)
        .await?;
    if deleted > 0 {
        free_children(connection, id, now).await?;
    }
    outcome(connection, workspace, id, deleted).await
}

/// Children change with their parent, so all of them are locked by their document.
async fn lock_document_of(connection: &mut Connection, id: RowId) -> Result<(), StoreError> {
    let document: Option<RowId> = execution_tickets::table
        .filter(execution_tickets::id.eq(id))
        .select(execution_tickets::document_id)
        .first(connection)
        .await
        .optional()?;
    match document {
        Some(document) => locks::document(connection, document).await,
        None => Ok(()),
    }
}

async fn free_children(
    connection: &mut Connection,
    parent: RowId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let children = execution_tickets::table.filter(execution_tickets::parent_id.eq(parent));
    let freed = (
        execution_tickets::parent_id.eq(None::<RowId>),
        execution_tickets::updated_at.eq(now),
        execution_tickets::version.eq(execution_tickets::version + 1),
    );
    diesel::update(children)
        .set(freed)
        .execute(connection)
        .await?;
    Ok(())
}

/// The ticket, unless it is deleted.
#[diesel::dsl::auto_type(no_type_alias)]
fn present(workspace: RowId, id: RowId) -> _ {
    execution_tickets::table
        .filter(execution_tickets::id.eq(id))
        .filter(execution_tickets::workspace_id.eq(workspace))
        .filter(execution_tickets::deleted_at.is_null())
}

/// Says why nothing was written, where it was not.
async fn outcome(
    connection: &mut Connection,
    workspace: RowId,
    id: RowId,
    written: usize,
) -> Result<SaveOutcome, StoreError> {
    if written > 0 {
        return Ok(SaveOutcome::Done);
    }
    let found: Option<RowId> = present(workspace, id)
        .select(execution_tickets::id)
        .first(connection)
        .await
        .optional()?;
    Ok(found.map_or(SaveOutcome::NotFound, |_| SaveOutcome::VersionConflict))
}
