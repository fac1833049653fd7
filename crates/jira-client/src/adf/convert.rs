//! Markdown to ADF: prepares the source, parses it and lowers it to valid nodes.

use super::degradation::{Degradation, Degradations};
use super::edit::number_tasks;
use super::lower::lower;
use super::node::{Document, Node};
use super::parse::{LINE_START, parse, parse_lines};
use super::source::{prepared, with_plain_characters};

/// How deep lists and quotes nest in a document made here; what is deeper joins the level above.
///
/// Twenty levels of lists are about 90 levels of JSON, inside the limit of 128 that common parsers have.
pub const MAX_NESTING: usize = 20;

/// A document made from Markdown, and what it could not carry.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Conversion {
    /// The document; valid, possibly without content.
    pub document: Document,
    /// What was degraded, by line; the same kind on the same line is listed once.
    pub degraded: Vec<Degradation>,
}

/// Converts Markdown to an ADF document.
///
/// Reads CommonMark with GFM tables, task lists, strikethrough and bare links. Never fails: what ADF
/// has no place for is degraded without losing a word and listed in [`Conversion::degraded`]. Takes
/// time linear in the length of the input.
pub fn from_markdown(markdown: &str) -> Conversion {
    let source = prepared(markdown);
    let mut degradations = Degradations::default();
    let blocks = parse(&source, &mut degradations);
    let mut content = lower(blocks, &mut degradations);
    number_tasks(&mut content);
    Conversion {
        document: Document { content },
        degraded: degradations.into_sorted(),
    }
}

/// Converts the Markdown of one text block to inline nodes; each of its lines is a line of the block.
pub(super) fn inline_from_markdown(markdown: &str) -> (Vec<Node>, Vec<Degradation>) {
    // The mark of a line's start is no text of its own.
    let source = with_plain_characters(markdown).replace(LINE_START, " ");
    let lines = source
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| format!("{LINE_START}{line}"));
    let source = lines.collect::<Vec<_>>().join("\n");
    let mut degradations = Degradations::default();
    let blocks = parse_lines(&source, &mut degradations);
    let content = match lower(blocks, &mut degradations).into_iter().next() {
        Some(Node::Paragraph { content }) => content,
        _ => Vec::new(),
    };
    (content, degradations.into_sorted())
}
