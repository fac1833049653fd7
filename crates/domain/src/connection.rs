//! The connection of a workspace to a tracker's site, and the tokens that keep it.

pub mod callback;
pub mod catalog;
pub mod confirmation;
pub mod error;
pub mod model;
pub mod ports;
pub mod rotation;
mod sealing;
pub mod service;
pub mod tokens;
