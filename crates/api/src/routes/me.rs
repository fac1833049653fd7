//! The caller.

use actix_web::{get, web};
use handoff_domain::workspace::model::{Actor, WorkspaceAccess};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::dto::RoleDto;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::state::AppState;

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(me);
}

/// Who calls: a person or a workspace API token.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeDto {
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    /// The token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<Uuid>,
    /// Where the caller may do something.
    workspaces: Vec<MyWorkspaceDto>,
}

/// A workspace that the caller belongs to.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyWorkspaceDto {
    id: Uuid,
    name: String,
    role: RoleDto,
    /// The features that are on.
    features: Vec<String>,
}

impl From<WorkspaceAccess> for MyWorkspaceDto {
    fn from(access: WorkspaceAccess) -> Self {
        Self {
            id: access.workspace.id.as_uuid(),
            name: access.workspace.name,
            role: access.role.into(),
            features: access.features,
        }
    }
}

/// Who calls, and where they may do what.
#[utoipa::path(tag = "workspaces", responses((status = 200, body = MeDto)), security(("bearer" = [])))]
#[get("/api/me")]
async fn me(caller: Caller, state: web::Data<AppState>) -> Result<web::Json<MeDto>, ApiError> {
    let workspaces = state.workspaces.workspaces_of(caller.actor).await?;
    let (user_id, token_id) = match caller.actor {
        Actor::User(id) => (Some(id.as_uuid()), None),
        Actor::Token(id) => (None, Some(id.as_uuid())),
        Actor::System => (None, None),
    };
    let workspaces = workspaces.into_iter().map(Into::into).collect();
    Ok(web::Json(MeDto {
        user_id,
        token_id,
        workspaces,
    }))
}
