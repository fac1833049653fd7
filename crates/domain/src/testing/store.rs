//! The state that the in-memory repositories share, as the tables of one database would.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use uuid::Uuid;

use super::clock::yield_now;
use crate::audit::model::AuditEntry;
use crate::connection::model::{Integration, OAuthState, PendingConnection};
use crate::delivery::model::{Delivery, DeliveryState, Pause, Push, PushState};
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
    keys: HashMap<(WorkspaceId, Actor, String), StoredKey>,
    pauses: HashMap<String, Pause>,
    claims: u64,
    last_claims: HashMap<WorkspaceId, u64>,
    audit: BTreeMap<AuditEntryId, AuditEntry>,
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
    attempt: Option<Attempt>,
    /// The request whose answer was written down last.
    answered: Option<LeaseId>,
    /// A person had it sent again after its push was cancelled, if that was ever.
    is_resent: bool,
}

/// The last claim of a delivery; it stays when the delivery is no longer `sending`.
#[derive(Clone, Copy)]
struct Attempt {
    lease_id: LeaseId,
    at: OffsetDateTime,
}

impl StoredPush {
    fn next_number(&mut self) -> i64 {
        self.push.change_number += 1;
        self.push.change_number
    }

    /// Gives the entry that joined a delivery this push's next change number.
    fn number_joined(&mut self, id: DeliveryId) {
        let mut next = self.push.change_number;
        for entry in &mut self.entries {
            if let StoredEntry::Joined(held, number) = entry
                && *held == id
            {
                next += 1;
                *number = next;
            }
        }
        self.push.change_number = next;
    }

    const fn set_finished(&mut self, is_finished: bool, now: OffsetDateTime) {
        match (self.push.state, is_finished) {
            (PushState::Running, true) => {
                self.push.state = PushState::Settled;
                self.push.settled_at = Some(now);
            }
            (PushState::Settled, false) => {
                self.push.state = PushState::Running;
                self.push.settled_at = None;
            }
            (PushState::Running, false) | (PushState::Settled, true) => {}
        }
    }
}

struct StoredKey {
    body_hash: [u8; 32],
    push: PushId,
    kept_at: OffsetDateTime,
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

    /// Changes a delivery, which takes the next change number of its push and of each that joined it, and settles or opens
    /// the pushes that hold it.
    fn change_delivery(
        &mut self,
        id: DeliveryId,
        now: OffsetDateTime,
        change: impl FnOnce(&mut StoredDelivery),
    ) {
        let Some(stored) = self.deliveries.get_mut(&id) else {
            return;
        };
        let Some(push) = self.pushes.get_mut(&stored.delivery.push_id) else {
            return;
        };
        stored.delivery.change_number = push.next_number();
        stored.delivery.updated_at = now;
        change(stored);
        if stored.delivery.state != DeliveryState::Sending {
            stored.lease = None;
        }
        for push in self.pushes.values_mut() {
            push.number_joined(id);
        }
        self.settle_or_open_pushes_of(id, now);
    }

    fn settle_or_open_pushes_of(&mut self, id: DeliveryId, now: OffsetDateTime) {
        let holds = |push: &&StoredPush| {
            let mut held = push.entries.iter().filter_map(|entry| entry.delivery());
            held.any(|held| held == id)
        };
        let touched: Vec<PushId> = self
            .pushes
            .values()
            .filter(holds)
            .map(|push| push.push.id)
            .collect();
        for id in touched {
            self.settle_or_open(id, now);
        }
    }

    fn settle_or_open(&mut self, id: PushId, now: OffsetDateTime) {
        let Some(stored) = self.pushes.get(&id) else {
            return;
        };
        let mut held = stored.entries.iter().filter_map(|entry| entry.delivery());
        let is_finished = held.all(|id| self.state_of(id).is_none_or(DeliveryState::is_settled));
        if let Some(stored) = self.pushes.get_mut(&id) {
            stored.set_finished(is_finished, now);
        }
    }

    fn state_of(&self, id: DeliveryId) -> Option<DeliveryState> {
        self.deliveries.get(&id).map(|stored| stored.delivery.state)
    }

    /// The deliveries of a workspace that fit.
    fn deliveries_where(
        &self,
        workspace: WorkspaceId,
        fits: impl Fn(&Delivery) -> bool,
    ) -> Vec<DeliveryId> {
        let mine = self.deliveries.values().map(|stored| &stored.delivery);
        let mine = mine.filter(|delivery| delivery.workspace_id == workspace);
        mine.filter(|delivery| fits(delivery))
            .map(|delivery| delivery.id)
            .collect()
    }

    /// Calls queued deliveries off.
    fn cancel_queued(&mut self, ids: &[DeliveryId], now: OffsetDateTime) -> u32 {
        let mut cancelled = 0;
        for id in ids {
            let queued = self.deliveries.get(id).map(|stored| &stored.delivery);
            let Some(ticket) = queued
                .filter(|delivery| delivery.state == DeliveryState::Queued)
                .map(|delivery| delivery.ticket_id)
            else {
                continue;
            };
            self.change_delivery(*id, now, |stored| {
                stored.delivery.state = DeliveryState::Cancelled;
                stored.delivery.retry_at = None;
            });
            self.change_ticket(ticket, now, |_| {});
            cancelled += 1;
        }
        cancelled
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
