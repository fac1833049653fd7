//! The sandbox's own rules against the published schema.

use std::path::PathBuf;

use serde_json::json;

use super::*;

/// Reads the published schema, where the shared folder is at hand.
fn schema() -> Option<jsonschema::Validator> {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("HANDOFF_SHARED_DIR").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| repository.join("../shared"));
    let text = std::fs::read_to_string(shared.join("jira/adf-schema.json")).ok()?;
    let mut schema = serde_json::from_str(&text).unwrap();
    prune(&mut schema);
    let draft = jsonschema::options().with_draft(jsonschema::Draft::Draft4);
    Some(draft.build(&schema).unwrap())
}

/// Takes out what the sandbox knowingly leaves out, which also spares the validator half its work.
fn prune(schema: &mut Value) {
    const LEFT_OUT: &[&str] = &[
        "xtension",
        "layout",
        "yncBlock",
        "blockTaskItem",
        "dataConsumer",
        "placeholder",
        "mediaInline",
    ];
    match schema {
        Value::Object(fields) => fields.values_mut().for_each(prune),
        Value::Array(values) => {
            let left_out = |value: &Value| {
                let target = value
                    .get("$ref")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                LEFT_OUT.iter().any(|name| target.contains(name))
            };
            values.retain(|value| !left_out(value));
            values.iter_mut().for_each(prune);
        }
        _ => {}
    }
}

#[test]
fn the_published_schema_agrees_on_samples_and_on_random_documents() {
    let Some(schema) = schema() else {
        println!("skipped: the shared folder with adf-schema.json is absent");
        return;
    };
    for (name, document) in valid() {
        assert!(schema.is_valid(&document), "{name}");
    }
    for (name, document) in invalid() {
        assert!(!schema.is_valid(&document), "{name}");
    }
    let mut dice = Dice(11);
    let documents: Vec<_> = (0..2_000).map(|_| random_document(&mut dice)).collect();
    let differs = |document: &&Value| check(document).is_ok() != schema.is_valid(document);
    let differing: Vec<_> = documents.iter().filter(differs).take(5).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    let valid = documents
        .iter()
        .filter(|document| check(document).is_ok())
        .count();
    assert!((200..1_800).contains(&valid), "{valid} of 2000 were valid");
}

/// A generator of numbers that is enough to shuffle samples.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    fn rarely(&mut self) -> bool {
        self.below(12) == 0
    }
}

const KINDS: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "listItem",
    "taskList",
    "taskItem",
    "codeBlock",
    "blockquote",
    "rule",
    "panel",
    "table",
    "tableRow",
    "tableCell",
    "tableHeader",
    "expand",
    "nestedExpand",
    "mediaSingle",
    "mediaGroup",
    "media",
    "caption",
    "blockCard",
    "inlineCard",
    "embedCard",
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "date",
    "status",
    "decisionList",
    "decisionItem",
];

fn random_document(dice: &mut Dice) -> Value {
    let blocks = dice.below(3);
    let content: Vec<_> = (0..blocks).map(|_| random_node(dice, "doc", 3)).collect();
    doc(content.into())
}

/// Makes a node that mostly belongs below `parent`, with now and then something wrong about it.
fn random_node(dice: &mut Dice, parent: &str, depth: usize) -> Value {
    let kind = match rule(parent).map(|rule| rule.content) {
        Some(Content::Of { children, .. }) if !dice.rarely() => dice.pick(children),
        _ => dice.pick(KINDS),
    };
    let mut fields = Map::from_iter([("type".to_owned(), kind.into())]);
    if let Some(attrs) = random_attrs(dice, kind) {
        fields.insert("attrs".to_owned(), attrs);
    }
    if kind == "text" {
        fields.insert(
            "text".to_owned(),
            if dice.rarely() { "" } else { "x" }.into(),
        );
    }
    if (kind == "text" && dice.below(3) == 0) || dice.rarely() {
        let marks: Vec<_> = (0..dice.below(3)).map(|_| random_mark(dice)).collect();
        fields.insert("marks".to_owned(), marks.into());
    }
    let takes_content = !matches!(rule(kind).unwrap().content, Content::None);
    if (takes_content && depth > 0 && !dice.rarely()) || dice.rarely() {
        let count = if dice.rarely() { 0 } else { 1 + dice.below(2) };
        let next = depth.saturating_sub(1);
        let content: Vec<_> = (0..count).map(|_| random_node(dice, kind, next)).collect();
        fields.insert("content".to_owned(), content.into());
    }
    fields.into()
}

fn random_attrs(dice: &mut Dice, kind: &str) -> Option<Value> {
    if dice.rarely() {
        let odd = [
            json!({}),
            json!({"x": 1}),
            json!(null),
            json!({"localId": 1}),
        ];
        return Some(odd[dice.below(odd.len())].clone());
    }
    let attrs = match kind {
        "heading" => json!({"level": dice.below(8)}),
        "orderedList" => json!({"order": dice.below(3)}),
        "taskList" | "decisionList" => json!({"localId": "l"}),
        "taskItem" => json!({"localId": "i", "state": dice.pick(&["TODO", "DONE"])}),
        "decisionItem" => json!({"localId": "i", "state": "DECIDED"}),
        "codeBlock" => json!({"language": "rust", "wrap": true}),
        "panel" => json!({"panelType": dice.pick(&["info", "custom", "loud"])}),
        "table" => json!({"layout": dice.pick(&["default", "center", "wrap-left"])}),
        "tableCell" | "tableHeader" => json!({"colspan": 2, "colwidth": [100]}),
        "expand" | "nestedExpand" => json!({"title": "t"}),
        "mediaSingle" => json!({"layout": "center", "width": 50}),
        "media" => match dice.below(3) {
            0 => json!({"type": "external", "url": "http://x", "alt": "a"}),
            1 => json!({"type": "file", "id": "1", "collection": "c"}),
            _ => json!({"type": "file", "url": "http://x"}),
        },
        "blockCard" | "inlineCard" => json!({"url": "http://x"}),
        "embedCard" => json!({"url": "http://x", "layout": "center"}),
        "mention" => json!({"id": "1", "text": "t"}),
        "emoji" => json!({"shortName": ":x:"}),
        "date" => json!({"timestamp": "1"}),
        "status" => json!({"text": "t", "color": dice.pick(&["blue", "pink"])}),
        _ => return None,
    };
    Some(attrs)
}

fn random_mark(dice: &mut Dice) -> Value {
    let marks = [
        json!({"type": "strong"}),
        json!({"type": "em"}),
        json!({"type": "strike"}),
        json!({"type": "underline"}),
        json!({"type": "code"}),
        json!({"type": "link", "attrs": {"href": "http://x"}}),
        json!({"type": "link"}),
        json!({"type": "subsup", "attrs": {"type": "sub"}}),
        json!({"type": "textColor", "attrs": {"color": "#ff0000"}}),
        json!({"type": "backgroundColor", "attrs": {"color": "red"}}),
        json!({"type": "alignment", "attrs": {"align": "center"}}),
        json!({"type": "indentation", "attrs": {"level": 2}}),
        json!({"type": "fontSize", "attrs": {"fontSize": "small"}}),
        json!({"type": "breakout", "attrs": {"mode": "wide"}}),
        json!({"type": "border", "attrs": {"size": 1, "color": "#ff0000"}}),
        json!({"type": "strong", "attrs": {}}),
    ];
    marks[dice.below(marks.len())].clone()
}
