//! Execution tickets and their status rules.

mod changes;
pub mod error;
pub mod family;
pub mod fingerprint;
pub mod model;
pub mod ports;
pub mod regeneration;
pub mod service;
