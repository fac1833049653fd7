//! The sealing keys: from the settings, or from a key file in the data folder.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use handoff_crypto::{KeyRing, RingSealer};
use handoff_domain::connection::rotation::KeyRotation;
use handoff_store::Store;
use secrecy::ExposeSecret as _;

use super::{core, files, may_make_keys};
use crate::config::Config;

const KEY_FILE: &str = "encryption.key";

fn key_file(config: &Config) -> PathBuf {
    config.data_dir.join(KEY_FILE)
}

/// The keys that are there; none where neither the settings nor the key file give any.
///
/// # Errors
/// When what is there cannot be read.
pub fn configured_keys(config: &Config) -> Result<Option<KeyRing>> {
    if let Some(keys) = &config.encryption.keys {
        return Ok(Some(KeyRing::parse(keys.expose_secret())?));
    }
    let path = key_file(config);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path)
        .with_context(|| format!("cannot read the key file {}", path.display()))?;
    let keys = KeyRing::parse(&text);
    Ok(Some(keys.with_context(|| {
        format!("in the key file {}", path.display())
    })?))
}

/// The keys that are there, or a new key file where nothing can be lost by that.
///
/// # Errors
/// Where a key is missing that may be needed to open what is stored.
pub async fn keys_for_serving(config: &Config, store: &Store) -> Result<KeyRing> {
    if let Some(keys) = configured_keys(config)? {
        return Ok(keys);
    }
    let path = key_file(config);
    if !may_make_keys(config, store).await? {
        bail!(
            "there is no encryption key: give HANDOFF__ENCRYPTION__KEYS or HANDOFF__ENCRYPTION__KEYS_FILE, \
             or put the key file back at {}",
            path.display()
        );
    }
    let (keys, line) = KeyRing::generate()?;
    files::write_private(&path, line.expose_secret())?;
    tracing::info!(path = %path.display(), "made a new encryption key; keep a copy of it");
    Ok(keys)
}

/// Sealing what is stored anew with the first of the keys that are there.
///
/// # Errors
/// Where there is no key, or what is there cannot be read.
pub fn key_rotation(config: &Config, store: &Store) -> Result<KeyRotation> {
    let Some(keys) = configured_keys(config)? else {
        bail!("there is no encryption key, so that nothing can be sealed");
    };
    let sealer = Arc::new(RingSealer::new(keys));
    let core = core(store)?;
    let (connections, audit) = (store.connections(), core.audit);
    Ok(KeyRotation::new(
        connections,
        sealer,
        audit,
        core.clock,
        core.ids,
    ))
}
