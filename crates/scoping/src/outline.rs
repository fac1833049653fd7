//! A document as a tree: sections, paragraphs, lists, tables and their lines; parsed once, read by every later step.
//!
//! Different ways of writing the same thing give the same tree: a bold line stands for a heading, `1\.` and an HTML list for
//! a list, a line that begins with an id for an item.

mod build;
mod csv;
mod front;
mod html;
mod nest;
mod virtual_items;

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;

use crate::text::LineIndex;
pub(crate) use front::FrontMatter;
pub(crate) use html::tag_name;

/// The most nodes of a document; a longer one is refused, so that nobody's document takes the memory of the others.
pub(crate) const MAX_NODES: usize = 120_000;

/// The place of a node in [`Outline::nodes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

impl NodeId {
    pub(crate) const ROOT: Self = Self(0);

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The document.
    Root,
    /// A heading and what stands below it; its text is the heading.
    Section,
    Paragraph,
    List {
        ordered: bool,
    },
    /// An item of a list, with its check box; its text is its first paragraph.
    Item {
        checked: Option<bool>,
    },
    Table,
    /// A row of a table.
    Row {
        is_head: bool,
    },
    Cell,
    Quote,
    Code {
        language: String,
    },
    Html,
    Rule,
}

/// A line of text without its markup.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) number: u32,
    pub(crate) plain: String,
    /// How many bytes at its start are bold.
    pub(crate) bold: usize,
    /// Whether it begins with text that is struck out.
    pub(crate) is_struck: bool,
    /// How many bytes of it are links.
    pub(crate) linked: usize,
    /// Whether a link of it leads to another place of the document.
    pub(crate) is_anchor: bool,
    /// Whether all of it is code.
    pub(crate) is_code: bool,
    /// Whether it goes on the line before: the source broke it, not the writer.
    pub(crate) is_wrapped: bool,
}

impl Line {
    /// Whether all of it is bold, but for closing punctuation.
    pub(crate) fn is_bold(&self) -> bool {
        let rest = self.plain.get(self.bold..).unwrap_or_default();
        self.bold > 0 && rest.chars().all(|c| matches!(c, ':' | ' ' | '.' | '*'))
    }
}

/// A link that is explained elsewhere in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkReference {
    pub(crate) label: String,
    pub(crate) target: String,
}

/// A part of the document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) parent: NodeId,
    pub(crate) children: Vec<NodeId>,
    /// Its first and last line, with its children.
    pub(crate) lines: (u32, u32),
    /// The bytes of the source that are its text: the heading, the first paragraph of an item, the whole of others.
    pub(crate) span: Range<usize>,
    pub(crate) text: Vec<Line>,
    /// How deep a heading is; deeper ones are part of it.
    pub(crate) depth: u8,
    /// Whether the heading is a bold line.
    pub(crate) is_bold_heading: bool,
    /// The footnotes that its text refers to.
    pub(crate) footnotes: Vec<String>,
    /// The links of its text that are explained elsewhere.
    pub(crate) references: Vec<LinkReference>,
}

/// The document.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    pub(crate) source: &'a str,
    pub(crate) lines: LineIndex,
    pub(crate) nodes: Vec<Node>,
    pub(crate) front: FrontMatter,
    /// The heading that is the title of the document: the first one, where it is the only one of its depth.
    pub(crate) title: Option<NodeId>,
    /// The Markdown of each footnote.
    pub(crate) footnotes: HashMap<String, String>,
    /// How often a node was looked at.
    visits: Cell<u64>,
}

/// The document has more parts than are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyNodes;

/// Parses Markdown.
///
/// # Errors
/// [`TooManyNodes`].
pub(crate) fn parse(source: &str) -> Result<Outline<'_>, TooManyNodes> {
    let lines = LineIndex::new(source);
    let front = front::read(source);
    let mut builder = build::Builder::new(source, &lines, front.bytes);
    builder.run()?;
    let (nodes, footnotes) = builder.finish();
    let mut outline = Outline {
        source,
        lines,
        nodes,
        front,
        title: None,
        footnotes,
        visits: Cell::new(0),
    };
    csv::find(&mut outline);
    nest::split_bold_headings(&mut outline);
    virtual_items::find(&mut outline);
    nest::adopt_criteria(&mut outline);
    virtual_items::join_named(&mut outline);
    nest::nest(&mut outline);
    outline.title = outline.find_title();
    Ok(outline)
}

#[expect(
    clippy::indexing_slicing,
    reason = "node ids are made by this module and nodes are never removed"
)]
impl Outline<'_> {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.step();
        &self.nodes[id.index()]
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }
}

impl Outline<'_> {
    /// Counts a step of work, so that a test sees where work grows faster than the document.
    pub(crate) fn step(&self) {
        self.visits.set(self.visits.get() + 1);
    }

    pub(crate) fn steps(&self) -> u64 {
        self.visits.get()
    }

    pub(crate) fn children(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).children
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    /// The text of a node in one line.
    pub(crate) fn plain(&self, id: NodeId) -> String {
        let node = self.node(id);
        let mut out = String::new();
        for line in &node.text {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&line.plain);
        }
        crate::text::squeeze(&out)
    }

    /// The sections around a node, innermost first, without the document.
    pub(crate) fn sections_above(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut at = id;
        std::iter::from_fn(move || {
            loop {
                if at == NodeId::ROOT {
                    return None;
                }
                at = self.node(at).parent;
                if self.node(at).kind == Kind::Section {
                    return Some(at);
                }
            }
        })
    }

    fn find_title(&self) -> Option<NodeId> {
        let top = self.children(NodeId::ROOT);
        let mut sections = top
            .iter()
            .copied()
            .filter(|id| self.node(*id).kind == Kind::Section);
        let first = sections.next()?;
        let node = self.node(first);
        let holds_sections = node
            .children
            .iter()
            .any(|child| self.node(*child).kind == Kind::Section);
        // A lone "## Requirements" was pasted without the title above it.
        let is_title = (node.depth <= 2 || holds_sections) && sections.next().is_none();
        is_title.then_some(first)
    }

    /// The bytes of these lines.
    fn span_of(&self, first: u32, last: u32) -> Range<usize> {
        let span = self.lines.span(first, last);
        let text = self.source.get(span.clone()).unwrap_or_default();
        span.start..span.start + text.trim_end().len()
    }

    fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId::from_index(self.nodes.len());
        self.nodes.push(node);
        id
    }
}

impl Node {
    fn new(kind: Kind, parent: NodeId, line: u32, at: usize) -> Self {
        Self {
            kind,
            parent,
            children: Vec::new(),
            lines: (line, line),
            span: at..at,
            text: Vec::new(),
            depth: 0,
            is_bold_heading: false,
            footnotes: Vec::new(),
            references: Vec::new(),
        }
    }

    pub(crate) fn first_line(&self) -> Option<&Line> {
        self.text.first()
    }

    /// The first line with those that go on it.
    pub(crate) fn head(&self) -> Option<Line> {
        let mut head = self.text.first()?.clone();
        if head.is_bold() {
            return Some(head);
        }
        for line in self.text.iter().skip(1).take_while(|line| line.is_wrapped) {
            head.plain.push(' ');
            head.plain.push_str(line.plain.trim());
            head.linked += line.linked;
            head.is_code &= line.is_code;
        }
        Some(head)
    }
}
