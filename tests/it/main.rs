//! Acceptance tests of Handoff.
