//! Tickets on the wire.

use std::collections::HashSet;

use handoff_domain::shared::validation::Problems;
use handoff_domain::ticket::model::{
    Dependency, Parent, Priority, Ticket, TicketChanges, TrackerView,
};
use handoff_domain::ticket::service::{Generate, GeneratedTickets};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, Code};
use crate::extract::{Gate, Input, double_option, from_text};
use crate::routes::dto::{
    BlockTypeDto, DeliveryStateDto, EffortDto, PushErrorDto, SyncedStatusDto, TicketSourceDto,
    TicketStatusDto, TicketTypeDto,
};
use crate::routes::reading::{CoverageDto, NoteDto};

const MAX_IDS: usize = 10_000;

/// What tickets are made from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerateTickets {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
    pub(super) document_id: Uuid,
    /// Only from this block.
    block_id: Option<Uuid>,
    /// Only from blocks of these types.
    include_block_types: Option<Vec<BlockTypeDto>>,
    /// What reads the document; `rules` where it is left out.
    scoper: Option<ScoperDto>,
    /// Whether epics that hold other tickets become tickets; true where it is left out.
    epics: Option<bool>,
}

/// What reads a document.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScoperDto {
    /// Rules, in the request itself.
    Rules,
    /// A language model, which this release has not got.
    Model,
}

impl GenerateTickets {
    pub(super) fn into_command(self) -> Result<Generate, ApiError> {
        if matches!(self.scoper, Some(ScoperDto::Model)) {
            return Err(ApiError::invalid(
                "/scoper",
                "the model scoper is not available here",
            ));
        }
        let types = self.include_block_types;
        Ok(Generate {
            block_id: self.block_id.map(Into::into),
            include_block_types: types.map(|types| types.into_iter().map(Into::into).collect()),
            leaves_out_epics: self.epics == Some(false),
        })
    }
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
    /// P0 to P3, or another word of 1 to 60 characters.
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
    /// Who is to do it; 1 to 255 characters.
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// A day, as 2026-12-24.
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<String>, format = Date)]
    due_on: Option<Option<String>>,
    /// The ticket of the same document that it is part of; takes the place of `parent_key`.
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<Uuid>)]
    parent_id: Option<Option<Uuid>>,
    /// The key of the issue that it is part of; takes the place of `parent_id`.
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<String>)]
    parent_key: Option<Option<String>>,
    /// What must be there first.
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<Vec<DependencyDto>>)]
    depends_on: Option<Option<Vec<DependencyDto>>>,
    /// Further fields by platform, each in the tracker's own JSON; a platform's part is replaced as a whole.
    #[serde(deserialize_with = "double_option")]
    #[schema(value_type = Option<Object>)]
    fields: Option<Option<Map<String, Value>>>,
}

/// What must be there before a ticket: a ticket of the same document, or an issue by its key.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum DependencyDto {
    Ticket(TicketDependencyDto),
    Key(KeyDependencyDto),
}

/// A ticket of the same document.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TicketDependencyDto {
    ticket_id: Uuid,
}

/// An issue of a tracker.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyDependencyDto {
    key: String,
}

impl From<DependencyDto> for Dependency {
    fn from(dependency: DependencyDto) -> Self {
        match dependency {
            DependencyDto::Ticket(ticket) => Self::Ticket {
                ticket_id: ticket.ticket_id.into(),
            },
            DependencyDto::Key(KeyDependencyDto { key }) => Self::Key { key },
        }
    }
}

impl From<Dependency> for DependencyDto {
    fn from(dependency: Dependency) -> Self {
        match dependency {
            Dependency::Ticket { ticket_id } => Self::Ticket(TicketDependencyDto {
                ticket_id: ticket_id.as_uuid(),
            }),
            Dependency::Key { key } => Self::Key(KeyDependencyDto { key }),
        }
    }
}

/// Reads a day; the inner `None` is a word that is none.
fn day(word: &str) -> Option<Date> {
    Date::parse(word, format_description!("[year]-[month]-[day]")).ok()
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
        let message = "give P0 to P3, or another word of 1 to 60 characters";
        problems.require(priority != Some(Some(None)), "/priority", message);
        let due_on = patch.due_on.map(|word| word.map(|word| day(&word)));
        let message = "give a day, such as 2026-12-24";
        problems.require(due_on != Some(Some(None)), "/due_on", message);
        problems.or(())?;
        let depends_on = patch.depends_on;
        Ok(Self {
            title: patch.title.flatten(),
            description: patch.description,
            ticket_type: patch.ticket_type.map(|value| value.map(Into::into)),
            priority: priority.map(Option::flatten),
            labels: patch.labels,
            acceptance_criteria: patch.acceptance_criteria,
            estimated_effort: patch.estimated_effort.map(|value| value.map(Into::into)),
            assignee: patch.assignee,
            due_on: due_on.map(Option::flatten),
            parent_id: patch.parent_id.map(|id| id.map(Into::into)),
            parent_key: patch.parent_key,
            depends_on: depends_on
                .map(|all| all.map(|all| all.into_iter().map(Into::into).collect())),
            fields: patch.fields,
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
    source: TicketSourceDto,
    /// The lines of the document that it was made from, from 1.
    source_line: Option<u32>,
    source_end_line: Option<u32>,
    /// Whether the document says something else now than when it was pushed.
    differs_from_document: bool,
    title: String,
    /// Markdown.
    description: String,
    ticket_type: TicketTypeDto,
    /// P0 to P3, another word, or null.
    priority: Option<String>,
    labels: Vec<String>,
    acceptance_criteria: Vec<String>,
    estimated_effort: Option<EffortDto>,
    /// The ticket of the same document that it is part of.
    parent_id: Option<Uuid>,
    /// The key of the issue that it is part of.
    parent_key: Option<String>,
    /// Who is to do it, as the document names them.
    assignee: Option<String>,
    /// A day, as 2026-12-24.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// What must be there first.
    depends_on: Vec<DependencyDto>,
    /// Further fields by platform, each in the tracker's own JSON.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
    status: TicketStatusDto,
    /// The tracker it was pushed to.
    platform: Option<String>,
    /// The cloud id of the site that the issue lives on.
    external_site_id: Option<String>,
    /// The issue's immutable id.
    external_id: Option<String>,
    external_key: Option<String>,
    external_url: Option<String>,
    /// What the tracker says of the issue now, beside its status.
    external: Option<TrackerViewDto>,
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

/// What a tracker says of an issue.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrackerViewDto {
    title: Option<String>,
    priority: Option<String>,
    labels: Vec<String>,
    assignee: Option<String>,
}

impl From<TrackerView> for TrackerViewDto {
    fn from(view: TrackerView) -> Self {
        Self {
            title: view.title,
            priority: view.priority,
            labels: view.labels,
            assignee: view.assignee,
        }
    }
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
            source: ticket.source.into(),
            source_line: ticket.source_line,
            source_end_line: ticket.source_end_line,
            differs_from_document: ticket.differs_from_document,
            title: content.title,
            description: content.description,
            ticket_type: content.ticket_type.into(),
            priority: content
                .priority
                .map(|priority| priority.as_str().to_owned()),
            labels: content.labels,
            acceptance_criteria: content.acceptance_criteria,
            estimated_effort: content.estimated_effort.map(Into::into),
            parent_id: ticket
                .parent
                .as_ref()
                .and_then(Parent::ticket_id)
                .map(|id| id.as_uuid()),
            parent_key: ticket
                .parent
                .as_ref()
                .and_then(Parent::key)
                .map(str::to_owned),
            assignee: content.assignee,
            due_on: content.due_on.map(|day| day.to_string()),
            depends_on: ticket.depends_on.into_iter().map(Into::into).collect(),
            fields: ticket.fields,
            status: ticket.status.into(),
            platform: ticket.platform,
            external_site_id: site,
            external_id: id,
            external_key: key,
            external_url: url,
            external: ticket.tracker_view.map(Into::into),
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
    tickets: Vec<TicketDto>,
    total: usize,
    /// What became of each line of the document.
    coverage: Vec<CoverageDto>,
    /// What people should know of the tickets.
    notes: Vec<NoteDto>,
}

impl From<GeneratedTickets> for GeneratedDto {
    fn from(generated: GeneratedTickets) -> Self {
        Self {
            total: generated.tickets.len(),
            tickets: generated.tickets.into_iter().map(Into::into).collect(),
            coverage: generated.coverage.into_iter().map(Into::into).collect(),
            notes: generated.notes.into_iter().map(Into::into).collect(),
        }
    }
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
