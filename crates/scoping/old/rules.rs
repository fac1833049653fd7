//! Rules that find the blocks and tickets of a Markdown document: no network, the same answer every time.
//!
//! Read in this order: [`tree`] parses, [`outline`] nests what is parsed into sections, [`headings`] knows what a section is about,
//! [`walk`] goes through them, [`judge`] tells an item from a group, [`lists`], [`tables`] and [`item`] make candidates of what they
//! find, [`select`] keeps each item once, [`blocks`] cuts the document.

mod blocks;
mod candidate;
mod context;
mod criteria;
mod effort;
mod fields;
mod fingerprint;
mod front;
mod headings;
mod ids;
mod item;
mod judge;
mod kind;
mod lists;
mod outline;
mod priority;
mod select;
mod story;
mod tables;
mod text;
mod title;
mod tree;
mod walk;


use handoff_domain::scoping::model::{ScopedDocument, ScopedTicket};
use handoff_domain::document::model::ScopedBlock;
use handoff_domain::ticket::model::TicketContent;
use candidate::Candidate;
use context::Context;
use front::FrontMatter;
use outline::Section;
use text::LineIndex;
use walk::Walk;

/// The scoper that needs nothing but the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleScoper;

impl RuleScoper {
    /// Scopes Markdown text.
    #[must_use]
    pub fn scope(markdown: &str) -> ScopedDocument {
        let title = "";
        let matter = front::read(markdown);
        let index = LineIndex::new(markdown);
        let root = outline::build(tree::parse(markdown, matter.bytes, &index));
        let mut tickets = if kind::is_release_notes(title, markdown, &root) {
            Vec::new()
        } else {
            candidates(title, markdown, &index, &root)
        };
        take_front_matter(&matter, &mut tickets);
        let blocks = blocks::cut(markdown, &index, &root, matter.lines, &tickets);
        let tickets = finish(tickets, &blocks);
        ScopedDocument {
            blocks,
            tickets,
            ..ScopedDocument::default()
        }
    }
}

fn candidates(title: &str, markdown: &str, index: &LineIndex, root: &Section) -> Vec<Candidate> {
    let mut walk = Walk::new(markdown, index);
    walk.group(
        root,
        &Context::of_document(title, kind::is_readme(markdown, root)),
    );
    select::select(walk.found, &walk.done)
}

/// Labels of the front matter hold for every ticket, its other fields for the ticket of a document that has only one.
fn take_front_matter(matter: &FrontMatter, tickets: &mut [Candidate]) {
    let alone = tickets.len() == 1;
    for ticket in tickets {
        for label in &matter.facts.labels {
            let known = ticket
                .labels
                .iter()
                .any(|own| own.eq_ignore_ascii_case(label));
            if !known {
                ticket.labels.push(label.clone());
            }
        }
        if alone {
            let stated = matter
                .facts
                .priority
                .clone()
                .and_then(priority::Rank::priority);
            ticket.priority = ticket.priority.take().or(stated);
            ticket.effort = ticket.effort.or(matter.facts.effort);
        }
    }
}

fn finish(candidates: Vec<Candidate>, blocks: &[ScopedBlock]) -> Vec<ScopedTicket> {
    let fingerprints = fingerprint::of_all(&candidates);
    let ticket = |(candidate, fingerprint): (Candidate, String)| ScopedTicket {
        block: blocks::holding(blocks, candidate.lines.0),
        source_line: candidate.lines.0,
        source_end_line: candidate.lines.1,
        parent: None,
        depends_on: Vec::new(),
        item_id: None,
        section: Vec::new(),
        source_text: fingerprint,
        content: TicketContent {
            title: candidate.title,
            description: candidate.description,
            ticket_type: candidate.ticket_type,
            priority: candidate.priority,
            labels: candidate.labels,
            acceptance_criteria: candidate.criteria,
            estimated_effort: candidate.effort,
            assignee: None,
            due_on: None,
        },
    };
    candidates
        .into_iter()
        .zip(fingerprints)
        .map(ticket)
        .collect()
}
