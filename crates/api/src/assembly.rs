//! Puts the use cases on whatever stands behind the ports.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::web;
use async_trait::async_trait;
use handoff_domain::audit::ports::AuditTrail;
use handoff_domain::connection::catalog::CatalogService;
use handoff_domain::connection::ports::{
    ConnectionRepository, SecretHasher, SecretSealer, TrackerAuthorizer,
};
use handoff_domain::connection::service::{ConnectionPorts, ConnectionService, ReturnTargets};
use handoff_domain::connection::tokens::TokenKeeper;
use handoff_domain::delivery::ports::DeliveryRepository;
use handoff_domain::delivery::reconciler::Reconciler;
use handoff_domain::delivery::service::{DeliveryPorts, DeliveryService, WorkSignal};
use handoff_domain::delivery::times::DeliveryTimes;
use handoff_domain::delivery::tracker::IssueTracker;
use handoff_domain::delivery::worker::DeliveryWorker;
use handoff_domain::document::ports::DocumentRepository;
use handoff_domain::document::service::DocumentService;
use handoff_domain::scoping::ports::{BlockCutter, TicketScoper};
use handoff_domain::scoping::service::ScopingService;
use handoff_domain::shared::clock::{Clock, Randomness};
use handoff_domain::shared::ids::IdSource;
use handoff_domain::sync::service::SyncService;
use handoff_domain::ticket::ports::TicketRepository;
use handoff_domain::ticket::service::TicketService;
use handoff_domain::workspace::ports::WorkspaceDirectory;
use handoff_domain::workspace::service::WorkspaceService;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::auth::{Authenticator, IdentityProvider, RateLimiter};
use crate::net::IpNetwork;
use crate::state::{AppState, Readiness};

/// How often grants that nobody uses are looked for.
const IDLE_GRANTS_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// How often forgotten callers are removed from the rate limiter.
const TIDY_EVERY: Duration = Duration::from_secs(60);
/// How many worker tasks there are beyond what one site may have in flight, so that one slow site stops no other.
const SPARE_WORKERS: usize = 2;

/// What stands behind the ports.
pub struct Ports {
    /// Workspaces, members, tokens.
    pub directory: Arc<dyn WorkspaceDirectory>,
    /// Stored documents.
    pub documents: Arc<dyn DocumentRepository>,
    /// Stored tickets.
    pub tickets: Arc<dyn TicketRepository>,
    /// Stored integrations.
    pub connections: Arc<dyn ConnectionRepository>,
    /// The delivery ledger.
    pub deliveries: Arc<dyn DeliveryRepository>,
    /// The audit record.
    pub audit: Arc<dyn AuditTrail>,
    /// The issue tracker.
    pub tracker: Arc<dyn IssueTracker>,
    /// The tracker's authorization server.
    pub authorizer: Arc<dyn TrackerAuthorizer>,
    /// Seals tokens.
    pub sealer: Arc<dyn SecretSealer>,
    /// Hashes secrets for look-up.
    pub hasher: Arc<dyn SecretHasher>,
    /// Finds tickets in documents.
    pub scoper: Arc<dyn TicketScoper>,
    /// Cuts documents into blocks.
    pub cutter: Arc<dyn BlockCutter>,
    /// Wakes workers.
    pub signal: Arc<dyn WorkSignal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub randomness: Arc<dyn Randomness>,
    /// Draws ids.
    pub ids: IdSource,
    /// Tells whether the database is ready.
    pub readiness: Arc<dyn Readiness>,
}

/// What is chosen by configuration.
#[derive(Debug)]
pub struct Settings {
    /// How browsers reach us.
    pub public_url: Url,
    /// Where the callback sends the browser.
    pub app_url: Url,
    /// How many requests a caller may make in a minute.
    pub requests_per_minute: NonZeroU32,
    /// How many requests a site gets at once.
    pub max_in_flight_per_site: usize,
    /// How long delivering waits for what.
    pub delivery_times: DeliveryTimes,
    /// Proxies that may say who the client is.
    pub trusted_proxies: Vec<IpNetwork>,
    /// The web app's identity provider.
    pub identity_provider: Option<IdentityProvider>,
}

/// The application, and what works behind it.
pub struct Assembly {
    /// What requests reach.
    pub state: web::Data<AppState>,
    /// Delivers pushes.
    pub worker: Arc<DeliveryWorker>,
    /// Finds out what became of deliveries whose answer was lost.
    pub reconciler: Reconciler,
    /// Refreshes grants.
    pub keeper: TokenKeeper,
    signal: Arc<dyn WorkSignal>,
    stop: watch::Sender<bool>,
    n_workers: usize,
}

impl Ports {
    /// The ports of connecting; the tracker's tokens stand on the same.
    #[must_use]
    pub fn connecting(
        connections: Arc<dyn ConnectionRepository>,
        authorizer: Arc<dyn TrackerAuthorizer>,
        sealer: Arc<dyn SecretSealer>,
        core: &Core,
    ) -> ConnectionPorts {
        ConnectionPorts {
            integrations: connections.clone(),
            flows: connections.clone(),
            refreshes: connections,
            authorizer,
            sealer,
            hasher: Arc::clone(&core.hasher),
            audit: Arc::clone(&core.audit),
            clock: Arc::clone(&core.clock),
            randomness: Arc::clone(&core.randomness),
            ids: core.ids.clone(),
        }
    }

    fn core(&self) -> Core {
        Core {
            directory: Arc::clone(&self.directory),
            audit: Arc::clone(&self.audit),
            hasher: Arc::clone(&self.hasher),
            clock: Arc::clone(&self.clock),
            randomness: Arc::clone(&self.randomness),
            ids: self.ids.clone(),
        }
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// The few ports that workspaces and tokens need; enough for the command line.
#[derive(Clone)]
pub struct Core {
    /// Workspaces, members, tokens.
    pub directory: Arc<dyn WorkspaceDirectory>,
    /// The audit record.
    pub audit: Arc<dyn AuditTrail>,
    /// Hashes secrets for look-up.
    pub hasher: Arc<dyn SecretHasher>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub randomness: Arc<dyn Randomness>,
    /// Draws ids.
    pub ids: IdSource,
}

impl Core {
    /// The use cases of workspaces.
    #[must_use]
    pub fn workspaces(&self) -> WorkspaceService {
        WorkspaceService::new(
            Arc::clone(&self.directory),
            Arc::clone(&self.audit),
            Arc::clone(&self.hasher),
            Arc::clone(&self.clock),
            Arc::clone(&self.randomness),
            self.ids.clone(),
        )
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}

/// Puts everything together.
#[must_use]
pub fn assemble(mut ports: Ports, settings: Settings) -> Assembly {
    let (tolling, moved) = Tolling::new(ports.signal);
    ports.signal = Arc::new(tolling);
    let core = ports.core();
    let workspaces = core.workspaces();
    let connecting = Ports::connecting(
        Arc::clone(&ports.connections),
        Arc::clone(&ports.authorizer),
        Arc::clone(&ports.sealer),
        &core,
    );
    let targets = ReturnTargets {
        app_url: settings.app_url.clone(),
        other_origins: Vec::new(),
    };
    let delivering = delivering(&ports);
    let (times, max_in_flight) = (settings.delivery_times, settings.max_in_flight_per_site);
    let (stop, stopping) = watch::channel(false);
    let state = AppState {
        documents: documents(&ports),
        scoping: ScopingService::new(Arc::clone(&ports.scoper)),
        tickets: tickets(&ports),
        connections: ConnectionService::new(connecting.clone(), workspaces.clone(), targets),
        catalog: CatalogService::new(ports.connections.clone(), Arc::clone(&ports.tracker)),
        deliveries: DeliveryService::new(delivering.clone()),
        sync: sync(&ports),
        authenticator: Authenticator::new(workspaces.clone(), settings.identity_provider),
        limiter: RateLimiter::per_minute(settings.requests_per_minute),
        workspaces,
        hasher: ports.hasher,
        ids: ports.ids,
        readiness: ports.readiness,
        trusted_proxies: settings.trusted_proxies,
        public_url: settings.public_url,
        app_url: settings.app_url,
        moved,
        stopping,
    };
    Assembly {
        state: web::Data::new(state),
        reconciler: Reconciler::new(delivering.clone(), times),
        worker: Arc::new(DeliveryWorker::new(delivering, times, max_in_flight)),
        keeper: TokenKeeper::new(connecting),
        signal: ports.signal,
        stop,
        n_workers: max_in_flight.saturating_add(SPARE_WORKERS),
    }
}

/// Wakes workers, and lets those who watch a push know that it may have moved.
struct Tolling {
    workers: Arc<dyn WorkSignal>,
    moved: watch::Sender<()>,
}

impl Tolling {
    fn new(workers: Arc<dyn WorkSignal>) -> (Self, watch::Receiver<()>) {
        let (moved, seen) = watch::channel(());
        (Self { workers, moved }, seen)
    }
}

#[async_trait]
impl WorkSignal for Tolling {
    fn wake(&self) {
        self.workers.wake();
        self.moved.send_replace(());
    }

    async fn wait(&self, at_most: Duration) {
        self.workers.wait(at_most).await;
    }
}

fn documents(ports: &Ports) -> DocumentService {
    DocumentService::new(
        Arc::clone(&ports.documents),
        Arc::clone(&ports.cutter),
        Arc::clone(&ports.clock),
        ports.ids.clone(),
    )
}

fn tickets(ports: &Ports) -> TicketService {
    TicketService::new(
        Arc::clone(&ports.tickets),
        Arc::clone(&ports.documents),
        Arc::clone(&ports.scoper),
        Arc::clone(&ports.clock),
        ports.ids.clone(),
    )
}

fn sync(ports: &Ports) -> SyncService {
    SyncService::new(
        Arc::clone(&ports.tickets),
        Arc::clone(&ports.documents),
        ports.connections.clone(),
        Arc::clone(&ports.tracker),
        Arc::clone(&ports.clock),
        delivering(ports).pace(),
    )
}

fn delivering(ports: &Ports) -> DeliveryPorts {
    DeliveryPorts {
        pushes: ports.deliveries.clone(),
        queue: ports.deliveries.clone(),
        uncertain: ports.deliveries.clone(),
        tickets: Arc::clone(&ports.tickets),
        documents: Arc::clone(&ports.documents),
        integrations: ports.connections.clone(),
        tracker: Arc::clone(&ports.tracker),
        signal: Arc::clone(&ports.signal),
        clock: Arc::clone(&ports.clock),
        randomness: Arc::clone(&ports.randomness),
        ids: ports.ids.clone(),
    }
}

/// The tasks that work behind the server.
pub struct Background {
    stop: watch::Sender<bool>,
    workers_stop: Arc<AtomicBool>,
    signal: Arc<dyn WorkSignal>,
    workers: Vec<JoinHandle<()>>,
    chores: Vec<JoinHandle<()>>,
}

impl Assembly {
    /// Starts delivering, and the chores that need doing now and then.
    #[must_use]
    pub fn start(self) -> Background {
        let workers_stop = Arc::new(AtomicBool::new(false));
        let workers = (0..self.n_workers).map(|_| {
            let (worker, stop) = (Arc::clone(&self.worker), Arc::clone(&workers_stop));
            tokio::spawn(async move { worker.run(&stop).await })
        });
        let workers = workers.collect();
        let state = self.state.clone();
        let tidy = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(TIDY_EVERY);
            loop {
                ticks.tick().await;
                state.limiter.tidy();
            }
        });
        let (reconciler, stop) = (self.reconciler, Arc::clone(&workers_stop));
        let reconciling = tokio::spawn(async move { reconciler.run(&stop).await });
        let keeper = self.keeper;
        let idle_grants = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(IDLE_GRANTS_EVERY);
            loop {
                ticks.tick().await;
                if let Err(failure) = keeper.refresh_idle().await {
                    let cause = crate::error::chain(&failure);
                    tracing::warn!(cause, "idle grants could not be looked for");
                }
            }
        });
        Background {
            stop: self.stop,
            workers_stop,
            signal: self.signal,
            workers,
            // A look only reads, and what it found is written in one step: it may end anywhere.
            chores: vec![tidy, idle_grants, reconciling],
        }
    }
}

impl Background {
    /// Tells everybody to come to an end: those who wait for pushes answer now, workers finish what they have sent.
    pub fn begin_stop(&self) {
        self.stop.send_replace(true);
        self.workers_stop.store(true, Ordering::Release);
        self.chores.iter().for_each(JoinHandle::abort);
        self.signal.wake();
    }

    /// Waits for the workers, at most for the given time; what is not finished then is found by the next process.
    pub async fn finish(self, at_most: Duration) {
        let all = futures_util::future::join_all(self.workers);
        if tokio::time::timeout(at_most, all).await.is_err() {
            tracing::warn!(
                "some deliveries were still under way; they will be looked into after the next start"
            );
        }
    }
}

impl fmt::Debug for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembly").finish_non_exhaustive()
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").finish_non_exhaustive()
    }
}
