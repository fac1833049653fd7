//! Connecting a workspace to Jira, and what the connected site offers.

mod dto;

use std::collections::HashMap;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use handoff_domain::connection::callback::CallbackQuery;
use handoff_domain::connection::service::{FlowCookie, STATE_LIFETIME};
use handoff_domain::delivery::tracker::ProjectQuery;
use secrecy::ExposeSecret as _;
use url::{Url, form_urlencoded};
use utoipa_actix_web::service_config::ServiceConfig;

use super::task::detached;
use crate::error::{ApiError, chain};
use crate::extract::{Caller, Query, WorkspaceBody, WorkspaceQuery, tracker_cursor};
use crate::state::AppState;
use dto::{
    Confirm, Connect, ConnectStartedDto, ConnectionStatusDto, Disconnect, DisconnectedDto,
    GetStatus, IssueTypesDto, ListIssueTypes, ListProjects, Pending, PendingDto, ProjectsDto,
};

/// The path that the tracker sends browsers back to.
pub(crate) const CALLBACK_PATH: &str = "/api/integrations/jira/callback";

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(connect)
        .service(callback)
        .service(pending)
        .service(confirm)
        .service(status)
        .service(projects)
        .service(issue_types)
        .service(disconnect);
}

/// Begins a consent: send the browser to `auth_url`.
#[utoipa::path(
    tag = "integrations",
    request_body = Connect,
    responses((status = 200, body = ConnectStartedDto)),
    security(("bearer" = [])),
)]
#[post("/api/integrations/jira/connect")]
async fn connect(
    body: WorkspaceBody<Connect>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, actor) = (body.access.workspace.id, body.caller.actor);
    let return_to = body.input.return_to.as_deref();
    let started = state
        .connections
        .connect(workspace, actor, return_to)
        .await?;
    Ok(HttpResponse::Ok()
        .cookie(flow_cookie(&started.cookie, &state.public_url))
        .json(ConnectStartedDto::from(started)))
}

/// Ties the flow to this browser, for as long as the consent may take.
fn flow_cookie(cookie: &FlowCookie, public_url: &Url) -> Cookie<'static> {
    let value = cookie.value.expose_secret().to_owned();
    // A proxy may serve us below a path of its own, which is then part of the callback's.
    let path = format!("{}{CALLBACK_PATH}", public_url.path().trim_end_matches('/'));
    Cookie::build(cookie.name.clone(), value)
        .path(path)
        .max_age(CookieDuration::seconds(STATE_LIFETIME.whole_seconds()))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(public_url.scheme() == "https")
        .finish()
}

/// The browser comes back from Atlassian and is sent on to the web app, which is told in its query what happened.
#[utoipa::path(
    tag = "integrations",
    params(
        ("code" = Option<String>, Query),
        ("state" = Option<String>, Query),
        ("error" = Option<String>, Query),
    ),
    responses((status = 302, description = "To the web app with `jira` = connected, confirm or error")),
)]
#[get("/api/integrations/jira/callback")]
async fn callback(request: HttpRequest, state: web::Data<AppState>) -> HttpResponse {
    let query = callback_query(request.query_string());
    let cookies = cookies_of(&request);
    let service = state.connections.clone();
    let ended = detached(async move {
        let cookie = |name: &str| cookies.get(name).cloned();
        service.callback(query, cookie).await
    });
    let ended = ended.await;
    let target = ended.unwrap_or_else(|error| failed(&state.app_url, &error));
    HttpResponse::Found()
        .insert_header((header::LOCATION, target.as_str()))
        .finish()
}

/// The browser's cookies by name; the first of a name counts.
fn cookies_of(request: &HttpRequest) -> HashMap<String, String> {
    let mut cookies = HashMap::new();
    for cookie in request.cookies().iter().flat_map(|found| found.iter()) {
        let value = cookie.value().to_owned();
        cookies.entry(cookie.name().to_owned()).or_insert(value);
    }
    cookies
}

/// Reads what the tracker brings; further parameters of its own do not matter.
fn callback_query(query: &str) -> CallbackQuery {
    let mut found = CallbackQuery::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "code" => found.code = Some(value.into_owned()),
            "state" => found.state = Some(value.into_owned()),
            "error" => found.error = Some(value.into_owned()),
            _ => {}
        }
    }
    found
}

/// A browser is better served by the web app than by a problem document.
fn failed(app_url: &Url, error: &ApiError) -> Url {
    tracing::error!(cause = chain(error), "the callback failed");
    let mut target = app_url.clone();
    target
        .query_pairs_mut()
        .append_pair("jira", "error")
        .append_pair("reason", "exchange_failed");
    target
}

/// The sites of a parked grant, for the person who began.
#[utoipa::path(
    tag = "integrations",
    params(Pending),
    responses((status = 200, body = PendingDto)),
    security(("bearer" = [])),
)]
#[get("/api/integrations/jira/pending")]
async fn pending(
    caller: Caller,
    query: Query<Pending>,
    state: web::Data<AppState>,
) -> Result<web::Json<PendingDto>, ApiError> {
    let found = state
        .connections
        .pending(caller.actor, &query.0.confirm)
        .await?;
    Ok(web::Json(found.into()))
}

/// Finishes a parked grant, naming the site if there are several.
#[utoipa::path(
    tag = "integrations",
    request_body = Confirm,
    responses((status = 200, body = ConnectionStatusDto)),
    security(("bearer" = [])),
)]
#[post("/api/integrations/jira/confirm")]
async fn confirm(
    body: WorkspaceBody<Confirm>,
    state: web::Data<AppState>,
) -> Result<web::Json<ConnectionStatusDto>, ApiError> {
    let (workspace, actor, input) = (body.access.workspace.id, body.caller.actor, body.input);
    let service = state.connections.clone();
    let confirmed = detached(async move {
        service
            .confirm(workspace, actor, &input.confirm, input.cloud_id.as_deref())
            .await
    });
    Ok(web::Json(confirmed.await?.into()))
}

/// How the workspace's connection stands.
#[utoipa::path(
    tag = "integrations",
    params(GetStatus),
    responses((status = 200, body = ConnectionStatusDto)),
    security(("bearer" = [])),
)]
#[get("/api/integrations/jira/status")]
async fn status(
    query: WorkspaceQuery<GetStatus>,
    state: web::Data<AppState>,
) -> Result<web::Json<ConnectionStatusDto>, ApiError> {
    let found = state.connections.status(query.access.workspace.id).await?;
    Ok(web::Json(found.into()))
}

/// The projects of the connected site.
#[utoipa::path(
    tag = "integrations",
    params(ListProjects),
    responses((status = 200, body = ProjectsDto)),
    security(("bearer" = [])),
)]
#[get("/api/integrations/jira/projects")]
async fn projects(
    query: WorkspaceQuery<ListProjects>,
    state: web::Data<AppState>,
) -> Result<web::Json<ProjectsDto>, ApiError> {
    let wanted = ProjectQuery {
        text: query.input.query,
        can_create: query.input.can_create.unwrap_or(true),
        cursor: tracker_cursor(query.input.cursor.as_deref())?,
    };
    let page = state
        .catalog
        .projects(query.access.workspace.id, &wanted)
        .await?;
    Ok(web::Json(page.into()))
}

/// The issue types of a project, with what they require.
#[utoipa::path(
    tag = "integrations",
    params(("key" = String, Path), ListIssueTypes),
    responses((status = 200, body = IssueTypesDto)),
    security(("bearer" = [])),
)]
#[get("/api/integrations/jira/projects/{key}/issue-types")]
async fn issue_types(
    path: web::Path<String>,
    query: WorkspaceQuery<ListIssueTypes>,
    state: web::Data<AppState>,
) -> Result<web::Json<IssueTypesDto>, ApiError> {
    let types = state
        .catalog
        .issue_types(query.access.workspace.id, &path)
        .await?;
    let issue_types = types.into_iter().map(Into::into).collect();
    Ok(web::Json(IssueTypesDto { issue_types }))
}

/// Disconnects: the tokens are forgotten, links and tickets stay.
#[utoipa::path(
    tag = "integrations",
    request_body = Disconnect,
    responses((status = 200, body = DisconnectedDto)),
    security(("bearer" = [])),
)]
#[post("/api/integrations/jira/disconnect")]
async fn disconnect(
    body: WorkspaceBody<Disconnect>,
    state: web::Data<AppState>,
) -> Result<web::Json<DisconnectedDto>, ApiError> {
    let (workspace, actor) = (body.access.workspace.id, body.caller.actor);
    let service = state.connections.clone();
    let was_connected = detached(async move { service.disconnect(workspace, actor).await }).await?;
    Ok(web::Json(DisconnectedDto {
        disconnected: true,
        was_connected,
    }))
}
