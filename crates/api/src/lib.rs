//! The Handoff HTTP service and command line.
//!
//! Handlers read a request, call one use case of `handoff-domain` and write its answer; no rule of the business lives
//! here. Concrete adapters are named in `wiring` only.

pub mod assembly;
pub mod auth;
pub mod cli;
pub mod config;
#[cfg(feature = "demo")]
mod demo;
pub mod error;
pub mod extract;
pub mod middleware;
pub mod net;
pub mod openapi;
mod routes;
pub mod serve;
pub mod server;
pub mod state;
pub mod telemetry;
pub mod turns;
pub mod wiring;
