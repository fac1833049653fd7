//! Pushes and deliveries on the wire.

mod input;
mod result;

use handoff_domain::delivery::model::PushSummary;
use handoff_domain::delivery::model::{Pause, Push, PushCounts, PushReport};
use handoff_domain::delivery::plan::{Planned, PushCommand};
use handoff_domain::workspace::model::Actor;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::dto::PushStateDto;

pub(crate) use input::{
    ListDeliveries, ListPushes, PushTickets, ResolveDelivery, WatchPush, idempotency,
};
pub(crate) use result::{DeliveriesDto, DeliveryDto, ResultDto};

/// A push without its results.
#[derive(Serialize, ToSchema)]
pub(crate) struct PushSummaryDto {
    /// Absent in a dry run, and where there was nothing to push.
    #[serde(skip_serializing_if = "Option::is_none")]
    push_id: Option<Uuid>,
    document_id: Uuid,
    platform: String,
    project_key: Option<String>,
    state: PushStateDto,
    /// All tickets; the next six add up to it.
    total: u32,
    pushed: u32,
    failed: u32,
    pending: u32,
    already_pushed: u32,
    needs_attention: u32,
    cancelled: u32,
    /// Until when sending is paused, because the tracker asks for it.
    #[serde(with = "time::serde::rfc3339::option")]
    paused_until: Option<OffsetDateTime>,
    /// The tracker's own reason for the pause.
    pause_reason: Option<String>,
    /// Rate-limit points that the creates cost.
    quota_points: i64,
    /// `user:<id>` or `token:<id>`.
    created_by: String,
    #[serde(with = "time::serde::rfc3339::option")]
    created_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    settled_at: Option<OffsetDateTime>,
}

impl PushSummaryDto {
    pub(super) fn new(push: Push, counts: PushCounts, pause: Option<Pause>) -> Self {
        Self {
            push_id: Some(push.id.as_uuid()),
            document_id: push.document_id.as_uuid(),
            platform: push.platform.to_string(),
            project_key: Some(push.project.key),
            state: push.state.into(),
            total: counts.total,
            pushed: counts.pushed,
            failed: counts.failed,
            pending: counts.pending,
            already_pushed: counts.already_pushed,
            needs_attention: counts.needs_attention,
            cancelled: counts.cancelled,
            paused_until: pause.as_ref().map(|pause| pause.until),
            pause_reason: pause.map(|pause| pause.reason),
            quota_points: push.quota_points,
            created_by: push.created_by.to_string(),
            created_at: Some(push.created_at),
            settled_at: push.settled_at,
        }
    }

    /// A push that was not written.
    fn unwritten(command: &PushCommand, project_key: Option<String>, actor: Actor) -> Self {
        Self {
            push_id: None,
            document_id: command.document_id.as_uuid(),
            platform: command.platform.to_string(),
            project_key,
            state: PushStateDto::Settled,
            total: 0,
            pushed: 0,
            failed: 0,
            pending: 0,
            already_pushed: 0,
            needs_attention: 0,
            cancelled: 0,
            paused_until: None,
            pause_reason: None,
            quota_points: 0,
            created_by: actor.to_string(),
            created_at: None,
            settled_at: None,
        }
    }

    const fn count(&mut self, counts: PushCounts) {
        self.total = counts.total;
        self.pushed = counts.pushed;
        self.failed = counts.failed;
        self.pending = counts.pending;
        self.already_pushed = counts.already_pushed;
        self.needs_attention = counts.needs_attention;
        self.cancelled = counts.cancelled;
    }
}

impl From<PushSummary> for PushSummaryDto {
    fn from(summary: PushSummary) -> Self {
        Self::new(summary.push, summary.counts, summary.pause)
    }
}

/// One part of the pushes.
#[derive(Serialize, ToSchema)]
pub(crate) struct PushesDto {
    pub(super) pushes: Vec<PushSummaryDto>,
    pub(super) next_cursor: Option<String>,
}

/// A push with the result of each ticket, in the order they were given.
#[derive(Serialize, ToSchema)]
pub(crate) struct PushDto {
    #[serde(flatten)]
    summary: PushSummaryDto,
    results: Vec<ResultDto>,
}

impl From<PushReport> for PushDto {
    fn from(report: PushReport) -> Self {
        let counts = report.counts();
        let summary = PushSummaryDto::new(report.push, counts, report.pause);
        Self {
            summary,
            results: report.entries.into_iter().map(Into::into).collect(),
        }
    }
}

impl PushDto {
    /// What a push of no tickets is.
    pub(crate) fn nothing(command: &PushCommand, actor: Actor) -> Self {
        let project_key = command.project_key.clone();
        let summary = PushSummaryDto::unwritten(command, project_key, actor);
        Self {
            summary,
            results: Vec::new(),
        }
    }

    /// What a push would do.
    pub(crate) fn planned(command: &PushCommand, actor: Actor, planned: Planned) -> Self {
        let Planned::Plan(plan) = planned else {
            return Self::nothing(command, actor);
        };
        let mut summary = PushSummaryDto::unwritten(command, Some(plan.project.key), actor);
        let mut counts = PushCounts::default();
        let results = plan
            .entries
            .into_iter()
            .map(|entry| ResultDto::planned(entry, &mut counts));
        let results = results.collect();
        summary.count(counts);
        Self { summary, results }
    }
}
