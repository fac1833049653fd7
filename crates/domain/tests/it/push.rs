//! Accepting a push, and asking, waiting and calling off.

mod accept;
mod keys;
mod plan;
mod wait;
