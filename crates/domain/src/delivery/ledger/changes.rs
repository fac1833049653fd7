//! What an adapter locks for a command, and what it writes after it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use time::OffsetDateTime;

use super::table::{Event, Rule};
use crate::audit::model::AuditEntry;
use crate::delivery::model::{DeliveryState, Fence, PushState};
use crate::shared::ids::{DeliveryId, LeaseId, PushId, TicketId, WorkspaceId};
use crate::ticket::model::{ExternalIssue, PushError};

/// A locked delivery.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Its id.
    pub id: DeliveryId,
    /// The push that made it.
    pub push_id: PushId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The ticket.
    pub ticket_id: TicketId,
    /// The site's immutable id.
    pub site_id: &'a str,
    /// Where it stands.
    pub state: DeliveryState,
    /// The hold on a row that is being sent.
    pub lease_id: Option<LeaseId>,
    /// The lease of its last attempt, which stays known.
    pub attempt_id: Option<LeaseId>,
    /// When that attempt was committed.
    pub attempted_at: Option<OffsetDateTime>,
    /// The immutable id of the issue that it is.
    pub issue_id: Option<&'a str>,
    /// The number of its last change within its push.
    pub change_number: i64,
    /// A person had it sent again; a push that was cancelled before does not call it off any more.
    pub is_resent: bool,
}

/// A locked push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldPush {
    /// Whether it is finished.
    pub state: PushState,
    /// The greatest change number of its entries.
    pub change_number: i64,
    /// When it was finished.
    pub settled_at: Option<OffsetDateTime>,
    /// Whether somebody cancelled it.
    pub is_cancelled: bool,
}

/// An entry with which another push joined a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinedEntry {
    /// The push that joined.
    pub push_id: PushId,
    /// The place of the entry in it.
    pub position: i32,
}

/// Deliveries as they stand, with every push that made or joined one of them; nobody else can change any of it.
#[derive(Clone, Debug, Default)]
pub struct Locked<'a> {
    /// The deliveries, in the order of their ids.
    pub deliveries: Vec<Held<'a>>,
    /// The pushes that made or joined them.
    pub pushes: BTreeMap<PushId, HeldPush>,
    /// The entries of those that joined.
    pub joined: HashMap<DeliveryId, Vec<JoinedEntry>>,
}

/// An attempt to send a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The lease that holds the row and names the attempt.
    pub lease_id: LeaseId,
    /// The project's position before it.
    pub fence: Fence,
}

/// One move of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The delivery.
    pub id: DeliveryId,
    /// The push that made it.
    pub push_id: PushId,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// The line of the table that it follows.
    pub rule: &'static Rule,
    /// Its new change number.
    pub change_number: i64,
    /// What the move writes.
    pub writes: Writes,
}

/// What a move writes beside the state: a lease only for an attempt, a time to wait for only for what is queued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// The attempt that begins; there is one more then. Otherwise nothing holds the row.
    pub attempt: Option<Attempt>,
    /// Not before this time.
    pub retry_at: Option<OffsetDateTime>,
    /// Why; `None` keeps what the row says.
    pub error: Option<Option<PushError>>,
    /// The issue that it is from here on.
    pub issue: Option<ExternalIssue>,
    /// A person has it sent again, whatever became of its push.
    pub is_resent: bool,
}

/// What a command changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The moves.
    pub steps: Vec<Step>,
    /// The pushes, with their new numbers.
    pub pushes: BTreeMap<PushId, HeldPush>,
    /// The entries of other pushes that joined, with their new numbers.
    pub joined: Vec<NumberedJoin>,
    /// What the audit record is told.
    pub audit: Vec<AuditEntry>,
    /// The pushes of which one of the moves leaves an entry unsettled.
    unfinished: BTreeSet<PushId>,
}

/// The new change number of an entry that joined a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberedJoin {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// The entry.
    pub entry: JoinedEntry,
    /// Its number within the push that joined.
    pub change_number: i64,
}

impl Changes {
    /// How many deliveries move.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX)
    }

    /// The running pushes that may have nothing left to do, once the moves are written.
    #[must_use]
    pub fn perhaps_finished(&self) -> Vec<PushId> {
        let all = self.pushes.iter();
        let running = all.filter(|(_, push)| push.state == PushState::Running);
        let ids = running.map(|(id, _)| *id);
        ids.filter(|id| !self.unfinished.contains(id)).collect()
    }

    /// Settles those of them of which no entry, its own or one that joined, is unsettled.
    pub fn finish(&mut self, unfinished: &BTreeSet<PushId>, now: OffsetDateTime) {
        for id in self.perhaps_finished() {
            if let Some(push) = self.pushes.get_mut(&id)
                && !unfinished.contains(&id)
            {
                push.state = PushState::Settled;
                push.settled_at = Some(now);
            }
        }
    }

    /// The pushes of deliveries whose fate has just become unknown; somebody should look at them at once.
    #[must_use]
    pub fn in_doubt(&self) -> BTreeSet<PushId> {
        let steps = self.steps.iter();
        let uncertain = steps.filter(|step| step.rule.to == DeliveryState::Uncertain);
        uncertain.map(|step| step.push_id).collect()
    }
}

/// What happens to one delivery.
pub(super) struct Happening {
    event: Event,
    writes: Writes,
}

impl Happening {
    /// What follows in this state.
    pub(super) fn rule(&self, state: DeliveryState) -> Option<&'static Rule> {
        self.event.rule(state)
    }

    /// Nothing but the event; the row keeps its error.
    pub(super) fn plain(event: Event) -> Self {
        let writes = Writes::default();
        Self { event, writes }
    }

    /// An event without, or with, a reason.
    pub(super) fn told(event: Event, error: Option<&PushError>) -> Self {
        let mut happening = Self::plain(event);
        happening.writes.error = Some(error.cloned());
        happening
    }

    pub(super) fn because(event: Event, error: &PushError) -> Self {
        Self::told(event, Some(error))
    }

    pub(super) fn with_issue(mut self, issue: &ExternalIssue) -> Self {
        self.writes.issue = Some(issue.clone());
        self
    }

    pub(super) const fn not_before(mut self, at: Option<OffsetDateTime>) -> Self {
        self.writes.retry_at = at;
        self
    }

    pub(super) const fn resent(mut self) -> Self {
        self.writes.is_resent = true;
        self
    }

    pub(super) fn with_attempt(mut self, attempt: Attempt) -> Self {
        self.writes.attempt = Some(attempt);
        self
    }
}

impl Locked<'_> {
    /// Moves each delivery to which something happens that the table knows in its state.
    pub(super) fn change(
        self,
        mut happens: impl FnMut(&Held<'_>, &HeldPush) -> Option<Happening>,
    ) -> Changes {
        let mut changes = Changes {
            pushes: self.pushes,
            ..Changes::default()
        };
        for held in &self.deliveries {
            let joined = self.joined.get(&held.id).map_or(&[][..], Vec::as_slice);
            let Some(push) = changes.pushes.get(&held.push_id) else {
                continue;
            };
            if let Some(happening) = happens(held, push)
                && let Some(rule) = happening.rule(held.state)
            {
                changes.add(held, joined, rule, happening.writes);
            }
        }
        changes
    }
}

impl Changes {
    /// Gives a delivery the next number of its push, and its entries in other pushes the next of theirs.
    fn add(
        &mut self,
        held: &Held<'_>,
        joined: &[JoinedEntry],
        rule: &'static Rule,
        writes: Writes,
    ) {
        let Some(change_number) = self.number(held.push_id, rule.to) else {
            return;
        };
        self.steps.push(Step {
            id: held.id,
            push_id: held.push_id,
            ticket_id: held.ticket_id,
            rule,
            change_number,
            writes,
        });
        for entry in joined {
            if let Some(change_number) = self.number(entry.push_id, rule.to) {
                self.joined.push(NumberedJoin {
                    delivery_id: held.id,
                    ticket_id: held.ticket_id,
                    entry: *entry,
                    change_number,
                });
            }
        }
    }

    /// The next change number of a push, for an entry in this state; a push that has something to do again is running again.
    fn number(&mut self, push: PushId, state: DeliveryState) -> Option<i64> {
        let held = self.pushes.get_mut(&push)?;
        if !state.is_settled() {
            held.state = PushState::Running;
            held.settled_at = None;
            self.unfinished.insert(push);
        }
        held.change_number += 1;
        Some(held.change_number)
    }
}
