//! Parses Markdown into a tree of blocks whose depth is bounded.

mod builder;
mod links;

use pulldown_cmark::{Options, Parser};

use self::builder::TreeBuilder;
use super::degradation::Degradations;
use super::node::{Node, TaskState};

/// A block of Markdown and the line it begins on, counted from 1.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) line: usize,
    pub(super) kind: BlockKind,
}

#[derive(Debug)]
pub(super) enum BlockKind {
    Paragraph(Vec<Node>),
    Heading {
        level: u8,
        content: Vec<Node>,
    },
    Quote(Vec<Block>),
    List(List),
    Code {
        language: Option<String>,
        text: String,
    },
    Rule,
    Table(Vec<Vec<Vec<Node>>>),
}

#[derive(Debug)]
pub(super) struct List {
    /// The first number of an ordered list.
    pub(super) start: Option<u64>,
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Default)]
pub(super) struct Item {
    pub(super) task: Option<TaskState>,
    pub(super) blocks: Vec<Block>,
}

/// What every line begins with where lines hold inline content only.
///
/// It keeps the line from beginning a block, and counts as white space where emphasis begins or ends.
pub(super) const LINE_START: char = '\u{85}';

/// Parses one paragraph whose lines begin with [`LINE_START`] and keeps their ends as breaks.
pub(super) fn parse_lines(source: &str, degradations: &mut Degradations) -> Vec<Block> {
    parse_with(
        source,
        TreeBuilder::new(source, degradations).keeping_lines(),
    )
}

/// Parses `source` and reports what inline content cannot carry and what nests too deeply.
pub(super) fn parse(source: &str, degradations: &mut Degradations) -> Vec<Block> {
    parse_with(source, TreeBuilder::new(source, degradations))
}

fn parse_with(source: &str, mut builder: TreeBuilder<'_>) -> Vec<Block> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES;
    for (event, range) in Parser::new_ext(source, options).into_offset_iter() {
        builder.event(event, range.start);
    }
    builder.finish()
}
