//! The rules of the ledger on the shared memory: accepting, claiming, settling.

use time::OffsetDateTime;

use super::{State, StoredEntry, StoredPush};
use crate::delivery::ledger;
use crate::delivery::model::{
    ClaimedBatch, ClaimedDelivery, Delivery, DeliveryState, Pause, PauseScope, Push, PushCounts,
    PushEntry, PushReport, PushState, PushSummary,
};
use crate::shared::ids::{DeliveryId, LeaseId, PushId, TicketId};
use crate::ticket::model::{PushError, TicketStatus};

mod accepting;
mod changes;
mod reconciling;
mod resolving;
mod settling;
mod writing;

impl State {
    fn fail_ticket(&mut self, ticket: TicketId, error: &PushError, now: OffsetDateTime) {
        self.change_ticket(ticket, now, |ticket| {
            ticket.status = TicketStatus::PushFailed;
            ticket.push_error = Some(error.clone());
        });
    }

    /// The longest pause that holds creates on a site back.
    fn pause_on(&self, site: &str, now: OffsetDateTime) -> Option<&Pause> {
        let scopes = PauseScope::holding_creates(site);
        let pauses = scopes
            .iter()
            .filter_map(|scope| self.pauses.get(&scope.key()));
        pauses
            .filter(|pause| pause.until > now)
            .max_by_key(|pause| pause.until)
    }

    fn pause_of(&self, push: &Push, now: OffsetDateTime) -> Option<Pause> {
        let is_running = push.state == PushState::Running;
        self.pause_on(&push.site_id, now)
            .filter(|_| is_running)
            .cloned()
    }

    pub(super) fn report(&self, stored: &StoredPush, now: OffsetDateTime) -> PushReport {
        let entries = stored
            .entries
            .iter()
            .filter_map(|entry| self.entry(*entry))
            .collect();
        let pause = self.pause_of(&stored.push, now);
        PushReport {
            push: stored.push.clone(),
            entries,
            pause,
        }
    }

    fn entry(&self, entry: StoredEntry) -> Option<PushEntry> {
        match entry {
            StoredEntry::Own(id) | StoredEntry::Joined(id, _) => {
                let stored = self.deliveries.get(&id)?;
                Some(PushEntry::Delivery(stored.delivery.clone()))
            }
            StoredEntry::AlreadyPushed(ticket_id, _) => {
                let ticket = self.tickets.get(&ticket_id);
                let external = ticket.and_then(|stored| stored.ticket.external.clone());
                Some(PushEntry::AlreadyPushed {
                    ticket_id,
                    external,
                })
            }
        }
    }

    pub(super) fn summary(&self, stored: &StoredPush, now: OffsetDateTime) -> PushSummary {
        let mut counts = PushCounts::default();
        for entry in &stored.entries {
            counts.add(entry.delivery().and_then(|id| self.state_of(id)), 1);
        }
        PushSummary {
            push: stored.push.clone(),
            counts,
            pause: self.pause_of(&stored.push, now),
        }
    }

    /// Whether the workspace is connected to the push's site as its account.
    fn is_connected(&self, push: &Push) -> bool {
        let integration = self.integration(push.workspace_id, push.platform);
        integration.is_some_and(|row| {
            row.is_active
                && row.config.cloud_id == push.site_id
                && row.config.account_id == push.account_id
        })
    }

    /// Whether it is, and needs no reconnect.
    fn is_reachable(&self, push: &Push) -> bool {
        let integration = self.integration(push.workspace_id, push.platform);
        self.is_connected(push) && integration.is_some_and(|row| row.needs_reconnect.is_none())
    }

    fn may_send(&self, push: &Push, busy_sites: &[String], now: OffsetDateTime) -> bool {
        self.is_reachable(push)
            && !busy_sites.contains(&push.site_id)
            && self.pause_on(&push.site_id, now).is_none()
    }

    /// The queued deliveries of a push whose time has come, in the order of their ids.
    fn due(&self, push: PushId, now: OffsetDateTime) -> Vec<DeliveryId> {
        let of_push = self.deliveries.values().map(|stored| &stored.delivery);
        of_push
            .filter(|delivery| delivery.push_id == push && delivery.state == DeliveryState::Queued)
            .filter(|delivery| delivery.retry_at.is_none_or(|at| at <= now))
            .map(|delivery| delivery.id)
            .collect()
    }

    pub(super) fn claim(
        &mut self,
        lease: LeaseId,
        limit: u32,
        busy_sites: &[String],
        now: OffsetDateTime,
    ) -> Option<ClaimedBatch> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        // The workspace that was served longest ago comes first, and within it the oldest push.
        let (push, due) = self
            .pushes
            .values()
            .map(|stored| &stored.push)
            .filter(|push| self.may_send(push, busy_sites, now))
            .map(|push| (push, self.due(push.id, now)))
            .filter(|(_, due)| !due.is_empty() && limit > 0)
            .min_by_key(|(push, _)| (self.last_claims.get(&push.workspace_id), push.id))?;
        let push = push.clone();
        let claimed: Vec<DeliveryId> = due.into_iter().take(limit).collect();
        let is_claimed = |delivery: &Delivery| claimed.contains(&delivery.id);
        self.change(is_claimed, now, |locked| {
            ledger::claim(locked, lease, &push.fence)
        });
        self.claims += 1;
        self.last_claims.insert(push.workspace_id, self.claims);
        let push = self.pushes.get(&push.id)?.push.clone();
        let rows = claimed.iter().filter_map(|id| self.deliveries.get(id));
        let deliveries = rows.map(|stored| ClaimedDelivery {
            id: stored.delivery.id,
            ticket_id: stored.delivery.ticket_id,
            payload: stored.payload.clone(),
            attempt: stored.delivery.attempts,
        });
        Some(ClaimedBatch {
            push,
            lease_id: lease,
            deliveries: deliveries.collect(),
        })
    }
}
