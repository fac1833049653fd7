//! Inputs that are built to exhaust the stack, the time or the memory of a converter.
//!
//! Nothing here is timed; work that is not linear would not end.

use jira_client::adf::{self, Document, MAX_NESTING};

use super::rules::{assert_valid, converted};

const N: usize = 100_000;

/// Converts and reads the JSON as any other program would, which has its own limit of depth.
fn survives(markdown: &str) -> Document {
    let document = adf::from_markdown(markdown).document;
    let json = serde_json::to_string(&document).unwrap();
    let read: Document = serde_json::from_str(&json).unwrap();
    assert_eq!(read, document);
    let written = adf::to_markdown(&document);
    assert!(adf::from_markdown(&written).document == document);
    document
}

fn depth(nodes: &[adf::Node]) -> usize {
    nodes
        .iter()
        .map(|node| 1 + depth(node.children()))
        .max()
        .unwrap_or(0)
}

#[test]
fn nesting_bombs_are_flattened_and_lose_no_word() {
    for (open, close) in [
        (">", "a"),
        ("> ", "a"),
        ("- ", "a"),
        ("1. ", "a"),
        ("- [ ] ", "a"),
        ("> - ", "a"),
        ("- > 1) ", "a"),
        ("[^1]: ", "a"),
        ("- ", &"\n".repeat(N)),
        ("- ", &"\n \n\t\n".repeat(N / 4)),
        ("> ", &"a\n".repeat(N)),
        ("- ", &"a\n".repeat(N)),
        ("\t- ", "a"),
    ] {
        let bomb = open.repeat(N) + close;
        let document = survives(&bomb);
        assert!(depth(&document.content) <= 2 * MAX_NESTING + 4, "{open}");
        let n_words = |text: &str| text.matches('a').count();
        assert_eq!(n_words(&adf::to_text(&document)), n_words(&bomb), "{open}");
    }
}

#[test]
fn a_hundred_levels_of_lists_become_valid_nesting() {
    let mut markdown = String::new();
    for level in 0..100 {
        markdown += &format!("{}- word{level}\n", "  ".repeat(level));
    }
    let conversion = converted(&markdown);
    let text = adf::to_text(&conversion.document);
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| *word != "-")
        .collect();
    let expected: Vec<String> = (0..100).map(|level| format!("word{level}")).collect();
    assert_eq!(words, expected);
    let deepest = conversion.degraded.first().unwrap();
    assert_eq!(deepest.line, MAX_NESTING + 1);
    assert_eq!(deepest.kind, adf::DegradationKind::NestingTooDeep);
    survives(&markdown);
}

#[test]
fn unfinished_syntax_takes_linear_time() {
    for piece in [
        "*",
        "_",
        "**a *b ",
        "a*b*",
        "~~a",
        "[",
        "![",
        "[a](",
        "[](<b",
        "`",
        "` ``",
        "<",
        "<!--",
        "<a b=\"",
        "&",
        "\\",
        "|",
        "a|",
        "-|",
        "|-|\n",
        "\t",
        "#",
        "www._",
        "a@",
        "(https://",
        "https://a.b(",
        "<br>",
        "\0",
    ] {
        survives(&piece.repeat(N / piece.len()));
    }
}

#[test]
fn repeated_references_and_long_addresses_do_not_multiply() {
    let address = "a".repeat(N);
    let references = format!("[a]: http://{address}\n\n{}", "[a] ".repeat(N / 4));
    let inside_link = format!("[{}](http://{address})", "a*b*".repeat(N / 4));
    for markdown in [references, inside_link] {
        let json = serde_json::to_string(&survives(&markdown)).unwrap();
        assert!(json.len() < 40 * N, "{} bytes", json.len());
    }
}

#[test]
fn large_tables_stay_whole() {
    let mut table = String::from("| Id | Name | Note |\n|----|:----:|------|\n");
    for row in 0..500 {
        table += &format!("| {row} | **name {row}** | `a \\| {row}` |\n");
    }
    let document = survives(&table);
    assert_eq!(document.content[0].children().len(), 501);
    assert_valid(&document.to_value(), "500 rows");
}

#[test]
fn a_table_with_more_missing_cells_than_the_parser_fills_keeps_its_order() {
    let n_columns = N;
    let table = format!(
        "|{}\n|{}\n{}\nend",
        "a|".repeat(n_columns),
        "-|".repeat(n_columns),
        "|b\n".repeat(7)
    );
    let text = adf::to_text(&survives(&table));
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let after_header = letters.strip_prefix(&"a".repeat(n_columns)).unwrap();
    // The parser gives the row that it cut twice.
    assert_eq!(after_header, "bbbbbbbbend");
}
