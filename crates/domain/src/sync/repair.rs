//! Links that went to the wrong one of two tickets of the same request.
//!
//! A bulk create answers with a list of issues whose order nobody promises. The mark in each issue says whose it is, and
//! the first sync reads it.

use std::collections::{BTreeMap, BTreeSet};

use crate::delivery::tracker::IssueStatus;
use crate::shared::ids::TicketId;
use crate::ticket::model::{ExternalIssue, PushError, PushErrorCode, Ticket};
use crate::ticket::ports::Relink;

/// A ticket whose issue carries the mark of another ticket.
#[derive(Clone, Debug)]
pub(super) struct Misplaced {
    /// The ticket.
    pub(super) ticket: Ticket,
    /// Its issue as it was seen.
    pub(super) issue: ExternalIssue,
    /// What was seen of the issue.
    pub(super) status: IssueStatus,
    /// The ticket that the mark names.
    pub(super) owner: TicketId,
    /// Whether this sync is about the ticket.
    pub(super) is_asked: bool,
}

impl Misplaced {
    /// The ticket as misplaced, when its issue was never seen before and names another ticket.
    pub(super) fn of(ticket: &Ticket, status: &IssueStatus, is_asked: bool) -> Option<Self> {
        let IssueStatus::Seen {
            external,
            marked_ticket: Some(owner),
            ..
        } = status
        else {
            return None;
        };
        // The tracker's own word is kept from the first sight on.
        let is_first = ticket.external_status.is_none();
        (is_first && *owner != ticket.id).then(|| Self {
            ticket: ticket.clone(),
            issue: external.clone(),
            status: status.clone(),
            owner: *owner,
            is_asked,
        })
    }

    /// Why the ticket's issue is not read.
    pub(super) fn error(&self) -> PushError {
        let (key, owner) = (&self.issue.key, self.owner);
        let message = format!(
            "the issue {key} carries the mark of another ticket ({owner}); the link is kept and its status is not read"
        );
        PushError::new(PushErrorCode::IssueLinkedElsewhere, message)
    }
}

/// Misplaced tickets by id.
#[derive(Debug, Default)]
pub(super) struct MisplacedTickets(BTreeMap<TicketId, Misplaced>);

impl MisplacedTickets {
    pub(super) fn add(&mut self, misplaced: Misplaced) {
        self.0.entry(misplaced.ticket.id).or_insert(misplaced);
    }

    /// The tickets that marks name and of which nothing is known here.
    pub(super) fn unknown_owners(&self) -> BTreeSet<TicketId> {
        let owners = self.0.values().map(|misplaced| misplaced.owner);
        owners.filter(|owner| !self.0.contains_key(owner)).collect()
    }

    /// Takes out the tickets that only have each other's issues, ring by ring; others stay.
    pub(super) fn take_rings(&mut self) -> Vec<Vec<Misplaced>> {
        let mut rings = Vec::new();
        let ids: Vec<TicketId> = self.0.keys().copied().collect();
        for id in ids {
            let Some(ring) = self.ring_of(id) else {
                continue;
            };
            rings.push(ring.iter().filter_map(|id| self.0.remove(id)).collect());
        }
        rings
    }

    fn ring_of(&self, first: TicketId) -> Option<Vec<TicketId>> {
        let mut ring = vec![first];
        let mut owner = self.0.get(&first)?.owner;
        while owner != first {
            if ring.contains(&owner) {
                return None;
            }
            ring.push(owner);
            owner = self.0.get(&owner)?.owner;
        }
        Some(ring)
    }

    pub(super) fn into_rest(self) -> impl Iterator<Item = Misplaced> {
        self.0.into_values()
    }
}

/// Gives each ticket of a ring the issue that carries its mark.
pub(super) fn links(ring: &[Misplaced]) -> Vec<Relink> {
    let link = |from: &Misplaced| {
        let owner = ring.iter().find(|held| held.ticket.id == from.owner)?;
        Some(Relink {
            ticket_id: owner.ticket.id,
            from: owner.issue.id.clone(),
            to: from.issue.clone(),
        })
    };
    ring.iter().filter_map(link).collect()
}
