mod against_schema;

use serde_json::json;

use super::*;

fn doc(content: Value) -> Value {
    json!({"type": "doc", "version": 1, "content": content})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn para() -> Value {
    json!({"type": "paragraph", "content": [text("x")]})
}

fn node(kind: &str, content: Value) -> Value {
    json!({"type": kind, "content": content})
}

fn marked(marks: Value) -> Value {
    doc(json!([node(
        "paragraph",
        json!([{"type": "text", "text": "x", "marks": marks}])
    )]))
}

/// Documents that Jira takes, by the published schema.
fn valid() -> Vec<(&'static str, Value)> {
    let item = |content| {
        doc(json!([node(
            "bulletList",
            json!([node("listItem", content)])
        )]))
    };
    let code = json!({"type": "codeBlock", "attrs": {"language": "rust"}, "content": [text("a")]});
    let task = json!({"type": "taskItem", "attrs": {"localId": "1", "state": "TODO"},
        "content": [text("do")]});
    let tasks = json!({"type": "taskList", "attrs": {"localId": "l"}, "content": [task]});
    let nested_tasks = json!({"type": "taskList", "attrs": {"localId": "l"},
        "content": [task, tasks]});
    let cell = |content| {
        let row = node("tableRow", json!([node("tableCell", content)]));
        doc(json!([node("table", json!([row]))]))
    };
    let table = node(
        "table",
        json!([node(
            "tableRow",
            json!([node("tableHeader", json!([para()]))])
        )]),
    );
    vec![
        ("an empty document", doc(json!([]))),
        ("an empty paragraph", doc(json!([{"type": "paragraph"}]))),
        ("an empty code block", doc(json!([{"type": "codeBlock"}]))),
        (
            "an empty task item",
            doc(json!([{"type": "taskList", "attrs": {"localId": "l"},
            "content": [{"type": "taskItem", "attrs": {"localId": "1", "state": "DONE"}}]}])),
        ),
        ("a code block first in a list item", item(json!([code]))),
        (
            "a list first in a list item",
            item(json!([node(
                "bulletList",
                json!([node("listItem", json!([para()]))])
            )])),
        ),
        ("a task list in a list item", item(json!([tasks]))),
        ("a task list in a cell", cell(json!([tasks]))),
        ("nested task lists", doc(json!([nested_tasks]))),
        ("an empty cell", cell(json!([{"type": "paragraph"}]))),
        (
            "code and lists in a quote",
            doc(json!([node(
                "blockquote",
                json!([
                    code,
                    node("orderedList", json!([node("listItem", json!([para()]))]))
                ])
            )])),
        ),
        (
            "a table in an expand",
            doc(json!([{"type": "expand", "attrs": {"title": "t"},
            "content": [table]}])),
        ),
        (
            "a hard break in a heading",
            doc(json!([{"type": "heading", "attrs": {"level": 6},
            "content": [text("a"), {"type": "hardBreak"}]}])),
        ),
        (
            "an empty href",
            marked(json!([{"type": "link", "attrs": {"href": ""}}])),
        ),
        (
            "code with a link",
            marked(json!([{"type": "code"},
            {"type": "link", "attrs": {"href": "http://x"}}])),
        ),
        (
            "many marks",
            marked(
                json!([{"type": "strong"}, {"type": "em"}, {"type": "strike"},
            {"type": "underline"}, {"type": "textColor", "attrs": {"color": "#00ff00"}}]),
            ),
        ),
        (
            "a broken order",
            doc(json!([{"type": "orderedList", "attrs": {"order": 1.5},
            "content": [node("listItem", json!([para()]))]}])),
        ),
        (
            "an external picture",
            doc(
                json!([{"type": "mediaSingle", "attrs": {"layout": "center"},
            "content": [{"type": "media", "attrs": {"type": "external", "url": "http://x"}}]}]),
            ),
        ),
        (
            "a panel",
            doc(json!([{"type": "panel", "attrs": {"panelType": "info"},
            "content": [para(), {"type": "rule"}]}])),
        ),
    ]
}

/// Documents that Jira refuses, by the published schema.
fn invalid() -> Vec<(&'static str, Value)> {
    let item = |content| {
        doc(json!([node(
            "bulletList",
            json!([node("listItem", content)])
        )]))
    };
    let heading = json!({"type": "heading", "attrs": {"level": 1}, "content": [text("h")]});
    let table = node(
        "table",
        json!([node(
            "tableRow",
            json!([node("tableCell", json!([para()]))])
        )]),
    );
    let panel = |content: Value| {
        json!({"type": "panel", "attrs": {"panelType": "info"},
        "content": content})
    };
    let expand = json!({"type": "expand", "content": [para()]});
    let quote = node("blockquote", json!([para()]));
    let rule = json!({"type": "rule"});
    let task_list = |content: Value| {
        json!({"type": "taskList", "attrs": {"localId": "l"},
        "content": content})
    };
    let task = |content: Value| {
        json!({"type": "taskItem",
        "attrs": {"localId": "1", "state": "TODO"}, "content": content})
    };
    let mut cases = vec![
        ("no version", json!({"type": "doc", "content": []})),
        ("no content", json!({"type": "doc", "version": 1})),
        (
            "another version",
            json!({"type": "doc", "version": 2, "content": []}),
        ),
        (
            "an unknown key",
            json!({"type": "doc", "version": 1, "content": [], "x": 1}),
        ),
        ("an unknown node", doc(json!([{"type": "unknown"}]))),
        ("text at the top", doc(json!([text("x")]))),
        (
            "an empty text",
            doc(json!([node("paragraph", json!([text("")]))])),
        ),
        (
            "heading level 7",
            doc(json!([{"type": "heading", "attrs": {"level": 7}}])),
        ),
        ("heading without level", doc(json!([{"type": "heading"}]))),
        (
            "a link without href",
            marked(json!([{"type": "link", "attrs": {}}])),
        ),
        ("an unknown mark", marked(json!([{"type": "blink"}]))),
        (
            "code with strong",
            marked(json!([{"type": "code"}, {"type": "strong"}])),
        ),
        ("an empty list", doc(json!([node("bulletList", json!([]))]))),
        ("an empty list item", item(json!([]))),
        (
            "an empty quote",
            doc(json!([node("blockquote", json!([]))])),
        ),
        ("an empty task list", doc(json!([task_list(json!([]))]))),
        (
            "a task list without localId",
            doc(json!([node("taskList", json!([task(json!([]))]))])),
        ),
        (
            "a task item without state",
            doc(json!([task_list(json!([{"type": "taskItem",
            "attrs": {"localId": "1"}}]))])),
        ),
        (
            "a paragraph in a task item",
            doc(json!([task_list(json!([task(json!([para()]))]))])),
        ),
        (
            "marks in a code block",
            doc(json!([node(
                "codeBlock",
                json!([{"type": "text",
            "text": "x", "marks": [{"type": "strong"}]}])
            )])),
        ),
        (
            "an empty cell",
            doc(json!([node(
                "table",
                json!([node("tableRow", json!([node("tableCell", json!([]))]))])
            )])),
        ),
        (
            "a table in a table",
            doc(json!([node(
                "table",
                json!([node("tableRow", json!([node("tableCell", json!([table]))]))])
            )])),
        ),
    ];
    for node_inside in [
        &heading,
        &quote,
        &table,
        &rule,
        &panel(json!([para()])),
        &expand,
    ] {
        cases.push(("in a list item", item(json!([node_inside]))));
    }
    let tasks = task_list(json!([task(json!([]))]));
    for node_inside in [
        &heading,
        &quote,
        &table,
        &rule,
        &panel(json!([para()])),
        &tasks,
    ] {
        cases.push((
            "in a quote",
            doc(json!([node("blockquote", json!([node_inside]))])),
        ));
    }
    for node_inside in [&table, &quote, &panel(json!([para()])), &expand] {
        cases.push(("in a panel", doc(json!([panel(json!([node_inside]))]))));
    }
    cases
}

#[test]
fn documents_jira_takes_pass_and_those_it_refuses_fail() {
    for (name, document) in valid() {
        assert_eq!(check(&document), Ok(()), "{name}");
    }
    for (name, document) in invalid() {
        assert!(
            matches!(check(&document), Err(Refusal::Invalid(_))),
            "{name}: {document}"
        );
    }
}

#[test]
fn a_text_is_counted_and_not_a_document() {
    let long = |n| doc(json!([node("paragraph", json!([text(&"é".repeat(n))]))]));
    assert_eq!(check(&long(32_767)), Ok(()));
    assert_eq!(check(&long(32_768)), Err(Refusal::TooLong));
    assert_eq!(check(&json!("text")), Err(Refusal::NotADocument));
}

#[test]
fn a_fault_is_named_by_its_path() {
    let document = doc(json!([
        para(),
        node("bulletList", json!([node("listItem", json!([]))]))
    ]));
    let path = "/content/1/content/0/content".to_owned();
    assert_eq!(check(&document), Err(Refusal::Invalid(path)));
}

#[test]
fn a_document_reads_as_text() {
    let item = node("listItem", json!([para()]));
    let document = doc(json!([para(), node("bulletList", json!([item, item]))]));
    assert_eq!(to_text(&document), "x\n- x\n- x");
}
