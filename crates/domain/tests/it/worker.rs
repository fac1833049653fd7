//! Delivering what was accepted: once, whatever fails.

mod chaos;
mod leases;
mod outcomes;
mod pace;
mod probe;
mod turns;
