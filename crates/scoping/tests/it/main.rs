//! What scoping makes of documents.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says when it is skipped"
)]

mod bounds;
mod cases;
mod documents;
mod generated;
mod laws;
mod shown;
