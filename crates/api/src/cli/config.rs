//! `handoff config check`

use anyhow::Result;
use serde_json::Value;

use super::output::Output;
use crate::config::Config;

/// Prints the effective settings; whoever gets here has no fault in them.
pub(super) fn check(output: Output, config: &Config) -> Result<()> {
    let keys = config.masked();
    output.value(&keys, || {
        let lines = keys.iter().map(|(key, value)| match value {
            Value::Null => format!("{key} is not set"),
            value => format!("{key} = {value}"),
        });
        lines.collect::<Vec<_>>().join("\n")
    })
}
