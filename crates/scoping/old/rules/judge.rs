//! Decides whether a section is one work item or a group that holds several.

use super::context::{Context, Mode};
use super::fields::{self, Facts};
use super::headings::{self, Role, Weak, Work};
use super::ids::{self, Family};
use super::lists;
use super::outline::{Opening, Section};
use super::priority;
use super::story;
use super::tables;
use super::title;
use super::tree::{Block, Kind};

/// What stands in a section.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Stories in it, with its children.
    pub stories: usize,
    /// Whether a part of it is a list of stories.
    pub story_lists: bool,
    /// Stories that are items of lists directly in it.
    pub listed_stories: usize,
    /// Items with a work id in its lists, tables and lines, with its children.
    pub ids: usize,
    /// Open or closed check boxes directly in it.
    pub boxes: usize,
    /// Other list items directly in it.
    pub bullets: usize,
    /// Whether it has prose of its own.
    pub prose: bool,
    /// Whether its prose does no more than introduce a list.
    pub lead_in: bool,
    /// Whether it has acceptance criteria of its own.
    pub criteria: bool,
    /// Items in its lists and tables that have an id and a priority of their own.
    pub records: usize,
    /// Headings beneath it that are items.
    pub item_headings: usize,
    /// Those of them that are stories or requirements.
    pub story_headings: usize,
    /// Headings beneath it that are neither items nor known parts.
    pub plain_headings: usize,
    /// Headings beneath it that hold lists of work.
    pub work_headings: usize,
    /// Rows of tables in it.
    pub rows: usize,
}

/// Looks at a section.
pub(super) fn shape(section: &Section) -> Shape {
    let mut shape = Shape::default();
    look(section, &mut shape, true);
    shape.prose = section
        .direct_lines()
        .any(|line| fields::parse(&line.plain).is_empty());
    let last = section
        .direct_lines()
        .last()
        .map_or("", |line| line.plain.trim());
    shape.lead_in = last.ends_with(':') && section.direct_lines().count() == 1;
    shape
}

fn look(section: &Section, shape: &mut Shape, direct: bool) {
    for block in &section.blocks {
        look_at(block, shape, direct);
    }
    for child in &section.children {
        let role = headings::role(&child.title.plain, true);
        let lead = ids::leading(&child.title.plain);
        let heading = child.opening == Opening::Heading;
        match role {
            Role::Criteria => shape.criteria |= direct && headings::is_criteria(&child.title.plain),
            Role::Never(_) => continue,
            _ if heading
                && lead
                    .as_ref()
                    .is_some_and(|lead| lead.family.is_work() && lead.id.is_some()) =>
            {
                shape.item_headings += 1;
                let family = lead.as_ref().map(|lead| lead.family);
                shape.story_headings +=
                    usize::from(matches!(family, Some(Family::Story | Family::Requirement)));
            }
            Role::Work(Work::Stories) => {
                shape.story_lists |= headings::tidy(&child.title.plain).ends_with("stories");
            }
            Role::Work(_) | Role::Quality if heading => shape.work_headings += 1,
            Role::Plain if heading && direct && fields::key(&child.title.plain).is_none() => {
                shape.plain_headings += 1;
            }
            _ => {}
        }
        if role == Role::Criteria {
            continue;
        }
        let told = story::find(&child.title.plain).is_some()
            || child.opening == Opening::Item && lead.is_none();
        shape.stories += usize::from(told);
        if child.opening == Opening::Item && !told && lead.is_some_and(|lead| lead.family.is_work())
        {
            shape.ids += 1;
        }
        let part = child.opening != Opening::Heading && direct;
        look(
            child,
            shape,
            part && role == Role::Plain && child.opening != Opening::Item,
        );
    }
}

fn look_at(block: &Block, shape: &mut Shape, direct: bool) {
    match &block.kind {
        Kind::List(items) => {
            for item in items {
                let text = lists::first_line(item);
                let told = story::find(text).is_some();
                shape.stories += usize::from(told);
                shape.listed_stories += usize::from(told && direct);
                let work_id = ids::leading(text)
                    .is_some_and(|lead| lead.family.is_work() && lead.id.is_some());
                shape.ids += usize::from(work_id);
                shape.records += usize::from(
                    lists::is_record(item) || work_id && title::read(text, 0).rank.is_some(),
                );
                shape.criteria |= direct
                    && headings::role(text.split(':').next().unwrap_or_default(), true)
                        == Role::Criteria;
                let boxed = lists::state(item).boxed;
                if direct && fields::parse(text).is_empty() {
                    shape.boxes += usize::from(boxed);
                    shape.bullets += usize::from(!boxed);
                }
            }
        }
        Kind::Table(head, rows) => {
            let found = tables::count_work(head, rows);
            shape.stories += found.0;
            shape.ids += found.1;
            shape.records += found.2;
            shape.rows += rows.len();
        }
        Kind::Quote(blocks) => {
            for inner in blocks {
                if let Kind::Paragraph(lines) = &inner.kind {
                    let text: Vec<&str> = lines.iter().map(|line| line.plain.as_str()).collect();
                    shape.stories += usize::from(story::find(&text.join(" ")).is_some());
                } else {
                    look_at(inner, shape, direct);
                }
            }
        }
        _ => {}
    }
}

/// What a section turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Item,
    Group,
}

/// How sure it is that a section without an id is an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It has what only an item has.
    Item,
    /// It holds items.
    Group,
    /// Either.
    Open,
}

/// Judges a section by its own heading and content.
pub(super) fn sign(section: &Section, context: &Context, facts: &Facts) -> Sign {
    let title = &section.title.plain;
    let shape = shape(section);
    if section.opening == Opening::Item {
        return Sign::Item;
    }
    if let Some(lead) = ids::leading(title) {
        // "TODO:" alone is a label, not an item.
        let labelled = lead.id.is_none() && lead.rest.trim().is_empty();
        if labelled {
            return of_unnamed(section, context, facts, &shape);
        }
        let named = lead.id.is_some() || lead.family == Family::Bug || lead.family == Family::Story;
        let unknown_in_work = lead.family == Family::Unknown
            && (matches!(
                context.mode,
                Mode::Work(_) | Mode::Weak(Weak::Plan | Weak::Phase)
            ) || facts.speak_of_work()
                || shape.criteria);
        if lead.family.is_work() && (named || section.level > 1) || unknown_in_work {
            return of_named(lead.family, section.level, &shape, facts);
        }
        if lead.family == Family::NotWork {
            return Sign::Group;
        }
    }
    of_unnamed(section, context, facts, &shape)
}

/// An epic or a feature is a group when items stand beneath it; another item is one only when its parts are items of their own
/// and it says nothing for itself.
fn of_named(family: Family, level: u8, shape: &Shape, facts: &Facts) -> Sign {
    let several = level == 1 && (shape.stories > 1 || shape.ids > 0);
    let held = family.is_group()
        && (shape.stories > 1
            || shape.stories == 1 && shape.story_lists
            || shape.ids > 0
            || shape.item_headings > 0
            || family == Family::Epic && shape.stories > 0);
    let speaks = facts.speak_of_work() || shape.criteria || shape.stories == 1;
    let parts = shape.item_headings > 0 && !speaks
        || shape.records > 1
        || level == 1 && shape.story_headings > 0;
    if several || held || parts {
        Sign::Group
    } else {
        Sign::Item
    }
}

fn of_unnamed(section: &Section, context: &Context, facts: &Facts, shape: &Shape) -> Sign {
    let plain = headings::role(&section.title.plain, context.in_work()) == Role::Plain;
    if section.level == 1 {
        let whole = shape.stories == 1
            && shape.criteria_anywhere(section)
            && shape.item_headings == 0
            && shape.ids == 0;
        return if whole { Sign::Item } else { Sign::Group };
    }
    if !plain || shape.item_headings > 0 || shape.stories > 1 || shape.ids > 0 {
        return Sign::Group;
    }
    if priority::is_rank_heading(&section.title.plain) {
        return Sign::Group;
    }
    // A list of one story and nothing else is a group that happens to be small.
    let small_list =
        shape.listed_stories == 1 && shape.bullets + shape.boxes == 1 && !shape.criteria;
    if shape.stories == 1 && !small_list || shape.criteria && !shape.holds_work() {
        return Sign::Item;
    }
    if facts.speak_of_work() && !shape.holds_work() {
        return if shape.plain_headings > 1 && shape.boxes + shape.bullets == 0 {
            Sign::Group
        } else {
            Sign::Item
        };
    }
    if shape.plain_headings > 0 || shape.holds_work() {
        Sign::Group
    } else {
        Sign::Open
    }
}

impl Shape {
    const fn holds_work(&self) -> bool {
        self.work_headings > 0
    }

    /// Whether criteria stand anywhere in a document that is one story.
    fn criteria_anywhere(&self, section: &Section) -> bool {
        self.criteria
            || section
                .children
                .iter()
                .any(|child| headings::role(&child.title.plain, true) == Role::Criteria)
    }
}

/// Settles a section of an open sign within a list of work; `siblings_are_items` when others beside it surely are.
pub(super) fn settle(section: &Section, context: &Context, siblings_are_items: bool) -> Verdict {
    let shape = shape(section);
    let Mode::Work(work) = context.mode else {
        return Verdict::Group;
    };
    let task_boxes = shape.boxes > 0 && matches!(work, Work::Tasks | Work::Backlog | Work::Bugs);
    if task_boxes || shape.rows > 0 {
        return Verdict::Group;
    }
    let listed = shape.bullets + shape.boxes > 0;
    let told = shape.prose && !(shape.lead_in && listed);
    let as_item = siblings_are_items && section.opening == Opening::Heading
        || told && (!listed || !matches!(work, Work::Tasks | Work::Stories));
    if as_item && (listed || shape.prose) {
        Verdict::Item
    } else {
        Verdict::Group
    }
}
