//! Helpers of the acceptance tests: the real binary beside a sandbox, and a browser made of HTTP calls.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod app;
pub mod bench;
mod beside;
mod browser;
pub mod chaos;
mod client;
mod journey;
mod recorder;
mod work;

pub use app::{App, AppBuilder, handoff};
pub use beside::Beside;
pub use browser::{Browser, Consent};
pub use client::{Answer, Client};
pub use journey::document;
pub use recorder::Recorder;
pub use work::{eventually, eventually_within, ids, ticket_path};
