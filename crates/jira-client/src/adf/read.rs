//! Reads documents from JSON, keeping what is unknown.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::{Map, Value};

use super::node::{Document, Mark, Node, TaskState};

impl Document {
    /// Reads a document from the JSON of a rich-text field, or nothing when it is no document.
    ///
    /// `null`, which Jira sends for an empty field, is the empty document.
    pub fn from_value(value: Value) -> Option<Self> {
        let mut object = match value {
            Value::Null => return Some(Self::default()),
            Value::Object(object) => object,
            _ => return None,
        };
        if object.get("type").and_then(Value::as_str) != Some("doc") {
            return None;
        }
        Some(Self {
            content: content(&mut object),
        })
    }
}

impl Node {
    /// Reads a node; what does not have the shape of a known node is [`Node::Unknown`].
    pub fn from_value(value: Value) -> Self {
        let Value::Object(mut object) = value else {
            return Self::Unknown(value);
        };
        let Some(kind) = object
            .get("type")
            .and_then(Value::as_str)
            .map(str::to_owned)
        else {
            return Self::Unknown(Value::Object(object));
        };
        match kind.as_str() {
            "paragraph" => Self::paragraph(content(&mut object)),
            "bulletList" => Self::BulletList {
                items: content(&mut object),
            },
            "listItem" => Self::ListItem {
                content: content(&mut object),
            },
            "blockquote" => Self::Blockquote {
                content: content(&mut object),
            },
            "table" => Self::Table {
                rows: content(&mut object),
            },
            "tableRow" => Self::TableRow {
                cells: content(&mut object),
            },
            "tableHeader" => Self::TableHeader {
                content: content(&mut object),
            },
            "tableCell" => Self::TableCell {
                content: content(&mut object),
            },
            "rule" => Self::Rule,
            "hardBreak" => Self::HardBreak,
            "codeBlock" => code_block(&mut object),
            "orderedList" => Self::OrderedList {
                start: start(&object),
                items: content(&mut object),
            },
            _ => node_with_required_parts(&kind, object),
        }
    }
}

/// Reads the nodes that are not themselves without an attribute or text.
fn node_with_required_parts(kind: &str, mut object: Map<String, Value>) -> Node {
    match kind {
        "text" => match object.get_mut("text").map(Value::take) {
            Some(Value::String(text)) => Node::text(text, marks(&mut object)),
            _ => Node::Unknown(Value::Object(object)),
        },
        "heading" => match attribute(&object, "level").and_then(Value::as_u64) {
            Some(level @ 1..=6) => Node::Heading {
                level: u8::try_from(level).unwrap_or(6),
                content: content(&mut object),
            },
            _ => Node::Unknown(Value::Object(object)),
        },
        "taskList" => Node::TaskList {
            local_id: local_id(&object),
            items: content(&mut object),
        },
        "taskItem" => match attribute(&object, "state").and_then(Value::as_str) {
            Some(state) => Node::TaskItem {
                local_id: local_id(&object),
                state: match state {
                    "DONE" => TaskState::Done,
                    _ => TaskState::Todo,
                },
                content: content(&mut object),
            },
            None => Node::Unknown(Value::Object(object)),
        },
        _ => Node::Unknown(Value::Object(object)),
    }
}

impl Mark {
    /// Reads a mark; what does not have the shape of a known mark is [`Mark::Unknown`].
    pub fn from_value(value: Value) -> Self {
        match value.get("type").and_then(Value::as_str) {
            Some("strong") => Self::Strong,
            Some("em") => Self::Em,
            Some("strike") => Self::Strike,
            Some("underline") => Self::Underline,
            Some("code") => Self::Code,
            Some("link") => match value.pointer("/attrs/href").and_then(Value::as_str) {
                Some(href) => Self::Link {
                    href: href.to_owned(),
                    title: text_at(&value, "/attrs/title"),
                },
                None => Self::Unknown(value),
            },
            _ => Self::Unknown(value),
        }
    }
}

fn content(object: &mut Map<String, Value>) -> Vec<Node> {
    match object.get_mut("content").map(Value::take) {
        Some(Value::Array(nodes)) => nodes.into_iter().map(Node::from_value).collect(),
        _ => Vec::new(),
    }
}

fn marks(object: &mut Map<String, Value>) -> Vec<Mark> {
    match object.get_mut("marks").map(Value::take) {
        Some(Value::Array(marks)) => marks.into_iter().map(Mark::from_value).collect(),
        _ => Vec::new(),
    }
}

fn attribute<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get("attrs")?.get(name)
}

fn local_id(object: &Map<String, Value>) -> String {
    let id = attribute(object, "localId").and_then(Value::as_str);
    id.unwrap_or_default().to_owned()
}

/// Reads the first number of a list, which the schema lets be any number from zero.
fn start(object: &Map<String, Value>) -> u64 {
    let order = attribute(object, "order");
    let whole = order.and_then(Value::as_u64);
    let rounded = || {
        let text = format!("{:.0}", order?.as_f64()?);
        text.parse().ok()
    };
    whole.or_else(rounded).unwrap_or(1)
}

fn code_block(object: &mut Map<String, Value>) -> Node {
    let language = attribute(object, "language").and_then(Value::as_str);
    let language = language.filter(|name| !name.is_empty()).map(str::to_owned);
    let mut text = String::new();
    for node in content(object) {
        if let Node::Text { text: part, .. } = node {
            text.push_str(&part);
        }
    }
    Node::CodeBlock { language, text }
}

fn text_at(value: &Value, pointer: &str) -> Option<String> {
    let text = value.pointer(pointer)?.as_str()?;
    Some(text.to_owned())
}

/// Returns the nodes inside a node of unknown type.
pub(super) fn unknown_children(value: &Value) -> Vec<Node> {
    let children = value.get("content").and_then(Value::as_array);
    let children = children.into_iter().flatten();
    children.cloned().map(Node::from_value).collect()
}

/// Returns the text that a node of unknown type shows by itself: a mention, emoji, status or card.
pub(super) fn unknown_label(value: &Value) -> String {
    const SHOWN: [&str; 7] = [
        "/text",
        "/attrs/text",
        "/attrs/shortName",
        "/attrs/title",
        "/attrs/alt",
        "/attrs/url",
        "/attrs/timestamp",
    ];
    let mut labels = SHOWN.iter().filter_map(|pointer| text_at(value, pointer));
    labels.find(|label| !label.is_empty()).unwrap_or_default()
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("not an ADF document"))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from_value)
    }
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from_value)
    }
}
