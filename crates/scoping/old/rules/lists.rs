//! Lists: which of their items are work.

mod boxes;
mod inside;

use super::candidate::{Form, excerpt};
use super::context::{Context, Evidence, Mode};
use super::fields::{self, Facts};
use super::headings::{self, Role, Work};
use super::ids::{self, Family};
use super::priority::{self, Rank};
use super::story;
use super::text::{count, words};
use super::title;
use super::tree::{Block, Item, Kind, Line};
use super::walk::Walk;
pub(super) use boxes::{State, first_line, state};
use boxes::{strip_marker, text_box};
pub(super) use inside::{Inside, inside};

/// Fields that name an item written as fields.
const RECORD_NAMES: &[&str] = &[
    "requirement",
    "title",
    "name",
    "summary",
    "description",
    "task",
    "story",
    "user story",
    "feature",
    "statement",
];

/// Whether an item is written as fields, the first of which is its id.
pub(super) fn is_record(item: &Item) -> bool {
    let first = fields::parse(first_line(item));
    item.head.len() > 1
        && matches!(first.first(), Some((fields::Field::Id, value)) if ids::leading(value).is_some())
}

/// Whether nothing can be made of a text: a template's gap, a dash, a lone word such as "None".
pub(super) fn is_empty_text(text: &str) -> bool {
    let bare =
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | '.' | '"'));
    let gap = |open: char, close: char| {
        bare.starts_with(open) && bare.ends_with(close) && bare.matches(open).count() == 1
    };
    let said = words(bare);
    said.is_empty()
        || gap('[', ']')
        || gap('<', '>')
        || gap('{', '}')
        || matches!(
            said.as_str(),
            "none" | "n a" | "na" | "tbd" | "todo" | "etc" | "nothing" | "none yet" | "coming soon"
        )
}

impl Walk<'_> {
    /// Takes the work items of a list.
    pub(super) fn list(&mut self, items: &[Item], context: &Context) {
        for item in items {
            self.list_item(item, context);
        }
    }

    fn list_item(&mut self, item: &Item, context: &Context) {
        let text = first_line(item);
        let state = state(item);
        if is_record(item) {
            self.record(item, context);
            return;
        }
        if state.done {
            self.finished(ids::leading(text).and_then(|lead| lead.id).as_deref());
        }
        if item.head.is_empty() || state.done {
            self.nested(item, context, state.done);
            return;
        }
        let told = story::find(text).is_some();
        let lead = ids::leading(text);
        let named = lead.as_ref().is_some_and(|lead| lead.id.is_some());
        if !told && !named && !state.boxed && self.is_group(item, text, context) {
            return;
        }
        if holds_items(item, told, state.boxed, lead.map(|lead| lead.family)) {
            let inner = Context {
                priority: group_rank(text).or_else(|| context.priority.clone()),
                ..context.clone()
            };
            self.nested(item, &inner, false);
            return;
        }
        self.item_lines(item, context, state);
    }

    /// Takes an item that is written as fields: "ID: FR1.1 / Requirement: … / Priority: …".
    fn record(&mut self, item: &Item, context: &Context) {
        let mut facts = Facts::default();
        let mut name = "";
        for line in &item.head {
            facts.take_line(&line.plain);
            let said = line
                .plain
                .split_once(':')
                .map(|(key, value)| (words(key), value.trim()));
            if let Some((key, value)) = said
                && name.is_empty()
                && RECORD_NAMES.contains(&key.as_str())
            {
                name = value;
            }
        }
        let id = facts.id.clone().unwrap_or_default();
        let headline = title::read(&format!("{id}: {name}"), 0);
        let evidence =
            evidence(first_line(item), &headline, state(item), context).unwrap_or(Evidence::Plain);
        let Some(tier) = context.tier(evidence).filter(|_| !name.is_empty()) else {
            return;
        };
        let inside = inside(self.source, &item.blocks, headline.story);
        let Some(mut candidate) = self.candidate(Form::ListItem, item.lines, headline, facts)
        else {
            return;
        };
        candidate.tier = tier;
        candidate.criteria = inside.criteria;
        candidate.description = strip_marker(&excerpt(
            &self.excerpt_lines(item.lines),
            item.lines.0,
            &inside.skip,
        ));
        self.push(candidate, context);
    }

    /// Walks the lists within an item; beneath a done item only open boxes count.
    fn nested(&mut self, item: &Item, context: &Context, only_boxes: bool) {
        for block in &item.blocks {
            if let Kind::List(inner) = &block.kind {
                if only_boxes && !inner.iter().any(|item| state(item).boxed) {
                    continue;
                }
                self.list(inner, context);
            }
        }
    }

    /// Handles an item that is a field, or a label of the list nested in it.
    fn is_group(&mut self, item: &Item, text: &str, context: &Context) -> bool {
        if !fields::parse(text).is_empty() {
            return true;
        }
        let nested = item
            .blocks
            .iter()
            .any(|block| matches!(block.kind, Kind::List(_)));
        let label = text.trim_end_matches(['*', '_', ' ']);
        let ends = label.ends_with(':');
        if !nested || !(ends || item.head.first().is_some_and(Line::is_bold)) || count(text) > 6 {
            return false;
        }
        let role = headings::role(text, context.in_work());
        let ranked = priority::is_rank_heading(text);
        let short = ends
            && count(text) <= 3
            && matches!(
                context.mode,
                Mode::Work(Work::Tasks | Work::Backlog | Work::Bugs | Work::Stories)
            );
        // Within prose, "API requirements:" before a nested list heads details.
        let aside = matches!(context.mode, Mode::Neutral | Mode::Aside(_))
            && matches!(role, Role::Work(Work::Requirements | Work::Features));
        if role == Role::Plain && !ranked && !short || aside {
            return false;
        }
        if let Some(inner) = context.enter(text, 9) {
            self.nested(item, &inner, false);
        }
        true
    }

    /// Makes a candidate of each story that begins on a line of the item, or of the whole item.
    fn item_lines(&mut self, item: &Item, context: &Context, state: State) {
        let mut starts: Vec<usize> = (0..item.head.len())
            .filter(|at| {
                item.head
                    .get(*at)
                    .is_some_and(|line| story::find(&line.plain).is_some())
            })
            .collect();
        if starts.len() < 2 {
            self.single(item, &item.head, item.lines, context, state, true);
            return;
        }
        if let Some(first) = starts.first_mut() {
            *first = 0;
        }
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(item.head.len());
            let lines = item.head.get(*start..end).unwrap_or_default();
            let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
                continue;
            };
            let closing = end == item.head.len();
            let last_line = if closing { item.lines.1 } else { last.number };
            self.single(
                item,
                lines,
                (first.number, last_line),
                context,
                state,
                closing,
            );
        }
    }

    fn single(
        &mut self,
        item: &Item,
        head: &[Line],
        lines: (u32, u32),
        context: &Context,
        state: State,
        with_blocks: bool,
    ) {
        let Some(first) = head.first() else { return };
        let text = text_box(first.plain.trim()).map_or(first.plain.trim(), |(_, rest)| rest);
        let whole = joined(head);
        let cut = first.plain.len() - first.plain.trim_start().len()
            + (first.plain.trim().len() - text.len());
        let bold = first.bold.saturating_sub(cut);
        let mut headline = if story::find(text).is_none() && story::find(&whole).is_some() {
            title::read(&whole, 0)
        } else {
            title::read(text, bold)
        };
        let Some(evidence) = evidence(text, &headline, state, context) else {
            return;
        };
        let Some(tier) = context.tier(evidence) else {
            return;
        };
        if is_empty_text(&headline.title)
            || headline.bare && headline.id.is_none()
            || (first.link || first.code) && evidence == Evidence::Plain
            || is_checkpoint(text)
        {
            return;
        }
        if !headline.story
            && state.boxed
            && let Some(number) = dotted_number(text)
        {
            headline.title = format!("{number} {}", headline.title);
        }
        let blocks: &[Block] = if with_blocks { &item.blocks } else { &[] };
        let inside = inside(self.source, blocks, headline.story);
        let mut facts = inside.facts;
        for line in head.iter().skip(1) {
            facts.take_line(&line.plain);
        }
        let Some(mut candidate) = self.candidate(Form::ListItem, lines, headline, facts) else {
            return;
        };
        candidate.tier = tier;
        candidate.criteria = inside.criteria;
        candidate.description =
            strip_marker(&excerpt(&self.excerpt_lines(lines), lines.0, &inside.skip));
        self.push(candidate, context);
    }
}

/// The lines of a paragraph as one.
fn joined(head: &[Line]) -> String {
    head.iter()
        .map(|line| line.plain.trim())
        .collect::<Vec<_>>()
        .join(" ")
}

fn evidence(
    text: &str,
    headline: &title::Headline,
    state: State,
    context: &Context,
) -> Option<Evidence> {
    if headline.story {
        return Some(Evidence::Story);
    }
    match (headline.family, &headline.id) {
        (Some(Family::NotWork), _) => return None,
        (Some(family), Some(_)) if family.is_work() && !state.boxed => {
            return Some(Evidence::Id(family));
        }
        (Some(Family::Bug | Family::Task), None) if !state.boxed => {
            return Some(Evidence::Id(Family::Task));
        }
        _ => {}
    }
    if state.boxed {
        return Some(Evidence::Box);
    }
    let sentence = count(text) >= 2 || matches!(context.mode, Mode::Work(_));
    sentence.then_some(Evidence::Plain)
}

/// A pause in a task list in which nothing is built.
fn is_checkpoint(text: &str) -> bool {
    let said = words(ids::unnumbered(text).unwrap_or(text));
    said.starts_with("checkpoint") || said.starts_with("final checkpoint")
}

/// The number of a task such as "1.2", which people name it by.
fn dotted_number(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let number = text.get(..end)?.trim_end_matches('.');
    let dotted = number.contains('.') && number.starts_with(|c: char| c.is_ascii_digit());
    (dotted && text.get(end..)?.starts_with(' ')).then_some(number)
}

fn group_rank(text: &str) -> Option<handoff_domain::ticket::model::Priority> {
    priority::of_heading(text).and_then(Rank::priority)
}

/// Whether an item stands for the items nested in it.
fn holds_items(item: &Item, told: bool, boxed: bool, family: Option<Family>) -> bool {
    let nested: Vec<&Item> = item
        .blocks
        .iter()
        .filter_map(|block| match &block.kind {
            Kind::List(items) => Some(items),
            _ => None,
        })
        .flatten()
        .collect();
    let stories = nested
        .iter()
        .any(|inner| story::find(first_line(inner)).is_some());
    let numbered_boxes = nested
        .iter()
        .any(|inner| state(inner).boxed && is_numbered(first_line(inner)));
    let boxes = nested.iter().any(|inner| state(inner).boxed);
    let ids = nested.iter().any(|inner| {
        ids::leading(first_line(inner))
            .is_some_and(|lead| lead.family.is_work() && lead.id.is_some())
    });
    let named = family.is_some_and(Family::is_work);
    !told
        && (stories
            || numbered_boxes
            || boxes && !boxed && !named
            || ids && (family.is_none() || family.is_some_and(Family::is_group)))
}

fn is_numbered(text: &str) -> bool {
    dotted_number(text).is_some() || ids::leading(text).is_some_and(|lead| lead.id.is_some())
}
