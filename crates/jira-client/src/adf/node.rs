//! The typed tree of a document.

use serde_json::Value;

/// A whole ADF document, version 1.
///
/// **Shape:** `{"type":"doc","version":1,"content":[…]}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The block nodes, in reading order.
    pub content: Vec<Node>,
}

/// One node of a document.
///
/// Attributes that are not listed here are dropped on reading, so that two documents that differ
/// only in what Jira adds when it stores them compare as equal. Nodes of a type that is not listed
/// here are kept whole in [`Node::Unknown`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Node {
    /// A paragraph of inline nodes; may be empty.
    Paragraph {
        /// Inline nodes.
        content: Vec<Self>,
    },
    /// A heading of level 1 to 6.
    Heading {
        /// 1 to 6.
        level: u8,
        /// Inline nodes.
        content: Vec<Self>,
    },
    /// A list with bullets.
    BulletList {
        /// [`Node::ListItem`] nodes, at least one.
        items: Vec<Self>,
    },
    /// A list with numbers.
    OrderedList {
        /// The number of the first item.
        start: u64,
        /// [`Node::ListItem`] nodes, at least one.
        items: Vec<Self>,
    },
    /// An item of a bullet or ordered list.
    ListItem {
        /// Paragraphs, lists and code blocks, at least one.
        content: Vec<Self>,
    },
    /// A list of tasks with check boxes.
    TaskList {
        /// An id that is unique in the document.
        local_id: String,
        /// [`Node::TaskItem`] nodes; a nested list follows the item it belongs to.
        items: Vec<Self>,
    },
    /// A task with a check box.
    TaskItem {
        /// An id that is unique in the document.
        local_id: String,
        /// Whether the box is checked.
        state: TaskState,
        /// Inline nodes.
        content: Vec<Self>,
    },
    /// A block of code.
    CodeBlock {
        /// The language, when it is known.
        language: Option<String>,
        /// The code, lines separated by `\n`, without the last line break.
        text: String,
    },
    /// A quotation.
    Blockquote {
        /// Paragraphs, lists and code blocks, at least one.
        content: Vec<Self>,
    },
    /// A horizontal line.
    Rule,
    /// A table.
    Table {
        /// [`Node::TableRow`] nodes, at least one.
        rows: Vec<Self>,
    },
    /// A row of a table.
    TableRow {
        /// [`Node::TableHeader`] and [`Node::TableCell`] nodes.
        cells: Vec<Self>,
    },
    /// A cell that heads its column or row.
    TableHeader {
        /// Block nodes, at least one.
        content: Vec<Self>,
    },
    /// An ordinary cell.
    TableCell {
        /// Block nodes, at least one.
        content: Vec<Self>,
    },
    /// A run of text with the same marks.
    Text {
        /// The text; never empty, without line breaks.
        text: String,
        /// The formatting of the text.
        marks: Vec<Mark>,
    },
    /// A line break inside a text block.
    HardBreak,
    /// A node of another type, as it was read.
    Unknown(Value),
}

/// Whether a task is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// The box is empty.
    Todo,
    /// The box is checked.
    Done,
}

/// The formatting of a text node.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Mark {
    /// A link.
    Link {
        /// The address; in documents made here always `http`, `https` or `mailto`.
        href: String,
        /// What shows when the pointer rests on the link.
        title: Option<String>,
    },
    /// Bold.
    Strong,
    /// Italic.
    Em,
    /// Struck through.
    Strike,
    /// Underlined; Markdown has no such mark.
    Underline,
    /// Inline code; combines only with [`Mark::Link`].
    Code,
    /// A mark of another type, as it was read.
    Unknown(Value),
}

impl Document {
    /// Returns the JSON that Jira takes as the value of a rich-text field.
    ///
    /// A tree of JSON values is many times as large as its text: serialize a long document directly.
    pub fn to_value(&self) -> Value {
        // Maps with string keys always have a JSON form.
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Node {
    pub(super) fn paragraph(content: Vec<Self>) -> Self {
        Self::Paragraph { content }
    }

    pub(super) fn text(text: impl Into<String>, marks: Vec<Mark>) -> Self {
        Self::Text {
            text: text.into(),
            marks,
        }
    }

    /// Returns the nodes inside this one; none for leaves.
    pub fn children(&self) -> &[Self] {
        match self {
            Self::Paragraph { content }
            | Self::Heading { content, .. }
            | Self::ListItem { content }
            | Self::TaskItem { content, .. }
            | Self::Blockquote { content }
            | Self::TableHeader { content }
            | Self::TableCell { content } => content,
            Self::BulletList { items }
            | Self::OrderedList { items, .. }
            | Self::TaskList { items, .. } => items,
            Self::Table { rows } => rows,
            Self::TableRow { cells } => cells,
            Self::CodeBlock { .. }
            | Self::Rule
            | Self::Text { .. }
            | Self::HardBreak
            | Self::Unknown(_) => &[],
        }
    }

    pub(super) fn children_mut(&mut self) -> Option<&mut Vec<Self>> {
        match self {
            Self::Paragraph { content }
            | Self::Heading { content, .. }
            | Self::ListItem { content }
            | Self::TaskItem { content, .. }
            | Self::Blockquote { content }
            | Self::TableHeader { content }
            | Self::TableCell { content } => Some(content),
            Self::BulletList { items }
            | Self::OrderedList { items, .. }
            | Self::TaskList { items, .. } => Some(items),
            Self::Table { rows } => Some(rows),
            Self::TableRow { cells } => Some(cells),
            Self::CodeBlock { .. }
            | Self::Rule
            | Self::Text { .. }
            | Self::HardBreak
            | Self::Unknown(_) => None,
        }
    }
}

impl TaskState {
    /// Returns the word of the wire format: `TODO` or `DONE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Todo => "TODO",
            Self::Done => "DONE",
        }
    }
}
