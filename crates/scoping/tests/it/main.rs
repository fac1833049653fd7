//! What scoping makes of documents.

mod documents;
