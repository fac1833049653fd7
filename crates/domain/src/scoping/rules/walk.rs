//! Walks the sections of a document and gathers what may be work.

use std::collections::{HashMap, HashSet};

use super::candidate::{Candidate, Form};
use super::context::{Context, Mode};
use super::criteria;
use super::fields::{self, Facts};
use super::headings::{self, Role, Weak, Work};
use super::ids::{self, Family};
use super::item;
use super::judge::{self, Sign, Verdict};
use super::outline::{Opening, Section};
use super::priority::Rank;
use super::select::SUPPLEMENT;
use super::story;
use super::tables;
use super::text::LineIndex;
use super::title::Headline;
use super::tree::{Block, Kind, Line};
use crate::document::model::BlockType;
use crate::ticket::model::TicketType;

/// The walk and what it has gathered.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub source: &'a str,
    index: &'a LineIndex,
    pub found: Vec<Candidate>,
    /// The keys of ids that the document says are finished or will not be done.
    pub done: HashSet<String>,
}

impl<'a> Walk<'a> {
    /// A walk over a document.
    pub(super) fn new(source: &'a str, index: &'a LineIndex) -> Self {
        Self {
            source,
            index,
            found: Vec::new(),
            done: HashSet::new(),
        }
    }

    /// The Markdown of a line.
    pub(super) fn markdown(&self, line: &Line) -> &'a str {
        self.source.get(line.source.clone()).unwrap_or_default()
    }

    /// The source of some lines, line by line.
    pub(super) fn excerpt_lines(&self, lines: (u32, u32)) -> Vec<&'a str> {
        self.source
            .get(self.index.range(lines.0, lines.1))
            .unwrap_or_default()
            .lines()
            .collect()
    }

    /// Makes a candidate, or remembers the id of what is finished.
    pub(super) fn candidate(
        &mut self,
        form: Form,
        lines: (u32, u32),
        headline: Headline,
        facts: Facts,
    ) -> Option<Candidate> {
        let id = headline.id.clone();
        let made = Candidate::new(form, lines, headline, facts);
        if made.is_none() {
            self.finished(id.as_deref());
        }
        made
    }

    /// Remembers the id of an item that is finished or will not be done.
    pub(super) fn finished(&mut self, id: Option<&str>) {
        if let Some(id) = id.filter(|id| ids::is_distinct(id)) {
            self.done.insert(ids::key(id));
        }
    }

    /// Keeps a candidate, with what its surroundings say where it says nothing itself.
    pub(super) fn push(&mut self, mut candidate: Candidate, context: &Context) {
        // A feature with a priority of its own is planned, not summed up.
        if candidate.priority.is_some() && context.mode == Mode::Work(Work::Features) {
            candidate.tier = 0;
        }
        if candidate.priority.is_none() {
            candidate.priority.clone_from(&context.priority);
        }
        match (candidate.ticket_type, context.mode) {
            (TicketType::Task, Mode::Work(Work::Stories)) => {
                candidate.ticket_type = TicketType::Story;
            }
            (TicketType::Task, Mode::Work(Work::Bugs)) => candidate.ticket_type = TicketType::Bug,
            _ => {}
        }
        candidate.feature = context.mode == Mode::Work(Work::Features);
        candidate.requirement |= matches!(
            context.mode,
            Mode::Work(Work::Requirements | Work::Features) | Mode::Quality
        );
        candidate.labels.extend(context.labels.iter().cloned());
        let mut seen = HashSet::new();
        candidate
            .labels
            .retain(|label| seen.insert(label.to_lowercase()));
        self.found.push(candidate);
    }

    /// Walks a section that is a group, and everything beneath it.
    pub(super) fn group(&mut self, section: &Section, context: &Context) {
        let mut lead_in = &section.title;
        for block in &section.blocks {
            match &block.kind {
                Kind::Paragraph(lines) => lead_in = lines.last().unwrap_or(lead_in),
                _ if introduces_examples(&lead_in.plain) => {}
                _ => self.block(block, context),
            }
        }
        for child in &section.children {
            self.supplements(child);
        }
        let mut views: Vec<View<'_>> = section
            .children
            .iter()
            .filter_map(|child| View::new(self.source, child, context))
            .collect();
        name_series(&mut views);
        let sure = views
            .iter()
            .any(|view| view.sign == Sign::Item && view.section.opening == Opening::Heading);
        for view in views {
            self.child(&view, context, sure);
        }
    }

    /// Takes criteria that are listed apart, under the ids of their items.
    fn supplements(&mut self, section: &Section) {
        if section.opening != Opening::Heading
            || headings::role(&section.title.plain, false) != Role::Criteria
        {
            return;
        }
        for child in &section.children {
            let named = ids::leading(&child.title.plain)
                .is_some_and(|lead| lead.family.is_work() && lead.id.is_some());
            let made = named
                .then(|| item::of_section(self, child, &Facts::default(), &Context::new(false)))
                .flatten();
            if let Some(mut candidate) = made {
                candidate.criteria = criteria::of_section(self.source, child);
                candidate.tier = SUPPLEMENT;
                self.found.push(candidate);
            }
        }
    }

    fn child(&mut self, view: &View<'_>, context: &Context, siblings_are_items: bool) {
        let section = view.section;
        let lead = ids::leading(&section.title.plain);
        let verdict = match view.sign {
            Sign::Item if may_hold_items(context, section) => Verdict::Item,
            Sign::Open => judge::settle(section, &view.inner, siblings_are_items),
            _ => Verdict::Group,
        };
        let named = view.facts.done
            && (section.level > 1 || lead.as_ref().is_some_and(|lead| lead.family.is_work()));
        if section.title.struck || heading_is_done(&section.title.plain) || named {
            self.finished(lead.and_then(|lead| lead.id).as_deref());
            return;
        }
        if verdict == Verdict::Item {
            self.item(view, context);
            return;
        }
        let mut inner = view.inner.clone();
        let speaks_for_all = section.level > 1
            || ids::leading(&section.title.plain).is_some_and(|lead| lead.family.is_group());
        match &view.facts.priority {
            Some(Rank::Wont) if section.level > 1 => return,
            Some(Rank::Is(priority)) if speaks_for_all => inner.priority = Some(priority.clone()),
            _ => {}
        }
        inner.labels.extend(view.facts.labels.iter().cloned());
        let before = self.found.len();
        self.group(section, &inner);
        if self.found.len() == before {
            self.lone_epic(view, context);
        }
    }

    /// An epic or a feature with nothing beneath it is a ticket itself.
    fn lone_epic(&mut self, view: &View<'_>, context: &Context) {
        let section = view.section;
        let lead = ids::leading(&section.title.plain);
        let group = lead.is_some_and(|lead| {
            lead.family.is_group() && (lead.id.is_some() || section.level == 1)
        });
        if group && section.opening == Opening::Heading {
            self.item(view, context);
        }
    }

    fn item(&mut self, view: &View<'_>, context: &Context) {
        if let Some(candidate) = item::of_section(self, view.section, &view.facts, context) {
            self.push(candidate, context);
        }
    }

    fn block(&mut self, block: &Block, context: &Context) {
        match &block.kind {
            Kind::List(items) => self.list(items, context),
            Kind::Table(head, rows) => self.table(head, rows, context),
            Kind::Quote(blocks) => self.quote(blocks, context),
            _ => {}
        }
    }

    /// Stories are often set as quotations.
    fn quote(&mut self, blocks: &[Block], context: &Context) {
        for block in blocks {
            match &block.kind {
                Kind::Paragraph(lines) => item::of_quote(self, lines, context),
                _ => self.block(block, context),
            }
        }
    }
}

/// A child section with what is known of it.
struct View<'s> {
    section: &'s Section,
    inner: Context,
    facts: Facts,
    sign: Sign,
}

impl<'s> View<'s> {
    /// Looks at a child; none when nothing in it can be a ticket.
    fn new(source: &str, section: &'s Section, context: &Context) -> Option<Self> {
        let title = &section.title.plain;
        let facts = facts_of(source, section);
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
fn name_series(views: &mut [View<'_>]) {
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
pub(super) fn facts_of(source: &str, section: &Section) -> Facts {
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
    let _ = source;
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
fn introduces_examples(line: &str) -> bool {
    let said = super::text::words(line);
    let examples = ["example", "examples", "for instance", "such as"]
        .iter()
        .any(|word| super::text::has_phrase(&said, word));
    examples && line.trim_end().ends_with(':')
}

/// Whether a part of this sort may hold an item of its own.
fn may_hold_items(context: &Context, section: &Section) -> bool {
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
fn heading_is_done(title: &str) -> bool {
    let text = title.trim();
    let tagged = super::priority::tags(text).into_iter().any(|(range, _)| {
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
                && !super::text::words(tail).is_empty()
        });
    tagged || dashed || text.ends_with(['✅', '☑', '✔']) || text.ends_with("✔️")
}
