//! Tickets in memory.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{InMemoryStore, State, StoredTicket, page_up};
use crate::delivery::ledger;
use crate::delivery::model::Delivery;
use crate::shared::failure::Failure;
use crate::shared::ids::{DocumentId, TicketId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::ticket::family::{self, Relative};
use crate::ticket::model::{Parent, Ticket, TicketStatus};
use crate::ticket::ports::{
    Generated, GenerationOutcome, KeptCoverage, LinkedFilter, Relink, SaveOutcome,
    TicketObservation, TicketRepository,
};
use crate::ticket::regeneration::{self, Generation, KnownTicket, Provenance};

/// Keeps tickets in memory.
#[derive(Clone, Debug)]
pub struct InMemoryTicketRepository(InMemoryStore);

impl InMemoryTicketRepository {
    /// Puts the repository on a memory.
    #[must_use]
    pub fn new(store: &InMemoryStore) -> Self {
        Self(store.clone())
    }
}

impl State {
    /// Deletes a ticket; where it came from stays known.
    pub(super) fn delete_ticket(&mut self, id: TicketId, now: OffsetDateTime) {
        if let Some(stored) = self.tickets.get_mut(&id) {
            stored.is_deleted = true;
            stored.ticket.version += 1;
            stored.ticket.updated_at = now;
        }
    }

    fn check_ticket(&self, workspace: WorkspaceId, id: TicketId, version: i64) -> SaveOutcome {
        match self.ticket(workspace, id) {
            None => SaveOutcome::NotFound,
            Some(ticket) if ticket.version != version => SaveOutcome::VersionConflict,
            Some(_) => SaveOutcome::Done,
        }
    }

    /// Every ticket that a document ever had.
    fn known_tickets(&self, document: DocumentId) -> Vec<KnownTicket> {
        let all = self.tickets.values();
        let own = all.filter(|stored| stored.ticket.document_id == document);
        own.map(|stored| KnownTicket {
            ticket: self.with_delivery(&stored.ticket),
            provenance: stored.provenance.clone(),
            is_deleted: stored.is_deleted,
        })
        .collect()
    }

    fn keep_ticket(&mut self, known: KnownTicket) {
        let stored = StoredTicket {
            ticket: known.ticket,
            provenance: known.provenance,
            is_deleted: known.is_deleted,
        };
        self.tickets.insert(stored.ticket.id, stored);
    }

    fn generate(&mut self, generation: &Generation) -> GenerationOutcome {
        let id = generation.document_id;
        let document = self.documents.get(&id).filter(|stored| {
            let summary = &stored.document.summary;
            !stored.is_deleted && summary.version == generation.document_version
        });
        if document.is_none() {
            return GenerationOutcome::DocumentChanged;
        }
        let plan = regeneration::plan(&self.known_tickets(id), generation);
        for known in plan.written {
            self.keep_ticket(known);
        }
        for id in plan.removed {
            self.tickets.remove(&id);
        }
        let kept = KeptCoverage {
            document_version: generation.document_version,
            coverage: plan.coverage.clone(),
            notes: plan.notes.clone(),
            created_at: generation.now,
        };
        self.coverage.insert(id, kept);
        GenerationOutcome::Done(Generated {
            tickets: self.tickets_where(|ticket| ticket.document_id == id),
            ids: plan.ids,
            coverage: plan.coverage,
            notes: plan.notes,
        })
    }

    fn save_ticket(&mut self, ticket: &Ticket) -> SaveOutcome {
        let checked = self.check_ticket(ticket.workspace_id, ticket.id, ticket.version);
        if checked == SaveOutcome::Done {
            self.change_ticket(ticket.id, ticket.updated_at, |stored| {
                stored.content = ticket.content.clone();
                stored.parent.clone_from(&ticket.parent);
                stored.depends_on.clone_from(&ticket.depends_on);
                stored.fields.clone_from(&ticket.fields);
                stored.status = ticket.status;
                stored.push_error.clone_from(&ticket.push_error);
            });
        }
        checked
    }

    fn relatives(&self, document: DocumentId) -> Vec<Relative> {
        let own = self.tickets_where(|ticket| ticket.document_id == document);
        own.iter()
            .map(|ticket| Relative {
                id: ticket.id,
                ticket_type: ticket.content.ticket_type,
                parent_id: ticket.parent.as_ref().and_then(Parent::ticket_id),
            })
            .collect()
    }

    fn free_children(&mut self, parent: TicketId, now: OffsetDateTime) {
        let children = self.tickets_where(|ticket| ticket.parent == Some(Parent::Ticket(parent)));
        for child in children {
            self.change_ticket(child.id, now, |ticket| ticket.parent = None);
        }
    }

    fn observe(&mut self, workspace: WorkspaceId, seen: &TicketObservation) {
        let Some(stored) = self.tickets.get_mut(&seen.ticket_id) else {
            return;
        };
        if stored.ticket.workspace_id != workspace || !stored.ticket.is_pushed() {
            return;
        }
        let before = stored.ticket.clone();
        let ticket = &mut stored.ticket;
        ticket.status = TicketStatus::Synced;
        ticket.synced_status = Some(seen.synced_status);
        if seen.external_status.is_some() {
            ticket.external_status.clone_from(&seen.external_status);
        }
        if seen.external.is_some() {
            ticket.external.clone_from(&seen.external);
        }
        if *ticket != before {
            ticket.version += 1;
            ticket.updated_at = seen.synced_at;
        }
        ticket.synced_at = Some(seen.synced_at);
    }

    /// Whether every ticket still has its issue, and the issues only change places.
    fn can_relink(&self, workspace: WorkspaceId, links: &[Relink]) -> bool {
        let given: BTreeSet<&str> = links.iter().map(|link| link.from.as_str()).collect();
        let taken: BTreeSet<&str> = links.iter().map(|link| link.to.id.as_str()).collect();
        let tickets: BTreeSet<TicketId> = links.iter().map(|link| link.ticket_id).collect();
        let holds = |link: &Relink| {
            let ticket = self.ticket(workspace, link.ticket_id);
            let external = ticket.and_then(|ticket| ticket.external);
            external.is_some_and(|held| held.id == link.from && held.site_id == link.to.site_id)
        };
        given == taken
            && given.len() == links.len()
            && tickets.len() == links.len()
            && links.iter().all(holds)
    }

    fn relink(&mut self, link: &Relink, now: OffsetDateTime) {
        if let Some(stored) = self.tickets.get_mut(&link.ticket_id) {
            stored.ticket.external = Some(link.to.clone());
            stored.ticket.version += 1;
            stored.ticket.updated_at = now;
        }
    }
}

#[async_trait]
impl TicketRepository for InMemoryTicketRepository {
    async fn find(&self, workspace: WorkspaceId, id: TicketId) -> Result<Option<Ticket>, Failure> {
        Ok(self.0.enter().await.ticket(workspace, id))
    }

    async fn find_many(
        &self,
        workspace: WorkspaceId,
        ids: &[TicketId],
    ) -> Result<Vec<Ticket>, Failure> {
        let wanted: HashSet<TicketId> = ids.iter().copied().collect();
        let state = self.0.enter().await;
        Ok(state.tickets_where(|ticket| {
            ticket.workspace_id == workspace && wanted.contains(&ticket.id)
        }))
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        status: Option<TicketStatus>,
        page: PageRequest,
    ) -> Result<(Page<Ticket>, u64), Failure> {
        let state = self.0.enter().await;
        let wanted = state.tickets_where(|ticket| {
            ticket.workspace_id == workspace
                && ticket.document_id == document
                && status.is_none_or(|status| status == ticket.status)
        });
        let total = u64::try_from(wanted.len()).map_err(Failure::internal)?;
        Ok((
            page_up(wanted.into_iter(), page, |ticket| ticket.id.as_uuid()),
            total,
        ))
    }

    async fn list_by_status(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        status: TicketStatus,
    ) -> Result<Vec<Ticket>, Failure> {
        let state = self.0.enter().await;
        Ok(state.tickets_where(|ticket| {
            ticket.workspace_id == workspace
                && ticket.document_id == document
                && ticket.status == status
        }))
    }

    async fn insert(&self, tickets: &[Ticket]) -> Result<(), Failure> {
        let mut state = self.0.enter().await;
        for ticket in tickets {
            state.keep_ticket(KnownTicket {
                ticket: ticket.clone(),
                provenance: Provenance::default(),
                is_deleted: false,
            });
        }
        Ok(())
    }

    async fn apply_generation(
        &self,
        generation: &Generation,
    ) -> Result<GenerationOutcome, Failure> {
        Ok(self.0.enter().await.generate(generation))
    }

    async fn coverage(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
    ) -> Result<Option<KeptCoverage>, Failure> {
        let state = self.0.enter().await;
        let is_there = state.document(workspace, document).is_some();
        let kept = state.coverage.get(&document).filter(|_| is_there);
        Ok(kept.cloned())
    }

    async fn save(&self, ticket: &Ticket) -> Result<SaveOutcome, Failure> {
        Ok(self.0.enter().await.save_ticket(ticket))
    }

    async fn save_placed(&self, ticket: &Ticket) -> Result<SaveOutcome, Failure> {
        let mut state = self.0.enter().await;
        let relatives = state.relatives(ticket.document_id);
        Ok(match family::check(ticket, &relatives) {
            Ok(()) => state.save_ticket(ticket),
            Err(error) => SaveOutcome::Misplaced(error),
        })
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        version: i64,
        now: OffsetDateTime,
    ) -> Result<SaveOutcome, Failure> {
        let mut state = self.0.enter().await;
        let checked = state.check_ticket(workspace, id, version);
        if checked == SaveOutcome::Done {
            state.delete_ticket(id, now);
            state.free_children(id, now);
        }
        Ok(checked)
    }

    async fn list_linked(
        &self,
        workspace: WorkspaceId,
        filter: &LinkedFilter,
    ) -> Result<Vec<Ticket>, Failure> {
        let state = self.0.enter().await;
        Ok(state.tickets_where(|ticket| {
            ticket.workspace_id == workspace
                && ticket.is_pushed()
                && filter
                    .document_id
                    .is_none_or(|document| document == ticket.document_id)
                && filter
                    .ticket_ids
                    .as_ref()
                    .is_none_or(|ids| ids.contains(&ticket.id))
        }))
    }

    async fn observe(
        &self,
        workspace: WorkspaceId,
        seen: &[TicketObservation],
    ) -> Result<(), Failure> {
        let mut state = self.0.enter().await;
        for observation in seen {
            state.observe(workspace, observation);
        }
        Ok(())
    }

    async fn relink(
        &self,
        workspace: WorkspaceId,
        links: &[Relink],
        now: OffsetDateTime,
    ) -> Result<bool, Failure> {
        let mut state = self.0.enter().await;
        if !state.can_relink(workspace, links) {
            return Ok(false);
        }
        for link in links {
            state.relink(link, now);
        }
        let is_of_one = |delivery: &Delivery| {
            links
                .iter()
                .any(|link| link.ticket_id == delivery.ticket_id)
        };
        state.change(is_of_one, now, |locked| ledger::relink(locked, links));
        Ok(true)
    }
}
