//! What every area uses: ids, time and randomness, port failures, paging, problems of input, secrets as text.

pub mod clock;
pub mod failure;
pub mod ids;
pub mod page;
pub mod secret;
pub mod validation;
