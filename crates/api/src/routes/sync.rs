//! Bringing the status of issues back.

use actix_web::{post, web};
use handoff_domain::sync::service::{StatusChange, SyncCommand, SyncReport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::dto::{PushErrorDto, SyncedStatusDto};
use super::task::detached;
use crate::error::ApiError;
use crate::extract::{Gate, Input, WorkspaceBody};
use crate::state::AppState;

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(sync);
}

/// Which tickets are synced; all pushed ones of the workspace when nothing is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SyncTickets {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
    /// Only those of this document.
    document_id: Option<Uuid>,
    /// Only these, 1 to 10,000.
    ticket_ids: Option<Vec<Uuid>>,
}

impl Input for SyncTickets {}

impl Gate for SyncTickets {}

/// What a sync found.
#[derive(Serialize, ToSchema)]
pub(crate) struct SyncDto {
    /// How many tickets were asked for.
    total: usize,
    /// How many issues were seen.
    synced: usize,
    changed: Vec<StatusChangeDto>,
    /// Tickets whose issue is gone or hidden.
    missing: Vec<Uuid>,
    failed: Vec<FailedSyncDto>,
}

/// A ticket whose status has changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatusChangeDto {
    ticket_id: Uuid,
    /// Null before the first sync.
    from: Option<SyncedStatusDto>,
    to: SyncedStatusDto,
    /// The status in the tracker's words.
    external_status: Option<String>,
}

impl From<StatusChange> for StatusChangeDto {
    fn from(change: StatusChange) -> Self {
        Self {
            ticket_id: change.ticket_id.as_uuid(),
            from: change.from.map(Into::into),
            to: change.to.into(),
            external_status: change.external_status,
        }
    }
}

/// A ticket that could not be asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailedSyncDto {
    ticket_id: Uuid,
    error: PushErrorDto,
}

impl From<SyncReport> for SyncDto {
    fn from(report: SyncReport) -> Self {
        let failed = report
            .failed
            .into_iter()
            .map(|(ticket, error)| FailedSyncDto {
                ticket_id: ticket.as_uuid(),
                error: error.into(),
            });
        Self {
            total: report.total,
            synced: report.synced,
            changed: report.changed.into_iter().map(Into::into).collect(),
            missing: report
                .missing
                .into_iter()
                .map(|ticket| ticket.as_uuid())
                .collect(),
            failed: failed.collect(),
        }
    }
}

/// Reads the status of pushed tickets' issues.
#[utoipa::path(
    tag = "execution",
    request_body = SyncTickets,
    responses((status = 200, body = SyncDto)),
    security(("bearer" = [])),
)]
#[post("/api/execution/sync")]
async fn sync(
    body: WorkspaceBody<SyncTickets>,
    state: web::Data<AppState>,
) -> Result<web::Json<SyncDto>, ApiError> {
    let workspace = body.access.workspace.id;
    let ids = body.input.ticket_ids;
    let command = SyncCommand {
        document_id: body.input.document_id.map(Into::into),
        ticket_ids: ids.map(|ids| ids.into_iter().map(Into::into).collect()),
    };
    let service = state.sync.clone();
    let report = detached(async move { service.sync(workspace, &command).await }).await?;
    Ok(web::Json(report.into()))
}
