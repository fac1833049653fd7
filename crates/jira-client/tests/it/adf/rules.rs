//! What every document must hold to: the published schema and what it does not say.

use std::path::PathBuf;
use std::sync::OnceLock;

use jira_client::adf::{self, Conversion};
use jsonschema::{Draft, Validator};
use serde_json::Value;

/// Converts, after which the document is known to be valid.
pub(super) fn converted(markdown: &str) -> Conversion {
    let conversion = adf::from_markdown(markdown);
    assert_valid(&conversion.document.to_value(), markdown);
    conversion
}

/// Panics unless `document` is one that Jira takes.
pub(super) fn assert_valid(document: &Value, source: &str) {
    assert_extra_rules(document, source, 0);
    let Some(schema) = schema() else {
        return;
    };
    if let Err(error) = schema.validate(document) {
        panic!(
            "{error}\nat {}\nin {document:#}\nfrom {source:?}",
            error.instance_path
        );
    }
}

pub(super) fn shared(path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("HANDOFF_SHARED_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

fn schema() -> Option<&'static Validator> {
    static SCHEMA: OnceLock<Option<Validator>> = OnceLock::new();
    let load = || {
        let text = std::fs::read_to_string(shared("jira/adf-schema.json")?).unwrap();
        let schema = serde_json::from_str(&text).unwrap();
        Some(
            jsonschema::options()
                .with_draft(Draft::Draft4)
                .build(&schema)
                .unwrap(),
        )
    };
    SCHEMA.get_or_init(load).as_ref()
}

fn assert_extra_rules(node: &Value, source: &str, depth: usize) {
    assert!(depth <= 60, "nested {depth} deep, from {source:?}");
    let kind = node["type"].as_str().unwrap();
    let children = node["content"].as_array().map_or(&[][..], Vec::as_slice);
    match kind {
        "text" => return assert_text_rules(node, source),
        "bulletList" | "orderedList" | "listItem" | "taskList" | "blockquote" | "table"
        | "tableRow" | "tableCell" | "tableHeader" => {
            assert!(!children.is_empty(), "empty {kind} from {source:?}");
        }
        "codeBlock" => {
            let plain = children.iter().all(|text| text.get("marks").is_none());
            assert!(plain && children.len() <= 1, "{node} from {source:?}");
            return;
        }
        _ => {}
    }
    if kind == "taskList" {
        assert_eq!(children[0]["type"], "taskItem", "{node} from {source:?}");
    }
    if let (Some("listItem"), Some(first)) = (Some(kind), children.first()) {
        let begins_well = first["type"] == "paragraph" || first["type"] == "codeBlock";
        assert!(begins_well, "{node} from {source:?}");
    }
    for child in children {
        assert!(
            !allowed_nowhere_in(kind).contains(&child["type"].as_str().unwrap()),
            "{node}"
        );
        assert_extra_rules(child, source, depth + 1);
    }
}

fn allowed_nowhere_in(kind: &str) -> &'static [&'static str] {
    match kind {
        "listItem" => &["heading", "blockquote", "table", "rule", "panel", "expand"],
        "blockquote" => &[
            "heading",
            "blockquote",
            "table",
            "rule",
            "panel",
            "taskList",
        ],
        "tableCell" | "tableHeader" => &["table"],
        "taskItem" => &[
            "paragraph",
            "bulletList",
            "orderedList",
            "taskList",
            "codeBlock",
        ],
        _ => &[],
    }
}

fn assert_text_rules(node: &Value, source: &str) {
    let text = node["text"].as_str().unwrap();
    assert!(!text.is_empty(), "empty text from {source:?}");
    let has_forbidden = text.contains(|c: char| c.is_ascii_control() && c != '\t' && c != '\u{7F}');
    assert!(!has_forbidden, "{text:?} from {source:?}");
    let marks = node["marks"].as_array().map_or(&[][..], Vec::as_slice);
    let has_code = marks.iter().any(|mark| mark["type"] == "code");
    for mark in marks {
        let kind = mark["type"].as_str().unwrap();
        assert!(
            !has_code || kind == "code" || kind == "link",
            "{node} from {source:?}"
        );
        if kind == "link" {
            let href = mark["attrs"]["href"].as_str().unwrap().to_ascii_lowercase();
            let target = ["http://", "https://", "mailto:"]
                .iter()
                .find_map(|scheme| href.strip_prefix(scheme));
            assert!(
                target.is_some_and(|target| !target.is_empty()),
                "{href} from {source:?}"
            );
        }
    }
}

#[test]
fn the_schema_refuses_what_the_rules_forbid() {
    let Some(schema) = schema() else {
        return;
    };
    let document =
        |block: Value| serde_json::json!({ "type": "doc", "version": 1, "content": [block] });
    let text = serde_json::json!({ "type": "text", "text": "a" });
    let heading =
        serde_json::json!({ "type": "heading", "attrs": { "level": 1 }, "content": [text] });
    assert!(schema.is_valid(&document(heading.clone())));
    let empty =
        serde_json::json!({ "type": "paragraph", "content": [{ "type": "text", "text": "" }] });
    assert!(!schema.is_valid(&document(empty)));
    for (list, item) in [("bulletList", "listItem"), ("taskList", "taskItem")] {
        let item = serde_json::json!({ "type": item, "content": [heading] });
        assert!(!schema.is_valid(&document(
            serde_json::json!({ "type": list, "content": [item] })
        )));
    }
    assert!(!schema.is_valid(&document(
        serde_json::json!({ "type": "blockquote", "content": [] })
    )));
}
