//! What every area uses: ids, time and randomness, port failures, paging.

pub mod clock;
pub mod failure;
pub mod ids;
pub mod page;
