//! Acceptance tests: what users of Handoff do, through the real binary.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod journey;
