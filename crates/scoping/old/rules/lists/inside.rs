//! What is nested in an item of a list: its fields and its criteria.

use super::{first_line, state};
use crate::rules::criteria;
use crate::rules::fields::{self, Facts};
use crate::rules::headings::{self, Role};
use crate::rules::text::words;
use crate::rules::tree::{Block, Item, Kind};

/// What is nested in an item.
#[derive(Debug, Default)]
pub(in crate::rules) struct Inside {
    pub facts: Facts,
    pub criteria: Vec<String>,
    /// The lines that became criteria.
    pub skip: Vec<(u32, u32)>,
}

/// Reads fields and criteria out of the blocks of an item; bullets beneath a story are its criteria.
pub(in crate::rules) fn inside(source: &str, blocks: &[Block], story: bool) -> Inside {
    let mut inside = Inside::default();
    let mut labelled = false;
    for block in blocks {
        match &block.kind {
            Kind::Paragraph(lines) => {
                for line in lines {
                    inside.facts.take_line(&line.plain);
                }
                let label = lines.last().map_or("", |line| line.plain.trim());
                let head = label.split(':').next().unwrap_or_default();
                labelled = headings::role(head, true) == Role::Criteria;
                let rest = label.split_once(':').map_or("", |(_, rest)| rest.trim());
                if labelled && !rest.is_empty() {
                    inside.criteria.extend(criteria::of_text(rest));
                    inside.skip.push(block.lines);
                } else if labelled {
                    let last = lines.last().map_or(block.lines.1, |line| line.number);
                    inside.skip.push((last, last));
                }
            }
            Kind::List(items) if labelled => {
                inside
                    .criteria
                    .extend(criteria::of_blocks(source, std::slice::from_ref(block)));
                inside.skip.push(block.lines);
                labelled = false;
                let _ = items;
            }
            Kind::List(items) => nested_list(source, items, story, &mut inside),
            Kind::Code(..) if criteria_code(block) => {
                inside
                    .criteria
                    .extend(criteria::of_blocks(source, std::slice::from_ref(block)));
            }
            _ => labelled = false,
        }
    }
    inside
}

fn criteria_code(block: &Block) -> bool {
    matches!(&block.kind, Kind::Code(language, _) if matches!(language.as_str(), "gherkin" | "cucumber"))
}

fn nested_list(source: &str, items: &[Item], story: bool, inside: &mut Inside) {
    let mut taken: Vec<Item> = Vec::new();
    let mut only_steps: Vec<Item> = Vec::new();
    for item in items {
        let text = first_line(item);
        let head = text.split(':').next().unwrap_or_default();
        if headings::role(head, true) == Role::Criteria && text.contains(':') {
            let rest = text.split_once(':').map_or("", |(_, rest)| rest.trim());
            inside.criteria.extend(if rest.is_empty() {
                Vec::new()
            } else {
                criteria::of_text(rest)
            });
            inside
                .criteria
                .extend(criteria::of_blocks(source, &item.blocks));
            inside.skip.push(item.lines);
        } else if !fields::parse(text).is_empty() {
            inside.facts.take_line(text);
        } else if criteria::is_step(text) {
            only_steps.push(item.clone());
        } else if state(item).boxed || story && !is_note(text) {
            taken.push(item.clone());
        }
    }
    if !inside.criteria.is_empty() {
        return;
    }
    let chosen = if only_steps.is_empty() || story {
        merge(taken, only_steps)
    } else {
        only_steps
    };
    inside.skip.extend(chosen.iter().map(|item| item.lines));
    if let (Some(first), Some(last)) = (chosen.first(), chosen.last()) {
        let lines = (first.lines.0, last.lines.1);
        let list = Block {
            kind: Kind::List(chosen),
            lines,
        };
        inside
            .criteria
            .extend(criteria::of_blocks(source, std::slice::from_ref(&list)));
    }
}

/// Both lists in document order.
fn merge(mut a: Vec<Item>, b: Vec<Item>) -> Vec<Item> {
    a.extend(b);
    a.sort_by_key(|item| item.lines.0);
    a
}

/// Bullets that annotate a story instead of checking it.
fn is_note(text: &str) -> bool {
    let head = words(text.split(':').next().unwrap_or_default());
    text.starts_with('_')
        || matches!(
            head.as_str(),
            "note"
                | "notes"
                | "technical notes"
                | "tasks"
                | "requirements"
                | "why"
                | "rationale"
                | "business value"
                | "value"
                | "dependencies"
                | "status"
        )
}
