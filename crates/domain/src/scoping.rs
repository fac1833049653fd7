//! From a document to the tickets it calls for.

mod epics;
pub mod error;
pub mod model;
pub mod ports;
pub mod service;
