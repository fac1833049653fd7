//! Workspaces and their members.

use actix_web::{HttpResponse, delete, get, post, web};
use handoff_domain::shared::ids::UserId;
use handoff_domain::workspace::model::{Member, Role};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::dto::RoleDto;
use crate::error::ApiError;
use crate::extract::{
    Body, Caller, Gate, Input, WorkspaceBody, WorkspaceQuery, cursor_of, from_text, page_request,
};
use crate::state::AppState;

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(create)
        .service(list_members)
        .service(put_member)
        .service(remove_member);
}

/// A workspace to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWorkspace {
    /// 1 to 200 characters.
    name: String,
}

impl Input for CreateWorkspace {
    const PEOPLE_ONLY: bool = true;
}

/// A workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkspaceDto {
    id: Uuid,
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// A person and their place in the workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutMember {
    /// The `sub` claim of the person's tokens.
    subject: String,
    role: RoleDto,
}

impl Input for PutMember {}

impl Gate for PutMember {
    const ROLE: Role = Role::Admin;
}

/// Who is meant.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemoveMember {
    /// The member.
    user_id: Uuid,
}

impl Input for RemoveMember {}

impl Gate for RemoveMember {
    const ROLE: Role = Role::Admin;
}

/// Which part of the list is wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListMembers {
    /// 1 to 200.
    #[serde(default, deserialize_with = "from_text")]
    limit: Option<u32>,
    /// Where the page begins.
    cursor: Option<String>,
}

impl Input for ListMembers {}

impl Gate for ListMembers {
    const ROLE: Role = Role::Admin;
}

/// A member of a workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberDto {
    user_id: Uuid,
    subject: String,
    role: RoleDto,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<Member> for MemberDto {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.user.id.as_uuid(),
            subject: member.user.subject,
            role: member.role.into(),
            created_at: member.created_at,
        }
    }
}

/// One part of the members.
#[derive(Serialize, ToSchema)]
pub(crate) struct MembersDto {
    members: Vec<MemberDto>,
    next_cursor: Option<String>,
}

/// Makes a workspace; the caller becomes its owner.
#[utoipa::path(
    tag = "workspaces",
    request_body = CreateWorkspace,
    responses((status = 201, body = WorkspaceDto)),
    security(("bearer" = [])),
)]
#[post("/api/workspaces")]
async fn create(
    caller: Caller,
    body: Body<CreateWorkspace>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let made = state
        .workspaces
        .create(caller.actor, &body.0.name, None)
        .await?;
    let (id, name, created_at) = (made.id.as_uuid(), made.name, made.created_at);
    Ok(HttpResponse::Created().json(WorkspaceDto {
        id,
        name,
        created_at,
    }))
}

/// The members of a workspace.
#[utoipa::path(
    tag = "workspaces",
    params(("workspace_id" = Uuid, Path), ListMembers),
    responses((status = 200, body = MembersDto)),
    security(("bearer" = [])),
)]
#[get("/api/workspaces/{workspace_id}/members")]
async fn list_members(
    query: WorkspaceQuery<ListMembers>,
    state: web::Data<AppState>,
) -> Result<web::Json<MembersDto>, ApiError> {
    let page = page_request(query.input.limit, query.input.cursor.as_deref())?;
    let found = state
        .workspaces
        .members(query.access.workspace.id, page)
        .await?;
    let next_cursor = cursor_of(found.next);
    let members = found.items.into_iter().map(Into::into).collect();
    Ok(web::Json(MembersDto {
        members,
        next_cursor,
    }))
}

/// Adds a member or changes their role.
#[utoipa::path(
    tag = "workspaces",
    params(("workspace_id" = Uuid, Path)),
    request_body = PutMember,
    responses((status = 201, body = MemberDto)),
    security(("bearer" = [])),
)]
#[post("/api/workspaces/{workspace_id}/members")]
async fn put_member(
    body: WorkspaceBody<PutMember>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let WorkspaceBody {
        caller,
        access,
        input,
        ..
    } = body;
    let (workspace, role) = (access.workspace.id, input.role.into());
    let member = state
        .workspaces
        .put_member(caller.actor, access.role, workspace, &input.subject, role)
        .await?;
    Ok(HttpResponse::Created().json(MemberDto::from(member)))
}

/// Removes a member.
#[utoipa::path(
    tag = "workspaces",
    params(("workspace_id" = Uuid, Path), RemoveMember),
    responses((status = 204)),
    security(("bearer" = [])),
)]
#[delete("/api/workspaces/{workspace_id}/members")]
async fn remove_member(
    query: WorkspaceQuery<RemoveMember>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let WorkspaceQuery {
        caller,
        access,
        input,
    } = query;
    let user = UserId::from_uuid(input.user_id);
    state
        .workspaces
        .remove_member(caller.actor, access.role, access.workspace.id, user)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
