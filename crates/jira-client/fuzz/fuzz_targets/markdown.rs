//! Markdown to ADF and back.
#![no_main]

use jira_client::adf::{self, Document};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/adf/rules.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod rules;

fuzz_target!(|markdown: &str| {
    let document = rules::converted(markdown).document;
    assert_eq!(
        Document::from_value(document.to_value()),
        Some(document.clone())
    );

    let written = adf::to_markdown(&document);
    assert_eq!(
        rules::converted(&written).document,
        document,
        "by {written:?}"
    );

    for max_length in [1_000, 100, 10] {
        let mut cut = document.clone();
        cut.cut_at(max_length);
        assert!(cut.text_length() <= max_length);
        rules::assert_valid(&cut.to_value(), markdown);
    }
});
