//! Documents.

mod dto;

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder, delete, get, patch, post, web};
use handoff_domain::document::error::DocumentError;
use handoff_domain::document::model::{Block, Document};
use handoff_domain::document::ports::DocumentFilter;
use handoff_domain::document::service::NewDocument;
use handoff_domain::shared::ids::DocumentId;
use handoff_domain::ticket::error::TicketError;
use utoipa_actix_web::service_config::ServiceConfig;

use super::reading::DocumentCoverageDto;
use super::search::in_own_workspaces;
use super::task::detached;
use crate::error::{ApiError, Code};
use crate::extract::{
    Body, Caller, IfMatch, WorkspaceBody, WorkspaceQuery, cursor_of, etag, page_request, path_id,
};
use crate::state::AppState;
pub(super) use dto::MAX_BODY_BYTES;
use dto::{CreateDocument, DocumentDto, DocumentsDto, ListDocuments, PatchDocument};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(create)
        .service(list)
        .service(show)
        .service(coverage)
        .service(update)
        .service(remove);
}

/// Makes a document and cuts it into typed blocks.
#[utoipa::path(
    tag = "documents",
    request_body = CreateDocument,
    responses((status = 201, body = DocumentDto)),
    security(("bearer" = [])),
)]
#[post("/api/documents")]
async fn create(
    body: WorkspaceBody<CreateDocument>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let new = NewDocument {
        workspace_id: body.access.workspace.id,
        created_by: body.caller.actor,
        document_type: body.input.document_type.into(),
        title: body.input.title,
        content: body.input.content,
        status: body.input.status.into(),
    };
    let service = state.documents.clone();
    let (document, blocks) = detached(async move { service.create(new).await }).await?;
    let location = format!("/api/documents/{}", document.summary.id);
    let mut created = HttpResponse::Created();
    created.insert_header((header::LOCATION, location));
    Ok(shown(created, document, blocks))
}

/// The document, tagged with its version.
fn shown(
    mut response: HttpResponseBuilder,
    document: Document,
    blocks: Vec<Block>,
) -> HttpResponse {
    response
        .insert_header(etag(document.summary.version))
        .json(DocumentDto::new(document, blocks))
}

/// Documents without their content, newest first.
#[utoipa::path(
    tag = "documents",
    params(ListDocuments),
    responses((status = 200, body = DocumentsDto)),
    security(("bearer" = [])),
)]
#[get("/api/documents")]
async fn list(
    query: WorkspaceQuery<ListDocuments>,
    state: web::Data<AppState>,
) -> Result<web::Json<DocumentsDto>, ApiError> {
    let page = page_request(query.input.limit, query.input.cursor.as_deref())?;
    let filter = DocumentFilter {
        document_type: query.input.document_type.map(Into::into),
        status: query.input.status.map(Into::into),
    };
    let (found, total) = state
        .documents
        .list(query.access.workspace.id, filter, page)
        .await?;
    let next_cursor = cursor_of(found.next);
    let documents = found.items.into_iter().map(Into::into).collect();
    Ok(web::Json(DocumentsDto {
        documents,
        total,
        next_cursor,
    }))
}

/// One document with its content and blocks.
#[utoipa::path(
    tag = "documents",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = DocumentDto)),
    security(("bearer" = [])),
)]
#[get("/api/documents/{id}")]
async fn show(
    caller: Caller,
    path: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let id: DocumentId = path_id(&path, Code::DocumentNotFound)?;
    let find = async |workspace| state.documents.find(workspace, id).await;
    let (document, blocks) =
        in_own_workspaces(&state, caller, DocumentError::NotFound, find).await?;
    Ok(shown(HttpResponse::Ok(), document, blocks))
}

/// What the newest generation said of each line of the document.
#[utoipa::path(
    tag = "documents",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = DocumentCoverageDto)),
    security(("bearer" = [])),
)]
#[get("/api/documents/{id}/coverage")]
async fn coverage(
    caller: Caller,
    path: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<web::Json<DocumentCoverageDto>, ApiError> {
    let id: DocumentId = path_id(&path, Code::DocumentNotFound)?;
    let find = async |workspace| state.tickets.coverage(workspace, id).await;
    let kept = in_own_workspaces(&state, caller, TicketError::DocumentNotFound, find).await?;
    Ok(web::Json(
        kept.map(DocumentCoverageDto::from).unwrap_or_default(),
    ))
}

/// Changes a document; blocks that keep their type and title keep their id.
#[utoipa::path(
    tag = "documents",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The version to change")),
    request_body = PatchDocument,
    responses((status = 200, body = DocumentDto)),
    security(("bearer" = [])),
)]
#[patch("/api/documents/{id}")]
async fn update(
    caller: Caller,
    path: web::Path<String>,
    if_match: IfMatch,
    body: Body<PatchDocument>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let changes = body.0.into_changes()?;
    let id: DocumentId = path_id(&path, Code::DocumentNotFound)?;
    let update = async |workspace| {
        state
            .documents
            .update(workspace, id, changes.clone(), if_match.0)
            .await
    };
    let (document, blocks) =
        in_own_workspaces(&state, caller, DocumentError::NotFound, update).await?;
    Ok(shown(HttpResponse::Ok(), document, blocks))
}

/// Hides a document; pushed tickets and their links stay and keep syncing.
#[utoipa::path(
    tag = "documents",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The version to delete")),
    responses((status = 204)),
    security(("bearer" = [])),
)]
#[delete("/api/documents/{id}")]
async fn remove(
    caller: Caller,
    path: web::Path<String>,
    if_match: IfMatch,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let id: DocumentId = path_id(&path, Code::DocumentNotFound)?;
    let delete = async |workspace| state.documents.delete(workspace, id, if_match.0).await;
    in_own_workspaces(&state, caller, DocumentError::NotFound, delete).await?;
    Ok(HttpResponse::NoContent().finish())
}
