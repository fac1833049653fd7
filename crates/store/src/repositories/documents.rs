//! Documents and their blocks.

mod rows;

use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use handoff_domain::document::model::{Block, Document, DocumentSummary};
use handoff_domain::document::ports::{DocumentFilter, DocumentOutcome, DocumentRepository};
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::{DocumentId, LeaseId, WorkspaceId};
use handoff_domain::shared::page::{Page, PageRequest};
use time::OffsetDateTime;

use super::schema::{document_blocks, documents, execution_tickets};
use super::session::work;
use super::{Backend, Connection, Database, execute_batch, locks, tickets};
use crate::error::StoreError;
use crate::values::{RowId, Word};
use rows::{BlockRow, DocumentRow, NewDocument, SummaryRow};

/// How many blocks one statement writes; keeps well below the databases' greatest number of parameters.
const BLOCKS_PER_STATEMENT: usize = 1_000;

/// Keeps documents and their blocks.
pub(crate) struct Documents {
    database: Database,
}

impl Documents {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl DocumentRepository for Documents {
    async fn insert(&self, document: &Document, blocks: &[Block]) -> Result<(), Failure> {
        self.database
            .write(|connection| work(insert(connection, document, blocks)))
            .await
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
    ) -> Result<Option<(Document, Vec<Block>)>, Failure> {
        self.database
            .snapshot(|connection| work(find(connection, workspace, id)))
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: DocumentFilter,
        page: PageRequest,
    ) -> Result<(Page<DocumentSummary>, u64), Failure> {
        let (rows, total) = self
            .database
            .snapshot::<_, Failure>(|connection| work(list(connection, workspace, filter, page)))
            .await?;
        let documents = rows
            .into_iter()
            .map(DocumentSummary::try_from)
            .collect::<Result<_, _>>()?;
        let id = |document: &DocumentSummary| document.id.as_uuid();
        Ok((Page::from_rows(documents, page.limit, id), total))
    }

    async fn update(
        &self,
        document: &Document,
        blocks: &[Block],
        expected_version: i64,
    ) -> Result<DocumentOutcome, Failure> {
        self.database
            .write(|connection| work(update(connection, document, blocks, expected_version)))
            .await
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        id: DocumentId,
        expected_version: Option<i64>,
        now: OffsetDateTime,
    ) -> Result<DocumentOutcome, Failure> {
        self.database
            .write(|connection| work(delete(connection, workspace, id, expected_version, now)))
            .await
    }

    async fn begin_generation(
        &self,
        id: DocumentId,
        lease: LeaseId,
        now: OffsetDateTime,
        stale_after: Duration,
    ) -> Result<bool, Failure> {
        self.database
            .write(|connection| work(begin_generation(connection, id, lease, now, stale_after)))
            .await
    }

    async fn end_generation(&self, id: DocumentId, lease: LeaseId) -> Result<(), Failure> {
        self.database
            .write(|connection| work(end_generation(connection, id, lease)))
            .await
    }
}

async fn begin_generation(
    connection: &mut Connection,
    id: DocumentId,
    lease: LeaseId,
    now: OffsetDateTime,
    stale_after: Duration,
) -> Result<bool, StoreError> {
    let free = documents::generation_lease_id
        .is_null()
        .or(documents::generation_started_at.lt(now - stale_after))
        .assume_not_null();
    let document = documents::table
        .filter(documents::id.eq(RowId::from(id)))
        .filter(documents::deleted_at.is_null())
        .filter(free);
    let hold = (
        documents::generation_lease_id.eq(RowId::from(lease)),
        documents::generation_started_at.eq(now),
    );
    let held = diesel::update(document)
        .set(hold)
        .execute(connection)
        .await?;
    Ok(held > 0)
}

async fn end_generation(
    connection: &mut Connection,
    id: DocumentId,
    lease: LeaseId,
) -> Result<(), StoreError> {
    let held = documents::table
        .filter(documents::id.eq(RowId::from(id)))
        .filter(documents::generation_lease_id.eq(RowId::from(lease)));
    let nothing = (
        documents::generation_lease_id.eq(None::<RowId>),
        documents::generation_started_at.eq(None::<OffsetDateTime>),
    );
    diesel::update(held)
        .set(nothing)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert(
    connection: &mut Connection,
    document: &Document,
    blocks: &[Block],
) -> Result<(), StoreError> {
    let row = NewDocument::from(document);
    diesel::insert_into(documents::table)
        .values(&row)
        .execute(connection)
        .await?;
    write_blocks(connection, blocks).await
}

async fn find(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: DocumentId,
) -> Result<Option<(Document, Vec<Block>)>, StoreError> {
    let row: Option<DocumentRow> = documents::table
        .filter(documents::id.eq(RowId::from(id)))
        .filter(documents::workspace_id.eq(RowId::from(workspace)))
        .filter(documents::deleted_at.is_null())
        .select(DocumentRow::as_select())
        .first(connection)
        .await
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let blocks: Vec<BlockRow> = document_blocks::table
        .filter(document_blocks::document_id.eq(RowId::from(id)))
        .order((document_blocks::position, document_blocks::id))
        .select(BlockRow::as_select())
        .load(connection)
        .await?;
    let blocks = blocks
        .into_iter()
        .map(Block::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Some((row.try_into()?, blocks)))
}

async fn list(
    connection: &mut Connection,
    workspace: WorkspaceId,
    filter: DocumentFilter,
    page: PageRequest,
) -> Result<(Vec<SummaryRow>, u64), StoreError> {
    let filtered = || {
        let mut query = documents::table
            .filter(documents::workspace_id.eq(RowId::from(workspace)))
            .filter(documents::deleted_at.is_null())
            .into_boxed::<Backend>();
        if let Some(document_type) = filter.document_type {
            query = query.filter(documents::document_type.eq(document_type.word()));
        }
        if let Some(status) = filter.status {
            query = query.filter(documents::status.eq(status.word()));
        }
        query
    };
    let total: i64 = filtered()
        .select(count_star())
        .get_result(connection)
        .await?;
    let mut query = filtered();
    if let Some(after) = page.after {
        query = query.filter(documents::id.lt(RowId(after)));
    }
    let query = query
        .order(documents::id.desc())
        .limit(i64::from(page.limit) + 1);
    let rows = query
        .select(SummaryRow::as_select())
        .load(connection)
        .await?;
    Ok((rows, u64::try_from(total).unwrap_or_default()))
}

async fn update(
    connection: &mut Connection,
    document: &Document,
    blocks: &[Block],
    expected_version: i64,
) -> Result<DocumentOutcome, StoreError> {
    let summary = &document.summary;
    let id = RowId::from(summary.id);
    let Some(version) = lock(connection, summary.workspace_id, summary.id).await? else {
        return Ok(DocumentOutcome::NotFound);
    };
    if version != expected_version {
        return Ok(DocumentOutcome::VersionConflict);
    }
    let changes = (
        documents::document_type.eq(summary.document_type.word()),
        documents::title.eq(&summary.title),
        documents::content.eq(&document.content),
        documents::status.eq(summary.status.word()),
        documents::version.eq(expected_version + 1),
        documents::updated_at.eq(summary.updated_at),
    );
    diesel::update(documents::table.find(id))
        .set(changes)
        .execute(connection)
        .await?;
    remove_other_blocks(connection, id, blocks).await?;
    write_blocks(connection, blocks).await?;
    Ok(DocumentOutcome::Done)
}

/// Locks a document that is there, and tells its version.
async fn lock(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: DocumentId,
) -> Result<Option<i64>, StoreError> {
    locks::document(connection, id.into()).await?;
    let query = documents::table
        .filter(documents::id.eq(RowId::from(id)))
        .filter(documents::workspace_id.eq(RowId::from(workspace)))
        .filter(documents::deleted_at.is_null())
        .select(documents::version);
    Ok(query.first(connection).await.optional()?)
}

async fn remove_other_blocks(
    connection: &mut Connection,
    document: RowId,
    blocks: &[Block],
) -> Result<(), StoreError> {
    let known: Vec<RowId> = document_blocks::table
        .filter(document_blocks::document_id.eq(document))
        .select(document_blocks::id)
        .load(connection)
        .await?;
    let kept: std::collections::HashSet<RowId> =
        blocks.iter().map(|block| block.id.into()).collect();
    let gone: Vec<RowId> = known.into_iter().filter(|id| !kept.contains(id)).collect();
    for ids in gone.chunks(BLOCKS_PER_STATEMENT) {
        let blocks = document_blocks::table.filter(document_blocks::id.eq_any(ids));
        diesel::delete(blocks).execute(connection).await?;
    }
    Ok(())
}

async fn write_blocks(connection: &mut Connection, blocks: &[Block]) -> Result<(), StoreError> {
    for blocks in blocks.chunks(BLOCKS_PER_STATEMENT) {
        let rows: Vec<BlockRow> = blocks.iter().map(BlockRow::from).collect();
        let upsert = diesel::insert_into(document_blocks::table)
            .values(rows)
            .on_conflict(document_blocks::id)
            .do_update()
            .set((
                document_blocks::position.eq(excluded(document_blocks::position)),
                document_blocks::block_type.eq(excluded(document_blocks::block_type)),
                document_blocks::title.eq(excluded(document_blocks::title)),
                document_blocks::content.eq(excluded(document_blocks::content)),
                document_blocks::start_line.eq(excluded(document_blocks::start_line)),
                document_blocks::end_line.eq(excluded(document_blocks::end_line)),
            ));
        execute_batch(connection, upsert).await?;
    }
    Ok(())
}

async fn delete(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: DocumentId,
    expected_version: Option<i64>,
    now: OffsetDateTime,
) -> Result<DocumentOutcome, StoreError> {
    let Some(version) = lock(connection, workspace, id).await? else {
        return Ok(DocumentOutcome::NotFound);
    };
    if expected_version.is_some_and(|expected| expected != version) {
        return Ok(DocumentOutcome::VersionConflict);
    }
    let id = RowId::from(id);
    let ticket_ids = tickets::ids_of_document(connection, id).await?;
    locks::tickets(connection, &ticket_ids).await?;
    let in_delivery = execution_tickets::table
        .filter(execution_tickets::document_id.eq(id))
        .filter(execution_tickets::delivery_id.is_not_null());
    if diesel::select(exists(in_delivery))
        .get_result(connection)
        .await?
    {
        return Ok(DocumentOutcome::DeliveryOpen);
    }
    let unpushed = execution_tickets::table
        .filter(execution_tickets::document_id.eq(id))
        .filter(execution_tickets::deleted_at.is_null())
        .filter(execution_tickets::external_id.is_null());
    let gone = (
        execution_tickets::deleted_at.eq(now),
        execution_tickets::updated_at.eq(now),
        execution_tickets::version.eq(execution_tickets::version + 1),
    );
    diesel::update(unpushed)
        .set(gone)
        .execute(connection)
        .await?;
    let hidden = (
        documents::deleted_at.eq(now),
        documents::updated_at.eq(now),
        documents::version.eq(documents::version + 1),
    );
    diesel::update(documents::table.find(id))
        .set(hidden)
        .execute(connection)
        .await?;
    Ok(DocumentOutcome::Done)
}
