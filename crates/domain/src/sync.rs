//! Bringing the status of issues back to their tickets.

pub mod error;
pub mod service;
