//! The rules of the ledger on the shared memory: accepting, claiming, settling.

use time::{Duration, OffsetDateTime};

use super::{State, StoredDelivery, StoredEntry, StoredKey, StoredPush};
use crate::connection::model::Platform;
use crate::delivery::model::{
    ClaimedBatch, ClaimedDelivery, Delivery, DeliveryState, Pause, PauseScope, Push, PushCounts,
    PushEntry, PushReport, PushState, Settlement, Warning,
};
use crate::delivery::ports::{
    AcceptOutcome, IdempotencyKey, KeyLookup, NewEntry, NewPush, PushSummary,
};
use crate::shared::ids::{DeliveryId, LeaseId, PushId, TicketId, WorkspaceId};
use crate::ticket::model::{PushError, TicketStatus};

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

impl State {
    pub(super) fn find_key(
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

    pub(super) fn accept(&mut self, new: &NewPush) -> AcceptOutcome {
        let (workspace, now) = (new.push.workspace_id, new.push.created_at);
        if let Some(key) = &new.idempotency {
            match self.find_key(workspace, key, now) {
                KeyLookup::Free => {}
                KeyLookup::Same(push) => return AcceptOutcome::Replayed(push),
                KeyLookup::Other => return AcceptOutcome::KeyReused,
            }
        }
        let integration = self.integration(workspace, new.push.platform);
        if !integration.is_some_and(|row| row.is_active && row.config.cloud_id == new.push.site_id)
        {
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
            quota_points: 0,
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
            },
        );
        for plan in plans {
            let entry = self.write_entry(id, plan, now);
            if let Some(stored) = self.pushes.get_mut(&id) {
                stored.entries.push(entry);
            }
        }
        self.settle_if_finished(id, now);
    }

    fn write_entry(&mut self, push: PushId, plan: Plan<'_>, now: OffsetDateTime) -> StoredEntry {
        match plan {
            Plan::Join(id) => StoredEntry::Delivery(id),
            Plan::AlreadyPushed(ticket) => StoredEntry::AlreadyPushed(ticket),
            Plan::Deliver {
                id,
                ticket,
                payload,
                warnings,
            } => {
                self.open(push, id, ticket, warnings, payload, now);
                self.change_ticket(ticket, now, |_| {});
                StoredEntry::Delivery(id)
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
                StoredEntry::Delivery(id)
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
        stored.push.change_number += 1;
        let delivery = Delivery {
            id,
            push_id: push,
            workspace_id: stored.push.workspace_id,
            ticket_id,
            site_id: stored.push.site_id.clone(),
            state: DeliveryState::Queued,
            attempts: 0,
            retry_at: None,
            fence: None,
            warnings: warnings.to_vec(),
            error: None,
            external: None,
            change_number: stored.push.change_number,
            created_at: now,
            updated_at: now,
        };
        let stored = StoredDelivery {
            delivery,
            payload: payload.to_owned(),
            lease: None,
        };
        self.deliveries.insert(id, stored);
    }

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
            StoredEntry::Delivery(id) => {
                let stored = self.deliveries.get(&id)?;
                Some(PushEntry::Delivery(stored.delivery.clone()))
            }
            StoredEntry::AlreadyPushed(ticket_id) => {
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
            match entry {
                StoredEntry::Delivery(id) => counts.add(self.state_of(*id), 1),
                StoredEntry::AlreadyPushed(_) => counts.add(None, 1),
            }
        }
        PushSummary {
            push: stored.push.clone(),
            counts,
            pause: self.pause_of(&stored.push, now),
        }
    }

    fn may_send(&self, push: &Push, busy_sites: &[String], now: OffsetDateTime) -> bool {
        let integration = self.integration(push.workspace_id, push.platform);
        let is_connected = integration.is_some_and(|row| {
            row.is_active
                && row.needs_reconnect.is_none()
                && row.config.cloud_id == push.site_id
                && row.config.account_id == push.account_id
        });
        is_connected
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
        for id in &claimed {
            self.change_delivery(*id, now, |stored| {
                stored.lease = Some(lease);
                let delivery = &mut stored.delivery;
                delivery.state = DeliveryState::Sending;
                delivery.attempts += 1;
                delivery.retry_at = None;
                delivery.error = None;
                delivery.fence = Some(push.fence.clone());
            });
        }
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

    /// Writes down what became of one delivery; `false` where that is not to be written.
    pub(super) fn settle(
        &mut self,
        push: PushId,
        lease: LeaseId,
        (id, outcome): &(DeliveryId, Settlement),
        now: OffsetDateTime,
    ) -> bool {
        let Some(stored) = self
            .deliveries
            .get(id)
            .filter(|stored| stored.delivery.push_id == push)
        else {
            return false;
        };
        let state = stored.delivery.state;
        let may_be_there = matches!(
            state,
            DeliveryState::Sending | DeliveryState::Uncertain | DeliveryState::NeedsAttention
        );
        let is_held = state == DeliveryState::Sending && stored.lease == Some(lease);
        let is_proof = matches!(outcome, Settlement::Confirmed { .. });
        if !(is_held || is_proof && may_be_there) {
            return false;
        }
        let ticket = stored.delivery.ticket_id;
        self.write_outcome(*id, ticket, outcome, now);
        true
    }

    fn write_outcome(
        &mut self,
        id: DeliveryId,
        ticket: TicketId,
        outcome: &Settlement,
        now: OffsetDateTime,
    ) {
        let (state, external, retry_at, error) = match outcome {
            Settlement::Confirmed { external } => {
                (DeliveryState::Confirmed, Some(external.clone()), None, None)
            }
            Settlement::Rejected { error } => {
                (DeliveryState::Rejected, None, None, Some(error.clone()))
            }
            Settlement::Retry { at, error } => {
                (DeliveryState::Queued, None, Some(*at), Some(error.clone()))
            }
            Settlement::Uncertain { error } => {
                (DeliveryState::Uncertain, None, None, Some(error.clone()))
            }
        };
        self.change_delivery(id, now, |stored| {
            stored.lease = None;
            stored.delivery.state = state;
            stored.delivery.external = external;
            stored.delivery.retry_at = retry_at;
            stored.delivery.error = error;
        });
        match outcome {
            Settlement::Confirmed { external } => self.change_ticket(ticket, now, |ticket| {
                ticket.status = TicketStatus::Pushed;
                ticket.platform = Some(Platform::Jira.as_str().to_owned());
                ticket.external = Some(external.clone());
                ticket.push_error = None;
                ticket.pushed_at = Some(now);
            }),
            Settlement::Rejected { error } => self.fail_ticket(ticket, error, now),
            Settlement::Retry { .. } | Settlement::Uncertain { .. } => {}
        }
    }
}
