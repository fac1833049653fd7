//! Accepting pushes.

use time::{Duration, OffsetDateTime};

use super::super::{State, StoredDelivery, StoredEntry, StoredKey, StoredPush};
use crate::delivery::model::{Delivery, DeliveryState, Push, PushState, Warning};
use crate::delivery::ports::{AcceptOutcome, IdempotencyKey, KeyLookup, NewEntry, NewPush};
use crate::shared::ids::{DeliveryId, PushId, TicketId, WorkspaceId};
use crate::ticket::model::PushError;

/// How long an idempotency key is kept.
const KEY_LIFE: Duration = Duration::hours(24);

/// What accepting an entry will write, decided before anything is written.
enum Plan<'a> {
    Join(DeliveryId),
    AlreadyPushed(TicketId),
    Deliver {
        id: DeliveryId,
        ticket: TicketId,
        payload: &'a str,
        warnings: &'a [Warning],
    },
    Refuse {
        id: DeliveryId,
        ticket: TicketId,
        error: &'a PushError,
        warnings: &'a [Warning],
    },
}

impl StoredPush {
    /// Gives an entry that is no delivery of this push its first number.
    fn numbered(&mut self, entry: StoredEntry) -> StoredEntry {
        match entry {
            StoredEntry::Own(id) => StoredEntry::Own(id),
            StoredEntry::Joined(id, _) => StoredEntry::Joined(id, self.next_number()),
            StoredEntry::AlreadyPushed(ticket, _) => {
                StoredEntry::AlreadyPushed(ticket, self.next_number())
            }
        }
    }
}

impl State {
    pub(in super::super) fn find_key(
        &self,
        workspace: WorkspaceId,
        key: &IdempotencyKey,
        now: OffsetDateTime,
    ) -> KeyLookup {
        match self.keys.get(&(workspace, key.caller, key.key.clone())) {
            Some(kept) if kept.kept_at + KEY_LIFE <= now => KeyLookup::Free,
            Some(kept) if kept.body_hash == key.body_hash => KeyLookup::Same(kept.push),
            Some(_) => KeyLookup::Other,
            None => KeyLookup::Free,
        }
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
        let plans = new.entries.iter().map(|entry| self.plan(workspace, entry));
        let Some(plans) = plans.collect::<Option<Vec<_>>>() else {
            return AcceptOutcome::TicketsChanged;
        };
        self.write_push(&new.push, plans);
        if let Some(key) = &new.idempotency {
            let kept = StoredKey {
                body_hash: key.body_hash,
                push: new.push.id,
                kept_at: now,
            };
            self.keys
                .insert((workspace, key.caller, key.key.clone()), kept);
        }
        self.record(&new.audit);
        AcceptOutcome::Accepted
    }

    fn plan<'a>(&self, workspace: WorkspaceId, entry: &'a NewEntry) -> Option<Plan<'a>> {
        let (ticket_id, version) = match entry {
            NewEntry::Deliver {
                ticket_id,
                ticket_version,
                ..
            }
            | NewEntry::Refuse {
                ticket_id,
                ticket_version,
                ..
            } => (*ticket_id, Some(*ticket_version)),
            NewEntry::Existing { ticket_id } => (*ticket_id, None),
        };
        let ticket = self.ticket(workspace, ticket_id)?;
        if ticket.is_pushed() {
            return Some(Plan::AlreadyPushed(ticket_id));
        }
        if let Some(open) = ticket.delivery {
            return Some(Plan::Join(open.id));
        }
        if version != Some(ticket.version) {
            return None;
        }
        match entry {
            NewEntry::Deliver {
                delivery_id: id,
                payload,
                warnings,
                ..
            } => Some(Plan::Deliver {
                id: *id,
                ticket: ticket_id,
                payload,
                warnings,
            }),
            NewEntry::Refuse {
                delivery_id: id,
                error,
                warnings,
                ..
            } => Some(Plan::Refuse {
                id: *id,
                ticket: ticket_id,
                error,
                warnings,
            }),
            NewEntry::Existing { .. } => None,
        }
    }

    fn write_push(&mut self, push: &Push, plans: Vec<Plan<'_>>) {
        let push = Push {
            state: PushState::Running,
            change_number: 0,
            settled_at: None,
            ..push.clone()
        };
        let (id, now) = (push.id, push.created_at);
        self.pushes.insert(
            id,
            StoredPush {
                push,
                entries: Vec::new(),
                next_look_at: None,
                is_cancelled: false,
            },
        );
        for plan in plans {
            let entry = self.write_entry(id, plan, now);
            if let Some(stored) = self.pushes.get_mut(&id) {
                let entry = stored.numbered(entry);
                stored.entries.push(entry);
            }
        }
        self.settle_or_open(id, now);
    }

    fn write_entry(&mut self, push: PushId, plan: Plan<'_>, now: OffsetDateTime) -> StoredEntry {
        match plan {
            Plan::Join(id) => StoredEntry::Joined(id, 0),
            Plan::AlreadyPushed(ticket) => StoredEntry::AlreadyPushed(ticket, 0),
            Plan::Deliver {
                id,
                ticket,
                payload,
                warnings,
            } => {
                self.open(push, id, ticket, warnings, payload, now);
                self.change_ticket(ticket, now, |_| {});
                StoredEntry::Own(id)
            }
            Plan::Refuse {
                id,
                ticket,
                error,
                warnings,
            } => {
                self.open(push, id, ticket, warnings, "", now);
                if let Some(stored) = self.deliveries.get_mut(&id) {
                    stored.delivery.state = DeliveryState::Rejected;
                    stored.delivery.error = Some(error.clone());
                }
                self.fail_ticket(ticket, error, now);
                StoredEntry::Own(id)
            }
        }
    }

    fn open(
        &mut self,
        push: PushId,
        id: DeliveryId,
        ticket_id: TicketId,
        warnings: &[Warning],
        payload: &str,
        now: OffsetDateTime,
    ) {
        let Some(stored) = self.pushes.get_mut(&push) else {
            return;
        };
        let change_number = stored.next_number();
        let delivery = Delivery {
            id,
            push_id: push,
            workspace_id: stored.push.workspace_id,
            ticket_id,
            site_id: stored.push.site_id.clone(),
            state: DeliveryState::Queued,
            attempts: 0,
            attempted_at: None,
            retry_at: None,
            fence: None,
            warnings: warnings.to_vec(),
            error: None,
            external: None,
            change_number,
            created_at: now,
            updated_at: now,
        };
        let stored = StoredDelivery {
            delivery,
            payload: payload.to_owned(),
            lease: None,
            attempt: None,
            answered: None,
            is_resent: false,
        };
        self.deliveries.insert(id, stored);
    }
}
