//! Cuts a document into typed blocks, one a heading, and says which block a line stands in.

use super::candidate::Candidate;
use super::headings;
use super::outline::{Opening, Section};
use super::text::{LineIndex, shorten, squeeze};
use handoff_domain::document::model::{BlockType, ScopedBlock};
use handoff_domain::ticket::model::TicketType;

/// A block before its end is known.
struct Cut {
    start: u32,
    title: String,
    block_type: Option<BlockType>,
}

/// The blocks of a document in order; every line that is not blank stands in exactly one.
pub(super) fn cut(
    source: &str,
    index: &LineIndex,
    root: &Section,
    matter: u32,
    tickets: &[Candidate],
) -> Vec<ScopedBlock> {
    let mut cuts = vec![Cut {
        start: 1,
        title: String::new(),
        block_type: None,
    }];
    if matter > 0 {
        cuts.push(Cut {
            start: matter + 1,
            title: String::new(),
            block_type: None,
        });
    }
    for child in &root.children {
        add(child, None, tickets, &mut cuts);
    }
    let mut blocks = Vec::with_capacity(cuts.len());
    let mut at = 0;
    let mut next = cuts
        .iter()
        .skip(1)
        .map(|cut| cut.start)
        .chain(std::iter::once(index.count() + 1));
    for cut in &cuts {
        let end = next.next().unwrap_or(cut.start);
        let Some(range) = (end > cut.start)
            .then(|| trimmed(source, index, cut.start, end - 1))
            .flatten()
        else {
            continue;
        };
        while tickets
            .get(at)
            .is_some_and(|ticket| ticket.lines.0 < range.0)
        {
            at += 1;
        }
        let inside = tickets.get(at).filter(|ticket| ticket.lines.0 <= range.1);
        blocks.push(block(source, index, cut, range, inside));
    }
    blocks
}

/// Adds the cut of a heading and those beneath it; an item's own headings stay in its block.
fn add(section: &Section, around: Option<BlockType>, tickets: &[Candidate], cuts: &mut Vec<Cut>) {
    if section.opening != Opening::Heading {
        return;
    }
    let own = headings::block_type(headings::role(&section.title.plain, false));
    let block_type = own.or(around);
    cuts.push(Cut {
        start: section.lines.0,
        title: squeeze(&section.title.plain),
        block_type,
    });
    let from = tickets.partition_point(|ticket| ticket.lines.0 < section.lines.0);
    let is_item = tickets
        .get(from)
        .is_some_and(|ticket| ticket.lines == section.lines);
    if !is_item {
        for child in &section.children {
            add(child, block_type, tickets, cuts);
        }
    }
}

/// The lines without blank ones at either end; none when all are blank.
fn trimmed(source: &str, index: &LineIndex, first: u32, last: u32) -> Option<(u32, u32)> {
    let range = index.range(first, last);
    let text = source.get(range.clone())?;
    let body = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if body.is_empty() {
        return None;
    }
    let start = range.start
        + (text.len()
            - text
                .trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
                .len());
    Some((index.line_of(start), index.line_of(start + body.len() - 1)))
}

fn block(
    source: &str,
    index: &LineIndex,
    cut: &Cut,
    lines: (u32, u32),
    ticket: Option<&Candidate>,
) -> ScopedBlock {
    let content = source
        .get(index.range(lines.0, lines.1))
        .unwrap_or_default()
        .trim_end()
        .trim_start_matches('\u{feff}')
        .to_owned();
    let title = if cut.title.is_empty() {
        first_words(&content)
    } else {
        cut.title.clone()
    };
    let by_ticket = ticket.map(|ticket| match ticket.ticket_type {
        TicketType::Story => BlockType::UserStory,
        _ if ticket.requirement => BlockType::Requirement,
        _ => BlockType::Task,
    });
    let block_type = by_ticket.or(cut.block_type).unwrap_or(BlockType::Note);
    ScopedBlock {
        block_type,
        title,
        content,
        start_line: lines.0,
        end_line: lines.1,
    }
}

fn first_words(content: &str) -> String {
    let line = content
        .lines()
        .map(str::trim)
        .find(|line| line.chars().any(char::is_alphanumeric))
        .unwrap_or("…");
    shorten(
        &squeeze(line.trim_start_matches(['#', '-', '*', '>', ' '])),
        80,
    )
}

/// The index of the block in which a line stands.
pub(super) fn holding(blocks: &[ScopedBlock], line: u32) -> usize {
    blocks
        .partition_point(|block| block.start_line <= line)
        .saturating_sub(1)
}
