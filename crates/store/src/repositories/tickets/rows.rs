//! Rows of execution tickets.

use diesel::prelude::*;
use diesel::upsert::excluded;
use handoff_domain::delivery::model::DeliveryState;
use handoff_domain::ticket::model::{
    ExternalIssue, OpenDelivery, Parent, Priority, Ticket, TicketContent,
};
use handoff_domain::ticket::regeneration::{KnownTicket, Provenance};
use serde_json::Value;
use time::{Date, OffsetDateTime};

use super::super::schema::execution_tickets;
use super::super::{Backend, Connection, execute_batch};
use crate::batches::batches;
use crate::error::StoreError;
use crate::values::{RowId, Word, parse_json, parse_u32, parse_word, to_i32, to_json};

/// How many tickets one statement writes; keeps well below the databases' greatest number of parameters.
const TICKETS_PER_STATEMENT: usize = 500;

/// The whole row.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = execution_tickets, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct TicketRow {
    pub(super) id: RowId,
    pub(super) workspace_id: RowId,
    pub(super) document_id: RowId,
    pub(super) block_id: Option<RowId>,
    pub(super) source: String,
    pub(super) source_line: Option<i32>,
    pub(super) source_end_line: Option<i32>,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) ticket_type: String,
    pub(super) priority: Option<String>,
    pub(super) labels: Value,
    pub(super) acceptance_criteria: Value,
    pub(super) estimated_effort: Option<String>,
    pub(super) assignee: Option<String>,
    pub(super) due_on: Option<Date>,
    pub(super) parent_id: Option<RowId>,
    pub(super) parent_key: Option<String>,
    pub(super) depends_on: Value,
    pub(super) fields: Value,
    pub(super) status: String,
    pub(super) platform: Option<String>,
    pub(super) external_site_id: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) external_key: Option<String>,
    pub(super) external_url: Option<String>,
    pub(super) external: Option<Value>,
    pub(super) differs_from_document: bool,
    pub(super) synced_status: Option<String>,
    pub(super) external_status: Option<String>,
    pub(super) push_error: Option<Value>,
    pub(super) delivery_id: Option<RowId>,
    pub(super) version: i64,
    pub(super) created_at: OffsetDateTime,
    pub(super) updated_at: OffsetDateTime,
    pub(super) pushed_at: Option<OffsetDateTime>,
    pub(super) synced_at: Option<OffsetDateTime>,
    pub(super) deleted_at: Option<OffsetDateTime>,
}

/// What is kept of a ticket's source; listing tickets leaves it where it is.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = execution_tickets, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct SourceRow {
    pub(super) fingerprint: String,
    pub(super) item_id: Option<String>,
    pub(super) source_section: Value,
    pub(super) source_text: String,
}

impl SourceRow {
    pub(super) fn new(provenance: &Provenance) -> Result<Self, StoreError> {
        Ok(Self {
            fingerprint: provenance.fingerprint.clone(),
            item_id: provenance.item_id.clone(),
            source_section: to_json(&provenance.section)?,
            source_text: provenance.source_text.clone(),
        })
    }

    fn provenance(self) -> Result<Provenance, StoreError> {
        Ok(Provenance {
            fingerprint: self.fingerprint,
            item_id: self.item_id,
            section: parse_json("execution_tickets.source_section", self.source_section)?,
            source_text: self.source_text,
        })
    }
}

/// A ticket and its source.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = execution_tickets, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct KnownRow {
    #[diesel(embed)]
    ticket: TicketRow,
    #[diesel(embed)]
    source: SourceRow,
}

impl KnownRow {
    pub(super) fn new(
        known: &KnownTicket,
        deleted_at: Option<OffsetDateTime>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            ticket: TicketRow {
                deleted_at,
                ..TicketRow::new(&known.ticket)?
            },
            source: SourceRow::new(&known.provenance)?,
        })
    }

    pub(super) const fn deleted_at(&self) -> Option<OffsetDateTime> {
        self.ticket.deleted_at
    }

    pub(super) fn known(self, delivery_state: Option<String>) -> Result<KnownTicket, StoreError> {
        let is_deleted = self.ticket.deleted_at.is_some();
        Ok(KnownTicket {
            provenance: self.source.provenance()?,
            ticket: self.ticket.ticket(delivery_state)?,
            is_deleted,
        })
    }
}

impl TicketRow {
    /// The row of a new ticket.
    pub(super) fn new(ticket: &Ticket) -> Result<Self, StoreError> {
        let content = &ticket.content;
        let external = ticket.external.as_ref();
        let parent = ticket.parent.as_ref();
        Ok(Self {
            id: ticket.id.into(),
            workspace_id: ticket.workspace_id.into(),
            document_id: ticket.document_id.into(),
            block_id: ticket.block_id.map(RowId::from),
            source: ticket.source.word().to_owned(),
            source_line: ticket.source_line.map(to_i32),
            source_end_line: ticket.source_end_line.map(to_i32),
            title: content.title.clone(),
            description: content.description.clone(),
            ticket_type: content.ticket_type.word().to_owned(),
            priority: content
                .priority
                .as_ref()
                .map(|priority| priority.as_str().to_owned()),
            labels: to_json(&content.labels)?,
            acceptance_criteria: to_json(&content.acceptance_criteria)?,
            estimated_effort: content
                .estimated_effort
                .map(|effort| effort.word().to_owned()),
            assignee: content.assignee.clone(),
            due_on: content.due_on,
            parent_id: parent.and_then(Parent::ticket_id).map(RowId::from),
            parent_key: parent.and_then(Parent::key).map(str::to_owned),
            depends_on: to_json(&ticket.depends_on)?,
            fields: Value::Object(ticket.fields.clone()),
            status: ticket.status.word().to_owned(),
            platform: ticket.platform.clone(),
            external_site_id: external.map(|issue| issue.site_id.clone()),
            external_id: external.map(|issue| issue.id.clone()),
            external_key: external.map(|issue| issue.key.clone()),
            external_url: external.map(|issue| issue.url.clone()),
            external: ticket.tracker_view.as_ref().map(to_json).transpose()?,
            differs_from_document: ticket.differs_from_document,
            synced_status: ticket.synced_status.map(|status| status.word().to_owned()),
            external_status: ticket.external_status.clone(),
            push_error: ticket.push_error.as_ref().map(to_json).transpose()?,
            delivery_id: ticket.delivery.map(|delivery| delivery.id.into()),
            version: ticket.version,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            pushed_at: ticket.pushed_at,
            synced_at: ticket.synced_at,
            deleted_at: None,
        })
    }

    /// Links the ticket to its issue.
    pub(super) fn set_external(&mut self, external: &ExternalIssue) {
        self.external_site_id = Some(external.site_id.clone());
        self.external_id = Some(external.id.clone());
        self.external_key = Some(external.key.clone());
        self.external_url = Some(external.url.clone());
    }

    /// The ticket, with the state of its open delivery.
    pub(super) fn ticket(self, delivery_state: Option<String>) -> Result<Ticket, StoreError> {
        Ok(Ticket {
            id: self.id.id(),
            workspace_id: self.workspace_id.id(),
            document_id: self.document_id.id(),
            block_id: self.block_id.map(RowId::id),
            source: parse_word("execution_tickets.source", &self.source)?,
            source_line: parse_line("execution_tickets.source_line", self.source_line)?,
            source_end_line: parse_line("execution_tickets.source_end_line", self.source_end_line)?,
            parent: parent(self.parent_id, self.parent_key.clone()),
            depends_on: parse_json("execution_tickets.depends_on", self.depends_on.clone())?,
            fields: parse_json("execution_tickets.fields", self.fields.clone())?,
            tracker_view: self
                .external
                .clone()
                .map(|json| parse_json("execution_tickets.external", json))
                .transpose()?,
            differs_from_document: self.differs_from_document,
            status: parse_word("execution_tickets.status", &self.status)?,
            synced_status: self
                .synced_status
                .as_deref()
                .map(|word| parse_word("execution_tickets.synced_status", word))
                .transpose()?,
            push_error: self
                .push_error
                .clone()
                .map(|json| parse_json("execution_tickets.push_error", json))
                .transpose()?,
            delivery: open_delivery(self.delivery_id, delivery_state)?,
            external: external_issue(
                self.external_site_id.clone(),
                self.external_id.clone(),
                self.external_key.clone(),
                self.external_url.clone(),
            ),
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            pushed_at: self.pushed_at,
            synced_at: self.synced_at,
            platform: self.platform.clone(),
            external_status: self.external_status.clone(),
            content: self.content()?,
        })
    }

    fn content(self) -> Result<TicketContent, StoreError> {
        let priority = self.priority.map(|word| {
            Priority::parse(&word).ok_or(StoreError::Corrupt {
                column: "execution_tickets.priority",
            })
        });
        let effort = self.estimated_effort.as_deref();
        Ok(TicketContent {
            title: self.title,
            description: self.description,
            ticket_type: parse_word("execution_tickets.ticket_type", &self.ticket_type)?,
            priority: priority.transpose()?,
            labels: parse_json("execution_tickets.labels", self.labels)?,
            acceptance_criteria: parse_json(
                "execution_tickets.acceptance_criteria",
                self.acceptance_criteria,
            )?,
            estimated_effort: effort
                .map(|word| parse_word("execution_tickets.estimated_effort", word))
                .transpose()?,
            assignee: self.assignee,
            due_on: self.due_on,
        })
    }
}

fn parse_line(column: &'static str, line: Option<i32>) -> Result<Option<u32>, StoreError> {
    line.map(|line| parse_u32(column, line)).transpose()
}

/// The parent behind two columns of which at most one is there.
fn parent(id: Option<RowId>, key: Option<String>) -> Option<Parent> {
    let ticket = id.map(|id| Parent::Ticket(id.id()));
    ticket.or(key.map(Parent::Key))
}

/// The issue behind four columns that are all there or all absent.
pub(in super::super) fn external_issue(
    site_id: Option<String>,
    id: Option<String>,
    key: Option<String>,
    url: Option<String>,
) -> Option<ExternalIssue> {
    Some(ExternalIssue {
        site_id: site_id?,
        id: id?,
        key: key?,
        url: url?,
    })
}

fn open_delivery(
    id: Option<RowId>,
    state: Option<String>,
) -> Result<Option<OpenDelivery>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let state = state.as_deref().and_then(DeliveryState::parse_word);
    let state = state.ok_or(StoreError::Corrupt {
        column: "execution_tickets.delivery_id",
    })?;
    Ok(Some(OpenDelivery { id: id.id(), state }))
}

/// Brings what was observed or linked into tickets that are there.
pub(super) async fn write(
    connection: &mut Connection,
    rows: Vec<TicketRow>,
) -> Result<(), StoreError> {
    let rows = rows.into_iter().map(|ticket| KnownRow {
        ticket,
        // Not written where the ticket is there.
        source: SourceRow {
            fingerprint: String::new(),
            item_id: None,
            source_section: Value::Array(Vec::new()),
            source_text: String::new(),
        },
    });
    for batch in batches(rows.collect(), TICKETS_PER_STATEMENT) {
        let upsert = diesel::insert_into(execution_tickets::table)
            .values(batch)
            .on_conflict(execution_tickets::id)
            .do_update()
            .set((
                execution_tickets::status.eq(excluded(execution_tickets::status)),
                execution_tickets::platform.eq(excluded(execution_tickets::platform)),
                execution_tickets::external_site_id
                    .eq(excluded(execution_tickets::external_site_id)),
                execution_tickets::external_id.eq(excluded(execution_tickets::external_id)),
                execution_tickets::external_key.eq(excluded(execution_tickets::external_key)),
                execution_tickets::external_url.eq(excluded(execution_tickets::external_url)),
                execution_tickets::external.eq(excluded(execution_tickets::external)),
                execution_tickets::synced_status.eq(excluded(execution_tickets::synced_status)),
                execution_tickets::external_status.eq(excluded(execution_tickets::external_status)),
                execution_tickets::push_error.eq(excluded(execution_tickets::push_error)),
                execution_tickets::delivery_id.eq(excluded(execution_tickets::delivery_id)),
                execution_tickets::version.eq(excluded(execution_tickets::version)),
                execution_tickets::updated_at.eq(excluded(execution_tickets::updated_at)),
                execution_tickets::pushed_at.eq(excluded(execution_tickets::pushed_at)),
                execution_tickets::synced_at.eq(excluded(execution_tickets::synced_at)),
            ));
        execute_batch(connection, upsert).await?;
    }
    Ok(())
}

/// Inserts generated tickets, or replaces what those that are there say and where they come from.
pub(super) async fn write_known(
    connection: &mut Connection,
    rows: Vec<KnownRow>,
) -> Result<(), StoreError> {
    for batch in batches(rows, TICKETS_PER_STATEMENT) {
        let upsert = diesel::insert_into(execution_tickets::table)
            .values(batch)
            .on_conflict(execution_tickets::id)
            .do_update()
            .set((
                (
                    execution_tickets::block_id.eq(excluded(execution_tickets::block_id)),
                    execution_tickets::source_line.eq(excluded(execution_tickets::source_line)),
                    execution_tickets::source_end_line
                        .eq(excluded(execution_tickets::source_end_line)),
                    execution_tickets::fingerprint.eq(excluded(execution_tickets::fingerprint)),
                    execution_tickets::item_id.eq(excluded(execution_tickets::item_id)),
                    execution_tickets::source_section
                        .eq(excluded(execution_tickets::source_section)),
                    execution_tickets::source_text.eq(excluded(execution_tickets::source_text)),
                    execution_tickets::parent_id.eq(excluded(execution_tickets::parent_id)),
                    execution_tickets::parent_key.eq(excluded(execution_tickets::parent_key)),
                    execution_tickets::depends_on.eq(excluded(execution_tickets::depends_on)),
                    execution_tickets::differs_from_document
                        .eq(excluded(execution_tickets::differs_from_document)),
                ),
                (
                    execution_tickets::title.eq(excluded(execution_tickets::title)),
                    execution_tickets::description.eq(excluded(execution_tickets::description)),
                    execution_tickets::ticket_type.eq(excluded(execution_tickets::ticket_type)),
                    execution_tickets::priority.eq(excluded(execution_tickets::priority)),
                    execution_tickets::labels.eq(excluded(execution_tickets::labels)),
                    execution_tickets::acceptance_criteria
                        .eq(excluded(execution_tickets::acceptance_criteria)),
                    execution_tickets::estimated_effort
                        .eq(excluded(execution_tickets::estimated_effort)),
                    execution_tickets::assignee.eq(excluded(execution_tickets::assignee)),
                    execution_tickets::due_on.eq(excluded(execution_tickets::due_on)),
                    execution_tickets::version.eq(excluded(execution_tickets::version)),
                    execution_tickets::updated_at.eq(excluded(execution_tickets::updated_at)),
                ),
            ));
        execute_batch(connection, upsert).await?;
    }
    Ok(())
}
