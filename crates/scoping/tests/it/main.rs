//! What scoping makes of documents.

mod bounds;
mod cases;
mod documents;
mod generated;
mod laws;
mod shown;
