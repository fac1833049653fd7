//! Accepting pushes.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::super::{State, StoredDelivery, StoredEntry, StoredPush};
use crate::delivery::ledger::{self, AcceptedEntry, HeldTicket, KeptKey, Opening, Plan};
use crate::delivery::model::{Delivery, Push, PushState};
use crate::delivery::ports::{AcceptOutcome, IdempotencyKey, KeyLookup, NewPush};
use crate::shared::ids::{TicketId, WorkspaceId};

impl State {
    pub(in super::super) fn find_key(
        &self,
        workspace: WorkspaceId,
        key: &IdempotencyKey,
        now: OffsetDateTime,
    ) -> KeyLookup {
        let kept = self.keys.get(&(workspace, key.caller, key.key.clone()));
        kept.map_or(KeyLookup::Free, |kept| kept.lookup(key, now))
    }

    pub(in super::super) fn accept(&mut self, new: &NewPush) -> AcceptOutcome {
        let (workspace, now) = (new.push.workspace_id, new.push.created_at);
        if let Some(key) = &new.idempotency {
            match self.find_key(workspace, key, now) {
                KeyLookup::Free => {}
                KeyLookup::Same(push) => return AcceptOutcome::Replayed(push),
                KeyLookup::Other => return AcceptOutcome::KeyReused,
            }
        }
        if !self.is_connected(&new.push) {
            return AcceptOutcome::NotConnected;
        }
        let tickets = self.held_tickets(new);
        let Some(plan) = ledger::accept(new, &tickets) else {
            return AcceptOutcome::TicketsChanged;
        };
        self.write_push(&new.push, &plan);
        if let Some(key) = &new.idempotency {
            let kept = KeptKey {
                push_id: new.push.id,
                kept_at: now,
                body_hash: Some(key.body_hash.to_vec()),
            };
            self.keys
                .insert((workspace, key.caller, key.key.clone()), kept);
        }
        self.record(&new.audit);
        AcceptOutcome::Accepted
    }

    fn held_tickets(&self, new: &NewPush) -> HashMap<TicketId, HeldTicket> {
        let ids = new.entries.iter().map(|entry| entry.ticket_id());
        let tickets = ids.filter_map(|id| self.ticket(new.push.workspace_id, id));
        let held = tickets.map(|ticket| {
            let held = HeldTicket {
                is_pushed: ticket.is_pushed(),
                version: ticket.version,
                delivery_id: ticket.delivery.map(|delivery| delivery.id),
            };
            (ticket.id, held)
        });
        held.collect()
    }

    fn write_push(&mut self, push: &Push, plan: &Plan<'_>) {
        for opening in &plan.openings {
            self.open(push, opening);
        }
        let stored = StoredPush {
            push: Push {
                state: PushState::Running,
                change_number: plan.change_number(),
                settled_at: None,
                ..push.clone()
            },
            entries: plan.entries.iter().map(StoredEntry::from).collect(),
            next_look_at: None,
            is_cancelled: false,
        };
        self.pushes.insert(push.id, stored);
        if !self.has_unsettled(push.id)
            && let Some(stored) = self.pushes.get_mut(&push.id)
        {
            stored.push.state = PushState::Settled;
            stored.push.settled_at = Some(push.created_at);
        }
    }

    fn open(&mut self, push: &Push, opening: &Opening<'_>) {
        let now = push.created_at;
        let delivery = Delivery {
            id: opening.id,
            push_id: push.id,
            workspace_id: push.workspace_id,
            ticket_id: opening.ticket_id,
            site_id: push.site_id.clone(),
            state: opening.state(),
            attempts: 0,
            attempted_at: None,
            retry_at: None,
            fence: None,
            warnings: opening.warnings.to_vec(),
            error: opening.error.cloned(),
            external: None,
            change_number: opening.change_number,
            created_at: now,
            updated_at: now,
        };
        let stored = StoredDelivery {
            delivery,
            payload: opening.payload.unwrap_or_default().to_owned(),
            lease: None,
            attempt: None,
            answered: None,
            is_resent: false,
        };
        self.deliveries.insert(opening.id, stored);
        match opening.error {
            None => self.change_ticket(opening.ticket_id, now, |_| {}),
            Some(error) => self.fail_ticket(opening.ticket_id, error, now),
        }
    }
}

impl From<&AcceptedEntry> for StoredEntry {
    fn from(entry: &AcceptedEntry) -> Self {
        match (entry.delivery_id, entry.change_number) {
            (Some(id), None) => Self::Own(id),
            (Some(id), Some(number)) => Self::Joined(id, number),
            (None, number) => Self::AlreadyPushed(entry.ticket_id, number.unwrap_or_default()),
        }
    }
}
