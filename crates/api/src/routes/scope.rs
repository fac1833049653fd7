//! What a text would become, before anybody saves it.

mod dto;

use actix_web::{post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::task::detached;
use crate::error::ApiError;
use crate::extract::WorkspaceBody;
use crate::state::AppState;
use dto::{ScopeText, ScopedDto};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(scope);
}

/// The blocks and tickets of a text, and what became of each of its lines; nothing is stored.
#[utoipa::path(
    tag = "documents",
    request_body = ScopeText,
    responses((status = 200, body = ScopedDto)),
    security(("bearer" = [])),
)]
#[post("/api/scope")]
async fn scope(
    body: WorkspaceBody<ScopeText>,
    state: web::Data<AppState>,
) -> Result<web::Json<ScopedDto>, ApiError> {
    let workspace = body.access.workspace.id;
    let content = body.input.content;
    let service = state.scoping.clone();
    let scoped = detached(async move { service.scope(workspace, &content).await }).await?;
    Ok(web::Json(scoped.into()))
}
