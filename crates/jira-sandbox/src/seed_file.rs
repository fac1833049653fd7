//! Seed files: a world, the app, and how everything is switched, in TOML.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::chaos::Chaos;
use crate::config::SandboxConfig;
use crate::errors::SandboxError;
use crate::kit::faults::Fault;
use crate::switches::Switches;
use crate::world::{AccountSeed, SiteSeed, WorldSeed, world_of};

/// A seed file as it was read; every part may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeedFile {
    app: AppSeed,
    settings: Settings,
    chaos: Option<Chaos>,
    faults: Vec<Fault>,
    accounts: Vec<AccountSeed>,
    sites: Vec<SiteSeed>,
}

/// The registered app.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AppSeed {
    client_id: Option<String>,
    client_secret: Option<String>,
    callback_urls: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    auto_consent: Option<bool>,
}

/// The settings that a file names, each of them checked.
#[derive(Clone, Debug, Default)]
struct Settings(Map<String, Value>);

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for Settings {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings by their names")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<Self, M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Setting(&name))?;
            self.0.insert(name, value);
        }
        Ok(self)
    }
}

/// The value of one setting, which is checked while the reader still knows its line.
struct Setting<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Setting<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        let value = Value::deserialize(from)?;
        let change = json!({self.0: value});
        let checked = Switches::default().merged(&change);
        checked.map_err(D::Error::custom).map(|_| value)
    }
}

impl fmt::Debug for AppSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppSeed")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl SeedFile {
    /// Reads a seed file and checks that its world can be built.
    ///
    /// # Errors
    ///
    /// [`SandboxError::SeedFile`] with a text that names the line and the unknown or unfit key,
    /// [`SandboxError::World`] where the parts contradict each other.
    pub fn read(text: &str) -> Result<Self, SandboxError> {
        let unreadable = |error: toml::de::Error| SandboxError::SeedFile(error.to_string());
        let file: Self = toml::from_str(text).map_err(unreadable)?;
        let mut config = SandboxConfig::default();
        file.clone().apply(&mut config);
        world_of(&config, "http://sandbox").map_err(SandboxError::World)?;
        Ok(file)
    }

    /// Sets a sandbox up as the file says; what the file leaves out stays.
    pub fn apply(self, config: &mut SandboxConfig) {
        let app = self.app;
        if let Some(id) = app.client_id {
            config.client_id = id;
        }
        if let Some(secret) = app.client_secret {
            config.client_secret = secret;
        }
        if let Some(scopes) = app.scopes {
            config.enabled_scopes = scopes;
        }
        if let Some(urls) = app.callback_urls {
            config.callback_urls = urls;
        }
        config.auto_consent = app.auto_consent.unwrap_or(config.auto_consent);
        // Each setting was checked when the file was read.
        if let Ok(switches) = config.switches.merged(&self.settings.0.into()) {
            config.switches = switches;
        }
        config.chaos = self.chaos.or(config.chaos.take());
        config.faults.extend(self.faults);
        if !self.sites.is_empty() || !self.accounts.is_empty() {
            config.world = Some(WorldSeed {
                accounts: self.accounts,
                sites: self.sites,
            });
        }
    }
}
