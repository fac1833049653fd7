//! `handoff keys`

use anyhow::Result;
use serde::Serialize;

use super::output::Output;
use crate::config::Config;
use crate::wiring;

#[derive(Serialize)]
struct Key {
    id: String,
    writes: bool,
}

/// Lists the ids of the keys, the writing one first.
pub(super) fn list(output: Output, config: &Config) -> Result<()> {
    let keys = wiring::configured_keys(config)?;
    let ids = keys.iter().flat_map(|keys| keys.key_ids());
    let keys: Vec<Key> = ids
        .enumerate()
        .map(|(index, id)| Key {
            id: id.to_owned(),
            writes: index == 0,
        })
        .collect();
    output.list(&keys, &["ID", "USE"], |key| {
        let purpose = if key.writes {
            "seals and opens"
        } else {
            "opens"
        };
        vec![key.id.clone(), purpose.to_owned()]
    })
}
