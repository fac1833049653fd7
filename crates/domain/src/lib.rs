//! Values, rules, ports and use cases of Handoff.
//!
//! Everything here is free of I/O: the outside world is reached through ports, object-safe traits that adapters implement.
//! The areas in reading order: a [`document`] is cut into blocks and scoped into [`ticket`]s ([`scoping`]), a workspace is
//! connected to a tracker ([`connection`]), a push delivers tickets ([`delivery`]), and [`sync`] brings their status back.

pub mod shared;

pub mod audit;
pub mod connection;
pub mod delivery;
pub mod document;
pub mod scoping;
pub mod sync;
pub mod ticket;
pub mod workspace;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
