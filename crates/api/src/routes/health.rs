//! Whether the service lives and can do its work, and what it can do.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::openapi;
use crate::state::AppState;

/// How the service is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, `ready` or `not_ready`.
    status: &'static str,
}

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(healthz).service(readyz).service(document);
}

/// Whether the process lives.
#[utoipa::path(tag = "service", responses((status = 200, body = Health)))]
#[get("/healthz")]
async fn healthz() -> web::Json<Health> {
    web::Json(Health { status: "ok" })
}

/// Whether the database answers and has every migration.
#[utoipa::path(
    tag = "service",
    responses((status = 200, body = Health), (status = 503, body = Health)),
)]
#[get("/readyz")]
async fn readyz(state: web::Data<AppState>) -> HttpResponse {
    match state.readiness.is_ready().await {
        Ok(true) => HttpResponse::Ok().json(Health { status: "ready" }),
        Ok(false) => HttpResponse::ServiceUnavailable().json(Health {
            status: "not_ready",
        }),
        Err(failure) => {
            tracing::warn!(cause = crate::error::chain(&failure), "not ready");
            HttpResponse::ServiceUnavailable().json(Health {
                status: "not_ready",
            })
        }
    }
}

/// This document.
#[utoipa::path(tag = "service", responses((status = 200, description = "OpenAPI 3.1")))]
#[get("/api/openapi.json")]
async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(openapi::json())
}
