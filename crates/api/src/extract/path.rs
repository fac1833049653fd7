//! Ids in paths.

use std::str::FromStr;

use crate::error::{ApiError, Code};

/// Reads an id of a path; what is no id names nothing, which is what the code says.
///
/// # Errors
/// The given code.
pub fn path_id<T: FromStr>(text: &str, not_found: Code) -> Result<T, ApiError> {
    text.parse()
        .map_err(|_| ApiError::new(not_found, "there is no such thing"))
}
