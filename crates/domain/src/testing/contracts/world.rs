//! A workspace of its own for each promise, and what is needed to fill it.

use std::fmt::Debug;

use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

use super::Ports;
use crate::audit::model::{AuditAction, AuditEntry};
use crate::connection::model::{
    Integration, IntegrationConfig, Platform, SealedSecret, SealedTokens,
};
use crate::connection::ports::WriteOutcome;
use crate::document::model::{
    Block, BlockType, Document, DocumentStatus, DocumentSummary, DocumentType, ScopedBlock,
};
use crate::scoping::model::ScopedTicket;
use crate::shared::ids::{DocumentId, TicketId, UserId, WorkspaceId};
use crate::shared::page::PageRequest;
use crate::ticket::model::{
    Effort, ExternalIssue, Priority, Ticket, TicketContent, TicketStatus, TicketType,
};
use crate::workspace::model::{Actor, Role, User, Workspace};

/// When every story begins; the microseconds must survive being stored.
pub(super) const START: OffsetDateTime = datetime!(2026-11-23 09:00:00.123456 UTC);

/// So many seconds after the beginning, or before it.
pub(super) fn at(seconds: i64) -> OffsetDateTime {
    START + Duration::seconds(seconds)
}

/// What a port answered, or the end of the test.
#[track_caller]
pub(super) fn ok<T, E: Debug>(answer: Result<T, E>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(error) => panic!("the port failed: {error:?}"),
    }
}

/// What must be there, or the end of the test.
#[track_caller]
pub(super) fn there<T, E: Debug>(answer: Result<Option<T>, E>) -> T {
    match ok(answer) {
        Some(found) => found,
        None => panic!("nothing was found"),
    }
}

/// The item at a place, or the end of the test.
#[track_caller]
pub(super) fn nth<T>(items: &[T], index: usize) -> &T {
    match items.get(index) {
        Some(item) => item,
        None => panic!("there are {} items and none at {index}", items.len()),
    }
}

/// A page of so many items after an item.
pub(super) const fn page(limit: u32, after: Option<uuid::Uuid>) -> PageRequest {
    PageRequest { limit, after }
}

/// A workspace with an owner that nobody else uses.
pub(super) struct World<'a> {
    pub(super) ports: &'a Ports,
    pub(super) workspace: WorkspaceId,
    pub(super) user: UserId,
    pub(super) actor: Actor,
}

impl<'a> World<'a> {
    pub(super) async fn new(ports: &'a Ports) -> Self {
        let proposed = Self::user(ports);
        let user = ok(ports.workspaces.ensure_user(&proposed).await).id;
        let workspace = Self::unwritten_workspace(ports);
        let is_new = ok(ports
            .workspaces
            .create_workspace(&workspace, Some(user), &["has_integrations"])
            .await);
        assert!(is_new, "the id source repeats itself");
        Self {
            ports,
            workspace: workspace.id,
            user,
            actor: Actor::User(user),
        }
    }

    pub(super) fn unwritten_workspace(ports: &Ports) -> Workspace {
        Workspace {
            id: ports.ids.next(),
            name: "Contract".to_owned(),
            created_at: START,
        }
    }

    pub(super) fn user(ports: &Ports) -> User {
        let id: UserId = ports.ids.next();
        User {
            id,
            subject: format!("subject-{id}"),
            created_at: START,
        }
    }

    /// Another person, who belongs to no workspace.
    pub(super) async fn stranger(&self) -> UserId {
        ok(self
            .ports
            .workspaces
            .ensure_user(&Self::user(self.ports))
            .await)
        .id
    }

    /// An audit entry about this workspace, not yet recorded.
    pub(super) fn audit(&self, action: AuditAction, at: OffsetDateTime) -> AuditEntry {
        AuditEntry {
            id: self.ports.ids.next(),
            workspace_id: Some(self.workspace),
            actor: self.actor,
            action,
            subject: format!("workspace:{}", self.workspace),
            result: "ok".to_owned(),
            at,
        }
    }

    /// Whether an audit entry was recorded.
    pub(super) async fn has_audit(&self, entry: &AuditEntry) -> bool {
        let listed = ok(self.ports.audit.list(self.workspace, page(200, None)).await);
        listed.items.contains(entry)
    }

    /// A document, not yet written.
    pub(super) fn document(&self, title: &str) -> Document {
        let summary = DocumentSummary {
            id: self.ports.ids.next(),
            workspace_id: self.workspace,
            document_type: DocumentType::Prd,
            title: title.to_owned(),
            status: DocumentStatus::Draft,
            version: 1,
            created_by: self.actor,
            created_at: START,
            updated_at: START,
        };
        Document {
            summary,
            content: format!("# {title}\n\n- [ ] one\n- [ ] two\n"),
        }
    }

    /// A block of a document, not yet written.
    pub(super) fn block(&self, document: DocumentId, position: u32, title: &str) -> Block {
        let body = ScopedBlock {
            block_type: BlockType::Requirement,
            title: title.to_owned(),
            content: format!("## {title}\n"),
            start_line: position * 10 + 1,
            end_line: position * 10 + 9,
        };
        Block {
            id: self.ports.ids.next(),
            document_id: document,
            position,
            body,
        }
    }

    /// A written document without blocks.
    pub(super) async fn add_document(&self) -> DocumentId {
        let document = self.document("A document");
        ok(self.ports.documents.insert(&document, &[]).await);
        document.summary.id
    }

    /// What scoping finds at a source of this name.
    pub(super) fn scoped(name: &str) -> ScopedTicket {
        ScopedTicket {
            block: 0,
            content: TicketContent {
                title: format!("Do {name}"),
                description: "Some *words* – with ünïcode and 🦀".to_owned(),
                ticket_type: TicketType::Story,
                priority: Some(Priority::P1),
                labels: vec!["a label".to_owned(), "b".to_owned()],
                acceptance_criteria: vec!["It works".to_owned(), "In two\nlines".to_owned()],
                estimated_effort: Some(Effort::Small),
                assignee: Some("Ada".to_owned()),
                due_on: Some(date!(2026 - 12 - 24)),
            },
            source_line: 3,
            source_end_line: 5,
            parent: None,
            depends_on: Vec::new(),
            item_id: None,
            section: vec!["Needs".to_owned()],
            source_text: name.to_owned(),
        }
    }

    /// A ticket as a generation makes it, not yet written.
    pub(super) fn ticket(&self, document: DocumentId, name: &str) -> Ticket {
        let content = Self::scoped(name).content;
        Ticket {
            source_line: Some(3),
            source_end_line: Some(5),
            ..Ticket::generated(
                self.ports.ids.next(),
                self.workspace,
                document,
                content,
                START,
            )
        }
    }

    /// A ticket that is an issue, not yet written.
    pub(super) fn pushed_ticket(&self, document: DocumentId, fingerprint: &str) -> Ticket {
        Ticket {
            status: TicketStatus::Pushed,
            platform: Some(Platform::Jira.as_str().to_owned()),
            external: Some(self.issue("1")),
            pushed_at: Some(START),
            ..self.ticket(document, fingerprint)
        }
    }

    /// An issue on this workspace's site that no other ticket is.
    pub(super) fn issue(&self, number: &str) -> ExternalIssue {
        let id: TicketId = self.ports.ids.next();
        ExternalIssue {
            site_id: self.site(),
            id: id.to_string(),
            key: format!("ENG-{number}"),
            url: format!("https://example.test/browse/ENG-{number}"),
        }
    }

    /// Writes tickets as they stand.
    pub(super) async fn add_tickets(&self, document: DocumentId, tickets: &[Ticket]) {
        assert!(tickets.iter().all(|ticket| ticket.document_id == document));
        ok(self.ports.tickets.insert(tickets).await);
    }

    /// A ticket as it is stored now.
    pub(super) async fn load(&self, id: TicketId) -> Ticket {
        there(self.ports.tickets.find(self.workspace, id).await)
    }

    /// The site that this workspace is connected to and no other.
    pub(super) fn site(&self) -> String {
        format!("site-{}", self.workspace)
    }

    /// An integration with this workspace's site, not yet written.
    pub(super) fn integration(&self) -> Integration {
        Integration {
            id: self.ports.ids.next(),
            workspace_id: self.workspace,
            platform: Platform::Jira,
            is_active: true,
            config: IntegrationConfig {
                cloud_id: self.site(),
                site_url: "https://example.test".to_owned(),
                site_name: "Example".to_owned(),
                scope: "read write offline_access".to_owned(),
                account_id: "account-1".to_owned(),
            },
            tokens: Some(tokens("first", at(3600))),
            spare_refresh_token: None,
            generation: 1,
            refresh: None,
            needs_reconnect: None,
            connected_by: self.actor,
            connected_at: START,
            disconnected_at: None,
            updated_at: START,
        }
    }

    /// Connects for the first time.
    pub(super) async fn connect(&self) -> Integration {
        let integration = self.integration();
        let audit = self.audit(AuditAction::Connected, START);
        let outcome = self
            .ports
            .connections
            .connect(&integration, None, &audit)
            .await;
        assert_eq!(ok(outcome), WriteOutcome::Done);
        integration
    }

    /// The integration as it is stored now.
    pub(super) async fn stored_integration(&self) -> Integration {
        there(
            self.ports
                .connections
                .find(self.workspace, Platform::Jira)
                .await,
        )
    }

    /// Adds a member.
    pub(super) async fn add_member(&self, role: Role) -> UserId {
        let user = self.stranger().await;
        ok(self
            .ports
            .workspaces
            .put_member(self.workspace, user, role, START)
            .await);
        user
    }
}

/// A pair of tokens that no key could open.
pub(super) fn tokens(name: &str, expires_at: OffsetDateTime) -> SealedTokens {
    let sealed =
        |kind: &str| SealedSecret::from_bytes(format!("\0{name} {kind}\u{7f}").into_bytes());
    SealedTokens {
        access_token: sealed("access"),
        refresh_token: Some(sealed("refresh")),
        access_token_expires_at: expires_at,
    }
}
