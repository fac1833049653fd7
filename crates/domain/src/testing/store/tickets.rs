//! Tickets in memory.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{InMemoryStore, State, StoredTicket, page_up};
use crate::delivery::model::DeliveryState;
use crate::shared::failure::Failure;
use crate::shared::ids::{DocumentId, TicketId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::ticket::model::{Ticket, TicketStatus};
use crate::ticket::ports::{
    GenerationScope, LinkedFilter, Relink, SaveOutcome, TicketObservation, TicketRepository,
};

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
    /// Deletes a ticket; its fingerprint stays known.
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

    /// Whether nobody has touched a ticket yet, so that it follows its document.
    fn is_unreviewed(&self, stored: &StoredTicket) -> bool {
        stored.ticket.status == TicketStatus::Generated
            && !stored.is_deleted
            && self.open_delivery(stored.ticket.id).is_none()
    }

    fn bring_in(&mut self, scoped: &Ticket, now: OffsetDateTime) {
        let document = scoped.document_id;
        let known = self.tickets.values().find(|stored| {
            stored.ticket.document_id == document && stored.ticket.fingerprint == scoped.fingerprint
        });
        let Some(known) = known else {
            let stored = StoredTicket {
                ticket: scoped.clone(),
                is_deleted: false,
            };
            self.tickets.insert(scoped.id, stored);
            return;
        };
        let is_same = known.ticket.content == scoped.content
            && known.ticket.block_id == scoped.block_id
            && known.ticket.source_line == scoped.source_line;
        if is_same || !self.is_unreviewed(known) {
            return;
        }
        self.change_ticket(known.ticket.id, now, |ticket| {
            ticket.content = scoped.content.clone();
            ticket.block_id = scoped.block_id;
            ticket.source_line = scoped.source_line;
        });
    }

    /// Removes unreviewed tickets whose source is gone, fingerprint and all: nobody decided against them.
    fn remove_vanished(&mut self, document: DocumentId, scoped: &[Ticket]) {
        let kept: HashSet<&str> = scoped
            .iter()
            .map(|ticket| ticket.fingerprint.as_str())
            .collect();
        let vanished: Vec<TicketId> = self
            .tickets
            .values()
            .filter(|stored| stored.ticket.document_id == document)
            .filter(|stored| !kept.contains(stored.ticket.fingerprint.as_str()))
            .filter(|stored| self.is_unreviewed(stored))
            .map(|stored| stored.ticket.id)
            .collect();
        for id in vanished {
            self.tickets.remove(&id);
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
        let mut deliveries = self.deliveries.values().map(|held| &held.delivery);
        let brought = deliveries.find(|delivery| {
            delivery.ticket_id == link.ticket_id && delivery.state == DeliveryState::Confirmed
        });
        if let Some(id) = brought.map(|delivery| delivery.id) {
            self.change_delivery(id, now, |stored| {
                stored.delivery.external = Some(link.to.clone());
            });
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

    async fn apply_generation(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
        scoped: &[Ticket],
        scope: GenerationScope,
        now: OffsetDateTime,
    ) -> Result<Vec<Ticket>, Failure> {
        let mut state = self.0.enter().await;
        for ticket in scoped {
            state.bring_in(ticket, now);
        }
        if scope == GenerationScope::Whole {
            state.remove_vanished(document, scoped);
        }
        Ok(state.tickets_where(|ticket| {
            ticket.workspace_id == workspace && ticket.document_id == document
        }))
    }

    async fn save(&self, ticket: &Ticket) -> Result<SaveOutcome, Failure> {
        let mut state = self.0.enter().await;
        let checked = state.check_ticket(ticket.workspace_id, ticket.id, ticket.version);
        if checked == SaveOutcome::Done {
            state.change_ticket(ticket.id, ticket.updated_at, |stored| {
                stored.content = ticket.content.clone();
                stored.status = ticket.status;
                stored.push_error.clone_from(&ticket.push_error);
            });
        }
        Ok(checked)
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
        Ok(true)
    }
}
