//! Reading JSON values.

use serde_json::Value;

/// Gives a text as it is, and anything else as its JSON.
pub(crate) fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
