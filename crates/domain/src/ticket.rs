//! Execution tickets and their status rules.

pub mod error;
pub mod model;
pub mod ports;
pub mod service;
