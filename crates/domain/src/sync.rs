//! Bringing the status of issues back to their tickets.

pub mod error;
mod repair;
pub mod service;
