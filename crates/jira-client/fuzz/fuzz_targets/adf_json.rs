//! Documents of others, which may hold anything.
#![no_main]

use jira_client::adf::{self, Document};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let Ok(mut document) = serde_json::from_slice::<Document>(json) else {
        return;
    };
    let text = adf::to_text(&document);
    assert_eq!(document.text_length(), text.encode_utf16().count());
    assert_eq!(
        Document::from_value(document.to_value()),
        Some(document.clone())
    );

    // Any Markdown gives a document of ours, which reads back.
    let ours = adf::from_markdown(&adf::to_markdown(&document)).document;
    assert_eq!(adf::from_markdown(&adf::to_markdown(&ours)).document, ours);

    document.cut_at(100);
    assert!(document.text_length() <= 100);
});
