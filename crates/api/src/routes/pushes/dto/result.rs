//! What became, or would become, of single tickets.

use std::collections::HashMap;

use handoff_domain::delivery::model::{Delivery, DeliveryState, ProjectRef, PushCounts, PushEntry};
use handoff_domain::delivery::plan::PlannedEntry;
use handoff_domain::shared::ids::{PushId, TicketId};
use handoff_domain::ticket::model::{ExternalIssue, Ticket};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::dto::{DeliveryStateDto, PushErrorDto, WarningDto};

/// What a push means for one ticket.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResultStatus {
    Pushed,
    PushFailed,
    Pending,
    AlreadyPushed,
    NeedsAttention,
    Cancelled,
    WouldPush,
    WouldFail,
}

impl From<DeliveryState> for ResultStatus {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Confirmed => Self::Pushed,
            DeliveryState::Rejected | DeliveryState::Abandoned => Self::PushFailed,
            DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Uncertain => {
                Self::Pending
            }
            DeliveryState::NeedsAttention => Self::NeedsAttention,
            DeliveryState::Cancelled => Self::Cancelled,
        }
    }
}

/// What became, or would become, of one ticket.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResultDto {
    ticket_id: Uuid,
    delivery_id: Option<Uuid>,
    status: ResultStatus,
    /// How many requests were committed to be sent.
    attempts: i32,
    /// Not before this time, when it waits for a repeat.
    #[serde(with = "time::serde::rfc3339::option")]
    retry_at: Option<OffsetDateTime>,
    external_id: Option<String>,
    external_key: Option<String>,
    external_url: Option<String>,
    warnings: Vec<WarningDto>,
    error: Option<PushErrorDto>,
    /// What would be sent; in a dry run only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    payload: Option<Value>,
}

impl ResultDto {
    fn bare(ticket_id: TicketId, status: ResultStatus) -> Self {
        Self {
            ticket_id: ticket_id.as_uuid(),
            delivery_id: None,
            status,
            attempts: 0,
            retry_at: None,
            external_id: None,
            external_key: None,
            external_url: None,
            warnings: Vec::new(),
            error: None,
            payload: None,
        }
    }

    fn linked(mut self, issue: Option<ExternalIssue>) -> Self {
        if let Some(issue) = issue {
            self.external_id = Some(issue.id);
            self.external_key = Some(issue.key);
            self.external_url = Some(issue.url);
        }
        self
    }

    /// What a push would do with a ticket; counts it.
    pub(super) fn planned(entry: PlannedEntry, counts: &mut PushCounts) -> Self {
        let ticket_id = entry.ticket_id();
        match entry {
            PlannedEntry::Existing(ticket) => Self::existing(*ticket, counts),
            PlannedEntry::Judged {
                warnings,
                refusal,
                payload,
                ..
            } => {
                let (status, state) = match refusal {
                    Some(_) => (ResultStatus::WouldFail, DeliveryState::Rejected),
                    None => (ResultStatus::WouldPush, DeliveryState::Confirmed),
                };
                counts.add(Some(state), 1);
                Self {
                    warnings: warnings.into_iter().map(Into::into).collect(),
                    error: refusal.map(Into::into),
                    payload: serde_json::from_str(&payload).ok(),
                    ..Self::bare(ticket_id, status)
                }
            }
        }
    }

    fn existing(ticket: Ticket, counts: &mut PushCounts) -> Self {
        let state = ticket.delivery.map(|open| open.state);
        counts.add(state, 1);
        let status = state.map_or(ResultStatus::AlreadyPushed, Into::into);
        let delivery_id = ticket.delivery.map(|open| open.id.as_uuid());
        Self {
            delivery_id,
            ..Self::bare(ticket.id, status)
        }
        .linked(ticket.external)
    }
}

impl From<PushEntry> for ResultDto {
    fn from(entry: PushEntry) -> Self {
        match entry {
            PushEntry::Delivery(delivery) => Self {
                delivery_id: Some(delivery.id.as_uuid()),
                attempts: delivery.attempts,
                retry_at: delivery.retry_at,
                warnings: delivery.warnings.into_iter().map(Into::into).collect(),
                error: delivery.error.map(Into::into),
                ..Self::bare(delivery.ticket_id, delivery.state.into()).linked(delivery.external)
            },
            PushEntry::AlreadyPushed {
                ticket_id,
                external,
            } => Self::bare(ticket_id, ResultStatus::AlreadyPushed).linked(external),
        }
    }
}

/// One ticket on its way to the tracker.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryDto {
    id: Uuid,
    push_id: Uuid,
    ticket_id: Uuid,
    state: DeliveryStateDto,
    /// The project it goes to.
    project_key: Option<String>,
    /// How many requests were committed to be sent, the last of them at `attempted_at`.
    attempts: i32,
    #[serde(with = "time::serde::rfc3339::option")]
    attempted_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    retry_at: Option<OffsetDateTime>,
    external_site_id: String,
    external_id: Option<String>,
    external_key: Option<String>,
    external_url: Option<String>,
    warnings: Vec<WarningDto>,
    error: Option<PushErrorDto>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl DeliveryDto {
    pub(crate) fn new(delivery: Delivery, projects: &HashMap<PushId, ProjectRef>) -> Self {
        let project = projects.get(&delivery.push_id);
        let (id, key, url) = match delivery.external {
            Some(issue) => (Some(issue.id), Some(issue.key), Some(issue.url)),
            None => (None, None, None),
        };
        Self {
            id: delivery.id.as_uuid(),
            push_id: delivery.push_id.as_uuid(),
            ticket_id: delivery.ticket_id.as_uuid(),
            state: delivery.state.into(),
            project_key: project.map(|project| project.key.clone()),
            attempts: delivery.attempts,
            attempted_at: delivery.attempted_at,
            retry_at: delivery.retry_at,
            external_site_id: delivery.site_id,
            external_id: id,
            external_key: key,
            external_url: url,
            warnings: delivery.warnings.into_iter().map(Into::into).collect(),
            error: delivery.error.map(Into::into),
            created_at: delivery.created_at,
            updated_at: delivery.updated_at,
        }
    }
}

/// One part of the deliveries.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveriesDto {
    pub(crate) deliveries: Vec<DeliveryDto>,
    pub(crate) next_cursor: Option<String>,
}
