//! From a document to the tickets it calls for.

pub mod model;
pub mod ports;
pub mod rules;
