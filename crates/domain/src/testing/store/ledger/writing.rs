//! Locking, loading and writing what a rule of the ledger changes.

use std::collections::{BTreeSet, HashSet};

use time::OffsetDateTime;

use super::super::{State, StoredEntry, StoredPush};
use crate::delivery::ledger::table::TicketEffect;
use crate::delivery::ledger::{Changes, Held, HeldPush, JoinedEntry, Links, Locked, Step};
use crate::delivery::model::{Delivery, DeliveryState};
use crate::shared::ids::{DeliveryId, PushId};
use crate::ticket::model::TicketStatus;

impl State {
    /// Lets a command change the deliveries that fit; answers how many it did.
    pub(in super::super) fn change(
        &mut self,
        fits: impl Fn(&Delivery) -> bool,
        now: OffsetDateTime,
        command: impl FnOnce(Locked<'_>) -> Changes,
    ) -> u32 {
        let changes = command(self.locked(fits));
        self.write(changes, now)
    }

    pub(super) fn locked(&self, fits: impl Fn(&Delivery) -> bool) -> Locked<'_> {
        let mut locked = Locked::default();
        for stored in self.deliveries.values().filter(|it| fits(&it.delivery)) {
            let delivery = &stored.delivery;
            locked.deliveries.push(Held {
                id: delivery.id,
                push_id: delivery.push_id,
                workspace_id: delivery.workspace_id,
                ticket_id: delivery.ticket_id,
                site_id: &delivery.site_id,
                state: delivery.state,
                lease_id: stored.lease,
                attempt_id: stored.attempt,
                attempted_at: delivery.attempted_at,
                issue_id: delivery.external.as_ref().map(|issue| issue.id.as_str()),
                change_number: delivery.change_number,
                is_resent: stored.is_resent,
            });
        }
        let held: HashSet<DeliveryId> = locked.deliveries.iter().map(|held| held.id).collect();
        for push in self.pushes.values() {
            for (entry, position) in push.entries.iter().zip(0..) {
                let entry_of = JoinedEntry {
                    push_id: push.push.id,
                    position,
                };
                let Some(id) = entry.delivery().filter(|id| held.contains(id)) else {
                    continue;
                };
                locked.pushes.insert(push.push.id, push.held());
                if matches!(entry, StoredEntry::Joined(..)) {
                    locked.joined.entry(id).or_default().push(entry_of);
                }
            }
        }
        locked
    }

    pub(super) fn write(&mut self, mut changes: Changes, now: OffsetDateTime) -> u32 {
        for step in &changes.steps {
            self.write_step(step, now);
        }
        let asked = changes.perhaps_finished().into_iter();
        let unfinished = asked.filter(|id| self.has_unsettled(*id)).collect();
        changes.finish(&unfinished, now);
        let doubtful = changes.in_doubt();
        self.write_pushes(&changes, &doubtful);
        for entry in &changes.audit {
            self.record(entry);
        }
        changes.count()
    }

    fn write_step(&mut self, step: &Step, now: OffsetDateTime) {
        *self.moves.entry(step.rule.event).or_default() += 1;
        let Some(stored) = self.deliveries.get_mut(&step.id) else {
            return;
        };
        let (delivery, writes) = (&mut stored.delivery, &step.writes);
        delivery.state = step.rule.to;
        delivery.change_number = step.change_number;
        delivery.updated_at = now;
        delivery.retry_at = writes.retry_at;
        if let Some(error) = &writes.error {
            delivery.error.clone_from(error);
        }
        if writes.issue.is_some() {
            delivery.external.clone_from(&writes.issue);
        }
        stored.lease = writes.attempt.as_ref().map(|attempt| attempt.lease_id);
        if let Some(attempt) = &writes.attempt {
            delivery.attempts += 1;
            delivery.attempted_at = Some(now);
            delivery.fence = Some(attempt.fence.clone());
            stored.attempt = Some(attempt.lease_id);
        }
        stored.is_resent |= writes.is_resent;
        let (error, issue) = (delivery.error.clone(), delivery.external.clone());
        let push = self.pushes.get(&step.push_id);
        let platform = push.map(|stored| stored.push.platform.as_str().to_owned());
        match step.rule.ticket {
            TicketEffect::Keep => {}
            TicketEffect::Touched | TicketEffect::Released => {
                self.change_ticket(step.ticket_id, now, |_| {});
            }
            TicketEffect::Failed => self.change_ticket(step.ticket_id, now, |ticket| {
                ticket.status = TicketStatus::PushFailed;
                ticket.push_error = error;
            }),
            TicketEffect::Pushed => self.change_ticket(step.ticket_id, now, |ticket| {
                ticket.status = TicketStatus::Pushed;
                ticket.platform = platform;
                ticket.external = issue;
                ticket.push_error = None;
                ticket.pushed_at = Some(now);
            }),
        }
    }

    fn write_pushes(&mut self, changes: &Changes, doubtful: &BTreeSet<PushId>) {
        for (id, held) in &changes.pushes {
            if let Some(stored) = self.pushes.get_mut(id) {
                stored.push.state = held.state;
                stored.push.change_number = held.change_number;
                stored.push.settled_at = held.settled_at;
                if doubtful.contains(id) {
                    stored.next_look_at = None;
                }
            }
        }
        for joined in &changes.joined {
            let push = self.pushes.get_mut(&joined.entry.push_id);
            let position = usize::try_from(joined.entry.position).unwrap_or(usize::MAX);
            let entry = push.and_then(|stored| stored.entries.get_mut(position));
            if let Some(entry) = entry {
                *entry = StoredEntry::Joined(joined.delivery_id, joined.change_number);
            }
        }
    }

    pub(super) fn has_unsettled(&self, push: PushId) -> bool {
        let stored = self.pushes.get(&push);
        let entries = stored.map_or(&[][..], |stored| stored.entries.as_slice());
        let mut held = entries.iter().filter_map(|entry| entry.delivery());
        held.any(|id| self.state_of(id).is_some_and(|state| !state.is_settled()))
    }

    /// Which ticket is which issue, also of tickets that were deleted.
    pub(super) fn links(&self) -> Links {
        let tickets = self.tickets.values().map(|stored| &stored.ticket);
        Links::new(tickets.filter_map(|ticket| {
            let issue = ticket.external.as_ref()?;
            Some(((issue.site_id.clone(), issue.id.clone()), ticket.id))
        }))
    }

    pub(in super::super) fn state_of(&self, id: DeliveryId) -> Option<DeliveryState> {
        self.deliveries.get(&id).map(|stored| stored.delivery.state)
    }
}

impl StoredPush {
    const fn held(&self) -> HeldPush {
        HeldPush {
            state: self.push.state,
            change_number: self.push.change_number,
            settled_at: self.push.settled_at,
            is_cancelled: self.is_cancelled,
        }
    }
}
