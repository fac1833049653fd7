//! Who belongs to a workspace and what they may do.

pub mod error;
mod members;
pub mod model;
pub mod ports;
pub mod service;
pub mod tokens;
