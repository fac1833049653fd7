//! `handoff config check`

use anyhow::Result;
use serde_json::Value;

use super::output::Output;
use crate::auth::IdentityProvider;
use crate::config::Config;
use crate::wiring;

/// Prints the effective settings, once keys and key set could be read too.
pub(super) fn check(output: Output, config: &Config) -> Result<()> {
    wiring::install_tls();
    wiring::configured_keys(config)?;
    config.auth.clone().map(IdentityProvider::new).transpose()?;
    let keys = config.masked();
    output.value(&keys, || {
        let lines = keys.iter().map(|(key, value)| match value {
            Value::Null => format!("{key} is not set"),
            value => format!("{key} = {value}"),
        });
        lines.collect::<Vec<_>>().join("\n")
    })
}
