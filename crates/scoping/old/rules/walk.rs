//! Walks the sections of a document and gathers what may be work.

mod view;

use std::collections::HashSet;

use super::candidate::{Candidate, Form};
use super::context::{Context, Mode};
use super::criteria;
use super::fields::Facts;
use super::headings::{self, Role, Work};
use super::ids;
use super::item;
use super::judge::{self, Sign, Verdict};
use super::outline::{Opening, Section};
use super::priority::Rank;
use super::select::SUPPLEMENT;
use super::text::LineIndex;
use super::title::Headline;
use super::tree::{Block, Kind, Line};
use handoff_domain::ticket::model::TicketType;
use view::{View, heading_is_done, introduces_examples, may_hold_items, name_series};

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
            .filter_map(|child| View::new(child, context))
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
