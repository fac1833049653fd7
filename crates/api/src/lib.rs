//! The Handoff HTTP service and command line.
