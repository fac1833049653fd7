//! Acceptance tests: what users of Handoff do, through the real binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod authentication;
mod bad_input;
mod chaos;
mod command_line;
mod connection;
mod databases;
mod demo;
mod documents;
mod events;
mod interruptions;
mod jira_client;
mod journey;
mod kill_points;
mod lost_commits;
mod priorities;
mod processes;
mod push;
mod reconcile;
mod resolve;
mod secrets;
mod sync;
mod wire;
