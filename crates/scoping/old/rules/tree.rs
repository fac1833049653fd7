//! Markdown as a small tree of blocks whose lines know their number and their source.

mod builder;

use std::ops::Range;

use pulldown_cmark::{Options, Parser};

use super::text::LineIndex;
use builder::Builder;

/// A line of text.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Its number in the document, from 1.
    pub number: u32,
    /// Its text without markup.
    pub plain: String,
    /// Where its Markdown stands in the source.
    pub source: Range<usize>,
    /// How many bytes of `plain` at its start are bold.
    pub bold: usize,
    /// Whether it begins with words that are struck through.
    pub struck: bool,
    /// Whether all of it is one link.
    pub link: bool,
    /// Whether all of it is code.
    pub code: bool,
}

impl Line {
    /// Whether all of it is bold, but for closing punctuation.
    pub(super) fn is_bold(&self) -> bool {
        let rest = self.plain.get(self.bold..).unwrap_or_default();
        self.bold > 0 && rest.trim_matches([':', ' ', '.']).is_empty()
    }
}

/// An item of a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    /// The lines it takes in the document.
    pub lines: (u32, u32),
    /// Its check box: `Some(true)` when checked.
    pub checked: Option<bool>,
    /// Its first paragraph.
    pub head: Vec<Line>,
    /// What follows the first paragraph.
    pub blocks: Vec<Block>,
}

/// A row of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// Its line in the document.
    pub number: u32,
    /// Its cells.
    pub cells: Vec<Line>,
}

/// What a block is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A heading of level 1 to 6.
    Heading(u8, Line),
    /// A paragraph.
    Paragraph(Vec<Line>),
    /// A list.
    List(Vec<Item>),
    /// A table: its head and its body.
    Table(Row, Vec<Row>),
    /// A quotation.
    Quote(Vec<Block>),
    /// A code block with its language.
    Code(String, Vec<Line>),
    /// A rule between parts.
    Rule,
    /// HTML.
    Html,
}

/// A block of the document.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// What it is.
    pub kind: Kind,
    /// The lines it takes in the document.
    pub lines: (u32, u32),
}

/// Parses Markdown; `skip` bytes at the start are front matter.
pub(super) fn parse(source: &str, skip: usize, index: &LineIndex) -> Vec<Block> {
    let body = source.get(skip..).unwrap_or_default();
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let mut builder = Builder::new(source, index);
    for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
        builder.event(event, range.start + skip..range.end + skip);
    }
    builder.finish()
}
