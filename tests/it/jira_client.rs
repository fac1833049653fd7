//! The crate `jira-client` by itself, against the sandbox, which behaves like Jira and fails like it.

mod calls;
mod connected;
mod examples;
mod failures;
mod tokens;
