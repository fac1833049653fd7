//! Appends to a document and cuts one that is too long.

use std::collections::HashSet;

use super::convert::{from_markdown, inline_from_markdown};
use super::degradation::Degradation;
use super::inline::normal_form;
use super::node::{Document, Mark, Node, TaskState};
use super::text::utf16_length;

/// What [`Document::cut_at`] writes at the end of a document that it cut.
const CUT_NOTE: &str = "[The text was cut here because it is too long for this field.]";

impl Document {
    /// Appends the blocks of a Markdown text, and returns what could not be carried.
    pub fn push_markdown(&mut self, markdown: &str) -> Vec<Degradation> {
        let conversion = from_markdown(markdown);
        self.content.extend(conversion.document.content);
        number_tasks(&mut self.content);
        conversion.degraded
    }

    /// Appends a heading of inline Markdown; a level outside 1 to 6 becomes the nearest.
    pub fn push_heading(&mut self, level: u8, markdown: &str) -> Vec<Degradation> {
        let (content, degraded) = inline_from_markdown(markdown);
        let level = level.clamp(1, 6);
        self.content.push(Node::Heading { level, content });
        degraded
    }

    /// Appends a paragraph of inline Markdown.
    pub fn push_paragraph(&mut self, markdown: &str) -> Vec<Degradation> {
        let (content, degraded) = inline_from_markdown(markdown);
        self.content.push(Node::paragraph(content));
        degraded
    }

    /// Appends a horizontal line.
    pub fn push_rule(&mut self) {
        self.content.push(Node::Rule);
    }

    /// Appends a list of open tasks, each of inline Markdown; without items it appends nothing.
    ///
    /// The line of a degradation is the number of the item, counted from 1.
    pub fn push_task_list<S: AsRef<str>>(&mut self, items: &[S]) -> Vec<Degradation> {
        let mut degraded = Vec::new();
        let mut tasks = Vec::with_capacity(items.len());
        for (line, item) in (1..).zip(items) {
            let (content, of_item) = inline_from_markdown(item.as_ref());
            degraded.extend(of_item.into_iter().map(|one| Degradation { line, ..one }));
            tasks.push(Node::TaskItem {
                local_id: String::new(),
                state: TaskState::Todo,
                content,
            });
        }
        if !tasks.is_empty() {
            self.content.push(Node::TaskList {
                local_id: String::new(),
                items: tasks,
            });
            number_tasks(&mut self.content);
        }
        degraded
    }

    /// Cuts the document so that its text is at most `max_length` long, and tells whether it did.
    ///
    /// Cuts between blocks, list items or table rows where that keeps at least half of the room, else
    /// inside a text at a space. A note at the end says that text is missing; it is part of the length.
    ///
    /// **Units:** UTF-16 code units of the plain text, as [`Document::text_length`] counts.
    pub fn cut_at(&mut self, max_length: usize) -> bool {
        if self.text_length() <= max_length {
            return false;
        }
        let note_length = CUT_NOTE.len() + Cutter::GAP;
        let room = max_length.saturating_sub(note_length);
        let mut cutter = Cutter { room, left: room };
        cutter.cut(&mut self.content, 0);
        if max_length >= note_length {
            let note = Node::text(CUT_NOTE, vec![Mark::Em]);
            self.content.push(Node::paragraph(vec![note]));
        }
        true
    }
}

/// Gives each task and task list an id of its own; the same document always gets the same ids.
pub(super) fn number_tasks(nodes: &mut [Node]) {
    let mut ids = LocalIds::default();
    ids.assign(nodes);
}

#[derive(Default)]
struct LocalIds {
    taken: HashSet<String>,
    last: u64,
}

impl LocalIds {
    fn assign(&mut self, nodes: &mut [Node]) {
        for node in nodes {
            if let Node::TaskList { local_id, .. } | Node::TaskItem { local_id, .. } = node {
                if local_id.is_empty() || self.taken.contains(local_id) {
                    *local_id = self.next_id();
                }
                self.taken.insert(local_id.clone());
            }
            if let Some(children) = node.children_mut() {
                self.assign(children);
            }
        }
    }

    fn next_id(&mut self) -> String {
        loop {
            self.last += 1;
            // Jira wants ids that look like a UUID; version 8 is for an application's own (RFC 9562).
            let id = format!("00000000-0000-8000-8000-{:012x}", self.last);
            if !self.taken.contains(&id) {
                return id;
            }
        }
    }
}

/// Removes what does not fit from the end of a tree.
///
/// What it counts for a node is never less than what the plain text has for it.
struct Cutter {
    room: usize,
    left: usize,
}

impl Cutter {
    /// The most that separates a block from the one before.
    const GAP: usize = 3;

    /// Keeps what fits of `nodes`, and tells whether something did not.
    fn cut(&mut self, nodes: &mut Vec<Node>, indent: usize) -> bool {
        for index in 0..nodes.len() {
            let Some(node) = nodes.get_mut(index) else {
                break;
            };
            let Some(is_kept) = self.cut_node(node, indent) else {
                continue;
            };
            nodes.truncate(index + usize::from(is_kept));
            return true;
        }
        false
    }

    /// Returns nothing when the node fits, else whether a part of it was kept.
    fn cut_node(&mut self, node: &mut Node, indent: usize) -> Option<bool> {
        match node {
            Node::BulletList { items }
            | Node::OrderedList { items, .. }
            | Node::TaskList { items, .. } => {
                let is_cut = self.cut(items, indent + MARKER_WIDTH);
                is_cut.then_some(!items.is_empty())
            }
            Node::ListItem { content } | Node::Blockquote { content } => {
                let is_cut = self.cut(content, indent);
                is_cut.then_some(!content.is_empty())
            }
            Node::Table { rows } => {
                let is_cut = self.cut(rows, indent);
                is_cut.then_some(!rows.is_empty())
            }
            Node::TableRow { cells } if cost(cells, indent) > self.left => {
                Some(self.must_cut_inside() && self.cut_row(cells, indent))
            }
            node => self.cut_leaf(node, indent),
        }
    }

    fn must_cut_inside(&self) -> bool {
        self.left > self.room / 2
    }

    /// Shortens the cells of a row, and tells whether some text is left in them.
    fn cut_row(&mut self, cells: &mut [Node], indent: usize) -> bool {
        let separators = Self::GAP * cells.len();
        if separators > self.left {
            return false;
        }
        self.left -= separators;
        let mut has_text = false;
        for cell in cells {
            let Some(content) = cell.children_mut() else {
                continue;
            };
            if self.cut(content, indent) {
                self.left = 0;
            }
            has_text |= !content.iter().all(|block| block.children().is_empty());
            if content.is_empty() {
                content.push(Node::paragraph(Vec::new()));
            }
        }
        has_text
    }

    fn cut_leaf(&mut self, node: &mut Node, indent: usize) -> Option<bool> {
        let cost = cost(std::slice::from_ref(node), indent);
        if cost <= self.left {
            self.left -= cost;
            return None;
        }
        if !self.must_cut_inside() {
            return Some(false);
        }
        let overhead = Self::GAP + indent;
        let room = self.left.saturating_sub(overhead);
        self.left = 0;
        Some(cut_text_block(node, room, indent))
    }
}

/// The widest common marker of a list item; a wider one is paid from the gap after it.
const MARKER_WIDTH: usize = 12;

/// Returns at least the length that the plain text has for the nodes.
fn cost(nodes: &[Node], indent: usize) -> usize {
    nodes.iter().map(|node| node_cost(node, indent)).sum()
}

fn node_cost(node: &Node, indent: usize) -> usize {
    match node {
        Node::Text { text, .. } => utf16_length(text),
        Node::HardBreak => 1 + indent,
        Node::Rule => "---".len() + indent + Cutter::GAP,
        Node::CodeBlock { text, .. } => {
            let n_lines = 1 + text.matches('\n').count();
            utf16_length(text) + n_lines * indent + Cutter::GAP
        }
        Node::Unknown(_) => {
            let content = vec![node.clone()];
            Document { content }.text_length() + indent + Cutter::GAP
        }
        node => {
            let inner = match node {
                Node::BulletList { .. } | Node::OrderedList { .. } | Node::TaskList { .. } => {
                    indent + MARKER_WIDTH
                }
                _ => indent,
            };
            cost(node.children(), inner) + indent + Cutter::GAP
        }
    }
}

/// Shortens the text of a block to `room` and tells whether something is left.
fn cut_text_block(node: &mut Node, room: usize, indent: usize) -> bool {
    match node {
        Node::CodeBlock { text, .. } => {
            let length = cut_length(text, room, indent);
            text.truncate(length);
            !text.is_empty()
        }
        Node::Paragraph { content }
        | Node::Heading { content, .. }
        | Node::TaskItem { content, .. } => {
            cut_inline(content, room, indent);
            !content.is_empty()
        }
        _ => false,
    }
}

fn cut_inline(content: &mut Vec<Node>, room: usize, indent: usize) {
    let mut left = room;
    let mut kept = Vec::new();
    for mut node in content.drain(..) {
        let cost = node_cost(&node, indent);
        if cost <= left {
            left -= cost;
            kept.push(node);
            continue;
        }
        if let Node::Text { text, .. } = &mut node {
            let length = cut_length(text, left, indent);
            text.truncate(length);
            if !text.is_empty() {
                kept.push(node);
            }
        }
        break;
    }
    *content = normal_form(kept);
}

/// Returns how many bytes of `text` fit in `room`, ending after a word where one ends nearby.
fn cut_length(text: &str, room: usize, indent: usize) -> usize {
    const NEARBY: usize = 80;
    let mut left = room;
    let mut length = 0;
    for c in text.chars() {
        let cost = c.len_utf16() + if c == '\n' { indent } else { 0 };
        if cost > left {
            break;
        }
        left -= cost;
        length += c.len_utf8();
    }
    let fitting = text.get(..length).unwrap_or_default();
    let last_space = fitting.rfind(char::is_whitespace);
    last_space
        .filter(|space| length - space <= NEARBY)
        .unwrap_or(length)
}
