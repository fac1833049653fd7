//! Execution tickets.

mod coverage;
mod generation;
mod observing;
mod relink;
pub(super) mod rows;
mod saving;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::{DocumentId, TicketId, WorkspaceId};
use handoff_domain::shared::page::{Page, PageRequest};
use handoff_domain::ticket::model::{Ticket, TicketStatus};
use handoff_domain::ticket::ports::{
    GenerationOutcome, KeptCoverage, LinkedFilter, Relink, SaveOutcome, TicketObservation,
    TicketRepository,
};
use handoff_domain::ticket::regeneration::Generation;
use time::OffsetDateTime;

use super::schema::{deliveries, execution_tickets};
use super::session::work;
use super::{Backend, Connection, Database, locks};
use crate::error::StoreError;
use crate::values::{RowId, Word, row_ids};
use rows::TicketRow;

/// How many ids one statement names; keeps well below the databases' greatest number of parameters.
pub(super) const IDS_PER_STATEMENT: usize = 10_000;

diesel::alias!(execution_tickets as counted: Counted);

/// Keeps execution tickets.
pub(crate) struct Tickets {
    database: Database,
}

impl Tickets {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn find_linked(
        &self,
        workspace: WorkspaceId,
        document: Option<DocumentId>,
        ids: Option<&[RowId]>,
    ) -> Result<Vec<Ticket>, StoreError> {
        let mut query = present(workspace).filter(execution_tickets::external_id.is_not_null());
        if let Some(document) = document {
            query = query.filter(execution_tickets::document_id.eq(RowId::from(document)));
        }
        if let Some(ids) = ids {
            query = query.filter(execution_tickets::id.eq_any(ids.to_vec()));
        }
        let mut reader = self.database.read().await?;
        load(reader.connection()?, query).await
    }
}

#[async_trait]
impl TicketRepository for Tickets {
    async fn find(&self, workspace: WorkspaceId, id: TicketId) -> Result<Option<Ticket>, Failure> {
        let query = present(workspace).filter(execution_tickets::id.eq(RowId::from(id)));
        let mut reader = self.database.read().await?;
        let found = load(reader.connection()?, query).await?;
        Ok(found.into_iter().next())
    }

    async fn find_many(
        &self,
        workspace: WorkspaceId,
        ids: &[TicketId],
    ) -> Result<Vec<Ticket>, Failure> {
        let mut found = Vec::with_capacity(ids.len());
        let mut reader = self.database.read().await?;
        for ids in row_ids(ids).chunks(IDS_PER_STATEMENT) {
            let query = present(workspace).filter(execution_tickets::id.eq_any(ids.to_vec()));
            found.append(&mut load(reader.connection()?, query).await?);
        }
        Ok(found)
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        status: Option<TicketStatus>,
        page: PageRequest,
    ) -> Result<(Page<Ticket>, u64), Failure> {
        let mut reader = self.database.read().await?;
        let connection = reader.connection()?;
        let (tickets, total) = list(connection, workspace, document, status, page).await?;
        Ok((
            Page::from_rows(tickets, page.limit, |ticket: &Ticket| ticket.id.as_uuid()),
            total,
        ))
    }

    async fn list_by_status(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        status: TicketStatus,
    ) -> Result<Vec<Ticket>, Failure> {
        let query = of_document(workspace, document, Some(status));
        let mut reader = self.database.read().await?;
        Ok(load(reader.connection()?, query).await?)
    }

    async fn insert(&self, tickets: &[Ticket]) -> Result<(), Failure> {
        self.database
            .write(|connection| work(saving::insert(connection, tickets)))
            .await
    }

    async fn apply_generation(
        &self,
        generation: &Generation,
    ) -> Result<GenerationOutcome, Failure> {
        self.database
            .write(|connection| work(generation::apply(connection, generation)))
            .await
    }

    async fn coverage(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
    ) -> Result<Option<KeptCoverage>, Failure> {
        let mut reader = self.database.read().await?;
        Ok(coverage::find(reader.connection()?, workspace, document).await?)
    }

    async fn save_placed(&self, ticket: &Ticket) -> Result<SaveOutcome, Failure> {
        self.database
            .write(|connection| work(saving::save_placed(connection, ticket)))
            .await
    }

    async fn save(&self, ticket: &Ticket) -> Result<SaveOutcome, Failure> {
        self.database
            .write(|connection| work(saving::save(connection, ticket)))
            .await
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        version: i64,
        now: OffsetDateTime,
    ) -> Result<SaveOutcome, Failure> {
        self.database
            .write(|connection| work(saving::delete(connection, workspace, id, version, now)))
            .await
    }

    async fn list_linked(
        &self,
        workspace: WorkspaceId,
        filter: &LinkedFilter,
    ) -> Result<Vec<Ticket>, Failure> {
        let Some(ids) = &filter.ticket_ids else {
            return Ok(self
                .find_linked(workspace, filter.document_id, None)
                .await?);
        };
        let mut found = Vec::with_capacity(ids.len());
        for ids in row_ids(ids).chunks(IDS_PER_STATEMENT) {
            found.append(
                &mut self
                    .find_linked(workspace, filter.document_id, Some(ids))
                    .await?,
            );
        }
        Ok(found)
    }

    async fn observe(
        &self,
        workspace: WorkspaceId,
        seen: &[TicketObservation],
    ) -> Result<(), Failure> {
        self.database
            .write(|connection| work(observing::observe(connection, workspace, seen)))
            .await
    }

    async fn relink(
        &self,
        workspace: WorkspaceId,
        links: &[Relink],
        now: OffsetDateTime,
    ) -> Result<bool, Failure> {
        self.database
            .write(|connection| work(relink::relink(connection, workspace, links, now)))
            .await
    }
}

type TicketQuery = execution_tickets::BoxedQuery<'static, Backend>;

/// The tickets of a workspace that are not deleted.
fn present(workspace: WorkspaceId) -> TicketQuery {
    execution_tickets::table
        .filter(execution_tickets::workspace_id.eq(RowId::from(workspace)))
        .filter(execution_tickets::deleted_at.is_null())
        .into_boxed()
}

fn of_document(
    workspace: WorkspaceId,
    document: DocumentId,
    status: Option<TicketStatus>,
) -> TicketQuery {
    let query = present(workspace).filter(execution_tickets::document_id.eq(RowId::from(document)));
    match status {
        Some(status) => query.filter(execution_tickets::status.eq(status.word())),
        None => query,
    }
}

/// Every ticket that the document ever had, also the deleted ones, in the order of their ids.
pub(super) async fn ids_of_document(
    connection: &mut Connection,
    document: RowId,
) -> Result<Vec<RowId>, StoreError> {
    let query = execution_tickets::table
        .filter(execution_tickets::document_id.eq(document))
        .order(execution_tickets::id)
        .select(execution_tickets::id);
    Ok(query.load(connection).await?)
}

/// The state of a ticket's open delivery.
#[diesel::dsl::auto_type(no_type_alias)]
fn delivery_state() -> _ {
    deliveries::table
        .filter(deliveries::id.nullable().eq(execution_tickets::delivery_id))
        .select(deliveries::state)
        .single_value()
}

/// The tickets with their open deliveries, in the order of their ids.
async fn load(connection: &mut Connection, query: TicketQuery) -> Result<Vec<Ticket>, StoreError> {
    let rows: Vec<(TicketRow, Option<String>)> = query
        .order(execution_tickets::id)
        .select((TicketRow::as_select(), delivery_state()))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(row, state)| row.ticket(state))
        .collect()
}

/// A page of a document's tickets and how many there are, in one statement unless the page is empty.
async fn list(
    connection: &mut Connection,
    workspace: WorkspaceId,
    document: DocumentId,
    status: Option<TicketStatus>,
    page: PageRequest,
) -> Result<(Vec<Ticket>, u64), StoreError> {
    let mut all = counted
        .filter(
            counted
                .field(execution_tickets::workspace_id)
                .eq(RowId::from(workspace)),
        )
        .filter(counted.field(execution_tickets::deleted_at).is_null())
        .filter(
            counted
                .field(execution_tickets::document_id)
                .eq(RowId::from(document)),
        )
        .select(count_star())
        .into_boxed::<Backend>();
    if let Some(status) = status {
        all = all.filter(counted.field(execution_tickets::status).eq(status.word()));
    }
    let mut query = of_document(workspace, document, status);
    if let Some(after) = page.after {
        query = query.filter(execution_tickets::id.gt(RowId(after)));
    }
    let rows: Vec<(TicketRow, Option<String>, Option<i64>)> = query
        .limit(i64::from(page.limit) + 1)
        .order(execution_tickets::id)
        .select((TicketRow::as_select(), delivery_state(), all.single_value()))
        .load(connection)
        .await?;
    let total = match rows.as_slice().first() {
        Some((.., total)) => total.unwrap_or_default(),
        None => {
            let all = of_document(workspace, document, status);
            all.select(count_star()).get_result(connection).await?
        }
    };
    let tickets = rows.into_iter().map(|(row, state, _)| row.ticket(state));
    let tickets = tickets.collect::<Result<_, _>>()?;
    Ok((tickets, u64::try_from(total).unwrap_or_default()))
}

/// The rows of these tickets, locked, in the order of their ids.
async fn load_locked(
    connection: &mut Connection,
    ids: &[RowId],
) -> Result<Vec<TicketRow>, StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_PER_STATEMENT) {
        locks::tickets(connection, ids).await?;
        let query = execution_tickets::table
            .filter(execution_tickets::id.eq_any(ids))
            .order(execution_tickets::id)
            .select(TicketRow::as_select());
        rows.append(&mut query.load(connection).await?);
    }
    Ok(rows)
}
