//! Tickets on the wire.

use std::collections::HashSet;

use handoff_domain::shared::validation::Problems;
use handoff_domain::ticket::model::{Priority, Ticket, TicketChanges};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, Code};
use crate::extract::{Gate, Input, double_option, from_text};
use crate::routes::dto::{
    BlockTypeDto, DeliveryStateDto, EffortDto, PushErrorDto, SyncedStatusDto, TicketStatusDto,
    TicketTypeDto,
};

const MAX_IDS: usize = 10_000;

/// What tickets are made from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerateTickets {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
    pub(super) document_id: Uuid,
    /// Only from this block.
    pub(super) block_id: Option<Uuid>,
    /// Only from blocks of these types.
    pub(super) include_block_types: Option<Vec<BlockTypeDto>>,
}

impl Input for GenerateTickets {}

impl Gate for GenerateTickets {}

/// Which tickets are listed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTickets {
    pub(super) status: Option<TicketStatusDto>,
    /// 1 to 200.
    #[serde(default, deserialize_with = "from_text")]
    pub(super) limit: Option<u32>,
    /// Where the page begins.
    pub(super) cursor: Option<String>,
}

impl Input for ListTickets {}

/// A change of a ticket: absent keeps, null clears.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PatchTicket {
    /// One line of 1 to 10,000 characters.
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    /// Markdown.
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<TicketTypeDto>)]
    ticket_type: Option<Option<TicketTypeDto>>,
    /// P0 to P3, or another word of 1 to 32 characters.
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<String>)]
    priority: Option<Option<String>>,
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<Vec<String>>)]
    labels: Option<Option<Vec<String>>>,
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<Vec<String>>)]
    acceptance_criteria: Option<Option<Vec<String>>>,
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<EffortDto>)]
    estimated_effort: Option<Option<EffortDto>>,
}

impl Input for PatchTicket {
    const MAY_BE_ABSENT: bool = true;
}

impl TryFrom<PatchTicket> for TicketChanges {
    type Error = ApiError;

    fn try_from(patch: PatchTicket) -> Result<Self, ApiError> {
        let mut problems = Problems::default();
        problems.require(patch.title != Some(None), "/title", "cannot be cleared");
        let priority = patch
            .priority
            .map(|word| word.map(|word| Priority::parse(&word)));
        let message = "give P0 to P3, or another word of 1 to 32 characters";
        problems.require(priority != Some(Some(None)), "/priority", message);
        problems.or(())?;
        Ok(Self {
            title: patch.title.flatten(),
            description: patch.description,
            ticket_type: patch.ticket_type.map(|value| value.map(Into::into)),
            priority: priority.map(Option::flatten),
            labels: patch.labels,
            acceptance_criteria: patch.acceptance_criteria,
            estimated_effort: patch.estimated_effort.map(|value| value.map(Into::into)),
        })
    }
}

/// Which tickets were looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewTickets {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
    /// 1 to 10,000; repeats count once.
    ticket_ids: Vec<Uuid>,
}

impl Input for ReviewTickets {}

impl Gate for ReviewTickets {}

impl ReviewTickets {
    pub(super) fn distinct_ids(self) -> Result<Vec<Uuid>, ApiError> {
        if !(1..=MAX_IDS).contains(&self.ticket_ids.len()) {
            return Err(ApiError::invalid(
                "/ticket_ids",
                format!("give 1 to {MAX_IDS} ids"),
            ));
        }
        let mut seen = HashSet::with_capacity(self.ticket_ids.len());
        Ok(self
            .ticket_ids
            .into_iter()
            .filter(|id| seen.insert(*id))
            .collect())
    }
}

/// A ticket.
#[derive(Serialize, ToSchema)]
pub(crate) struct TicketDto {
    id: Uuid,
    workspace_id: Uuid,
    document_id: Uuid,
    block_id: Option<Uuid>,
    title: String,
    /// Markdown.
    description: String,
    ticket_type: TicketTypeDto,
    /// P0 to P3, another word, or null.
    priority: Option<String>,
    labels: Vec<String>,
    acceptance_criteria: Vec<String>,
    estimated_effort: Option<EffortDto>,
    status: TicketStatusDto,
    /// The tracker it was pushed to.
    platform: Option<String>,
    /// The cloud id of the site that the issue lives on.
    external_site_id: Option<String>,
    /// The issue's immutable id.
    external_id: Option<String>,
    external_key: Option<String>,
    external_url: Option<String>,
    /// The issue's status in our words.
    synced_status: Option<SyncedStatusDto>,
    /// The issue's status in the tracker's own words.
    external_status: Option<String>,
    /// Why the last push failed.
    push_error: Option<PushErrorDto>,
    /// The delivery that is open; while there is one the ticket counts as pushed.
    delivery: Option<OpenDeliveryDto>,
    /// Rises by one with each change; also the ETag.
    version: i64,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pushed_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    synced_at: Option<OffsetDateTime>,
}

/// The open delivery of a ticket.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenDeliveryDto {
    id: Uuid,
    state: DeliveryStateDto,
}

impl From<Ticket> for TicketDto {
    fn from(ticket: Ticket) -> Self {
        let content = ticket.content;
        let (site, id, key, url) = match ticket.external {
            Some(issue) => (
                Some(issue.site_id),
                Some(issue.id),
                Some(issue.key),
                Some(issue.url),
            ),
            None => (None, None, None, None),
        };
        Self {
            id: ticket.id.as_uuid(),
            workspace_id: ticket.workspace_id.as_uuid(),
            document_id: ticket.document_id.as_uuid(),
            block_id: ticket.block_id.map(|id| id.as_uuid()),
            title: content.title,
            description: content.description,
            ticket_type: content.ticket_type.into(),
            priority: content
                .priority
                .map(|priority| priority.as_str().to_owned()),
            labels: content.labels,
            acceptance_criteria: content.acceptance_criteria,
            estimated_effort: content.estimated_effort.map(Into::into),
            status: ticket.status.into(),
            platform: ticket.platform,
            external_site_id: site,
            external_id: id,
            external_key: key,
            external_url: url,
            synced_status: ticket.synced_status.map(Into::into),
            external_status: ticket.external_status,
            push_error: ticket.push_error.map(Into::into),
            delivery: ticket.delivery.map(|open| OpenDeliveryDto {
                id: open.id.as_uuid(),
                state: open.state.into(),
            }),
            version: ticket.version,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            pushed_at: ticket.pushed_at,
            synced_at: ticket.synced_at,
        }
    }
}

/// The tickets that a document, or the part asked for, calls for.
#[derive(Serialize, ToSchema)]
pub(crate) struct GeneratedDto {
    pub(super) tickets: Vec<TicketDto>,
    pub(super) total: usize,
}

/// One part of a document's tickets.
#[derive(Serialize, ToSchema)]
pub(crate) struct TicketsDto {
    pub(super) tickets: Vec<TicketDto>,
    /// How many there are in all.
    pub(super) total: u64,
    pub(super) next_cursor: Option<String>,
}

/// Which tickets are reviewed now, and which could not be.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct ReviewedDto {
    pub(super) reviewed: Vec<Uuid>,
    pub(super) failed: Vec<FailedReviewDto>,
}

/// A ticket that could not be reviewed.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailedReviewDto {
    ticket_id: Uuid,
    error: ReviewErrorDto,
}

/// Why a ticket could not be reviewed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReviewErrorDto {
    code: Code,
    message: String,
}

impl FailedReviewDto {
    pub(super) fn new(ticket_id: Uuid, error: ApiError) -> Self {
        let error = ReviewErrorDto {
            code: error.code(),
            message: error.detail().to_owned(),
        };
        Self { ticket_id, error }
    }
}
