//! Tickets that exchange their issues.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::shared::ids::{TicketId, WorkspaceId};
use handoff_domain::ticket::ports::Relink;
use time::OffsetDateTime;

use super::super::schema::execution_tickets;
use super::super::{Connection, deliveries};
use super::load_locked;
use super::rows::{self, TicketRow};
use crate::error::StoreError;
use crate::values::{RowId, row_ids};

/// Gives every ticket its new issue, and its confirmed delivery too; nothing where one of them has another issue by now.
pub(super) async fn relink(
    connection: &mut Connection,
    workspace: WorkspaceId,
    links: &[Relink],
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    if !is_exchange(links) {
        return Ok(false);
    }
    let tickets: Vec<TicketId> = links.iter().map(|link| link.ticket_id).collect();
    let ids = row_ids(&tickets);
    let mut found = load_locked(connection, &ids).await?;
    let owner = RowId::from(workspace);
    found.retain(|row| row.workspace_id == owner && row.deleted_at.is_none());
    for link in links {
        let id = RowId::from(link.ticket_id);
        let row = found.iter_mut().find(|row| row.id == id);
        let Some(row) = row.filter(|row| holds(row, link)) else {
            return Ok(false);
        };
        row.set_external(&link.to);
        row.version += 1;
        row.updated_at = now;
    }
    // An issue belongs to one ticket only, also between two statements.
    unlink(connection, ids).await?;
    rows::write(connection, found).await?;
    deliveries::relink(connection, links, now).await?;
    Ok(true)
}

/// Whether the tickets and issues are each named once, and the issues only change places.
fn is_exchange(links: &[Relink]) -> bool {
    let tickets: BTreeSet<TicketId> = links.iter().map(|link| link.ticket_id).collect();
    let given: BTreeSet<&str> = links.iter().map(|link| link.from.as_str()).collect();
    let taken: BTreeSet<&str> = links.iter().map(|link| link.to.id.as_str()).collect();
    tickets.len() == links.len() && given.len() == links.len() && given == taken
}

fn holds(row: &TicketRow, link: &Relink) -> bool {
    row.external_id.as_ref() == Some(&link.from)
        && row.external_site_id.as_ref() == Some(&link.to.site_id)
}

async fn unlink(connection: &mut Connection, ids: Vec<RowId>) -> Result<(), StoreError> {
    let none = || None::<String>;
    let nothing = (
        execution_tickets::external_site_id.eq(none()),
        execution_tickets::external_id.eq(none()),
        execution_tickets::external_key.eq(none()),
        execution_tickets::external_url.eq(none()),
    );
    diesel::update(execution_tickets::table.filter(execution_tickets::id.eq_any(ids)))
        .set(nothing)
        .execute(connection)
        .await?;
    Ok(())
}
