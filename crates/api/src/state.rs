//! What every request can reach.

use std::fmt;
use std::sync::Arc;

use actix_web::{HttpRequest, web};
use async_trait::async_trait;
use handoff_domain::connection::catalog::CatalogService;
use handoff_domain::connection::ports::SecretHasher;
use handoff_domain::connection::service::ConnectionService;
use handoff_domain::delivery::service::DeliveryService;
use handoff_domain::document::service::DocumentService;
use handoff_domain::scoping::service::ScopingService;
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::IdSource;
use handoff_domain::sync::service::SyncService;
use handoff_domain::ticket::service::TicketService;
use handoff_domain::workspace::service::WorkspaceService;
use tokio::sync::watch;
use url::Url;

use crate::auth::{Authenticator, RateLimiter};
use crate::error::ApiError;
use crate::net::IpNetwork;

/// Tells whether the service can do its work now.
#[async_trait]
pub trait Readiness: Send + Sync + 'static {
    /// Whether the database answers and has every migration.
    ///
    /// # Errors
    /// When it does not answer.
    async fn is_ready(&self) -> Result<bool, Failure>;
}

/// What every request can reach.
pub struct AppState {
    /// Workspaces, members, tokens.
    pub workspaces: WorkspaceService,
    /// Documents.
    pub documents: DocumentService,
    /// Scoping what nobody has saved.
    pub scoping: ScopingService,
    /// Tickets.
    pub tickets: TicketService,
    /// Connections.
    pub connections: ConnectionService,
    /// What connected sites offer.
    pub catalog: CatalogService,
    /// Pushes and deliveries.
    pub deliveries: DeliveryService,
    /// Reading status back.
    pub sync: SyncService,
    /// Hashes the bodies behind idempotency keys.
    pub hasher: Arc<dyn SecretHasher>,
    /// Turns true when the server is asked to stop, so that nobody waits any longer.
    pub stopping: watch::Receiver<bool>,
    /// Changes whenever something in this process may have moved a delivery.
    pub moved: watch::Receiver<()>,
    /// Checks bearer tokens.
    pub authenticator: Authenticator,
    /// Counts requests.
    pub limiter: RateLimiter,
    /// Draws ids.
    pub ids: IdSource,
    /// Tells whether we are ready.
    pub readiness: Arc<dyn Readiness>,
    /// Proxies that may say who the client is.
    pub trusted_proxies: Vec<IpNetwork>,
    /// How browsers reach us, without a trailing slash.
    pub public_url: Url,
    /// Where the callback sends the browser.
    pub app_url: Url,
}

impl AppState {
    /// The state that serves a request.
    ///
    /// # Errors
    /// When the server was built without one.
    pub fn of(request: &HttpRequest) -> Result<web::Data<Self>, ApiError> {
        request
            .app_data::<web::Data<Self>>()
            .cloned()
            .ok_or_else(|| ApiError::internal("the server has no state"))
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState").finish_non_exhaustive()
    }
}
