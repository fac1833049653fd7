//! Writes documents as JSON.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::node::{Document, Mark, Node};

/// Writes a map with a type and what else there is, in the order that Atlassian's examples have.
struct Shape<'a> {
    kind: &'static str,
    version: Option<u8>,
    attrs: Option<Attributes<'a>>,
    content: Option<&'a [Node]>,
    text: Option<&'a str>,
    marks: &'a [Mark],
}

/// The attributes of the nodes and marks that have some.
enum Attributes<'a> {
    Level(u8),
    Order(u64),
    LocalId(&'a str),
    Task {
        local_id: &'a str,
        state: &'static str,
    },
    Language(&'a str),
    Link {
        href: &'a str,
        title: Option<&'a str>,
    },
}

impl<'a> Shape<'a> {
    fn new(kind: &'static str) -> Self {
        Self {
            kind,
            version: None,
            attrs: None,
            content: None,
            text: None,
            marks: &[],
        }
    }

    fn parent(kind: &'static str, content: &'a [Node]) -> Self {
        Self {
            content: Some(content),
            ..Self::new(kind)
        }
    }

    fn with(mut self, attrs: Option<Attributes<'a>>) -> Self {
        self.attrs = attrs;
        self
    }

    /// Returns the shape of a node, or nothing for one that is kept as it was read.
    fn of_node(node: &'a Node) -> Option<Self> {
        Some(match node {
            Node::Paragraph { content } => Self::parent("paragraph", content),
            Node::Heading { level, content } => {
                Self::parent("heading", content).with(Some(Attributes::Level(*level)))
            }
            Node::BulletList { items } => Self::parent("bulletList", items),
            Node::OrderedList { start, items } => Self::parent("orderedList", items)
                .with((*start != 1).then_some(Attributes::Order(*start))),
            Node::ListItem { content } => Self::parent("listItem", content),
            Node::TaskList { local_id, items } => {
                Self::parent("taskList", items).with(Some(Attributes::LocalId(local_id)))
            }
            Node::TaskItem {
                local_id,
                state,
                content,
            } => Self::parent("taskItem", content).with(Some(Attributes::Task {
                local_id,
                state: state.as_str(),
            })),
            // The text of a code block is a node of its own, which the caller writes.
            Node::CodeBlock { language, .. } => {
                Self::new("codeBlock").with(language.as_deref().map(Attributes::Language))
            }
            Node::Blockquote { content } => Self::parent("blockquote", content),
            Node::Rule => Self::new("rule"),
            Node::Table { rows } => Self::parent("table", rows),
            Node::TableRow { cells } => Self::parent("tableRow", cells),
            Node::TableHeader { content } => Self::parent("tableHeader", content),
            Node::TableCell { content } => Self::parent("tableCell", content),
            Node::Text { text, marks } => Self {
                text: Some(text),
                marks,
                ..Self::new("text")
            },
            Node::HardBreak => Self::new("hardBreak"),
            Node::Unknown(_) => return None,
        })
    }

    /// Returns the shape of a mark, or nothing for one that is kept as it was read.
    fn of_mark(mark: &'a Mark) -> Option<Self> {
        Some(match mark {
            Mark::Link { href, title } => Self::new("link").with(Some(Attributes::Link {
                href,
                title: title.as_deref(),
            })),
            Mark::Strong => Self::new("strong"),
            Mark::Em => Self::new("em"),
            Mark::Strike => Self::new("strike"),
            Mark::Underline => Self::new("underline"),
            Mark::Code => Self::new("code"),
            Mark::Unknown(_) => return None,
        })
    }
}

impl Serialize for Shape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.kind)?;
        if let Some(version) = &self.version {
            map.serialize_entry("version", version)?;
        }
        if let Some(attrs) = &self.attrs {
            map.serialize_entry("attrs", attrs)?;
        }
        if let Some(content) = &self.content {
            map.serialize_entry("content", content)?;
        }
        if let Some(text) = &self.text {
            map.serialize_entry("text", text)?;
        }
        if !self.marks.is_empty() {
            map.serialize_entry("marks", self.marks)?;
        }
        map.end()
    }
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Level(level) => map.serialize_entry("level", level)?,
            Self::Order(order) => map.serialize_entry("order", order)?,
            Self::LocalId(local_id) => map.serialize_entry("localId", local_id)?,
            Self::Task { local_id, state } => {
                map.serialize_entry("localId", local_id)?;
                map.serialize_entry("state", state)?;
            }
            Self::Language(language) => map.serialize_entry("language", language)?,
            Self::Link { href, title } => {
                map.serialize_entry("href", href)?;
                if let Some(title) = title {
                    map.serialize_entry("title", title)?;
                }
            }
        }
        map.end()
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shape = Shape {
            version: Some(1),
            ..Shape::parent("doc", &self.content)
        };
        shape.serialize(serializer)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self, Shape::of_node(self)) {
            (Self::Unknown(value), _) => value.serialize(serializer),
            (Self::CodeBlock { text, .. }, Some(shape)) => {
                let text = (!text.is_empty()).then(|| Self::text(text, Vec::new()));
                let shape = Shape {
                    content: Some(text.as_slice()),
                    ..shape
                };
                shape.serialize(serializer)
            }
            (_, shape) => shape.serialize(serializer),
        }
    }
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown(value) => value.serialize(serializer),
            mark => Shape::of_mark(mark).serialize(serializer),
        }
    }
}
