//! What each construct of Markdown becomes.

use jira_client::adf::{self, DegradationKind, Document};
use serde_json::{Value, json};

use super::rules::{assert_valid, converted};

fn blocks(markdown: &str) -> Value {
    converted(markdown).document.to_value()["content"].take()
}

fn degraded(markdown: &str) -> Vec<(usize, DegradationKind)> {
    let degraded = converted(markdown).degraded;
    degraded
        .into_iter()
        .map(|one| (one.line, one.kind))
        .collect()
}

/// The text of a document with its structure as indentation-free tags.
fn outline(markdown: &str) -> String {
    fn write(node: &Value, out: &mut String) {
        match node["type"].as_str().unwrap() {
            "text" => out.push_str(node["text"].as_str().unwrap()),
            "hardBreak" => out.push('⏎'),
            "paragraph" => children(node, out),
            kind => {
                out.push_str(kind);
                out.push('(');
                children(node, out);
                out.push(')');
            }
        }
    }
    fn children(node: &Value, out: &mut String) {
        let empty = Vec::new();
        let content = node["content"].as_array().unwrap_or(&empty);
        for (index, child) in content.iter().enumerate() {
            let is_inline = child["type"] == "text" || child["type"] == "hardBreak";
            out.push_str(if index > 0 && !is_inline { ", " } else { "" });
            write(child, out);
        }
    }
    let mut out = String::new();
    children(&converted(markdown).document.to_value(), &mut out);
    out
}

#[test]
fn nothing_becomes_an_empty_document() {
    for nothing in [
        "",
        "\n\n",
        "  \n",
        "\u{FEFF}",
        "\0\u{1}",
        "&#32;",
        "<br>",
        "[a]: http://b.c",
    ] {
        assert_eq!(blocks(nothing), json!([]), "{nothing:?}");
    }
}

#[test]
fn headings_and_paragraphs_keep_their_level_and_marks() {
    assert_eq!(
        blocks("## A *b* **c** ~~d~~ `e`\n\nf\ng\\\nh"),
        json!([
            { "type": "heading", "attrs": { "level": 2 }, "content": [
                { "type": "text", "text": "A " },
                { "type": "text", "text": "b", "marks": [{ "type": "em" }] },
                { "type": "text", "text": " " },
                { "type": "text", "text": "c", "marks": [{ "type": "strong" }] },
                { "type": "text", "text": " " },
                { "type": "text", "text": "d", "marks": [{ "type": "strike" }] },
                { "type": "text", "text": " " },
                { "type": "text", "text": "e", "marks": [{ "type": "code" }] },
            ] },
            { "type": "paragraph", "content": [
                { "type": "text", "text": "f g" },
                { "type": "hardBreak" },
                { "type": "text", "text": "h" },
            ] },
        ])
    );
}

#[test]
fn lists_nest_and_keep_their_first_number() {
    assert_eq!(
        blocks("3. a\n   - b\n\n4. c"),
        json!([{ "type": "orderedList", "attrs": { "order": 3 }, "content": [
            { "type": "listItem", "content": [
                { "type": "paragraph", "content": [{ "type": "text", "text": "a" }] },
                { "type": "bulletList", "content": [{ "type": "listItem", "content": [
                    { "type": "paragraph", "content": [{ "type": "text", "text": "b" }] },
                ] }] },
            ] },
            { "type": "listItem", "content": [
                { "type": "paragraph", "content": [{ "type": "text", "text": "c" }] },
            ] },
        ] }])
    );
    assert_eq!(
        outline("- \n- - a"),
        "bulletList(listItem(), listItem(, bulletList(listItem(a))))"
    );
}

#[test]
fn tasks_have_a_state_and_ids_that_stay_the_same() {
    let tasks = "- [ ] a\n  - [x] b\n- [X] c";
    let ids = |n: u64| format!("00000000-0000-8000-8000-{n:012x}");
    let text = |text: &str| json!([{ "type": "text", "text": text }]);
    assert_eq!(
        blocks(tasks),
        json!([{ "type": "taskList", "attrs": { "localId": ids(1) }, "content": [
            { "type": "taskItem", "attrs": { "localId": ids(2), "state": "TODO" }, "content": text("a") },
            { "type": "taskList", "attrs": { "localId": ids(3) }, "content": [
                { "type": "taskItem", "attrs": { "localId": ids(4), "state": "DONE" }, "content": text("b") },
            ] },
            { "type": "taskItem", "attrs": { "localId": ids(5), "state": "DONE" }, "content": text("c") },
        ] }])
    );
    assert_eq!(degraded(tasks), []);
}

#[test]
fn tables_have_a_header_and_every_cell_a_paragraph() {
    let table = "| a | b |\n|---|:-:|\n| c |";
    assert_eq!(
        outline(table),
        "table(tableRow(tableHeader(a), tableHeader(b)), tableRow(tableCell(c), tableCell()))"
    );
    assert_eq!(degraded(table), [(1, DegradationKind::TableAlignment)]);
    assert_eq!(
        outline("|a|\n|-|\n|b<br/>c \\| d|")
            .matches("b⏎c | d")
            .count(),
        1
    );
}

#[test]
fn code_blocks_keep_their_text_and_language() {
    assert_eq!(
        blocks("```rust,ignore\nfn a() {\n\n\t}\n```"),
        json!([{ "type": "codeBlock", "attrs": { "language": "rust" },
            "content": [{ "type": "text", "text": "fn a() {\n\n\t}" }] }])
    );
    assert_eq!(
        blocks("```\n```"),
        json!([{ "type": "codeBlock", "content": [] }])
    );
}

#[test]
fn links_lead_to_the_web_or_to_mail_and_others_show_their_address() {
    let link = |text: &str, href: &str| {
        json!({ "type": "text", "text": text,
            "marks": [{ "type": "link", "attrs": { "href": href } }] })
    };
    let inline = |markdown: &str| blocks(markdown)[0]["content"].take();
    assert_eq!(
        inline("[a](<https://b.c/d e|f>)"),
        json!([link("a", "https://b.c/d%20e%7Cf")])
    );
    assert_eq!(inline("<a@b.c>"), json!([link("a@b.c", "mailto:a@b.c")]));
    assert_eq!(
        inline("www.b.c"),
        json!([link("www.b.c", "http://www.b.c")])
    );
    assert_eq!(
        inline("![a](https://b.c/d.png)"),
        json!([link("a", "https://b.c/d.png")])
    );
    assert_eq!(
        inline("[](https://b.c)"),
        json!([link("https://b.c", "https://b.c")])
    );
    for (markdown, text) in [
        ("[a](javascript:b)", "a (javascript:b)"),
        ("[a](../b.md)", "a (../b.md)"),
        ("[a](#b)", "a (#b)"),
        ("[a]()", "a"),
        ("[a](http://)", "a (http://)"),
        ("<ftp://a.b>", "ftp://a.b"),
        (
            "![a](data:image/png;base64,AAAA)",
            "a (data:image/png;base64,…)",
        ),
    ] {
        assert_eq!(
            inline(markdown),
            json!([{ "type": "text", "text": text }]),
            "{markdown}"
        );
    }
}

#[test]
fn what_fits_nowhere_inside_is_lifted_out_or_becomes_a_paragraph() {
    use DegradationKind::*;
    type Case = (
        &'static str,
        &'static str,
        &'static [(usize, DegradationKind)],
    );
    let cases: [Case; 10] = [
        (
            "- a\n  # b\n- c",
            "bulletList(listItem(a, b), listItem(c))",
            &[(2, HeadingInList)],
        ),
        ("> # a", "blockquote(a)", &[(1, HeadingInQuote)]),
        ("> > a\n>\n> b", "blockquote(a, b)", &[(1, QuoteInQuote)]),
        (
            "- > a\n- b",
            "bulletList(listItem(a), listItem(b))",
            &[(1, QuoteInList)],
        ),
        ("> a\n>\n> ---\n> b", "blockquote(a, b)", &[(3, NestedRule)]),
        (
            "1. a\n\n   | b |\n   |---|\n\n   c\n2. d",
            "orderedList(listItem(a)), table(tableRow(tableHeader(b))), c, orderedList(listItem(d))",
            &[(3, NestedTable)],
        ),
        (
            "> a\n> - [ ] b\n> - c",
            "blockquote(a), taskList(taskItem(b)), blockquote(bulletList(listItem(c)))",
            &[(2, TaskListInQuote)],
        ),
        (
            "- [ ] a\n  - b\n- [x] c\n\n  d\n- e",
            "taskList(taskItem(a)), bulletList(listItem(b)), taskList(taskItem(c)), d, \
             bulletList(listItem(e))",
            &[(2, BlockInTask), (5, BlockInTask)],
        ),
        ("1. [ ] a", "taskList(taskItem(a))", &[(1, NumberedTask)]),
        ("**a `b`**", "a b", &[(1, FormattedCode)]),
    ];
    for (markdown, expected, kinds) in cases {
        assert_eq!(outline(markdown), expected, "{markdown}");
        assert_eq!(degraded(markdown), kinds, "{markdown}");
    }
    assert_eq!(
        blocks("> ## a")[0]["content"][0]["content"][0]["marks"][0]["type"],
        "strong"
    );
}

#[test]
fn a_numbered_list_goes_on_counting_after_what_was_lifted_out() {
    let list = "1. a\n2. b\n\n   | c |\n   |---|\n3. d";
    assert_eq!(blocks(list)[2]["attrs"]["order"], 3);
}

#[test]
fn html_and_footnotes_stay_readable() {
    use DegradationKind::{Footnote, RawHtml};
    let html = "<div>\n<b>a</b>\n</div>\n\nb <i>c</i><br>d";
    assert_eq!(outline(html), "<div>⏎<b>a</b>⏎</div>, b <i>c</i>⏎d");
    assert_eq!(degraded(html), [(1, RawHtml), (5, RawHtml)]);
    assert_eq!(outline("a[^x]\n\n[^x]: b"), "a[x], [x] b");
    assert_eq!(degraded("a[^x]\n\n[^x]: b"), [(1, Footnote), (3, Footnote)]);
}

#[test]
fn control_characters_vanish_and_other_scripts_stay() {
    let text = "a\u{0}b\u{8}c\u{b}d\u{ffff} 🎉👩‍👩‍👧 مرحبا שלום 日本語 e\u{301}\u{200d}\u{202e}";
    assert_eq!(
        outline(text),
        "abc d 🎉👩‍👩‍👧 مرحبا שלום 日本語 e\u{301}\u{200d}\u{202e}"
    );
    assert_eq!(outline("a&#1;b&#10;c\rd\r\ne"), "ab c d e");
}

#[test]
fn appended_criteria_are_tasks_with_ids_of_their_own() {
    let mut document = converted("- [ ] a").document;
    document.push_rule();
    document.push_heading(3, "Acceptance *criteria*");
    document.push_task_list(&["**b**", "1. c\nd", "# of e #", ""]);
    document.push_task_list::<&str>(&[]);
    assert_valid(&document.to_value(), "pushed");
    assert_eq!(
        adf::to_text(&document),
        "[ ] a\n\n---\n\nAcceptance criteria\n\n[ ] b\n[ ] 1. c\n    d\n[ ] # of e #\n[ ] "
    );
    let value = document.to_value();
    let tasks = [&value["content"][0], &value["content"][3]].map(|list| list["content"].clone());
    let ids: std::collections::HashSet<String> = tasks
        .iter()
        .flat_map(|tasks| tasks.as_array().unwrap())
        .map(|task| task["attrs"]["localId"].to_string())
        .collect();
    assert_eq!(ids.len(), 5);
}

#[test]
fn lines_of_appended_text_stay_lines_whatever_they_begin_and_end_with() {
    let pushed = |markdown: &str| {
        let mut document = Document::default();
        document.push_paragraph(markdown);
        document.push_heading(2, markdown);
        document.push_task_list(&[markdown]);
        assert_valid(&document.to_value(), markdown);
        let text = adf::to_text(&document);
        let parts: Vec<&str> = text.split("\n\n").collect();
        let (first, item) = (parts[0], parts[0].replace('\n', "\n    "));
        assert_eq!(parts, [first, first, &format!("[ ] {item}")]);
        first.to_owned()
    };
    for (markdown, text) in [
        ("a\\\nb", "a\nb"),
        ("a  \nb", "a\nb"),
        ("a `b\nc` d", "a b c d"),
        ("**a\nb** c", "a\nb c"),
        ("a\n_b_\n**\"c\"**", "a\nb\n\"c\""),
        ("a\t#", "a\t#"),
        ("a #", "a #"),
        ("# a\n# b ##", "# a\n# b ##"),
        ("a\n---", "a\n---"),
        ("a\n===\nb", "a\n===\nb"),
        ("> a\n- b\n1. c\n```\nd", "> a\n- b\n1. c\n```\nd"),
        ("a | b\n--- | ---", "a | b\n--- | ---"),
        ("[a]: /b", "[a]: /b"),
        ("\u{85}a\u{85}b", "a b"),
    ] {
        assert_eq!(pushed(markdown), text, "{markdown:?}");
    }
}
