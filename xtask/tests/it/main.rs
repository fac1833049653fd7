//! The throw-away PostgreSQL of `cargo xtask`, as a person who runs it meets it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests, and say on standard output why a test is skipped"
)]

mod postgres;
