//! What the tracker says of the issues.

use handoff_domain::shared::ids::{TicketId, WorkspaceId};
use handoff_domain::ticket::model::TicketStatus;
use handoff_domain::ticket::ports::TicketObservation;

use super::super::Connection;
use super::load_locked;
use super::rows::{self, TicketRow};
use crate::error::StoreError;
use crate::values::{RowId, Word, row_ids};

pub(super) async fn observe(
    connection: &mut Connection,
    workspace: WorkspaceId,
    seen: &[TicketObservation],
) -> Result<(), StoreError> {
    let ids: Vec<TicketId> = seen
        .iter()
        .map(|observation| observation.ticket_id)
        .collect();
    let mut rows = load_locked(connection, &row_ids(&ids)).await?;
    rows.retain(|row| {
        row.workspace_id == RowId::from(workspace)
            && row.deleted_at.is_none()
            && row.external_id.is_some()
    });
    for observation in seen {
        let id = RowId::from(observation.ticket_id);
        if let Ok(found) = rows.binary_search_by_key(&id, |row| row.id)
            && let Some(row) = rows.get_mut(found)
        {
            note(row, observation);
        }
    }
    rows::write(connection, rows).await
}

/// Brings one observation into its row.
fn note(row: &mut TicketRow, seen: &TicketObservation) {
    let before = row.clone();
    TicketStatus::Synced.word().clone_into(&mut row.status);
    row.synced_status = Some(seen.synced_status.word().to_owned());
    if let Some(status) = &seen.external_status {
        row.external_status = Some(status.clone());
    }
    if let Some(external) = &seen.external {
        row.set_external(external);
    }
    if *row != before {
        row.version += 1;
        row.updated_at = seen.synced_at;
    }
    row.synced_at = Some(seen.synced_at);
}
