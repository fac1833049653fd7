//! Pushing tickets to the tracker, and how pushes and their deliveries stand.

mod dto;
mod events;
mod report;

use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use handoff_domain::delivery::error::DeliveryError;
use handoff_domain::delivery::model::{PushReport, PushState};
use handoff_domain::delivery::plan::PushCommand;
use handoff_domain::delivery::ports::{self, PushFilter};
use handoff_domain::delivery::service::Pushed;
use handoff_domain::shared::ids::{DeliveryId, PushId, WorkspaceId};
use handoff_domain::workspace::model::Actor;
use utoipa_actix_web::service_config::ServiceConfig;

use super::search::in_own_workspaces;
use super::task::detached;
use crate::error::{ApiError, Code};
use crate::extract::{
    Body, Caller, IdempotencyKey, Wait, WorkspaceBody, WorkspaceQuery, cursor_of, page_request,
    path_id,
};
use crate::state::AppState;
use dto::{
    DeliveriesDto, DeliveryDto, ListDeliveries, ListPushes, PushDto, PushSummaryDto, PushTickets,
    PushesDto, ResolveDelivery,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(push)
        .service(list)
        .service(show)
        .service(events::events)
        .service(cancel)
        .service(list_deliveries)
        .service(resolve);
}

/// Pushes tickets; once this answers with a push, it will be finished whatever happens.
#[utoipa::path(
    tag = "execution",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters, kept for 24 hours"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`, or `wait=n` up to 60 seconds; else 20"),
    ),
    request_body = PushTickets,
    responses(
        (status = 200, description = "All are settled, or a dry run", body = PushDto),
        (status = 202, description = "Some are under way; look at Location", body = PushDto),
    ),
    security(("bearer" = [])),
)]
#[post("/api/execution/push")]
async fn push(
    body: WorkspaceBody<PushTickets>,
    key: IdempotencyKey,
    wait: Wait,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, actor) = (body.access.workspace.id, body.caller.actor);
    let is_dry_run = body.input.dry_run;
    let key = key.checked()?;
    let key = key.map(|key| dto::idempotency(key, actor, &body.raw, &state));
    let command = body.input.into_command(workspace)?;
    if is_dry_run {
        let planned = state.deliveries.plan(&command).await?;
        return Ok(HttpResponse::Ok().json(PushDto::planned(&command, actor, planned)));
    }
    match accepted(&state, actor, command.clone(), key).await? {
        Pushed::Nothing => Ok(HttpResponse::Ok().json(PushDto::nothing(&command, actor))),
        Pushed::Accepted(id) => Ok(answer(settled(&state, workspace, id, wait).await?)),
    }
}

/// Makes the push, also where the caller goes away meanwhile.
async fn accepted(
    state: &AppState,
    actor: Actor,
    command: PushCommand,
    key: Option<ports::IdempotencyKey>,
) -> Result<Pushed, ApiError> {
    let service = state.deliveries.clone();
    detached(async move { service.push(actor, &command, key).await }).await
}

/// Waits for a push as long as the caller likes, and no longer than the server lives.
async fn settled(
    state: &AppState,
    workspace: WorkspaceId,
    id: PushId,
    wait: Wait,
) -> Result<PushReport, DeliveryError> {
    let mut stopping = state.stopping.clone();
    tokio::select! {
        report = state.deliveries.wait(workspace, id, wait.0) => report,
        _ = stopping.wait_for(|is_stopping| *is_stopping) => state.deliveries.report(workspace, id).await,
    }
}

fn answer(report: PushReport) -> HttpResponse {
    let location = (
        header::LOCATION,
        format!("/api/execution/pushes/{}", report.push.id),
    );
    let mut response = match report.push.state {
        PushState::Settled => HttpResponse::Ok(),
        PushState::Running => HttpResponse::Accepted(),
    };
    response.insert_header(location);
    report::answer(response, report)
}

/// Pushes without their results, newest first.
#[utoipa::path(
    tag = "execution",
    params(ListPushes),
    responses((status = 200, body = PushesDto)),
    security(("bearer" = [])),
)]
#[get("/api/execution/pushes")]
async fn list(
    query: WorkspaceQuery<ListPushes>,
    state: web::Data<AppState>,
) -> Result<web::Json<PushesDto>, ApiError> {
    let page = page_request(query.input.limit, query.input.cursor.as_deref())?;
    let filter = PushFilter {
        document_id: query.input.document_id.map(Into::into),
        state: query.input.state.map(Into::into),
    };
    let found = state
        .deliveries
        .list_pushes(query.access.workspace.id, filter, page)
        .await?;
    let next_cursor = cursor_of(found.next);
    let pushes = found.items.into_iter().map(PushSummaryDto::from).collect();
    Ok(web::Json(PushesDto {
        pushes,
        next_cursor,
    }))
}

/// One push with the result of each ticket.
#[utoipa::path(
    tag = "execution",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = PushDto)),
    security(("bearer" = [])),
)]
#[get("/api/execution/pushes/{id}")]
async fn show(
    caller: Caller,
    path: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let id: PushId = path_id(&path, Code::PushNotFound)?;
    let report = async |workspace| state.deliveries.report(workspace, id).await;
    let report = in_own_workspaces(&state, caller, DeliveryError::PushNotFound, report).await?;
    Ok(report::answer(HttpResponse::Ok(), report))
}

/// Calls off what was not sent.
#[utoipa::path(
    tag = "execution",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = PushDto)),
    security(("bearer" = [])),
)]
#[post("/api/execution/pushes/{id}/cancel")]
async fn cancel(
    caller: Caller,
    path: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let id: PushId = path_id(&path, Code::PushNotFound)?;
    let cancel = async |workspace| state.deliveries.cancel(workspace, caller.actor, id).await;
    let report = in_own_workspaces(&state, caller, DeliveryError::PushNotFound, cancel).await?;
    Ok(report::answer(HttpResponse::Ok(), report))
}

/// Deliveries, newest first.
#[utoipa::path(
    tag = "execution",
    params(ListDeliveries),
    responses((status = 200, body = DeliveriesDto)),
    security(("bearer" = [])),
)]
#[get("/api/execution/deliveries")]
async fn list_deliveries(
    query: WorkspaceQuery<ListDeliveries>,
    state: web::Data<AppState>,
) -> Result<web::Json<DeliveriesDto>, ApiError> {
    let page = page_request(query.input.limit, query.input.cursor.as_deref())?;
    let wanted = query.input.state.map(Into::into);
    let (service, workspace) = (&state.deliveries, query.access.workspace.id);
    let found = service.list_deliveries(workspace, wanted, page).await?;
    let projects = service.projects_of(workspace, &found.items).await?;
    let next_cursor = cursor_of(found.next);
    let deliveries = found.items.into_iter();
    let deliveries = deliveries.map(|delivery| DeliveryDto::new(delivery, &projects));
    let deliveries = deliveries.collect();
    Ok(web::Json(DeliveriesDto {
        deliveries,
        next_cursor,
    }))
}

/// Carries out what a person decided about a delivery that needs attention.
#[utoipa::path(
    tag = "execution",
    params(("id" = Uuid, Path)),
    request_body = ResolveDelivery,
    responses((status = 200, body = DeliveryDto)),
    security(("bearer" = [])),
)]
#[post("/api/execution/deliveries/{id}/resolve")]
async fn resolve(
    caller: Caller,
    path: web::Path<String>,
    body: Body<ResolveDelivery>,
    state: web::Data<AppState>,
) -> Result<web::Json<DeliveryDto>, ApiError> {
    let decision = body.0.into_decision()?;
    let id: DeliveryId = path_id(&path, Code::DeliveryNotFound)?;
    let resolve = async |workspace| {
        let service = &state.deliveries;
        let resolved = service.resolve(workspace, caller.actor, id, &decision);
        let resolved = resolved.await?;
        let projects = service
            .projects_of(workspace, std::slice::from_ref(&resolved))
            .await?;
        Ok(DeliveryDto::new(resolved, &projects))
    };
    let resolved = in_own_workspaces(&state, caller, DeliveryError::DeliveryNotFound, resolve);
    Ok(web::Json(resolved.await?))
}
