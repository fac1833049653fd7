//! The Jira adapter against the sandbox, over real HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod absence;
mod authorizer;
mod create;
mod create_places;
mod faults;
mod find;
mod lagging;
mod looks;
mod matrix;
mod pauses;
mod statuses;
mod world;
