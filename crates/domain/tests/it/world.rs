//! Every service of the domain on one memory, and the steps that tests share.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use handoff_domain::audit::model::{AuditAction, AuditEntry};
use handoff_domain::connection::callback::CallbackQuery;
use handoff_domain::connection::model::{Integration, Platform};
use handoff_domain::connection::ports::{ConnectionRepository, SecretHasher};
use handoff_domain::connection::service::{
    ConnectStarted, ConnectionPorts, ConnectionService, ReturnTargets,
};
use handoff_domain::connection::tokens::TokenKeeper;
use handoff_domain::delivery::model::PushReport;
use handoff_domain::delivery::plan::PushCommand;
use handoff_domain::delivery::ports::DeliveryRepository;
use handoff_domain::delivery::service::{DeliveryPorts, DeliveryService, Pushed};
use handoff_domain::delivery::times::DeliveryTimes;
use handoff_domain::delivery::worker::DeliveryWorker;
use handoff_domain::document::model::{Block, Document, DocumentStatus, DocumentType};
use handoff_domain::document::ports::DocumentRepository;
use handoff_domain::document::service::{DocumentService, NewDocument};
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::ids::{DocumentId, IdSource, PushId, TicketId, WorkspaceId};
use handoff_domain::sync::service::SyncService;
use handoff_domain::testing::{
    CountingRandomness, FakeAuthorizer, FakeTracker, FixedClock, InMemoryAuditTrail,
    InMemoryConnectionRepository, InMemoryDeliveryRepository, InMemoryDocumentRepository,
    InMemoryStore, InMemoryTicketRepository, InMemoryWorkspaceDirectory, PlainHasher, PlainSealer,
};
use handoff_domain::ticket::model::{Ticket, TicketChanges};
use handoff_domain::ticket::service::{Generate, TicketService};
use handoff_domain::workspace::model::{Actor, Role};
use handoff_domain::workspace::service::WorkspaceService;
use secrecy::ExposeSecret;
use url::Url;

mod doubles;
mod ports;
mod proxy;

pub(crate) use doubles::{FencedAuthorizer, LineScoper, Wakes};
pub(crate) use ports::{Connections, Deliveries, Documents, Hooks};
pub(crate) use proxy::{Proxied, TrackerProxy, too_late};

/// The web app of these tests.
pub(crate) const APP: &str = "https://app.example/settings";

/// The domain, wired as the application wires it, with an owner and their workspace.
pub(crate) struct World {
    pub(crate) clock: FixedClock,
    pub(crate) store: InMemoryStore,
    pub(crate) hooks: Hooks,
    pub(crate) ids: IdSource,
    pub(crate) authorizer: Arc<FakeAuthorizer>,
    pub(crate) tracker: Arc<FakeTracker>,
    pub(crate) wakes: Arc<Wakes>,
    pub(crate) connections: Arc<dyn ConnectionRepository>,
    pub(crate) ledger: Arc<dyn DeliveryRepository>,
    pub(crate) document_rows: Arc<dyn DocumentRepository>,
    pub(crate) workspaces: WorkspaceService,
    pub(crate) connection_ports: ConnectionPorts,
    pub(crate) connection: ConnectionService,
    pub(crate) keeper: TokenKeeper,
    pub(crate) documents: DocumentService,
    pub(crate) tickets: TicketService,
    pub(crate) delivery_ports: DeliveryPorts,
    pub(crate) delivery: DeliveryService,
    pub(crate) sync: SyncService,
    pub(crate) workspace: WorkspaceId,
    pub(crate) owner: Actor,
}

impl World {
    /// An owner with a workspace that is connected to nothing.
    pub(crate) async fn new() -> Self {
        let store = InMemoryStore::new();
        let hooks = Hooks::default();
        let clock = FixedClock::default();
        let shared_clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let randomness = Arc::new(CountingRandomness::default());
        let ids = IdSource::new(shared_clock.clone(), randomness.clone());
        let audit = Arc::new(InMemoryAuditTrail::new(&store));
        let scoper = Arc::new(LineScoper);
        let tracker = Arc::new(FakeTracker::default());
        let authorizer = Arc::new(FakeAuthorizer::default());
        let wakes = Arc::new(Wakes::new(&clock));
        let connections: Arc<dyn ConnectionRepository> = Arc::new(Connections::new(
            InMemoryConnectionRepository::new(&store),
            &hooks,
        ));
        let ledger: Arc<dyn DeliveryRepository> = Arc::new(Deliveries::new(
            InMemoryDeliveryRepository::new(&store),
            &hooks,
        ));
        let document_rows: Arc<dyn DocumentRepository> = Arc::new(Documents::new(
            InMemoryDocumentRepository::new(&store),
            &hooks,
        ));
        let ticket_rows = Arc::new(InMemoryTicketRepository::new(&store));
        let workspaces = WorkspaceService::new(
            Arc::new(InMemoryWorkspaceDirectory::new(&store)),
            audit.clone(),
            Arc::new(PlainHasher),
            shared_clock.clone(),
            randomness.clone(),
            ids.clone(),
        );
        let connection_ports = ConnectionPorts {
            integrations: connections.clone(),
            flows: connections.clone(),
            refreshes: connections.clone(),
            authorizer: authorizer.clone(),
            sealer: Arc::new(PlainSealer::default()),
            hasher: Arc::new(PlainHasher),
            audit,
            clock: shared_clock.clone(),
            randomness: randomness.clone(),
            ids: ids.clone(),
        };
        let targets = ReturnTargets {
            app_url: Url::parse(APP).unwrap(),
            other_origins: vec![Url::parse("http://localhost:5173").unwrap()],
        };
        let delivery_ports = DeliveryPorts {
            pushes: ledger.clone(),
            queue: ledger.clone(),
            uncertain: ledger.clone(),
            tickets: ticket_rows.clone(),
            documents: document_rows.clone(),
            integrations: connections.clone(),
            tracker: tracker.clone(),
            signal: wakes.clone(),
            clock: shared_clock.clone(),
            randomness: randomness.clone(),
            ids: ids.clone(),
        };
        let user = workspaces.user("olga").await.unwrap();
        let owner = Actor::User(user.id);
        let workspace = workspaces.create(owner, "Product", None).await.unwrap().id;
        Self {
            keeper: TokenKeeper::new(connection_ports.clone()),
            connection: ConnectionService::new(
                connection_ports.clone(),
                workspaces.clone(),
                targets,
            ),
            documents: DocumentService::new(
                document_rows.clone(),
                scoper.clone(),
                shared_clock.clone(),
                ids.clone(),
            ),
            tickets: TicketService::new(
                ticket_rows.clone(),
                document_rows.clone(),
                scoper,
                shared_clock.clone(),
                ids.clone(),
            ),
            sync: SyncService::new(
                ticket_rows,
                document_rows.clone(),
                connections.clone(),
                tracker.clone(),
                shared_clock,
                delivery_ports.pace(),
            ),
            delivery: DeliveryService::new(delivery_ports.clone()),
            clock,
            store,
            hooks,
            ids,
            authorizer,
            tracker,
            wakes,
            connections,
            ledger,
            document_rows,
            workspaces,
            connection_ports,
            delivery_ports,
            workspace,
            owner,
        }
    }

    /// As [`World::new`], and connected to site `cloud-1` as `account-1`.
    pub(crate) async fn connected() -> Self {
        let world = Self::new().await;
        world.connect().await;
        world
    }

    /// Connects with one site and the browser that began.
    pub(crate) async fn connect(&self) {
        let started = self.begin(None).await;
        let url = self.come_back(&started, Browser::Same).await;
        assert_eq!(params(&url)["jira"], "connected");
    }

    /// Begins a consent as the owner.
    pub(crate) async fn begin(&self, return_to: Option<&str>) -> ConnectStarted {
        let begun = self
            .connection
            .connect(self.workspace, self.owner, return_to);
        begun.await.unwrap()
    }

    /// The browser comes back with a code.
    pub(crate) async fn come_back(&self, started: &ConnectStarted, browser: Browser) -> Url {
        let query = CallbackQuery {
            code: Some("code-1".to_owned()),
            state: Some(started.state.expose_secret().to_owned()),
            error: None,
        };
        self.callback(query, started, browser).await
    }

    /// The browser comes back with what the query says.
    pub(crate) async fn callback(
        &self,
        query: CallbackQuery,
        started: &ConnectStarted,
        browser: Browser,
    ) -> Url {
        let cookies: HashMap<String, String> = match browser {
            Browser::Same => HashMap::from([(
                started.cookie.name.clone(),
                started.cookie.value.expose_secret().to_owned(),
            )]),
            Browser::Other => HashMap::new(),
        };
        let ended = self
            .connection
            .callback(query, |name| cookies.get(name).cloned());
        ended.await.unwrap()
    }

    /// The stored integration, active or not.
    pub(crate) async fn integration(&self) -> Option<Integration> {
        let found = self.connections.find(self.workspace, Platform::Jira);
        found.await.unwrap()
    }

    /// Whether the workspace counts as connected.
    pub(crate) async fn is_connected(&self) -> bool {
        let status = self.connection.status(self.workspace).await.unwrap();
        status.integration.is_some()
    }

    /// A person with this role in the owner's workspace.
    pub(crate) async fn person(&self, subject: &str, role: Role) -> Actor {
        let put =
            self.workspaces
                .put_member(self.owner, Role::Owner, self.workspace, subject, role);
        Actor::User(put.await.unwrap().user.id)
    }

    /// The audit entries of one sort.
    pub(crate) fn audited(&self, action: AuditAction) -> Vec<AuditEntry> {
        let mut entries = self.store.audit_entries();
        entries.retain(|entry| entry.action == action);
        entries
    }

    /// The hash that a secret is kept by.
    pub(crate) fn hash(secret: &str) -> [u8; 32] {
        PlainHasher.hash(secret)
    }
}

/// In which browser a consent ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Browser {
    /// The one that began, with its cookie.
    Same,
    /// One without the cookie.
    Other,
}

/// The parameters of an address.
pub(crate) fn params(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

/// Documents, tickets and pushes.
impl World {
    /// Keeps a document written as [`LineScoper`] reads it.
    pub(crate) async fn document(&self, content: &str) -> (Document, Vec<Block>) {
        let new = NewDocument {
            workspace_id: self.workspace,
            created_by: self.owner,
            document_type: DocumentType::Prd,
            title: "Checkout".to_owned(),
            content: content.to_owned(),
            status: DocumentStatus::Draft,
        };
        self.documents.create(new).await.unwrap()
    }

    /// Generates all tickets of a document.
    pub(crate) async fn generate(&self, document: DocumentId) -> Vec<Ticket> {
        let generated = self
            .tickets
            .generate(self.workspace, document, Generate::default());
        generated.await.unwrap().tickets
    }

    /// Reviews a ticket without changing it.
    pub(crate) async fn review(&self, ticket: TicketId) -> Ticket {
        let reviewed = self
            .tickets
            .review(self.workspace, ticket, TicketChanges::default(), None);
        reviewed.await.unwrap()
    }

    /// A document with so many reviewed tickets, `Ticket 1` and so on.
    pub(crate) async fn reviewed(&self, count: usize) -> (DocumentId, Vec<TicketId>) {
        let lines: Vec<String> = (1..=count).map(|n| format!("- Ticket {n}")).collect();
        let content = format!("# requirement: Needs\n{}", lines.join("\n"));
        let id = self.document(&content).await.0.summary.id;
        let mut tickets = Vec::new();
        for ticket in self.generate(id).await {
            tickets.push(self.review(ticket.id).await.id);
        }
        (id, tickets)
    }

    /// One ticket as it stands.
    pub(crate) async fn ticket(&self, id: TicketId) -> Ticket {
        self.tickets.find(self.workspace, id).await.unwrap()
    }

    /// A push of all reviewed tickets of a document.
    pub(crate) fn push_of(&self, document: DocumentId) -> PushCommand {
        PushCommand {
            workspace_id: self.workspace,
            document_id: document,
            platform: Platform::Jira,
            ticket_ids: None,
            project_key: None,
            issue_type: None,
            fields: serde_json::Map::new(),
        }
    }

    /// Accepts a push that has something to do.
    pub(crate) async fn push(&self, command: &PushCommand) -> PushId {
        match self.delivery.push(self.owner, command, None).await.unwrap() {
            Pushed::Accepted(id) => id,
            Pushed::Nothing => panic!("there was something to push"),
        }
    }

    /// How a push stands.
    pub(crate) async fn report(&self, push: PushId) -> PushReport {
        self.delivery.report(self.workspace, push).await.unwrap()
    }

    /// A worker as one process has it.
    pub(crate) fn worker(&self) -> DeliveryWorker {
        DeliveryWorker::new(self.delivery_ports.clone(), DeliveryTimes::default(), 4)
    }

    /// Lets a worker do all that can be done at this moment.
    pub(crate) async fn work(&self) {
        let worker = self.worker();
        while worker.run_once().await.unwrap() {}
    }

    /// A document with so many tickets that are issues by now.
    pub(crate) async fn pushed(&self, count: usize) -> (DocumentId, Vec<TicketId>) {
        let (document, tickets) = self.reviewed(count).await;
        self.push(&self.push_of(document)).await;
        self.work().await;
        (document, tickets)
    }

    /// Moves time forward.
    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}
