//! Delivering what was accepted: once, whatever fails.

mod accounts;
mod chaos;
mod leases;
mod outcomes;
mod pace;
mod probe;
mod turns;
