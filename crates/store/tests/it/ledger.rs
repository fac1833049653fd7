//! The parts of the ledger that are easy to get wrong.

mod accepting;
mod claiming;
mod connecting;
mod late;
mod settling;
mod size;
