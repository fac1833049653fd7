//! ADF to Markdown.

mod escape;
mod inline;

use self::inline::{Setting, write_inline};
use super::node::{Document, Node, TaskState};
use super::read::{unknown_children, unknown_label};

/// The highest number that CommonMark takes for a list item.
pub(super) const MAX_NUMBER: u64 = 999_999_999;

/// Returns the document as Markdown.
///
/// What [`from_markdown`](super::from_markdown) made reads back as the same document. Of other
/// documents, what Markdown cannot say is left out: colours, underline, panels around their content.
/// Nodes of unknown type give the text they hold.
pub fn to_markdown(document: &Document) -> String {
    let mut writer = MarkdownWriter::default();
    writer.blocks(&document.content, Spacing::Apart);
    writer.out
}

/// Whether a list may follow its paragraph without an empty line, as in list items.
#[derive(Clone, Copy, PartialEq)]
enum Spacing {
    Apart,
    Close,
}

#[derive(Default)]
struct MarkdownWriter {
    out: String,
    /// What stands before every line of the open containers.
    prefix: String,
}

impl MarkdownWriter {
    fn blocks(&mut self, nodes: &[Node], spacing: Spacing) {
        let mut previous: Option<&Node> = None;
        let mut is_alternate = false;
        for node in nodes {
            if is_invisible(node) {
                continue;
            }
            is_alternate =
                previous.is_some_and(|previous| would_join(previous, node)) && !is_alternate;
            if let Some(previous) = previous {
                self.new_line();
                let is_close = spacing == Spacing::Close && !is_alternate;
                if !(is_close && may_follow_closely(previous, node)) {
                    self.new_line();
                }
            }
            self.block(node, is_alternate);
            previous = Some(node);
        }
    }

    fn block(&mut self, node: &Node, is_alternate: bool) {
        match node {
            Node::Paragraph { content } => self.inline(content, Setting::Paragraph),
            Node::Heading { level, content } => {
                self.text(&"#".repeat(usize::from(*level).clamp(1, 6)));
                if !content.is_empty() {
                    self.text(" ");
                    self.inline(content, Setting::Line);
                }
            }
            Node::BulletList { items } => {
                self.list(items, |_| if is_alternate { "* " } else { "- " }.to_owned());
            }
            Node::OrderedList { start, items } => {
                let end = if is_alternate { ')' } else { '.' };
                self.list(items, |index| {
                    let number = start.saturating_add(index as u64).min(MAX_NUMBER);
                    format!("{number}{end} ")
                });
            }
            Node::TaskList { items, .. } => {
                self.tasks(items, if is_alternate { "* " } else { "- " });
            }
            Node::CodeBlock { language, text } => self.code_block(language.as_deref(), text),
            Node::Blockquote { content } => {
                self.within("> ", true, |writer| writer.blocks(content, Spacing::Apart));
            }
            Node::Rule => self.text("---"),
            Node::Table { rows } => self.table(rows),
            Node::Unknown(value) => {
                let label = unknown_label(value);
                let mut nodes = unknown_children(value);
                if !label.is_empty() {
                    nodes.insert(0, Node::paragraph(vec![Node::text(label, Vec::new())]));
                }
                self.blocks(&nodes, Spacing::Apart);
            }
            Node::Text { .. } | Node::HardBreak => {
                self.inline(std::slice::from_ref(node), Setting::Paragraph);
            }
            Node::ListItem { content }
            | Node::TaskItem { content, .. }
            | Node::TableHeader { content }
            | Node::TableCell { content }
            | Node::TableRow { cells: content } => self.blocks(content, Spacing::Apart),
        }
    }

    /// Writes a list; an item that begins with a list has its marker on a line of its own.
    fn list(&mut self, items: &[Node], marker: impl Fn(usize) -> String) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.new_line();
            }
            let marker = marker(index);
            let content = match item {
                Node::ListItem { content } => content.as_slice(),
                other => std::slice::from_ref(other),
            };
            let first = content.iter().find(|node| !is_invisible(node));
            let begins_below = first.is_some_and(|node| list_family(node).is_some());
            if first.is_none() || begins_below {
                self.text(marker.trim_end());
            } else {
                self.text(&marker);
            }
            self.within(&" ".repeat(marker.len()), false, |writer| {
                if begins_below {
                    writer.new_line();
                }
                writer.blocks(content, Spacing::Close);
            });
        }
    }

    fn tasks(&mut self, items: &[Node], bullet: &str) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.new_line();
            }
            match item {
                Node::TaskItem { state, content, .. } => {
                    self.text(bullet);
                    self.text(match state {
                        TaskState::Todo => "[ ] ",
                        TaskState::Done => "[x] ",
                    });
                    if content.is_empty() {
                        self.text("<br>");
                    }
                    self.within("  ", false, |writer| {
                        writer.inline(content, Setting::Paragraph);
                    });
                }
                Node::TaskList { items, .. } => {
                    self.text("  ");
                    self.within("  ", false, |writer| writer.tasks(items, bullet));
                }
                other => {
                    self.text(bullet);
                    self.within("  ", false, |writer| writer.block(other, false));
                }
            }
        }
    }

    fn code_block(&mut self, language: Option<&str>, text: &str) {
        let fence = "`".repeat(longest_run(text, '`').saturating_add(1).max(3));
        let is_name = |c: &char| c.is_ascii_alphanumeric() || "+#-_.".contains(*c);
        let language: String = language
            .unwrap_or_default()
            .chars()
            .filter(is_name)
            .collect();
        self.text(&fence);
        self.text(&language);
        self.new_line();
        if !text.is_empty() {
            self.lines(text);
            self.new_line();
        }
        self.text(&fence);
    }

    fn table(&mut self, rows: &[Node]) {
        let n_columns = rows.iter().map(|row| row.children().len()).max();
        let n_columns = n_columns.unwrap_or_default().max(1);
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                self.new_line();
            }
            self.text("|");
            for column in 0..n_columns {
                let mut content = Vec::new();
                if let Some(cell) = row.children().get(column) {
                    gather_inline(cell, &mut content);
                }
                self.text(" ");
                self.inline(&content, Setting::Cell);
                self.text(" |");
            }
            if index == 0 {
                self.new_line();
                self.text("|");
                self.text(&" --- |".repeat(n_columns));
            }
        }
    }

    fn inline(&mut self, nodes: &[Node], setting: Setting) {
        self.lines(&write_inline(nodes, setting));
    }

    fn lines(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.new_line();
            }
            self.text(line);
        }
    }

    /// Writes text inside one line, after the prefix of the containers when the line is new.
    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.out.is_empty() || self.out.ends_with('\n') {
            self.out.push_str(&self.prefix);
        }
        self.out.push_str(text);
    }

    /// Ends the line; an empty line still shows the quotes it stands in.
    fn new_line(&mut self) {
        let at_line_start = self.out.ends_with('\n') || self.out.is_empty();
        if at_line_start {
            self.out.push_str(self.prefix.trim_end());
        }
        self.out.push('\n');
    }

    /// Writes inside a container whose lines begin with `prefix`; the first maybe has it already.
    fn within(&mut self, prefix: &str, on_first_line: bool, write: impl FnOnce(&mut Self)) {
        if on_first_line {
            self.text(prefix);
        }
        let outer = self.prefix.len();
        self.prefix.push_str(prefix);
        write(self);
        self.prefix.truncate(outer);
    }
}

#[derive(PartialEq)]
enum ListFamily {
    Bulleted,
    Numbered,
}

fn list_family(node: &Node) -> Option<ListFamily> {
    match node {
        Node::BulletList { .. } | Node::TaskList { .. } => Some(ListFamily::Bulleted),
        Node::OrderedList { .. } => Some(ListFamily::Numbered),
        _ => None,
    }
}

/// Tells whether two blocks that follow each other would read as one list.
fn would_join(previous: &Node, node: &Node) -> bool {
    let family = list_family(node);
    family.is_some() && family == list_family(previous)
}

/// Tells whether a block needs no empty line before it: a list under the text it belongs to.
fn may_follow_closely(previous: &Node, node: &Node) -> bool {
    let begins_with_text = |items: &[Node]| {
        let first = items.first().and_then(|item| item.children().first());
        first.is_some_and(|first| !is_invisible(first) && matches!(first, Node::Paragraph { .. }))
    };
    let may_interrupt = match node {
        Node::BulletList { items } | Node::OrderedList { start: 1, items } => {
            begins_with_text(items)
        }
        _ => false,
    };
    matches!(previous, Node::Paragraph { .. }) && may_interrupt
}

fn is_invisible(node: &Node) -> bool {
    match node {
        Node::Paragraph { content } => content.is_empty(),
        Node::Unknown(value) => {
            unknown_label(value).is_empty() && unknown_children(value).is_empty()
        }
        _ => false,
    }
}

/// Collects the inline nodes of a cell; its blocks become lines.
fn gather_inline(node: &Node, inline: &mut Vec<Node>) {
    match node {
        Node::Paragraph { content }
        | Node::Heading { content, .. }
        | Node::TaskItem { content, .. } => {
            if !inline.is_empty() {
                inline.push(Node::HardBreak);
            }
            inline.extend(content.iter().cloned());
        }
        Node::CodeBlock { text, .. } => {
            for line in text.lines() {
                gather_inline(&Node::paragraph(vec![Node::text(line, Vec::new())]), inline);
            }
        }
        Node::Unknown(value) => {
            let label = unknown_label(value);
            if !label.is_empty() {
                gather_inline(
                    &Node::paragraph(vec![Node::text(label, Vec::new())]),
                    inline,
                );
            }
            for child in unknown_children(value) {
                gather_inline(&child, inline);
            }
        }
        container => {
            for child in container.children() {
                gather_inline(child, inline);
            }
        }
    }
}

/// Returns the length of the longest run of a character.
fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut current = 0;
    for c in text.chars() {
        current = if c == wanted { current + 1 } else { 0 };
        longest = longest.max(current);
    }
    longest
}
