//! The audit record.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::audit::model::{AuditAction, AuditEntry};
use handoff_domain::audit::ports::AuditTrail;
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::shared::page::{Page, PageRequest};
use time::OffsetDateTime;

use super::schema::audit_entries;
use super::session::work;
use super::{Backend, Connection, Database};
use crate::error::StoreError;
use crate::values::{RowId, parse_actor};

/// Keeps the audit record.
pub(crate) struct AuditEntries {
    database: Database,
}

impl AuditEntries {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn list_rows(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let mut query = audit_entries::table
            .filter(audit_entries::workspace_id.eq(RowId::from(workspace)))
            .order(audit_entries::id.desc())
            .limit(i64::from(page.limit) + 1)
            .select(AuditRow::as_select())
            .into_boxed::<Backend>();
        if let Some(after) = page.after {
            query = query.filter(audit_entries::id.lt(RowId(after)));
        }
        let mut reader = self.database.read().await?;
        Ok(query.load(reader.connection()?).await?)
    }
}

#[async_trait]
impl AuditTrail for AuditEntries {
    async fn record(&self, entry: &AuditEntry) -> Result<(), Failure> {
        self.database
            .write(|connection| work(insert(connection, entry)))
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, Failure> {
        let rows = self.list_rows(workspace, page).await?;
        let entries = rows
            .into_iter()
            .map(AuditEntry::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(
            entries,
            page.limit,
            |entry: &AuditEntry| entry.id.as_uuid(),
        ))
    }
}

/// Adds an entry within a transaction.
pub(super) async fn insert(
    connection: &mut Connection,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let row = AuditRow::from(entry);
    diesel::insert_into(audit_entries::table)
        .values(&row)
        .execute(connection)
        .await?;
    Ok(())
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries, check_for_backend(Backend), treat_none_as_default_value = false)]
struct AuditRow {
    id: RowId,
    workspace_id: Option<RowId>,
    actor: String,
    action: String,
    subject: String,
    result: String,
    occurred_at: OffsetDateTime,
}

impl From<&AuditEntry> for AuditRow {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            id: entry.id.into(),
            workspace_id: entry.workspace_id.map(RowId::from),
            actor: entry.actor.to_string(),
            action: entry.action.as_str().to_owned(),
            subject: entry.subject.clone(),
            result: entry.result.clone(),
            occurred_at: entry.at,
        }
    }
}

impl TryFrom<AuditRow> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        let action = AuditAction::ALL
            .into_iter()
            .find(|action| action.as_str() == row.action);
        Ok(Self {
            id: row.id.id(),
            workspace_id: row.workspace_id.map(RowId::id),
            actor: parse_actor("audit_entries.actor", &row.actor)?,
            action: action.ok_or(StoreError::Corrupt {
                column: "audit_entries.action",
            })?,
            subject: row.subject,
            result: row.result,
            at: row.occurred_at,
        })
    }
}
