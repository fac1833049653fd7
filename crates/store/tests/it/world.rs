//! A connected workspace with reviewed tickets.

use std::sync::Arc;

use handoff_domain::audit::model::{AuditAction, AuditEntry};
use handoff_domain::connection::model::{
    Integration, IntegrationConfig, Platform, SealedSecret, SealedTokens,
};
use handoff_domain::connection::ports::WriteOutcome;
use handoff_domain::delivery::model::{
    ClaimedBatch, Fence, ProjectRef, Push, PushEntry, PushReport, PushState, Resolution,
    SettledBatch, Settlement,
};
use handoff_domain::delivery::ports::{
    AcceptOutcome, IdempotencyKey, NewEntry, NewPush, ResolveOutcome,
};
use handoff_domain::document::model::{Document, DocumentStatus, DocumentSummary, DocumentType};
use handoff_domain::shared::ids::{
    DeliveryId, DocumentId, IdSource, LeaseId, PushId, TicketId, UserId, WorkspaceId,
};
use handoff_domain::testing::contracts::Ports;
use handoff_domain::testing::{CountingRandomness, FixedClock};
use handoff_domain::ticket::model::{
    ExternalIssue, PushError, PushErrorCode, Ticket, TicketContent, TicketStatus,
};
use handoff_domain::workspace::model::{Actor, User, Workspace};
use handoff_store::Store;
use handoff_store::testing::TestDatabase;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub(crate) const START: OffsetDateTime = datetime!(2026-11-23 09:00:00.123456 UTC);

pub(crate) fn at(seconds: i64) -> OffsetDateTime {
    START + Duration::seconds(seconds)
}

pub(crate) fn ports(database: &TestDatabase) -> Ports {
    ports_of(database.store())
}

pub(crate) fn ports_of(store: &Store) -> Ports {
    let clock = Arc::new(FixedClock::default());
    Ports {
        workspaces: store.workspaces(),
        documents: store.documents(),
        tickets: store.tickets(),
        connections: store.connections(),
        deliveries: store.deliveries(),
        audit: store.audit(),
        ids: IdSource::new(clock, Arc::new(CountingRandomness::default())),
    }
}

/// A workspace connected to its own site, with one document.
pub(crate) struct World {
    pub(crate) ports: Ports,
    pub(crate) workspace: WorkspaceId,
    pub(crate) actor: Actor,
    pub(crate) document: DocumentId,
    pub(crate) site: String,
}

impl World {
    pub(crate) async fn new(database: &TestDatabase) -> Self {
        Self::beside(ports(database)).await
    }

    /// Another world on the same database.
    pub(crate) async fn beside(ports: Ports) -> Self {
        let user = User {
            id: ports.ids.next(),
            subject: ports.ids.next::<UserId>().to_string(),
            created_at: START,
        };
        let user = ports.workspaces.ensure_user(&user).await.unwrap().id;
        let workspace = Workspace {
            id: ports.ids.next(),
            name: "Test".to_owned(),
            created_at: START,
        };
        assert!(
            ports
                .workspaces
                .create_workspace(&workspace, Some(user), &[])
                .await
                .unwrap()
        );
        let world = Self {
            workspace: workspace.id,
            actor: Actor::User(user),
            document: ports.ids.next(),
            site: format!("site-{}", workspace.id),
            ports,
        };
        world.add_document().await;
        world.connect(&world.site, None).await;
        world
    }

    async fn add_document(&self) {
        let summary = DocumentSummary {
            id: self.document,
            workspace_id: self.workspace,
            document_type: DocumentType::Prd,
            title: "A document".to_owned(),
            status: DocumentStatus::Draft,
            version: 1,
            created_by: self.actor,
            created_at: START,
            updated_at: START,
        };
        let document = Document {
            summary,
            content: String::new(),
        };
        self.ports.documents.insert(&document, &[]).await.unwrap();
    }

    pub(crate) fn integration(&self, site: &str) -> Integration {
        Integration {
            id: self.ports.ids.next(),
            workspace_id: self.workspace,
            platform: Platform::Jira,
            is_active: true,
            config: IntegrationConfig {
                cloud_id: site.to_owned(),
                site_url: "https://example.test".to_owned(),
                site_name: "Example".to_owned(),
                scope: "read".to_owned(),
                account_id: "account-1".to_owned(),
            },
            tokens: Some(SealedTokens {
                access_token: SealedSecret::from_bytes(vec![1]),
                refresh_token: Some(SealedSecret::from_bytes(vec![2])),
                access_token_expires_at: at(3600),
            }),
            spare_refresh_token: None,
            generation: 0,
            refresh: None,
            needs_reconnect: None,
            connected_by: self.actor,
            connected_at: START,
            disconnected_at: None,
            updated_at: START,
        }
    }

    pub(crate) async fn connect(&self, site: &str, expected_generation: Option<i64>) {
        let audit = self.audit(AuditAction::Connected);
        let integration = self.integration(site);
        let outcome = self
            .ports
            .connections
            .connect(&integration, expected_generation, &audit)
            .await;
        assert_eq!(outcome.unwrap(), WriteOutcome::Done);
    }

    pub(crate) async fn disconnect(&self) {
        let audit = self.audit(AuditAction::Disconnected);
        let connections = &self.ports.connections;
        assert!(
            connections
                .disconnect(self.workspace, Platform::Jira, at(50), &audit)
                .await
                .unwrap()
        );
    }

    pub(crate) async fn stored_integration(&self) -> Integration {
        self.ports
            .connections
            .find(self.workspace, Platform::Jira)
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) fn audit(&self, action: AuditAction) -> AuditEntry {
        AuditEntry {
            id: self.ports.ids.next(),
            workspace_id: Some(self.workspace),
            actor: self.actor,
            action,
            subject: "test".to_owned(),
            result: "ok".to_owned(),
            at: START,
        }
    }

    /// Reviewed tickets, in the order of their ids.
    pub(crate) async fn add_tickets(&self, count: usize) -> Vec<Ticket> {
        let tickets: Vec<Ticket> = (0..count).map(|_| self.ticket()).collect();
        self.ports.tickets.insert(&tickets).await.unwrap();
        tickets
    }

    fn ticket(&self) -> Ticket {
        let id: TicketId = self.ports.ids.next();
        let content = TicketContent {
            title: format!("Ticket {id}"),
            ..TicketContent::default()
        };
        Ticket {
            status: TicketStatus::Reviewed,
            ..Ticket::generated(id, self.workspace, self.document, content, START)
        }
    }

    pub(crate) async fn load(&self, id: TicketId) -> Ticket {
        self.ports
            .tickets
            .find(self.workspace, id)
            .await
            .unwrap()
            .unwrap()
    }

    /// A push that would send every ticket.
    pub(crate) fn push_of(&self, tickets: &[Ticket]) -> NewPush {
        let deliver = |ticket: &Ticket| NewEntry::Deliver {
            ticket_id: ticket.id,
            ticket_version: ticket.version,
            delivery_id: self.ports.ids.next(),
            payload: format!("{{\"ticket\":\"{}\"}}", ticket.id),
            warnings: Vec::new(),
        };
        self.push(tickets.iter().map(deliver).collect())
    }

    pub(crate) fn push(&self, entries: Vec<NewEntry>) -> NewPush {
        NewPush {
            push: Push {
                id: self.ports.ids.next(),
                workspace_id: self.workspace,
                document_id: self.document,
                platform: Platform::Jira,
                site_id: self.site.clone(),
                account_id: "account-1".to_owned(),
                project: ProjectRef {
                    id: "10000".to_owned(),
                    key: "ENG".to_owned(),
                },
                fence: Fence("41".to_owned()),
                state: PushState::Running,
                quota_points: 0,
                change_number: 0,
                created_by: self.actor,
                created_at: at(10),
                settled_at: None,
            },
            entries,
            idempotency: None,
            audit: self.audit(AuditAction::PushAccepted),
        }
    }

    pub(crate) fn key(&self, hash: u8) -> IdempotencyKey {
        IdempotencyKey {
            key: "key".to_owned(),
            caller: self.actor,
            body_hash: [hash; 32],
        }
    }

    pub(crate) async fn try_accept(&self, push: &NewPush) -> AcceptOutcome {
        self.ports.deliveries.accept(push).await.unwrap()
    }

    pub(crate) async fn accept(&self, push: &NewPush) -> PushId {
        assert_eq!(self.try_accept(push).await, AcceptOutcome::Accepted);
        push.push.id
    }

    /// Accepts a push of new tickets.
    pub(crate) async fn push_new(&self, count: usize) -> (PushId, Vec<Ticket>) {
        let tickets = self.add_tickets(count).await;
        (self.accept(&self.push_of(&tickets)).await, tickets)
    }

    pub(crate) async fn report(&self, push: PushId) -> PushReport {
        self.ports
            .deliveries
            .find_push(self.workspace, push, at(60))
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn try_claim(&self, limit: u32) -> Option<ClaimedBatch> {
        let lease: LeaseId = self.ports.ids.next();
        self.ports
            .deliveries
            .claim(lease, limit, &[], at(20))
            .await
            .unwrap()
    }

    pub(crate) async fn claim(&self) -> ClaimedBatch {
        self.try_claim(50).await.unwrap()
    }

    /// Settles every row of a batch alike.
    pub(crate) async fn settle_all(
        &self,
        batch: &ClaimedBatch,
        lease: LeaseId,
        outcome: impl Fn(usize) -> Settlement,
    ) -> u32 {
        let outcomes: Vec<(DeliveryId, Settlement)> = batch
            .deliveries
            .iter()
            .enumerate()
            .map(|(index, delivery)| (delivery.id, outcome(index)))
            .collect();
        let settled = settled(batch, lease, outcomes, 3);
        self.ports
            .deliveries
            .settle(&settled, at(30))
            .await
            .unwrap()
    }

    /// Leaves everything unfinished to a person.
    pub(crate) async fn quarantine(&self) {
        let audit = self.audit(AuditAction::DeliveriesQuarantined);
        let (ledger, error) = (&self.ports.deliveries, error("restored"));
        let done = ledger.quarantine(Some(self.workspace), &error, at(40), &audit);
        done.await.unwrap();
    }

    /// A person has a delivery sent again.
    pub(crate) async fn resend(&self, id: DeliveryId) -> ResolveOutcome {
        let (ledger, workspace) = (&self.ports.deliveries, self.workspace);
        let found = ledger.find_delivery(workspace, id).await;
        let number = found.unwrap().unwrap().0.change_number;
        let audit = self.audit(AuditAction::DeliveryResolved);
        let resend = &Resolution::Resend;
        let resolved = ledger.resolve(workspace, id, number, resend, at(45), &audit);
        resolved.await.unwrap()
    }

    pub(crate) fn confirmed(&self, number: usize) -> Settlement {
        Settlement::Confirmed {
            external: self.issue(number),
        }
    }

    pub(crate) fn issue(&self, number: usize) -> ExternalIssue {
        ExternalIssue {
            site_id: self.site.clone(),
            id: format!("{}", 10_000 + number),
            key: format!("ENG-{number}"),
            url: format!("https://example.test/browse/ENG-{number}"),
        }
    }
}

pub(crate) fn error(message: &str) -> PushError {
    PushError::new(PushErrorCode::FieldRejected, message)
}

/// The states of the entries of a push; `None` for an issue that was there before.
pub(crate) fn states(report: &PushReport) -> Vec<Option<&'static str>> {
    let state = |entry: &PushEntry| match entry {
        PushEntry::Delivery(delivery) => Some(delivery.state.as_str()),
        PushEntry::AlreadyPushed { .. } => None,
    };
    report.entries.iter().map(state).collect()
}

/// What became of a claimed batch.
pub(crate) fn settled(
    batch: &ClaimedBatch,
    lease: LeaseId,
    outcomes: Vec<(DeliveryId, Settlement)>,
    quota_points: i64,
) -> SettledBatch {
    SettledBatch {
        push_id: batch.push.id,
        lease_id: lease,
        outcomes,
        quota_points,
        fence: None,
    }
}
