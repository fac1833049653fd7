//! Delivering tickets to a tracker exactly once.
//!
//! The ledger: a push holds one delivery per ticket, a row is committed as `sending` before its request leaves, and what
//! may have been applied is never sent again.

pub mod error;
pub mod ledger;
pub mod model;
pub mod pace;
pub mod plan;
pub mod ports;
pub mod reconciler;
pub mod resolve;
pub mod service;
pub mod times;
pub mod tracker;
pub mod worker;
