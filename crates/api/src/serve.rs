//! A running service: servers and what works behind them.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use anyhow::{Context as _, Result};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinHandle;
use url::Url;

use crate::assembly::Background;
use crate::config::Config;
use crate::{server, wiring};

/// How long deliveries under way may take after a stop was asked for.
const FINISH_WITHIN: Duration = Duration::from_secs(45);

/// A running service.
#[derive(Debug)]
pub struct Service {
    /// Where the API listens.
    pub address: SocketAddr,
    /// How browsers reach it.
    pub public_url: Url,
    background: Background,
    servers: Vec<(ServerHandle, JoinHandle<std::io::Result<()>>)>,
}

/// Starts the service: database, keys, first token, workers, API, metrics.
///
/// # Errors
/// When any of them cannot be had.
pub async fn start(config: &Config, metrics: Option<PrometheusHandle>) -> Result<Service> {
    let bind = config.server.bind;
    let listener = TcpListener::bind(bind).with_context(|| format!("cannot listen on {bind}"))?;
    let address = listener.local_addr()?;
    let store = wiring::open_store(config).await?;
    wiring::ensure_migrated(config, &store).await?;
    let keys = wiring::keys_for_serving(config, &store).await?;
    let assembly = wiring::wire(config, &store, keys, address)?;
    wiring::first_start(config, &assembly.state.workspaces).await?;
    let missing = config.missing_jira_keys();
    if !missing.is_empty() {
        tracing::warn!(
            missing = missing.join(", "),
            "the Jira app is not configured; connecting is refused"
        );
    }
    let state = assembly.state.clone();
    let public_url = state.public_url.clone();
    let mut servers = vec![spawn(server::serve(listener, state)?)];
    if let (Some(bind), Some(metrics)) = (config.server.metrics_bind, metrics) {
        let listener =
            TcpListener::bind(bind).with_context(|| format!("cannot serve metrics on {bind}"))?;
        servers.push(spawn(server::serve_metrics(listener, metrics)?));
    }
    tracing::info!(%address, %public_url, "serving");
    Ok(Service {
        address,
        public_url,
        background: assembly.start(),
        servers,
    })
}

fn spawn(server: actix_web::dev::Server) -> (ServerHandle, JoinHandle<std::io::Result<()>>) {
    (server.handle(), tokio::spawn(server))
}

impl Service {
    /// Stops: no new requests, present ones are answered, deliveries under way are finished.
    pub async fn stop(self) {
        tracing::info!("stopping");
        self.background.begin_stop();
        for (handle, task) in self.servers {
            handle.stop(true).await;
            if let Ok(Err(error)) = task.await {
                tracing::error!(%error, "a server ended badly");
            }
        }
        self.background.finish(FINISH_WITHIN).await;
        tracing::info!("stopped");
    }
}

/// Waits until the operating system asks the process to end.
///
/// # Errors
/// When signals cannot be listened to.
pub async fn stop_requested() -> Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => {}
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
