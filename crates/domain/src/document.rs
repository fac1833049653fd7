//! Product documents and their typed blocks.

pub mod error;
pub mod model;
pub mod ports;
pub mod service;
