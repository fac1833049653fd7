//! The state that the in-memory repositories share, as the tables of one database would.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use uuid::Uuid;

use super::clock::yield_now;
use crate::audit::model::AuditEntry;
use crate::connection::model::{Integration, OAuthState, PendingConnection};
use crate::delivery::ledger::KeptKey;
use crate::delivery::ledger::table::Event;
use crate::delivery::model::{Delivery, Pause, Push};
use crate::document::model::{Block, Document};
use crate::shared::ids::{
    ApiTokenId, AuditEntryId, DeliveryId, DocumentId, IntegrationId, LeaseId, PushId, TicketId,
    UserId, WorkspaceId,
};
use crate::shared::page::{Page, PageRequest};
use crate::ticket::model::{OpenDelivery, Ticket};
use crate::ticket::ports::KeptCoverage;
use crate::ticket::regeneration::Provenance;
use crate::workspace::model::{Actor, ApiToken, Member, User, Workspace};

pub(super) mod audit;
pub(super) mod connections;
pub(super) mod deliveries;
pub(super) mod documents;
mod ledger;
mod sealed;
pub(super) mod tickets;
pub(super) mod workspaces;

/// The memory behind the in-memory repositories; clones share it.
#[derive(Clone, Default)]
pub struct InMemoryStore(Arc<Mutex<State>>);

impl InMemoryStore {
    /// An empty memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every audit entry so far, oldest first, also those of no workspace.
    #[must_use]
    pub fn audit_entries(&self) -> Vec<AuditEntry> {
        self.lock().audit.values().cloned().collect()
    }

    /// How often each line of the ledger's table was followed.
    #[must_use]
    pub fn moves(&self) -> HashMap<Event, u64> {
        self.lock().moves.clone()
    }

    /// Lets other tasks run, as a real store would, and then gives the state for one atomic step.
    async fn enter(&self) -> MutexGuard<'_, State> {
        yield_now().await;
        self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for InMemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InMemoryStore").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    workspaces: BTreeMap<WorkspaceId, Workspace>,
    features: BTreeSet<(WorkspaceId, String)>,
    users: BTreeMap<UserId, User>,
    members: BTreeMap<(WorkspaceId, UserId), Member>,
    tokens: BTreeMap<ApiTokenId, StoredToken>,
    documents: BTreeMap<DocumentId, StoredDocument>,
    coverage: HashMap<DocumentId, KeptCoverage>,
    tickets: BTreeMap<TicketId, StoredTicket>,
    integrations: BTreeMap<IntegrationId, Integration>,
    oauth_states: HashMap<[u8; 32], OAuthState>,
    pending: HashMap<[u8; 32], PendingConnection>,
    pushes: BTreeMap<PushId, StoredPush>,
    deliveries: BTreeMap<DeliveryId, StoredDelivery>,
    keys: HashMap<(WorkspaceId, Actor, String), KeptKey>,
    pauses: HashMap<String, Pause>,
    claims: u64,
    last_claims: HashMap<WorkspaceId, u64>,
    audit: BTreeMap<AuditEntryId, AuditEntry>,
    moves: HashMap<Event, u64>,
}

struct StoredToken {
    token: ApiToken,
    secret_hash: [u8; 32],
}

struct StoredDocument {
    document: Document,
    blocks: Vec<Block>,
    is_deleted: bool,
    generation: Option<(LeaseId, OffsetDateTime)>,
}

struct StoredTicket {
    ticket: Ticket,
    provenance: Provenance,
    is_deleted: bool,
}

struct StoredPush {
    push: Push,
    entries: Vec<StoredEntry>,
    next_look_at: Option<OffsetDateTime>,
    is_cancelled: bool,
}

/// An entry of a push. The number of an own delivery is the delivery's; the others have one of this push.
#[derive(Clone, Copy)]
enum StoredEntry {
    Own(DeliveryId),
    Joined(DeliveryId, i64),
    AlreadyPushed(TicketId, i64),
}

impl StoredEntry {
    const fn delivery(self) -> Option<DeliveryId> {
        match self {
            Self::Own(id) | Self::Joined(id, _) => Some(id),
            Self::AlreadyPushed(..) => None,
        }
    }
}

struct StoredDelivery {
    delivery: Delivery,
    payload: String,
    lease: Option<LeaseId>,
    /// The lease of its last claim, which stays known.
    attempt: Option<LeaseId>,
    /// The request whose answer was written down last.
    answered: Option<LeaseId>,
    /// A person had it sent again after its push was cancelled, if that was ever.
    is_resent: bool,
}

impl State {
    fn record(&mut self, entry: &AuditEntry) {
        self.audit.insert(entry.id, entry.clone());
    }

    /// A ticket as it is given out: with its open delivery, unless it is deleted.
    fn ticket(&self, workspace: WorkspaceId, id: TicketId) -> Option<Ticket> {
        let stored = self.tickets.get(&id)?;
        let is_there = !stored.is_deleted && stored.ticket.workspace_id == workspace;
        is_there.then(|| self.with_delivery(&stored.ticket))
    }

    /// The tickets that fit, in the order of their ids.
    fn tickets_where(&self, fits: impl Fn(&Ticket) -> bool) -> Vec<Ticket> {
        let there = self.tickets.values().filter(|stored| !stored.is_deleted);
        let found = there.filter(|stored| fits(&stored.ticket));
        found
            .map(|stored| self.with_delivery(&stored.ticket))
            .collect()
    }

    fn with_delivery(&self, ticket: &Ticket) -> Ticket {
        let delivery = self.open_delivery(ticket.id);
        Ticket {
            delivery,
            ..ticket.clone()
        }
    }

    fn open_delivery(&self, ticket: TicketId) -> Option<OpenDelivery> {
        let of_ticket = self
            .deliveries
            .values()
            .filter(|stored| stored.delivery.ticket_id == ticket);
        let mut states = of_ticket.map(|stored| (stored.delivery.id, stored.delivery.state));
        let (id, state) = states.find(|(_, state)| state.is_open())?;
        Some(OpenDelivery { id, state })
    }

    /// Changes a ticket and raises its version.
    fn change_ticket(
        &mut self,
        id: TicketId,
        now: OffsetDateTime,
        change: impl FnOnce(&mut Ticket),
    ) {
        if let Some(stored) = self.tickets.get_mut(&id) {
            change(&mut stored.ticket);
            stored.ticket.version += 1;
            stored.ticket.updated_at = now;
        }
    }
}

/// Cuts a page out of items that rise by their ids.
fn page_up<T>(
    items: impl Iterator<Item = T>,
    page: PageRequest,
    id: impl Fn(&T) -> Uuid,
) -> Page<T> {
    let rest = items.filter(|item| page.after.is_none_or(|after| id(item) > after));
    Page::from_rows(rest.take(one_more(page.limit)).collect(), page.limit, id)
}

/// Cuts a page out of items that fall by their ids.
fn page_down<T>(
    items: impl Iterator<Item = T>,
    page: PageRequest,
    id: impl Fn(&T) -> Uuid,
) -> Page<T> {
    let rest = items.filter(|item| page.after.is_none_or(|after| id(item) < after));
    Page::from_rows(rest.take(one_more(page.limit)).collect(), page.limit, id)
}

fn one_more(limit: u32) -> usize {
    usize::try_from(limit).map_or(usize::MAX, |limit| limit.saturating_add(1))
}
