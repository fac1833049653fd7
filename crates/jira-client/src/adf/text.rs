//! ADF to plain text.

use std::fmt::{self, Write};

use super::node::{Document, Node, TaskState};
use super::read::{unknown_children, unknown_label};

/// Returns the text of a document without formatting.
///
/// Blocks are separated by an empty line, items begin with `- `, `1. ` or `[ ] `, cells are separated
/// by ` | `. Nodes of unknown type give the text they hold, such as the name in a mention.
pub fn to_text(document: &Document) -> String {
    let mut writer = TextWriter { out: String::new() };
    // Writing to a string does not fail.
    let _ = writer.blocks(&document.content, 0, "\n\n");
    writer.out
}

impl Document {
    /// Returns the length of the plain text of [`to_text`].
    ///
    /// **Units:** UTF-16 code units, so that an emoji is two; what Jira counts is not documented.
    pub fn text_length(&self) -> usize {
        let mut writer = TextWriter {
            out: Utf16Counter(0),
        };
        // Counting does not fail.
        let _ = writer.blocks(&self.content, 0, "\n\n");
        writer.out.0
    }
}

struct Utf16Counter(usize);

impl Write for Utf16Counter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += utf16_length(text);
        Ok(())
    }
}

/// Returns the number of UTF-16 code units of a text.
pub(super) fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Returns what stands before the text of an item of a list.
pub(super) fn item_marker(list: &Node, item: &Node, index: usize) -> String {
    match (list, item) {
        (
            _,
            Node::TaskItem {
                state: TaskState::Todo,
                ..
            },
        ) => "[ ] ".to_owned(),
        (
            _,
            Node::TaskItem {
                state: TaskState::Done,
                ..
            },
        ) => "[x] ".to_owned(),
        (Node::TaskList { .. }, _) => "  ".to_owned(),
        (Node::OrderedList { start, .. }, _) => format!("{}. ", start.saturating_add(index as u64)),
        _ => "- ".to_owned(),
    }
}

struct TextWriter<W> {
    out: W,
}

impl<W: Write> TextWriter<W> {
    fn blocks(&mut self, nodes: &[Node], indent: usize, gap: &str) -> fmt::Result {
        for (index, node) in nodes.iter().enumerate() {
            if index > 0 {
                self.out.write_str(gap)?;
                self.indent(indent)?;
            }
            self.block(node, indent)?;
        }
        Ok(())
    }

    fn block(&mut self, node: &Node, indent: usize) -> fmt::Result {
        match node {
            Node::Paragraph { content }
            | Node::Heading { content, .. }
            | Node::TaskItem { content, .. } => self.inline(content, indent),
            Node::BulletList { items }
            | Node::OrderedList { items, .. }
            | Node::TaskList { items, .. } => self.list(node, items, indent),
            Node::CodeBlock { text, .. } => self.lines(text, indent),
            Node::Rule => self.out.write_str("---"),
            Node::Table { rows } => self.blocks(rows, indent, "\n"),
            Node::TableRow { cells } => {
                for (index, cell) in cells.iter().enumerate() {
                    self.out.write_str(if index > 0 { " | " } else { "" })?;
                    self.blocks(cell.children(), indent, "\n")?;
                }
                Ok(())
            }
            Node::ListItem { content }
            | Node::Blockquote { content }
            | Node::TableHeader { content }
            | Node::TableCell { content } => self.blocks(content, indent, "\n"),
            Node::Text { .. } | Node::HardBreak => self.inline(std::slice::from_ref(node), indent),
            Node::Unknown(value) => {
                self.out.write_str(&unknown_label(value))?;
                self.blocks(&unknown_children(value), indent, "\n")
            }
        }
    }

    fn list(&mut self, list: &Node, items: &[Node], indent: usize) -> fmt::Result {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.write_char('\n')?;
                self.indent(indent)?;
            }
            let marker = item_marker(list, item, index);
            self.out.write_str(&marker)?;
            self.block(item, indent + marker.len())?;
        }
        Ok(())
    }

    fn inline(&mut self, nodes: &[Node], indent: usize) -> fmt::Result {
        for node in nodes {
            match node {
                Node::Text { text, .. } => self.out.write_str(text)?,
                Node::HardBreak => {
                    self.out.write_char('\n')?;
                    self.indent(indent)?;
                }
                node => self.block(node, indent)?,
            }
        }
        Ok(())
    }

    fn lines(&mut self, text: &str, indent: usize) -> fmt::Result {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.out.write_char('\n')?;
                self.indent(indent)?;
            }
            self.out.write_str(line)?;
        }
        Ok(())
    }

    fn indent(&mut self, width: usize) -> fmt::Result {
        write!(self.out, "{:width$}", "")
    }
}
