//! A span, a log line and metrics for every request.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use tracing::Instrument as _;

use super::request_id;
use crate::net::client_address;
use crate::state::AppState;

/// Observes a request. Only the route's pattern is named: paths and queries may hold secrets.
///
/// # Errors
/// What the inner services give.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let method = request.method().as_str().to_owned();
    let client = client(&request);
    let request_id = request_id::current();
    let span = tracing::info_span!("request", request_id, method, client);
    async {
        let response = next.call(request).await?;
        let route = response
            .request()
            .match_pattern()
            .unwrap_or_else(|| "none".to_owned());
        let status = response.status().as_u16();
        let seconds = started.elapsed().as_secs_f64();
        record(&method, &route, status, seconds);
        if matches!(route.as_str(), "/healthz" | "/readyz") {
            tracing::debug!(route, status, seconds, "request served");
        } else {
            tracing::info!(route, status, seconds, "request served");
        }
        Ok(response)
    }
    .instrument(span)
    .await
}

fn client(request: &ServiceRequest) -> Option<String> {
    let peer = request.peer_addr()?.ip();
    let state = request.app_data::<web::Data<AppState>>()?;
    let forwarded = request.headers().get("x-forwarded-for");
    let forwarded = forwarded
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    Some(client_address(peer, forwarded, &state.trusted_proxies).to_string())
}

fn record(method: &str, route: &str, status: u16, seconds: f64) {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("handoff_http_requests_total", &labels).increment(1);
    metrics::histogram!("handoff_http_request_seconds", "route" => route.to_owned())
        .record(seconds);
}
