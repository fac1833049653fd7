//! What scoping makes of documents.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bounds;
mod cases;
mod documents;
mod generated;
mod laws;
mod shapes;
mod shown;
