//! The document as nested sections: by its headings, and beneath them by lines that act as headings.
//!
//! A bold line of its own, a label before a list and a paragraph that is an item by itself ("FR-1: …", "As a …") open a section
//! too, one level below every heading; labels of an item's parts ("Acceptance criteria:") lie another level deeper.

mod lines;

use super::headings::{self, Role};
use super::text::count;
use super::tree::{Block, Kind, Line};
use lines::{is_gherkin_feature, opens_item, part_label};

/// The level of a bold line or an item's line that acts as a heading.
const LINE_LEVEL: u8 = 7;
/// The level of a label within an item.
const LABEL_LEVEL: u8 = 8;
/// Ranks between two levels, for numbers that nest deeper than their headings.
const RANKS: u16 = 8;

/// How a section is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// The document itself.
    Root,
    /// A heading.
    Heading,
    /// A line in bold or with a colon at its end.
    Label,
    /// A line that is an item: it has an id or is a story.
    Item,
}

/// A part of the document.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub opening: Opening,
    pub level: u8,
    /// How deep it lies among the open ones; "3.1" lies in "3" even where both have the same level.
    rank: u16,
    /// The line that opens it.
    pub title: Line,
    /// What stands in it before any child.
    pub blocks: Vec<Block>,
    pub children: Vec<Self>,
    /// Its first and last line, with its children.
    pub lines: (u32, u32),
}

impl Section {
    fn new(opening: Opening, level: u8, title: Line) -> Self {
        let lines = (title.number.max(1), title.number.max(1));
        Self {
            opening,
            level,
            rank: u16::from(level) * RANKS,
            title,
            blocks: Vec::new(),
            children: Vec::new(),
            lines,
        }
    }

    /// Whether the paragraph lines directly in it, but for its title, hold prose.
    pub(super) fn direct_lines(&self) -> impl Iterator<Item = &Line> {
        self.blocks.iter().flat_map(|block| match &block.kind {
            Kind::Paragraph(lines) => lines.as_slice(),
            _ => &[],
        })
    }
}

/// Builds the sections of a document.
pub(super) fn build(blocks: Vec<Block>) -> Section {
    let mut open = Stack {
        sections: vec![Section::new(Opening::Root, 0, Line::default())],
    };
    let title_line = title_line(&blocks);
    let mut blocks = blocks.into_iter().peekable();
    while let Some(block) = blocks.next() {
        let lines = block.lines;
        match block.kind {
            Kind::Heading(level, title) => {
                let level = shifted(level, title.number, title_line);
                open.push(Section::new(Opening::Heading, level, title));
            }
            Kind::Paragraph(paragraph) => {
                let before_list = blocks
                    .peek()
                    .is_some_and(|next| matches!(next.kind, Kind::List(_) | Kind::Table(..)));
                let followed = blocks
                    .peek()
                    .is_some_and(|next| !matches!(next.kind, Kind::Heading(..) | Kind::Rule));
                open.paragraph(paragraph, before_list, followed);
            }
            Kind::Rule => {
                open.close_to(LINE_LEVEL);
                continue;
            }
            kind => open.add(Block { kind, lines }),
        }
        open.extend_to(lines.1);
    }
    open.finish()
}

/// Which heading of the first level is the document's title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Title {
    /// The only one there is.
    Only,
    /// The one on this line; the others head parts.
    Line(u32),
    /// None: they all head parts.
    None,
}

/// Where several headings have the first level, the first is the title when nothing but headings follows it or its words say so.
fn title_line(blocks: &[Block]) -> Title {
    let mut tops = blocks
        .iter()
        .enumerate()
        .filter_map(|(at, block)| match &block.kind {
            Kind::Heading(1, line) => Some((at, line)),
            _ => None,
        });
    let (Some((at, first)), Some(_)) = (tops.next(), tops.next()) else {
        return Title::Only;
    };
    let empty = blocks
        .get(at + 1)
        .is_some_and(|next| matches!(next.kind, Kind::Heading(..) | Kind::Rule));
    let named = headings::role(&first.plain, false) != Role::Plain;
    if empty || named {
        Title::Line(first.number)
    } else {
        Title::None
    }
}

/// A heading's level with the title above all others.
fn shifted(level: u8, line: u32, title: Title) -> u8 {
    match title {
        Title::Only => level,
        Title::Line(first) if first == line => level,
        Title::Line(_) | Title::None => (level + 1).min(6),
    }
}

struct Stack {
    sections: Vec<Section>,
}

impl Stack {
    fn push(&mut self, mut section: Section) {
        let own = number(&section.title.plain);
        let parent = self.sections.iter().rev().find(|open| {
            let outer = number(&open.title.plain);
            open.level == section.level
                && !outer.is_empty()
                && own
                    .strip_prefix(outer)
                    .is_some_and(|rest| rest.starts_with('.'))
        });
        if let Some(parent) = parent {
            section.rank = (parent.rank + 1).min(u16::from(section.level) * RANKS + RANKS - 1);
        }
        self.close_to_rank(section.rank);
        self.sections.push(section);
    }

    /// Closes every section of the level or deeper.
    fn close_to(&mut self, level: u8) {
        self.close_to_rank(u16::from(level) * RANKS);
    }

    fn close_to_rank(&mut self, rank: u16) {
        while self.sections.len() > 1 && self.sections.last().is_some_and(|top| top.rank >= rank) {
            self.close();
        }
    }

    fn close(&mut self) {
        if self.sections.len() > 1
            && let Some(done) = self.sections.pop()
            && let Some(parent) = self.sections.last_mut()
        {
            parent.lines.1 = parent.lines.1.max(done.lines.1);
            parent.children.push(done);
        }
    }

    fn extend_to(&mut self, line: u32) {
        if let Some(top) = self.sections.last_mut() {
            top.lines.1 = top.lines.1.max(line);
        }
    }

    fn add(&mut self, block: Block) {
        if let Some(top) = self.sections.last_mut() {
            top.blocks.push(block);
        }
    }

    /// Whether a line that is an item by itself is open.
    fn in_item_line(&self) -> bool {
        self.sections
            .iter()
            .any(|section| section.level == LINE_LEVEL && section.opening == Opening::Item)
    }

    fn paragraph(&mut self, lines: Vec<Line>, before_list: bool, followed: bool) {
        let total = lines.len();
        let mut plain: Vec<Line> = Vec::new();
        let texts: Vec<String> = lines.iter().map(|line| line.plain.clone()).collect();
        for (at, line) in lines.into_iter().enumerate() {
            let last = at + 1 == total;
            let next = texts.get(at + 1).map_or("", String::as_str);
            let opened = if self.goes_on_with_feature(&line) {
                None
            } else if opens_item(&line, next) {
                Some((Opening::Item, LINE_LEVEL))
            } else {
                self.label_level(
                    &line,
                    last && before_list,
                    if last { followed } else { true },
                )
                .map(|level| (Opening::Label, level))
            };
            let Some((opening, level)) = opened else {
                plain.push(line);
                continue;
            };
            self.flush(&mut plain);
            let number = line.number;
            self.push(Section::new(opening, level, line));
            self.extend_to(number);
        }
        self.flush(&mut plain);
    }

    /// Whether a line tells the story of the "Feature: …" line right above it.
    fn goes_on_with_feature(&self, line: &Line) -> bool {
        self.sections.last().is_some_and(|top| {
            is_gherkin_feature(&top.title.plain)
                && top.opening == Opening::Item
                && top.title.number + 1 == line.number
        })
    }

    fn flush(&mut self, plain: &mut Vec<Line>) {
        let lines = std::mem::take(plain);
        if let (Some(first), Some(last)) = (lines.first(), lines.last()) {
            let span = (first.number, last.number);
            self.add(Block {
                kind: Kind::Paragraph(lines),
                lines: span,
            });
            self.extend_to(span.1);
        }
    }

    /// The level of the section that a label opens, if the line is one.
    fn label_level(&self, line: &Line, before_list: bool, followed: bool) -> Option<u8> {
        let text = line.plain.trim();
        let colon = text.ends_with(':');
        let inside = if self.in_item_line() {
            LABEL_LEVEL
        } else {
            LINE_LEVEL
        };
        if !followed || count(text) > 14 {
            return None;
        }
        let role = headings::role(text, true);
        if role == Role::Criteria && (colon || line.is_bold()) {
            return Some(LABEL_LEVEL);
        }
        if line.is_bold() {
            let part_of_item =
                colon || part_label(text) || matches!(role, Role::Aside(_) | Role::Never(_));
            return Some(if part_of_item { inside } else { LINE_LEVEL });
        }
        (colon && before_list && count(text) <= 8 && (role != Role::Plain || part_label(text)))
            .then_some(inside)
    }

    fn finish(mut self) -> Section {
        while self.sections.len() > 1 {
            self.close();
        }
        self.sections
            .pop()
            .unwrap_or_else(|| Section::new(Opening::Root, 0, Line::default()))
    }
}

/// The dotted number a title begins with, such as "3.1".
fn number(title: &str) -> &str {
    let text = title.trim_start();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_end_matches('.')
}
