//! Scoped documents as text that a person can read and compare.

use std::fmt::Write as _;

use handoff_domain::scoping::model::{
    CoverageEntry, ScopedDependency, ScopedDocument, ScopedTicket,
};
use handoff_domain::ticket::model::{Effort, TicketType};
use handoff_scoping::RuleScoper;

pub(crate) fn scope(markdown: &str) -> ScopedDocument {
    RuleScoper::default().scope(markdown).unwrap()
}

/// The tickets, what became of the lines, and the notes.
pub(crate) fn shown(document: &ScopedDocument) -> String {
    let mut out = String::new();
    for ticket in &document.tickets {
        show_ticket(document, ticket, &mut out);
    }
    if document.tickets.is_empty() {
        out.push_str("no tickets\n\n");
    }
    out.push_str("lines\n");
    for entry in &document.coverage {
        show_entry(document, entry, &mut out);
    }
    for note in &document.notes {
        writeln!(out, "note: {}", note.message).unwrap();
    }
    out
}

fn show_ticket(document: &ScopedDocument, ticket: &ScopedTicket, out: &mut String) {
    let content = &ticket.content;
    writeln!(out, "{}", content.title).unwrap();
    write!(
        out,
        "  {} on lines {}-{}",
        kind(content.ticket_type),
        ticket.source_line,
        ticket.source_end_line
    )
    .unwrap();
    if let Some(parent) = ticket.parent {
        write!(out, ", of \"{}\"", document.tickets[parent].content.title).unwrap();
    }
    out.push('\n');
    let facts = [
        (
            "priority",
            content.priority.as_ref().map(ToString::to_string),
        ),
        (
            "effort",
            content
                .estimated_effort
                .map(|effort| size(effort).to_owned()),
        ),
        ("assignee", content.assignee.clone()),
        ("due", content.due_on.map(|date| date.to_string())),
        (
            "labels",
            Some(content.labels.join(", ")).filter(|labels| !labels.is_empty()),
        ),
        (
            "depends on",
            Some(dependencies(document, ticket)).filter(|list| !list.is_empty()),
        ),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            writeln!(out, "  {name}: {value}").unwrap();
        }
    }
    for line in content.description.lines() {
        writeln!(out, "{}", format!("  | {line}").trim_end()).unwrap();
    }
    for criterion in &content.acceptance_criteria {
        writeln!(out, "  [ ] {}", criterion.replace('\n', "\n      ")).unwrap();
    }
    out.push('\n');
}

fn dependencies(document: &ScopedDocument, ticket: &ScopedTicket) -> String {
    let names = ticket.depends_on.iter().map(|dependency| match dependency {
        ScopedDependency::Ticket(place) => document.tickets[*place].content.title.clone(),
        ScopedDependency::Key(key) => key.clone(),
    });
    names.collect::<Vec<_>>().join(", ")
}

fn show_entry(document: &ScopedDocument, entry: &CoverageEntry, out: &mut String) {
    let what = match (entry.ticket, entry.reason) {
        (Some(place), _) => format!("\"{}\"", document.tickets[place].content.title),
        (None, Some(reason)) => reason.message().to_owned(),
        (None, None) => String::new(),
    };
    let outcome = format!("{:?}", entry.outcome).to_lowercase();
    writeln!(
        out,
        "{}",
        format!("  {}-{} {outcome} {what}", entry.start_line, entry.end_line).trim_end()
    )
    .unwrap();
}

const fn kind(ticket_type: TicketType) -> &'static str {
    match ticket_type {
        TicketType::Task => "task",
        TicketType::Story => "story",
        TicketType::Bug => "bug",
        TicketType::Epic => "epic",
        TicketType::Subtask => "subtask",
    }
}

const fn size(effort: Effort) -> &'static str {
    match effort {
        Effort::Trivial => "trivial",
        Effort::Small => "small",
        Effort::Medium => "medium",
        Effort::Large => "large",
        Effort::Xlarge => "extra large",
    }
}
