//! The Atlassian Document Format as Jira accepts it: structure, limits and plain text.
//!
//! Source: the public schema of `@atlaskit/adf-schema` (full, version 1), without extensions,
//! layouts, sync blocks and block task items.

mod attrs;
mod marks;
mod rules;

use serde_json::{Map, Value, json};

use attrs::Attr;
use rules::{Content, Rule, rule};

/// The most characters (UTF-16 units) that Jira stores in a description.
const MAX_TEXT_UNITS: usize = 32_767;

/// Why Jira refuses a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No document at all.
    NotADocument,
    /// A document that breaks the schema, with the path of the first fault.
    Invalid(String),
    TooLong,
}

/// Checks a value that should be a document.
pub(crate) fn check(document: &Value) -> Result<(), Refusal> {
    let Some(fields) = document.as_object() else {
        return Err(Refusal::NotADocument);
    };
    let is_root = document.get("type").and_then(Value::as_str) == Some("doc");
    let first_version = document.get("version").and_then(Value::as_f64) == Some(1.0);
    let known_keys = fields
        .keys()
        .all(|key| matches!(key.as_str(), "type" | "version" | "content"));
    if !(is_root && first_version && known_keys) {
        return Err(Refusal::Invalid("/".to_owned()));
    }
    let root = rule("doc").ok_or_else(|| Refusal::Invalid("/".to_owned()))?;
    content(fields, "doc", &root, "").map_err(Refusal::Invalid)?;
    if text_units(document) > MAX_TEXT_UNITS {
        return Err(Refusal::TooLong);
    }
    Ok(())
}

/// Makes a document of a text, with a paragraph for each line.
pub(crate) fn of_text(text: &str) -> Value {
    let lines = text.lines().map(|line| match line {
        "" => json!({"type": "paragraph", "content": []}),
        line => json!({"type": "paragraph", "content": [{"type": "text", "text": line}]}),
    });
    json!({"type": "doc", "version": 1, "content": lines.collect::<Vec<_>>()})
}

/// Gives a valid document with attributes that nobody has sent: local ids, and where lists begin.
pub(crate) fn grown(document: &Value) -> Value {
    let mut grown = document.clone();
    grow(&mut grown, &mut 0);
    grown
}

fn grow(node: &mut Value, count: &mut u64) {
    let Some(node) = node.as_object_mut() else {
        return;
    };
    let kind = node.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_list = kind == "orderedList";
    if is_list || matches!(kind, "paragraph" | "heading" | "bulletList" | "listItem") {
        *count += 1;
        let attrs = node.entry("attrs").or_insert_with(|| json!({}));
        if let Some(attrs) = attrs.as_object_mut() {
            let id = || format!("{count:012x}").into();
            attrs.entry("localId").or_insert_with(id);
            if is_list {
                attrs.entry("order").or_insert_with(|| 1.into());
            }
        }
    }
    let content = node.get_mut("content").and_then(Value::as_array_mut);
    for child in content.into_iter().flatten() {
        grow(child, count);
    }
}

/// Gives a document's text, a line per block.
pub(crate) fn to_text(document: &Value) -> String {
    let mut text = String::new();
    append_text(document, &mut text);
    text.trim_end().to_owned()
}

fn append_text(node: &Value, text: &mut String) {
    let kind = node.get("type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "text" => text.push_str(node.get("text").and_then(Value::as_str).unwrap_or_default()),
        "hardBreak" => text.push('\n'),
        "rule" => text.push_str("----\n"),
        "listItem" => text.push_str("- "),
        "taskItem" => {
            let done = node.pointer("/attrs/state").and_then(Value::as_str) == Some("DONE");
            text.push_str(if done { "[x] " } else { "[ ] " });
        }
        _ => {}
    }
    children(node).for_each(|child| append_text(child, text));
    if matches!(kind, "paragraph" | "heading" | "codeBlock" | "taskItem") {
        text.push('\n');
    }
}

fn text_units(node: &Value) -> usize {
    let own = node
        .get("text")
        .and_then(Value::as_str)
        .map_or(0, |text| text.encode_utf16().count());
    own + children(node).map(text_units).sum::<usize>()
}

fn children(node: &Value) -> impl Iterator<Item = &Value> {
    node.get("content")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Checks one node below `parent`; the error is the path of the fault.
fn node(value: &Value, parent: &str, path: &str) -> Result<(), String> {
    let at_fault = || path.to_owned();
    let fields = value.as_object().ok_or_else(at_fault)?;
    let kind = fields
        .get("type")
        .and_then(Value::as_str)
        .ok_or_else(at_fault)?;
    let rule = rule(kind).ok_or_else(at_fault)?;
    let known_key = |key: &str| match key {
        "type" => true,
        "attrs" => !rule.attrs.is_empty(),
        "content" => !matches!(rule.content, Content::None),
        "marks" => rule.marks,
        "text" => kind == "text",
        _ => false,
    };
    if !fields.keys().all(|key| known_key(key)) || !right_attrs(fields, kind, &rule) {
        return Err(at_fault());
    }
    if kind == "text"
        && fields
            .get("text")
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
    {
        return Err(at_fault());
    }
    if !marks::allowed(fields.get("marks"), kind, parent) {
        return Err(format!("{path}/marks"));
    }
    content(fields, kind, &rule, path)
}

fn content(fields: &Map<String, Value>, kind: &str, rule: &Rule, path: &str) -> Result<(), String> {
    let Content::Of {
        children,
        least,
        optional,
    } = rule.content
    else {
        return Ok(());
    };
    let at_fault = || format!("{path}/content");
    let Some(nodes) = fields.get("content") else {
        return if optional { Ok(()) } else { Err(at_fault()) };
    };
    let nodes = nodes.as_array().ok_or_else(at_fault)?;
    if nodes.len() < least || (kind == "mediaSingle" && !is_media_and_caption(nodes)) {
        return Err(at_fault());
    }
    for (at, child) in nodes.iter().enumerate() {
        let path = format!("{path}/content/{at}");
        let child_kind = child
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !children.contains(&child_kind) {
            return Err(path);
        }
        node(child, kind, &path)?;
    }
    Ok(())
}

fn is_media_and_caption(nodes: &[Value]) -> bool {
    let kinds: Vec<_> = nodes
        .iter()
        .filter_map(|node| node.get("type")?.as_str())
        .collect();
    matches!(kinds.as_slice(), ["media"] | ["media", "caption"])
}

fn right_attrs(fields: &Map<String, Value>, kind: &str, rule: &Rule) -> bool {
    let needed = rule.attrs_needed || rule.attrs.iter().any(|attr| attr.required);
    match fields.get("attrs") {
        None => !needed || kind == "mediaSingle",
        Some(Value::Object(given)) => match kind {
            "media" => media_attrs(given),
            "inlineCard" | "blockCard" => card_attrs(given),
            _ => fit(given, rule.attrs),
        },
        Some(_) => false,
    }
}

fn media_attrs(given: &Map<String, Value>) -> bool {
    match given.get("type").and_then(Value::as_str) {
        Some("external") => fit(given, attrs::EXTERNAL_MEDIA),
        Some(_) => fit(given, attrs::STORED_MEDIA),
        None => false,
    }
}

fn card_attrs(given: &Map<String, Value>) -> bool {
    let known = given
        .keys()
        .all(|key| matches!(key.as_str(), "url" | "data" | "localId"));
    let one_target = given.contains_key("url") != given.contains_key("data");
    known && one_target && given.get("url").is_none_or(Value::is_string)
}

/// Tells whether attributes are those listed, with the required ones among them.
fn fit(given: &Map<String, Value>, attrs: &[Attr]) -> bool {
    let known = |(name, value): (&String, &Value)| {
        attrs
            .iter()
            .any(|attr| attr.name == name && attr.kind.accepts(value))
    };
    given.iter().all(known)
        && attrs
            .iter()
            .all(|attr| !attr.required || given.contains_key(attr.name))
}

#[cfg(test)]
mod tests;
