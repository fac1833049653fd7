//! What holds for every input.

use jira_client::adf;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};

use super::rules::converted;

/// Pieces of syntax and text that make trouble in each other's company.
const PIECES: &[&str] = &[
    "*",
    "**",
    "***",
    "_",
    "__",
    "~",
    "~~",
    "`",
    "``",
    "```",
    "```\n",
    "~~~rust\n",
    "[",
    "]",
    "(",
    ")",
    "](",
    "](http://l.m)",
    "![",
    "<",
    ">",
    "<b>",
    "</i x='y'>",
    "<br>",
    "<br/>",
    "<div>\n",
    "<!--",
    "-->",
    "|",
    "|-|\n",
    "|a|b|\n|-|:-:|\n|c|d|\n",
    "| `x\\|y` |\n|---|\n",
    "\n",
    "\n\n",
    "\n    ",
    "  ",
    "    ",
    "\t",
    "- ",
    "* ",
    "+ ",
    "\n- ",
    "\n  - ",
    "\n1. ",
    "1. ",
    "7) ",
    "999999999. ",
    "- [ ] ",
    "- [x] ",
    "\n  - [ ] ",
    "1. [X] ",
    "> ",
    ">",
    "\n> ",
    "# ",
    "## ",
    "\n###### ",
    "#",
    "---\n",
    "\n---\n",
    "===\n",
    "\n===\n",
    "\\",
    "\\\n",
    "  \n",
    "&",
    "&amp;",
    "&#42;",
    "&#32;",
    "&#10;",
    "&#1;",
    "&nbsp;",
    "&lt",
    ";",
    "http://a.b",
    "https://x.y/z_(q).",
    "www.a.b",
    "a.b+c@d.e",
    "<https://a.b>",
    "<a@b.c>",
    "[a](http://b.c \"t|&amp;\")",
    "[a](x.md)",
    "![i](http://b.c/d.png)",
    "[^1]",
    "\n[^1]: ",
    "[r]: http://r.s 'u'\n",
    "[r]",
    "[](y:z)",
    "javascript:x",
    "word",
    "two words",
    "x",
    "7",
    ".",
    "!",
    ":",
    "\"",
    "'",
    "-",
    "+",
    "=",
    "é",
    "日本",
    "「」",
    "🎉",
    "e\u{301}",
    "\0",
    "\u{b}",
    "\u{200b}",
    "\u{a0}",
    "\u{2003}",
    "\u{85}",
    "\r",
    "\r\n",
    "\u{feff}",
    "\u{202e}",
    "\u{fffe}",
    "\u{10ffff}",
];

pub(super) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        12 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// The letters and digits that a reader of the rendered Markdown sees, in order.
fn visible_letters(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES;
    // CommonMark takes the three line ends for the same; the parser does not everywhere.
    let markdown = markdown.replace("\r\n", "\n").replace('\r', "\n");
    // It asks for a replacement of NUL, too.
    let markdown = markdown.replace('\0', "\u{FFFD}");
    let markdown = markdown.strip_prefix('\u{FEFF}').unwrap_or(&markdown);
    let mut visible = String::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(text) | Event::Code(text) => visible.push_str(&text),
            Event::Html(html) | Event::InlineHtml(html) => {
                let html = html.replace("<br>", "").replace("<br/>", "");
                visible.push_str(&html);
            }
            _ => {}
        }
    }
    visible.retain(char::is_alphanumeric);
    visible
}

fn is_subsequence(wanted: &str, text: &str) -> bool {
    let mut rest = text.chars();
    wanted.chars().all(|c| rest.any(|other| other == c))
}

pub(super) fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(usual),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn reads_back(markdown: &str) -> Result<(), TestCaseError> {
    let first = converted(markdown).document;
    let written = adf::to_markdown(&first);
    let second = converted(&written).document;
    prop_assert!(
        first == second,
        "{first:#?}\nvia {written:?}\nbecame {second:#?}"
    );
    prop_assert_eq!(adf::to_markdown(&second), written);
    Ok(())
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn every_text_gives_a_valid_document_that_reads_back(markdown in hostile()) {
        reads_back(&markdown)?;
    }

    #[test]
    fn no_visible_letter_is_lost_or_moved(markdown in hostile()) {
        let text = adf::to_text(&converted(&markdown).document);
        let visible = visible_letters(&markdown);
        prop_assert!(is_subsequence(&visible, &text), "{visible:?} is not in {text:?}");
    }
}
