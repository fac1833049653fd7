//! The Jira adapter against the sandbox, over real HTTP.

mod authorizer;
mod create;
mod matrix;
mod statuses;
mod world;
