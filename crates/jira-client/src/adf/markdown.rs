//! ADF to Markdown.

use super::node::Document;

/// Returns the document as Markdown.
pub fn to_markdown(document: &Document) -> String {
    super::text::to_text(document)
}
