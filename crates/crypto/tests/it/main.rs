//! What the adapters of this crate promise, through their public surface.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod hashing;
mod key_rings;
mod sealing;
