//! From a document to the tickets it calls for.

pub mod error;
pub mod model;
pub mod ports;
