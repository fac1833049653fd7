//! Documents that are too long for a field.

use jira_client::adf::{self, Document};
use proptest::prelude::*;

use super::rules::{assert_valid, converted};

const NOTE: &str = "[The text was cut here because it is too long for this field.]";

fn cut(markdown: &str, max_length: usize) -> Document {
    let mut document = converted(markdown).document;
    let is_too_long = document.text_length() > max_length;
    assert_eq!(document.cut_at(max_length), is_too_long);
    assert!(
        document.text_length() <= max_length,
        "{} long",
        document.text_length()
    );
    assert_valid(&document.to_value(), markdown);
    document
}

fn cut_text(markdown: &str, max_length: usize) -> String {
    adf::to_text(&cut(markdown, max_length))
}

#[test]
fn a_document_that_fits_is_left_alone() {
    let document = converted("- a\n- b").document;
    assert_eq!(document.text_length(), 7);
    assert_eq!(cut("- a\n- b", 7), document);
    assert_eq!(converted("🎉").document.text_length(), 2);
}

#[test]
fn the_cut_is_between_blocks_items_or_rows() {
    let paragraph = "word ".repeat(10);
    let paragraphs = format!("{paragraph}\n\n{paragraph}\n\n{paragraph}");
    let kept = paragraph.trim_end();
    assert_eq!(cut_text(&paragraphs, 150), format!("{kept}\n\n{NOTE}"));

    let items = format!("- {paragraph}\n").repeat(10);
    let text = cut_text(&items, 300);
    assert_eq!(
        text,
        format!("- {kept}\n").repeat(3).trim_end().to_owned() + "\n\n" + NOTE
    );

    let table = format!("| a | b |\n|---|---|\n{}", "| cc | dd |\n".repeat(100));
    let text = cut_text(&table, 200);
    assert!(text.starts_with("a | b\ncc | dd\n") && text.ends_with(&format!("cc | dd\n\n{NOTE}")));
}

#[test]
fn a_text_longer_than_the_field_is_cut_after_a_word() {
    let text = cut_text(&format!("# a\n\n{}", "word ".repeat(1_000)), 200);
    assert!(text.ends_with(&format!("word word\n\n{NOTE}")), "{text}");
    assert!(text.len() > 180, "{text}");
    for long in [
        "x",
        "🎉",
        "```\nx y\nz\n",
        "> - x\n",
        "|a|\n|-|\n|",
        "- [ ] x ",
    ] {
        let body = "word🎉 ".repeat(1_000);
        let text = cut_text(&format!("{long}{body}"), 300);
        assert!(text.contains("word🎉") && text.len() > 200, "{text}");
    }
}

#[test]
fn no_room_at_all_leaves_an_empty_document() {
    assert_eq!(cut("a b c", 3), Document::default());
    assert_eq!(cut("a", 0), Document::default());
}

proptest! {
    #![proptest_config(super::properties::cases(500))]

    #[test]
    fn whatever_is_cut_fits_and_is_valid(
        markdown in super::properties::hostile(),
        times in 1_usize..6,
        max_length in 0_usize..400,
    ) {
        cut(&format!("{markdown}\n\n").repeat(times), max_length);
    }
}
