//! `handoff serve`

use anyhow::Result;

use crate::config::Config;
use crate::{serve, telemetry};

/// Serves until the operating system asks for an end.
pub(super) async fn run(config: &Config) -> Result<()> {
    let metrics = match config.server.metrics_bind {
        Some(_) => Some(telemetry::init_metrics()?),
        None => None,
    };
    let service = serve::start(config, metrics).await?;
    serve::stop_requested().await?;
    service.stop().await;
    Ok(())
}
