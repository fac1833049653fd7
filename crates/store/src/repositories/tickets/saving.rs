//! What an editor changes, compared with what they saw.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::shared::ids::{TicketId, WorkspaceId};
use handoff_domain::ticket::model::Ticket;
use handoff_domain::ticket::ports::SaveOutcome;
use time::OffsetDateTime;

use super::super::Connection;
use super::super::schema::execution_tickets;
use super::rows::TicketRow;
use crate::error::StoreError;
use crate::values::RowId;

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

/// Marks the ticket as deleted.
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
    let deleted = diesel::update(as_seen)
        .set(changes)
        .execute(connection)
        .await?;
    outcome(connection, workspace, id, deleted).await
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
