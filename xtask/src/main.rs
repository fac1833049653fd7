//! Tasks for people who work on Handoff.
fn main() {}
