//! Tickets without the epics that hold them, for teams whose tracker has none.

use super::model::{CoverageEntry, LineOutcome, ScopedDependency, ScopedDocument, ScopedTicket};
use crate::ticket::model::TicketType;

impl ScopedDocument {
    /// The same document without the epics that hold other tickets: what they hold stands alone and keeps its labels, and
    /// their lines are context.
    #[must_use]
    pub fn without_epics(mut self) -> Self {
        let places = places_without_epics(&self.tickets);
        let at = |index: usize| places.get(index).copied().flatten();
        let kept = self.tickets.into_iter().zip(&places);
        let kept = kept.filter_map(|(ticket, place)| place.map(|_| ticket));
        self.tickets = kept.map(|ticket| moved(ticket, at)).collect();
        for entry in &mut self.coverage {
            move_entry(entry, at);
        }
        self
    }
}

/// The new index of each ticket; epics that hold others have none.
fn places_without_epics(tickets: &[ScopedTicket]) -> Vec<Option<usize>> {
    let mut holds = vec![false; tickets.len()];
    for parent in tickets.iter().filter_map(|ticket| ticket.parent) {
        if let Some(holds) = holds.get_mut(parent) {
            *holds = true;
        }
    }
    let mut next = 0..;
    let is_kept = tickets
        .iter()
        .zip(holds)
        .map(|(ticket, holds)| !(holds && ticket.content.ticket_type == TicketType::Epic));
    is_kept
        .map(|is_kept| if is_kept { next.next() } else { None })
        .collect()
}

fn moved(mut ticket: ScopedTicket, at: impl Fn(usize) -> Option<usize>) -> ScopedTicket {
    ticket.parent = ticket.parent.and_then(&at);
    let depends_on = ticket.depends_on.into_iter();
    ticket.depends_on = depends_on
        .filter_map(|dependency| match dependency {
            ScopedDependency::Ticket(index) => at(index).map(ScopedDependency::Ticket),
            ScopedDependency::Key(key) => Some(ScopedDependency::Key(key)),
        })
        .collect();
    ticket
}

fn move_entry(entry: &mut CoverageEntry, at: impl Fn(usize) -> Option<usize>) {
    let Some(index) = entry.ticket else { return };
    entry.ticket = at(index);
    let is_of_ticket = matches!(entry.outcome, LineOutcome::Ticket | LineOutcome::Criterion);
    if entry.ticket.is_none() && is_of_ticket {
        entry.outcome = LineOutcome::Context;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::model::TicketContent;

    fn ticket(ticket_type: TicketType, parent: Option<usize>) -> ScopedTicket {
        ScopedTicket {
            block: 0,
            content: TicketContent {
                title: "A ticket".to_owned(),
                ticket_type,
                labels: vec!["phase-1".to_owned()],
                ..TicketContent::default()
            },
            source_line: 1,
            source_end_line: 1,
            parent,
            depends_on: Vec::new(),
            item_id: None,
            section: Vec::new(),
            source_text: String::new(),
        }
    }

    fn entry(outcome: LineOutcome, ticket: Option<usize>) -> CoverageEntry {
        CoverageEntry {
            start_line: 1,
            end_line: 1,
            outcome,
            ticket,
            reason: None,
        }
    }

    #[test]
    fn epics_that_hold_tickets_go_and_what_they_held_stands_alone() {
        let mut child = ticket(TicketType::Story, Some(0));
        child.depends_on = vec![
            ScopedDependency::Ticket(0),
            ScopedDependency::Ticket(3),
            ScopedDependency::Key("OPS-1".to_owned()),
        ];
        let document = ScopedDocument {
            tickets: vec![
                ticket(TicketType::Epic, None),
                child,
                ticket(TicketType::Subtask, Some(1)),
                ticket(TicketType::Epic, None),
            ],
            coverage: vec![
                entry(LineOutcome::Ticket, Some(0)),
                entry(LineOutcome::Criterion, Some(1)),
                entry(LineOutcome::Ticket, Some(3)),
                entry(LineOutcome::NotWork, None),
            ],
            ..ScopedDocument::default()
        };

        let flat = document.without_epics();

        let mut story = ticket(TicketType::Story, None);
        story.depends_on = vec![
            ScopedDependency::Ticket(2),
            ScopedDependency::Key("OPS-1".to_owned()),
        ];
        let expected = [
            story,
            ticket(TicketType::Subtask, Some(0)),
            ticket(TicketType::Epic, None),
        ];
        assert_eq!(flat.tickets, expected);
        let coverage = [
            entry(LineOutcome::Context, None),
            entry(LineOutcome::Criterion, Some(0)),
            entry(LineOutcome::Ticket, Some(2)),
            entry(LineOutcome::NotWork, None),
        ];
        assert_eq!(flat.coverage, coverage);
    }

    #[test]
    fn a_document_without_parents_stays_as_it_is() {
        let document = ScopedDocument {
            tickets: vec![
                ticket(TicketType::Epic, None),
                ticket(TicketType::Task, None),
            ],
            coverage: vec![entry(LineOutcome::Ticket, Some(1))],
            ..ScopedDocument::default()
        };
        assert_eq!(document.clone().without_epics(), document);
    }
}
