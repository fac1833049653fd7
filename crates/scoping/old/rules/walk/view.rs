//! What is known of a section before it is decided what to do with it.

use std::collections::HashMap;

use handoff_domain::document::model::BlockType;
use crate::rules::context::{Context, Mode};
use crate::rules::fields::{self, Facts};
use crate::rules::headings::{self, Role, Weak, Work};
use crate::rules::ids::{self, Family};
use crate::rules::judge::{self, Sign};
use crate::rules::outline::{Opening, Section};
use crate::rules::tree::Kind;
use crate::rules::{priority, story, tables, text};

/// A child section with what is known of it.
pub(super) struct View<'s> {
    pub(super) section: &'s Section,
    pub(super) inner: Context,
    pub(super) facts: Facts,
    pub(super) sign: Sign,
}

impl<'s> View<'s> {
    /// Looks at a child; none when nothing in it can be a ticket.
    pub(super) fn new(section: &'s Section, context: &Context) -> Option<Self> {
        let title = &section.title.plain;
        let facts = facts_of(section);
        let lead = ids::leading(title);
        let named = section.opening == Opening::Item
            || story::find(title).is_some()
            || lead.is_some_and(|lead| lead.family.is_work() && lead.id.is_some());
        // A named item is not judged by the words of its name.
        let mut inner = if named {
            Some(context.clone())
        } else {
            context.enter(title, section.level)
        }?;
        if section.level == 1 && names_its_parts(section, inner.mode) {
            inner.mode = Mode::Neutral;
        }
        let sign = judge::sign(section, &inner, &facts);
        Some(Self {
            section,
            inner,
            facts,
            sign,
        })
    }
}

/// Whether a document's title says no more than what one of its parts holds: then the other parts hold something else.
fn names_its_parts(section: &Section, mode: Mode) -> bool {
    if !matches!(mode, Mode::Work(work) if work != Work::Tasks && work != Work::Bugs) {
        return false;
    }
    section.children.iter().any(|child| {
        let role = headings::role(&child.title.plain, false);
        matches!(
            role,
            Role::Work(Work::Stories | Work::Requirements | Work::Features | Work::Backlog)
        )
    })
}

/// Headings that are numbered through under letters of the document's own, "BLG-001 …", "BLG-002 …", are a list of items.
pub(super) fn name_series(views: &mut [View<'_>]) {
    let prefix = |view: &View<'_>| {
        let lead = ids::leading(&view.section.title.plain)?;
        let id = lead
            .id
            .filter(|_| lead.family == Family::Unknown && view.sign != Sign::Item)?;
        let (letters, number) = id.split_once('-')?;
        (letters.len() > 1 && number.bytes().all(|b| b.is_ascii_digit()))
            .then(|| letters.to_owned())
    };
    let mut counts: HashMap<String, usize> = HashMap::new();
    for letters in views.iter().filter_map(prefix) {
        *counts.entry(letters).or_default() += 1;
    }
    for view in views {
        let series =
            prefix(view).is_some_and(|letters| counts.get(&letters).is_some_and(|n| *n > 1));
        let held = judge::shape(view.section).item_headings > 0;
        if series && !held && view.section.opening == Opening::Heading {
            view.sign = Sign::Item;
        }
    }
}

/// What the fields of a section say: its lines, its first bullets, tables of two columns, parts headed by a field's name.
fn facts_of(section: &Section) -> Facts {
    let mut facts = Facts::default();
    if section.opening == Opening::Label {
        facts.take_line(&section.title.plain);
    }
    for block in &section.blocks {
        match &block.kind {
            Kind::Paragraph(lines) => lines.iter().for_each(|line| facts.take_line(&line.plain)),
            Kind::List(items) => {
                for item in items.iter().filter_map(|item| item.head.first()) {
                    facts.take_line(&item.plain);
                }
            }
            Kind::Table(head, rows) => tables::facts(head, rows, &mut facts),
            _ => {}
        }
    }
    for child in &section.children {
        if let Some(field) = fields::key(&child.title.plain)
            && let Some(value) = first_text(child)
        {
            facts.take(field, value);
        }
        if child.opening == Opening::Heading && section.level > 1 {
            for block in &child.blocks {
                if let Kind::Table(head, rows) = &block.kind {
                    tables::facts(head, rows, &mut facts);
                }
            }
        }
        if child.opening == Opening::Label
            && headings::role(&child.title.plain, true) != Role::Criteria
            && section.opening != Opening::Root
        {
            child
                .direct_lines()
                .for_each(|line| facts.take_line(&line.plain));
        }
        if child.opening == Opening::Item && section.level > 1 {
            child
                .direct_lines()
                .for_each(|line| facts.take_line(&line.plain));
        }
    }
    facts
}

fn first_text(section: &Section) -> Option<&str> {
    section.blocks.iter().find_map(|block| match &block.kind {
        Kind::Paragraph(lines) => lines.first().map(|line| line.plain.trim()),
        Kind::List(items) => items
            .first()
            .and_then(|item| item.head.first())
            .map(|line| line.plain.trim()),
        _ => None,
    })
}

/// "Example filters as defined by the administrator:"
pub(super) fn introduces_examples(line: &str) -> bool {
    let said = text::words(line);
    let examples = ["example", "examples", "for instance", "such as"]
        .iter()
        .any(|word| text::has_phrase(&said, word));
    examples && line.trim_end().ends_with(':')
}

/// Whether a part of this sort may hold an item of its own.
pub(super) fn may_hold_items(context: &Context, section: &Section) -> bool {
    let story = section.opening == Opening::Item;
    match context.mode {
        Mode::Aside(
            BlockType::Metrics
            | BlockType::Risk
            | BlockType::OpenQuestion
            | BlockType::NonGoal
            | BlockType::Timeline,
        ) => false,
        Mode::Aside(BlockType::Persona | BlockType::Goal) => story,
        Mode::Weak(Weak::Checklist) => false,
        _ => true,
    }
}

/// "Phase 1: Setup ✅", "Login (done)".
pub(super) fn heading_is_done(title: &str) -> bool {
    let text = title.trim();
    let tagged = priority::tags(text).into_iter().any(|(range, _)| {
        let inside = text
            .get(range.start + 1..range.end.saturating_sub(1))
            .unwrap_or_default();
        fields::is_done(inside) && inside.split_whitespace().count() <= 3
    });
    let dashed = [" - ", " – ", " — ", ": "]
        .iter()
        .filter_map(|mark| text.rsplit_once(mark))
        .any(|(_, tail)| {
            (tail.split_whitespace().count() <= 2 || tail.trim_start().contains("done ("))
                && fields::is_done(tail)
                && !text::words(tail).is_empty()
        });
    tagged || dashed || text.ends_with(['✅', '☑', '✔']) || text.ends_with("✔️")
}
