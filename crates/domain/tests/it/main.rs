//! The use cases of the domain on in-memory ports and a clock that only the tests move.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod connection;
mod documents;
mod explorer;
mod ledger;
mod push;
mod reconciler;
mod resolve;
mod sync;
mod tickets;
mod tokens;
mod worker;
mod workspaces;
mod world;
