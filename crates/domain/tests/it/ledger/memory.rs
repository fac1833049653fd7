//! The least ledger that commands can run on: rows, pushes, and entries that joined.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use handoff_domain::delivery::ledger::{Changes, Held, HeldPush, JoinedEntry, Links, Locked};
use handoff_domain::delivery::model::{DeliveryState, PushState};
use handoff_domain::shared::ids::{DeliveryId, LeaseId, PushId, TicketId, WorkspaceId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::chance::Chance;

pub(super) const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
/// How many deliveries there are, each of a ticket of its own.
pub(super) const DELIVERIES: usize = 8;
/// How many pushes made them, and how many leases and issues commands speak of.
pub(super) const FEW: u64 = 3;

pub(super) fn id<T: From<Uuid>>(number: u64) -> T {
    T::from(Uuid::from_u128(u128::from(number)))
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: DeliveryId,
    pub(super) push: PushId,
    pub(super) ticket: TicketId,
    pub(super) state: DeliveryState,
    pub(super) lease: Option<LeaseId>,
    pub(super) attempt: Option<LeaseId>,
    pub(super) issue: Option<String>,
    pub(super) change_number: i64,
    pub(super) is_resent: bool,
}

pub(super) struct Memory {
    pub(super) rows: BTreeMap<DeliveryId, Row>,
    pub(super) pushes: BTreeMap<PushId, HeldPush>,
    pub(super) joined: HashMap<DeliveryId, Vec<JoinedEntry>>,
}

impl Memory {
    /// So many queued deliveries of the first push.
    pub(super) fn queued(count: usize) -> Self {
        let push = HeldPush {
            state: PushState::Running,
            change_number: 100,
            settled_at: None,
            is_cancelled: false,
        };
        let row = |number| Row {
            id: id(number),
            push: id(0),
            ticket: id(number),
            state: DeliveryState::Queued,
            lease: None,
            attempt: None,
            issue: None,
            change_number: 0,
            is_resent: false,
        };
        Self {
            rows: (0..)
                .map(|number| (id(number), row(number)))
                .take(count)
                .collect(),
            pushes: (0..FEW).map(|number| (id(number), push)).collect(),
            joined: HashMap::new(),
        }
    }

    /// Queued deliveries of several pushes, some of them joined by another one.
    pub(super) fn random(chance: &mut Chance) -> Self {
        let mut memory = Self::queued(DELIVERIES);
        for (row, position) in memory.rows.values_mut().zip(0..) {
            let made_by = chance.below(FEW);
            row.push = id(made_by);
            if chance.below(3) == 0 {
                let entry = JoinedEntry {
                    push_id: id((made_by + 1) % FEW),
                    position,
                };
                memory.joined.insert(row.id, vec![entry]);
            }
        }
        memory
    }

    pub(super) fn locked(&self) -> Locked<'_> {
        let held = self.rows.values().map(|row| Held {
            id: row.id,
            push_id: row.push,
            workspace_id: id::<WorkspaceId>(0),
            ticket_id: row.ticket,
            site_id: "site",
            state: row.state,
            lease_id: row.lease,
            attempt_id: row.attempt,
            attempted_at: row.attempt.map(|_| NOW),
            issue_id: row.issue.as_deref(),
            change_number: row.change_number,
            is_resent: row.is_resent,
        });
        Locked {
            deliveries: held.collect(),
            pushes: self.pushes.clone(),
            joined: self.joined.clone(),
        }
    }

    pub(super) fn links(&self) -> Links {
        let rows = self.rows.values();
        Links::new(rows.filter_map(|row| {
            let issue = row.issue.clone()?;
            Some((("site".to_owned(), issue), row.ticket))
        }))
    }

    pub(super) fn write(&mut self, mut changes: Changes) {
        for step in &changes.steps {
            let row = self.rows.get_mut(&step.id).unwrap();
            row.state = step.rule.to;
            row.change_number = step.change_number;
            row.lease = step.writes.attempt.as_ref().map(|attempt| attempt.lease_id);
            row.attempt = row.lease.or(row.attempt);
            row.is_resent |= step.writes.is_resent;
            if let Some(issue) = &step.writes.issue {
                row.issue = Some(issue.id.clone());
            }
        }
        let unfinished = self.unfinished();
        changes.finish(&unfinished, NOW);
        self.pushes = changes.pushes;
    }

    /// The pushes that made or joined something that is not settled.
    pub(super) fn unfinished(&self) -> BTreeSet<PushId> {
        let open = self.rows.values().filter(|row| !row.state.is_settled());
        let holding = open.flat_map(|row| {
            let joined = self.joined.get(&row.id).into_iter().flatten();
            std::iter::once(row.push).chain(joined.map(|entry| entry.push_id))
        });
        holding.collect()
    }
}
