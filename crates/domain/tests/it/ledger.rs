//! The rules of the ledger, without any store.

mod chance;
mod commands;
mod decisions;
mod memory;
mod table;
