//! Rows of execution tickets.

use diesel::prelude::*;
use diesel::upsert::excluded;
use handoff_domain::delivery::model::DeliveryState;
use handoff_domain::ticket::model::{ExternalIssue, OpenDelivery, Priority, Ticket, TicketContent};
use serde_json::Value;
use time::OffsetDateTime;

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
    pub(super) fingerprint: String,
    pub(super) source_line: Option<i32>,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) ticket_type: String,
    pub(super) priority: Option<String>,
    pub(super) labels: Value,
    pub(super) acceptance_criteria: Value,
    pub(super) estimated_effort: Option<String>,
    pub(super) status: String,
    pub(super) platform: Option<String>,
    pub(super) external_site_id: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) external_key: Option<String>,
    pub(super) external_url: Option<String>,
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

impl TicketRow {
    /// The row of a new ticket.
    pub(super) fn new(ticket: &Ticket) -> Result<Self, StoreError> {
        let content = &ticket.content;
        let external = ticket.external.as_ref();
        Ok(Self {
            id: ticket.id.into(),
            workspace_id: ticket.workspace_id.into(),
            document_id: ticket.document_id.into(),
            block_id: ticket.block_id.map(RowId::from),
            fingerprint: ticket.fingerprint.clone(),
            source_line: Some(to_i32(ticket.source_line)),
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
            status: ticket.status.word().to_owned(),
            platform: ticket.platform.clone(),
            external_site_id: external.map(|issue| issue.site_id.clone()),
            external_id: external.map(|issue| issue.id.clone()),
            external_key: external.map(|issue| issue.key.clone()),
            external_url: external.map(|issue| issue.url.clone()),
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

    /// Takes over what a ticket says.
    pub(super) fn set_content(&mut self, other: &Self) {
        self.block_id = other.block_id;
        self.source_line = other.source_line;
        self.title.clone_from(&other.title);
        self.description.clone_from(&other.description);
        self.ticket_type.clone_from(&other.ticket_type);
        self.priority.clone_from(&other.priority);
        self.labels.clone_from(&other.labels);
        self.acceptance_criteria
            .clone_from(&other.acceptance_criteria);
        self.estimated_effort.clone_from(&other.estimated_effort);
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
            source_line: parse_u32(
                "execution_tickets.source_line",
                self.source_line.unwrap_or_default(),
            )?,
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
            fingerprint: self.fingerprint.clone(),
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
            assignee: None,
            due_on: None,
        })
    }
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

/// Inserts tickets, or replaces those that are there.
pub(super) async fn write(
    connection: &mut Connection,
    rows: Vec<TicketRow>,
) -> Result<(), StoreError> {
    for batch in batches(rows, TICKETS_PER_STATEMENT) {
        let upsert = diesel::insert_into(execution_tickets::table)
            .values(batch)
            .on_conflict(execution_tickets::id)
            .do_update()
            .set((
                execution_tickets::block_id.eq(excluded(execution_tickets::block_id)),
                execution_tickets::source_line.eq(excluded(execution_tickets::source_line)),
                execution_tickets::title.eq(excluded(execution_tickets::title)),
                execution_tickets::description.eq(excluded(execution_tickets::description)),
                execution_tickets::ticket_type.eq(excluded(execution_tickets::ticket_type)),
                execution_tickets::priority.eq(excluded(execution_tickets::priority)),
                execution_tickets::labels.eq(excluded(execution_tickets::labels)),
                execution_tickets::acceptance_criteria
                    .eq(excluded(execution_tickets::acceptance_criteria)),
                execution_tickets::estimated_effort
                    .eq(excluded(execution_tickets::estimated_effort)),
                execution_tickets::status.eq(excluded(execution_tickets::status)),
                execution_tickets::platform.eq(excluded(execution_tickets::platform)),
                execution_tickets::external_site_id
                    .eq(excluded(execution_tickets::external_site_id)),
                execution_tickets::external_id.eq(excluded(execution_tickets::external_id)),
                execution_tickets::external_key.eq(excluded(execution_tickets::external_key)),
                execution_tickets::external_url.eq(excluded(execution_tickets::external_url)),
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
