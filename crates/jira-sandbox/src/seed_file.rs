//! Seed files: a world, the app, and how everything is switched, in TOML.

use serde::Deserialize;

use crate::chaos::Chaos;
use crate::config::SandboxConfig;
use crate::errors::SandboxError;
use crate::faults::Fault;
use crate::switches::Switches;
use crate::world::{AccountSeed, SiteSeed, WorldSeed, world_of};

/// A seed file as it was read; every part may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeedFile {
    app: AppSeed,
    settings: Switches,
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
    callback_urls: Vec<String>,
    scopes: Option<Vec<String>>,
    auto_consent: bool,
}

impl std::fmt::Debug for AppSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
        config.callback_urls.extend(app.callback_urls);
        config.auto_consent |= app.auto_consent;
        config.switches = self.settings;
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
