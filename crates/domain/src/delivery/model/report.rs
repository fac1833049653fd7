//! What a push is told to have come to.

use super::{Delivery, DeliveryState, Pause, Push};
use crate::shared::ids::TicketId;
use crate::ticket::model::ExternalIssue;

/// What a push means for one of its tickets.
#[expect(
    clippy::large_enum_variant,
    reason = "the large variant is by far the common one"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushEntry {
    /// It is, or was, delivered: by this push or by an earlier one that was still open.
    Delivery(Delivery),
    /// It was an issue before.
    AlreadyPushed {
        /// The ticket.
        ticket_id: TicketId,
        /// The issue it is.
        external: Option<ExternalIssue>,
    },
}

/// A push with what became of each ticket, in the order they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushReport {
    /// The push.
    pub push: Push,
    /// One entry a ticket.
    pub entries: Vec<PushEntry>,
    /// Until when and why sending is paused, if it is.
    pub pause: Option<Pause>,
}

impl PushReport {
    /// Counts the entries.
    #[must_use]
    pub fn counts(&self) -> PushCounts {
        let mut counts = PushCounts::default();
        for entry in &self.entries {
            match entry {
                PushEntry::Delivery(delivery) => counts.add(Some(delivery.state), 1),
                PushEntry::AlreadyPushed { .. } => counts.add(None, 1),
            }
        }
        counts
    }
}

/// How many tickets of a push stand where; they add up to `total`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushCounts {
    /// All tickets.
    pub total: u32,
    /// Confirmed.
    pub pushed: u32,
    /// Rejected or abandoned.
    pub failed: u32,
    /// Queued, sending or uncertain.
    pub pending: u32,
    /// Issues before this push.
    pub already_pushed: u32,
    /// A person must decide.
    pub needs_attention: u32,
    /// Called off.
    pub cancelled: u32,
}

impl PushCounts {
    /// Counts one ticket; `None` stands for one that was an issue before.
    pub const fn add(&mut self, state: Option<DeliveryState>, tickets: u32) {
        self.total += tickets;
        match state {
            None => self.already_pushed += tickets,
            Some(DeliveryState::Confirmed) => self.pushed += tickets,
            Some(DeliveryState::Rejected | DeliveryState::Abandoned) => self.failed += tickets,
            Some(DeliveryState::NeedsAttention) => self.needs_attention += tickets,
            Some(DeliveryState::Cancelled) => self.cancelled += tickets,
            Some(DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Uncertain) => {
                self.pending += tickets;
            }
        }
    }
}

/// A push in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushSummary {
    /// The push.
    pub push: Push,
    /// How many tickets stand where.
    pub counts: PushCounts,
    /// Until when and why sending is paused, if it is.
    pub pause: Option<Pause>,
}

/// One entry of a push and the number of its last change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedEntry {
    /// The number, within the push that is watched; grows.
    pub change_number: i64,
    /// The entry.
    pub entry: PushEntry,
}

/// What changed in a push after some change number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushChanges {
    /// The push with its counters as they are now.
    pub summary: PushSummary,
    /// The changed entries, oldest change first.
    pub entries: Vec<NumberedEntry>,
}
