//! The routes; each handler reads, calls one use case and answers.

mod documents;
mod dto;
mod execution;
mod health;
mod integrations;
mod me;
mod pushes;
mod reading;
mod scope;
mod search;
mod sync;
mod task;
mod workspaces;

use actix_web::HttpRequest;
use actix_web::http::Method;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::error::{ApiError, Code};
use crate::openapi;

pub(crate) use integrations::CALLBACK_PATH;

/// Registers every route; what is registered here is in the OpenAPI document.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .configure(health::configure)
        .configure(me::configure)
        .configure(workspaces::configure)
        .configure(documents::configure)
        .configure(scope::configure)
        .configure(integrations::configure)
        .configure(execution::configure)
        .configure(pushes::configure)
        .configure(sync::configure);
}

/// Answers what no route takes.
pub(crate) async fn fallback(request: HttpRequest) -> Result<&'static str, ApiError> {
    let methods = openapi::methods_of(request.path());
    if methods.is_empty() {
        return Err(ApiError::new(Code::NotFound, "there is no such route"));
    }
    let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
    let methods = methods.join(", ");
    let detail = format!("this route knows {methods}");
    Err(ApiError::new(Code::MethodNotAllowed, detail).allowing(methods))
}
