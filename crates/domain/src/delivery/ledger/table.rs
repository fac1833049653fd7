//! Which event moves a delivery from which states to which one, and what that does to its ticket.

use std::fmt::Write as _;

use crate::delivery::model::DeliveryState;

/// What a move of a delivery does to its ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TicketEffect {
    /// Nothing.
    Keep,
    /// It is an issue.
    Pushed,
    /// It failed.
    Failed,
    /// It is as it was before the push.
    Released,
    /// A person has, or had, to decide; only its version tells.
    Touched,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What happens.
    pub event: Event,
    /// What happens, in words.
    pub told: &'static str,
    /// The states in which it can happen; in any other one it changes nothing.
    pub from: &'static [DeliveryState],
    /// The state that follows.
    pub to: DeliveryState,
    /// What becomes of the ticket.
    pub ticket: TicketEffect,
}

macro_rules! table {
    ($($event:ident $told:literal $($from:ident)|+ => $to:ident $ticket:ident;)+) => {
        /// Something that can happen to a delivery.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event {
            $(#[doc = $told] $event),+
        }

        /// Every move that there is.
        pub const TABLE: &[Rule] = &[$(Rule {
            event: Event::$event,
            told: $told,
            from: &[$(DeliveryState::$from),+],
            to: DeliveryState::$to,
            ticket: TicketEffect::$ticket,
        }),+];
    };
}

table! {
    Claimed "A worker is about to send it." Queued => Sending Keep;
    Refused "The tracker refuses it." Sending => Rejected Failed;
    NotApplied "It was certainly not applied." Sending => Queued Keep;
    EffectUnknown "It may have been applied, or its worker died." Sending => Uncertain Keep;
    Proven "Somebody proves that its issue exists." Queued | Sending | Uncertain | NeedsAttention => Confirmed Pushed;
    ProvenAnothers "The issue that is proven belongs to another ticket." Queued | Sending | Uncertain => NeedsAttention Touched;
    ProvenAbsent "A look proves that no issue exists." Uncertain => Queued Keep;
    Undecidable "A look shows what only a person can judge." Uncertain => NeedsAttention Touched;
    Overdue "Nothing is proven by the deadline." Uncertain => NeedsAttention Touched;
    CalledOff "It was not applied, and its push was cancelled meanwhile." Sending | Uncertain => Cancelled Released;
    Cancelled "Its push is cancelled, or its workspace disconnected or connected elsewhere." Queued => Cancelled Released;
    SiteChanged "Its workspace is connected elsewhere, so that nobody can look for it." Sending | Uncertain => NeedsAttention Touched;
    Quarantined "An operator stops whatever is unfinished." Queued | Sending | Uncertain => NeedsAttention Touched;
    Linked "A person names its issue." NeedsAttention => Confirmed Pushed;
    Resent "A person has it sent again." NeedsAttention => Queued Touched;
    GivenUp "A person gives it up." NeedsAttention => Abandoned Failed;
    Swapped "Its ticket exchanges its issue with another one." Confirmed => Confirmed Keep;
}

impl Event {
    /// What follows in this state; `None` where it changes nothing.
    #[must_use]
    pub fn rule(self, state: DeliveryState) -> Option<&'static Rule> {
        let mut rules = TABLE.iter();
        rules.find(|rule| rule.event == self && rule.from.contains(&state))
    }
}

/// The table in Markdown, as `docs/DELIVERY.md` shows it.
#[must_use]
pub fn markdown() -> String {
    let mut text = "| what happens | from | to | the ticket |\n|---|---|---|---|\n".to_owned();
    for rule in TABLE {
        let words = rule
            .from
            .iter()
            .map(|state| format!("`{}`", state.as_str()));
        let (from, to) = (words.collect::<Vec<_>>().join(", "), rule.to.as_str());
        let ticket = match rule.ticket {
            TicketEffect::Keep => "stays",
            TicketEffect::Pushed => "is `pushed`, with its issue",
            TicketEffect::Failed => "is `push_failed`, with the reason",
            TicketEffect::Released => "can be edited and pushed again",
            TicketEffect::Touched => "shows the delivery's new state",
        };
        let told = rule.told.trim_end_matches('.');
        let _ = writeln!(text, "| {told} | {from} | `{to}` | {ticket} |");
    }
    text
}
