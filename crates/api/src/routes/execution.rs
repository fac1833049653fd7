//! Tickets: generating, reading, reviewing, deleting.

mod dto;

use actix_web::{HttpResponse, delete, get, patch, post, web};
use handoff_domain::shared::ids::{DocumentId, TicketId};
use handoff_domain::ticket::error::TicketError;
use handoff_domain::ticket::model::{Ticket, TicketChanges};
use utoipa_actix_web::service_config::ServiceConfig;

use super::search::in_own_workspaces;
use super::task::detached;
use crate::error::{ApiError, Code};
use crate::extract::{
    Body, Caller, IfMatch, Query, WorkspaceBody, cursor_of, etag, page_request, path_id,
};
use crate::state::AppState;
use dto::{
    FailedReviewDto, GenerateTickets, GeneratedDto, ListTickets, PatchTicket, ReviewTickets,
    ReviewedDto, TicketDto, TicketsDto,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(generate)
        .service(review_many)
        .service(show)
        .service(update)
        .service(remove)
        .service(list);
}

/// Makes tickets from a document; again changes nothing that a person has touched.
#[utoipa::path(
    tag = "execution",
    request_body = GenerateTickets,
    responses((status = 200, body = GeneratedDto)),
    security(("bearer" = [])),
)]
#[post("/api/execution/generate")]
async fn generate(
    body: WorkspaceBody<GenerateTickets>,
    state: web::Data<AppState>,
) -> Result<web::Json<GeneratedDto>, ApiError> {
    let workspace = body.access.workspace.id;
    let document = DocumentId::from_uuid(body.input.document_id);
    let command = body.input.into_command()?;
    let service = state.tickets.clone();
    let generated =
        detached(async move { service.generate(workspace, document, command).await }).await?;
    Ok(web::Json(generated.into()))
}

/// The tickets of a document, in the order they were made.
#[utoipa::path(
    tag = "execution",
    params(("document_id" = Uuid, Path), ListTickets),
    responses((status = 200, body = TicketsDto)),
    security(("bearer" = [])),
)]
#[get("/api/execution/{document_id}/tickets")]
async fn list(
    caller: Caller,
    path: web::Path<String>,
    query: Query<ListTickets>,
    state: web::Data<AppState>,
) -> Result<web::Json<TicketsDto>, ApiError> {
    let page = page_request(query.0.limit, query.0.cursor.as_deref())?;
    let status = query.0.status.map(Into::into);
    let id: DocumentId = path_id(&path, Code::DocumentNotFound)?;
    let list = async |workspace| state.tickets.list(workspace, id, status, page).await;
    let (found, total) =
        in_own_workspaces(&state, caller, TicketError::DocumentNotFound, list).await?;
    let next_cursor = cursor_of(found.next);
    let tickets = found.items.into_iter().map(Into::into).collect();
    Ok(web::Json(TicketsDto {
        tickets,
        total,
        next_cursor,
    }))
}

/// One ticket.
#[utoipa::path(
    tag = "execution",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TicketDto)),
    security(("bearer" = [])),
)]
#[get("/api/execution/tickets/{id}")]
async fn show(
    caller: Caller,
    path: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let id: TicketId = path_id(&path, Code::TicketNotFound)?;
    let find = async |workspace| state.tickets.find(workspace, id).await;
    let ticket = in_own_workspaces(&state, caller, TicketError::NotFound, find).await?;
    Ok(shown(ticket))
}

/// The ticket, tagged with its version.
fn shown(ticket: Ticket) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag(ticket.version))
        .json(TicketDto::from(ticket))
}

/// Changes a ticket, which is its review; an empty change is a review too.
#[utoipa::path(
    tag = "execution",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The version to change")),
    request_body = PatchTicket,
    responses((status = 200, body = TicketDto)),
    security(("bearer" = [])),
)]
#[patch("/api/execution/tickets/{id}")]
async fn update(
    caller: Caller,
    path: web::Path<String>,
    if_match: IfMatch,
    body: Body<PatchTicket>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let changes = TicketChanges::try_from(body.0)?;
    let id: TicketId = path_id(&path, Code::TicketNotFound)?;
    let review = async |workspace| {
        state
            .tickets
            .review(workspace, id, changes.clone(), if_match.0)
            .await
    };
    let ticket = in_own_workspaces(&state, caller, TicketError::NotFound, review).await?;
    Ok(shown(ticket))
}

/// Deletes a ticket; generating does not bring it back.
#[utoipa::path(
    tag = "execution",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The version to delete")),
    responses((status = 204)),
    security(("bearer" = [])),
)]
#[delete("/api/execution/tickets/{id}")]
async fn remove(
    caller: Caller,
    path: web::Path<String>,
    if_match: IfMatch,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let id: TicketId = path_id(&path, Code::TicketNotFound)?;
    let delete = async |workspace| state.tickets.delete(workspace, id, if_match.0).await;
    in_own_workspaces(&state, caller, TicketError::NotFound, delete).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Marks many tickets as reviewed, each for itself.
#[utoipa::path(
    tag = "execution",
    request_body = ReviewTickets,
    responses((status = 200, body = ReviewedDto)),
    security(("bearer" = [])),
)]
#[post("/api/execution/tickets/review")]
async fn review_many(
    body: WorkspaceBody<ReviewTickets>,
    state: web::Data<AppState>,
) -> Result<web::Json<ReviewedDto>, ApiError> {
    let workspace = body.access.workspace.id;
    let mut done = ReviewedDto::default();
    for id in body.input.distinct_ids()? {
        let ticket = TicketId::from_uuid(id);
        match state
            .tickets
            .review(workspace, ticket, TicketChanges::default(), None)
            .await
        {
            Ok(_) => done.reviewed.push(id),
            Err(TicketError::Failure(failure)) => return Err(ApiError::internal(failure)),
            Err(refused) => done.failed.push(FailedReviewDto::new(id, refused.into())),
        }
    }
    Ok(web::Json(done))
}
