//! Documents that Jira returns, which hold more than ours.

use jira_client::adf::{self, Document, Mark, Node};
use serde_json::{Value, json};

fn from_jira() -> Value {
    json!({ "type": "doc", "version": 1, "content": [
        { "type": "panel", "attrs": { "panelType": "info" }, "content": [
            { "type": "paragraph", "attrs": { "localId": "x" }, "content": [
                { "type": "mention", "attrs": { "id": "1", "text": "@Ada" } },
                { "type": "text", "text": " wrote ", "marks": [{ "type": "textColor", "attrs": { "color": "#fff" } }] },
                { "type": "emoji", "attrs": { "shortName": ":tada:", "text": "🎉" } },
                { "type": "hardBreak" },
                { "type": "inlineCard", "attrs": { "url": "https://a.b" } },
            ] },
        ] },
        { "type": "expand", "attrs": { "title": "More" }, "content": [
            { "type": "bulletList", "content": [{ "type": "listItem", "content": [
                { "type": "paragraph", "content": [{ "type": "text", "text": "a", "marks": [{ "type": "underline" }] }] },
            ] }] },
        ] },
        { "type": "orderedList", "attrs": { "order": 2.6 }, "content": [{ "type": "listItem", "content": [
            { "type": "paragraph" },
        ] }] },
        { "type": "table", "content": [{ "type": "tableRow", "content": [
            { "type": "tableCell", "attrs": { "colspan": 2 }, "content": [
                { "type": "paragraph", "content": [{ "type": "text", "text": "b" }] },
                { "type": "bulletList", "content": [{ "type": "listItem", "content": [
                    { "type": "paragraph", "content": [{ "type": "text", "text": "c|d" }] },
                ] }] },
            ] },
        ] }] },
        { "type": "heading", "attrs": { "level": 9 }, "content": [{ "type": "text", "text": "odd" }] },
        { "type": "text" },
        "no node",
        { "type": "codeBlock" },
    ] })
}

#[test]
fn unknown_nodes_show_their_text_and_keep_their_json() {
    let document = Document::from_value(from_jira()).unwrap();
    assert_eq!(
        adf::to_text(&document),
        "@Ada wrote 🎉\nhttps://a.b\n\nMore- a\n\n3. \n\nb\n- c|d\n\nodd\n\n\n\n\n\n"
    );
    assert_eq!(
        adf::to_markdown(&document),
        "@Ada wrote 🎉\\\nhttps://a.b\n\nMore\n\n- a\n\n3.\n\n| b<br>c\\|d |\n| --- |\n\nodd\n\n```\n```"
    );
    let written = document.to_value();
    assert_eq!(written["content"][1], from_jira()["content"][1]);
    assert_eq!(written["content"][6], "no node");
}

#[test]
fn what_jira_adds_to_known_nodes_does_not_make_documents_differ() {
    let ours = adf::from_markdown("# a\n\n- **b**\n- [ ] c").document;
    let mut theirs = ours.to_value();
    theirs["content"][0]["attrs"]["localId"] = json!("1");
    theirs["content"][1]["attrs"] = json!({ "localId": "2" });
    assert_ne!(theirs, ours.to_value());
    assert_eq!(Document::from_value(theirs).unwrap(), ours);
}

#[test]
fn only_documents_and_empty_fields_are_read() {
    assert_eq!(Document::from_value(Value::Null), Some(Document::default()));
    for no_document in [
        json!("text"),
        json!([]),
        json!({}),
        json!({ "type": "paragraph" }),
    ] {
        assert_eq!(Document::from_value(no_document.clone()), None);
        assert!(serde_json::from_value::<Document>(no_document).is_err());
    }
    let bare: Document = serde_json::from_str(r#"{"type":"doc"}"#).unwrap();
    assert_eq!(
        bare.to_value(),
        json!({ "type": "doc", "version": 1, "content": [] })
    );
}

#[test]
fn nodes_and_marks_are_read_alone() {
    let text = json!({ "type": "text", "text": "a", "marks": [
        { "type": "link", "attrs": { "href": "http://b.c", "title": "d" } },
        { "type": "subsup", "attrs": { "type": "sub" } },
        { "type": "link" },
    ] });
    let node: Node = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&node).unwrap(), text);
    let mark: Mark = serde_json::from_value(json!({ "type": "code" })).unwrap();
    assert_eq!(mark, Mark::Code);
}
