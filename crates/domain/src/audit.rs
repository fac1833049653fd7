//! The append-only record of who did what.

pub mod model;
pub mod ports;
