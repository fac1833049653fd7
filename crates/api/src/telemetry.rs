//! Logs and metrics.

use std::io::{self, IsTerminal as _};

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;

use crate::config::{LogConfig, LogFormat};

/// Bounds of the histogram of request times, in seconds.
const REQUEST_SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0];

/// Starts the log on standard error; `RUST_LOG` wins over the settings.
///
/// # Errors
/// When a log was started before.
pub fn init_log(config: &LogConfig) -> Result<(), TryInitError> {
    use tracing_subscriber::util::SubscriberInitExt as _;

    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(&config.level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match config.format {
        LogFormat::Json => log
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .finish()
            .try_init(),
        LogFormat::Text => log
            .with_ansi(io::stderr().is_terminal())
            .finish()
            .try_init(),
    }
}

/// Starts gathering metrics; the handle writes them in Prometheus' text format.
///
/// # Errors
/// When metrics were started before.
pub fn init_metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&REQUEST_SECONDS)?
        .install_recorder()?;
    describe();
    Ok(handle)
}

fn describe() {
    metrics::describe_counter!("handoff_http_requests_total", "HTTP requests served.");
    metrics::describe_histogram!(
        "handoff_http_request_seconds",
        metrics::Unit::Seconds,
        "Time to serve a request."
    );
}
