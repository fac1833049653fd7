//! The HTTP servers: the API, and metrics on their own port.

use std::io;
use std::net::TcpListener;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;
use utoipa_actix_web::AppExt as _;

use crate::extract::IDEMPOTENCY_KEY;
use crate::middleware::observe::observe;
use crate::middleware::request_id::{X_REQUEST_ID, request_id};
use crate::middleware::security_headers::security_headers;
use crate::state::AppState;
use crate::{openapi, routes};

/// How long answers may take after a stop was asked for.
const SHUTDOWN_SECONDS: u64 = 30;

/// The whole API as an actix application.
pub fn app(
    state: web::Data<AppState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let cors = cors(&state);
    let (app, _) = App::new()
        .into_utoipa_app()
        .configure(routes::configure)
        .split_for_parts();
    app.app_data(state)
        .configure(openapi::configure)
        .default_service(web::to(routes::fallback))
        .wrap(from_fn(security_headers))
        .wrap(cors)
        .wrap(from_fn(observe))
        .wrap(from_fn(request_id))
}

/// Serves the API on a bound listener; the server stops by its handle.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, state: web::Data<AppState>) -> io::Result<Server> {
    let server = HttpServer::new(move || app(state.clone()))
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .listen(listener)?
        .run();
    Ok(server)
}

/// Serves metrics in Prometheus' text format.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve_metrics(listener: TcpListener, metrics: PrometheusHandle) -> io::Result<Server> {
    let metrics = web::Data::new(metrics);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(metrics.clone())
            .route("/metrics", web::get().to(render_metrics))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}

async fn render_metrics(metrics: web::Data<PrometheusHandle>) -> HttpResponse {
    metrics.run_upkeep();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(metrics.render())
}

/// Lets the web app's origin, and no other, call us with credentials.
fn cors(state: &AppState) -> Cors {
    let origin = state.app_url.origin().ascii_serialization();
    Cors::default()
        .allowed_origin(&origin)
        .supports_credentials()
        .allowed_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::HeaderName::from_static("prefer"),
            header::HeaderName::from_static("last-event-id"),
            IDEMPOTENCY_KEY,
            X_REQUEST_ID,
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            X_REQUEST_ID,
        ])
        .max_age(3_600)
}
