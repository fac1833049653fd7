//! What the newest generation of each document said of its lines.

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use handoff_domain::shared::ids::{DocumentId, WorkspaceId};
use handoff_domain::ticket::ports::KeptCoverage;
use handoff_domain::ticket::regeneration::{Generation, RegenerationPlan};
use time::OffsetDateTime;

use super::super::schema::{document_coverage, documents};
use super::super::{Backend, Connection};
use crate::error::StoreError;
use crate::values::{RowId, parse_json, to_json};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = document_coverage, check_for_backend(Backend))]
struct CoverageRow {
    document_id: RowId,
    document_version: i64,
    coverage: serde_json::Value,
    notes: serde_json::Value,
    created_at: OffsetDateTime,
}

impl TryFrom<CoverageRow> for KeptCoverage {
    type Error = StoreError;

    fn try_from(row: CoverageRow) -> Result<Self, StoreError> {
        Ok(Self {
            document_version: row.document_version,
            coverage: parse_json("document_coverage.coverage", row.coverage)?,
            notes: parse_json("document_coverage.notes", row.notes)?,
            created_at: row.created_at,
        })
    }
}

/// Keeps coverage and notes as the newest of the document.
pub(super) async fn keep(
    connection: &mut Connection,
    generation: &Generation,
    plan: &RegenerationPlan,
) -> Result<(), StoreError> {
    let row = CoverageRow {
        document_id: generation.document_id.into(),
        document_version: generation.document_version,
        coverage: to_json(&plan.coverage)?,
        notes: to_json(&plan.notes)?,
        created_at: generation.now,
    };
    diesel::insert_into(document_coverage::table)
        .values(row)
        .on_conflict(document_coverage::document_id)
        .do_update()
        .set((
            document_coverage::document_version.eq(excluded(document_coverage::document_version)),
            document_coverage::coverage.eq(excluded(document_coverage::coverage)),
            document_coverage::notes.eq(excluded(document_coverage::notes)),
            document_coverage::created_at.eq(excluded(document_coverage::created_at)),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// What is kept of a document that is there.
pub(super) async fn find(
    connection: &mut Connection,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<Option<KeptCoverage>, StoreError> {
    let query = document_coverage::table
        .inner_join(documents::table.on(documents::id.eq(document_coverage::document_id)))
        .filter(documents::id.eq(RowId::from(document)))
        .filter(documents::workspace_id.eq(RowId::from(workspace)))
        .filter(documents::deleted_at.is_null())
        .select(CoverageRow::as_select());
    let row: Option<CoverageRow> = query.first(connection).await.optional()?;
    row.map(KeptCoverage::try_from).transpose()
}
