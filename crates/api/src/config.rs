//! Settings: defaults, then `handoff.toml`, then the environment, then flags.

mod reader;
mod sections;
mod show;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use handoff_domain::delivery::times::DeliveryTimes;
use secrecy::SecretString;
use url::Url;

use reader::Reader;
pub use reader::{SettingsFile, Sources};

use crate::net::IpNetwork;

/// The longest time in which a request leaves after its claim.
const LONGEST_SEND: Duration = Duration::from_secs(30);

/// Something wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key, and where it was given.
    pub key: String,
    /// What is wrong with it; never its value.
    pub message: String,
}

impl Fault {
    fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
        }
    }
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// Every fault that was found.
    pub faults: Vec<Fault>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration has faults:")?;
        self.faults
            .iter()
            .try_for_each(|fault| write!(f, "\n  {}: {}", fault.key, fault.message))
    }
}

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder.
    pub data_dir: PathBuf,
    /// The HTTP server.
    pub server: ServerConfig,
    /// The web app in front.
    pub web: WebConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// The sealing keys.
    pub encryption: EncryptionConfig,
    /// The Atlassian app.
    pub jira: JiraConfig,
    /// The identity provider of the web app.
    pub auth: Option<IdentityProviderConfig>,
    /// Delivering.
    pub delivery: DeliveryConfig,
    /// Bounds on what callers may do.
    pub limits: LimitsConfig,
    /// The log.
    pub log: LogConfig,
}

/// The HTTP server.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where to listen.
    pub bind: SocketAddr,
    /// Where metrics are served; `off` turns them off.
    pub metrics_bind: Option<SocketAddr>,
    /// How browsers and Jira reach us, without a trailing slash; from the bound address when absent.
    pub public_url: Option<Url>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNetwork>,
}

/// The web app in front.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Where the callback sends the browser; the public URL when absent.
    pub app_url: Option<Url>,
}

/// The database.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `sqlite://path` or `postgres://…`; may hold a password.
    pub url: SecretString,
    /// Which of the two it is.
    pub kind: DatabaseKind,
    /// The greatest number of connections.
    pub pool_size: u32,
    /// Whether `serve` applies pending migrations.
    pub migrate_on_start: bool,
}

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// One file, the default.
    Sqlite,
    /// A server, for many processes.
    Postgres,
}

/// The sealing keys.
#[derive(Clone, Debug)]
pub struct EncryptionConfig {
    /// `id:base64,…`, the first writes; a key file in the data folder when absent.
    pub keys: Option<SecretString>,
}

/// The Atlassian app.
#[derive(Clone, Debug)]
pub struct JiraConfig {
    /// The app's client id.
    pub client_id: Option<String>,
    /// The app's secret.
    pub client_secret: Option<SecretString>,
    /// What is asked for, in the order of the consent page.
    pub scopes: Vec<String>,
    /// Atlassian's authorization server.
    pub auth_url: Url,
    /// Atlassian's API gateway.
    pub api_url: Url,
}

/// The identity provider of the web app.
#[derive(Clone, Debug)]
pub struct IdentityProviderConfig {
    /// Where its keys are.
    pub jwks: JwksSource,
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
}

/// Where the identity provider's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwksSource {
    /// Fetched, cached, and fetched again when a key is unknown.
    Url(Url),
    /// Read at the start.
    File(PathBuf),
}

/// Delivering.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryConfig {
    /// How long a claimed delivery must stay unchanged before its worker counts as dead.
    pub lease: Duration,
    /// How long an attempt of unknown fate is left before its absence may be proven.
    pub settle: Duration,
    /// After what time without proof a person must decide.
    pub deadline: Duration,
    /// How many requests a site gets at once from this process.
    pub max_in_flight_per_site: u32,
}

impl DeliveryConfig {
    /// The times that workers and reconcilers keep. A request must leave well before its lease ends: its answer, or that
    /// there is none, takes time too.
    #[must_use]
    pub fn times(&self) -> DeliveryTimes {
        DeliveryTimes {
            send_within: (self.lease / 6).min(LONGEST_SEND),
            lease: self.lease,
            settle: self.settle,
            deadline: self.deadline,
        }
    }
}

/// Bounds on what callers may do.
#[derive(Clone, Copy, Debug)]
pub struct LimitsConfig {
    /// How many requests a caller may make in a minute.
    pub requests_per_minute: u32,
    /// The most tickets that a document may call for.
    pub tickets_per_document: u32,
    /// The most blocks that a document may have.
    pub blocks_per_document: u32,
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// A level or filter directives; `RUST_LOG` wins.
    pub level: String,
    /// One JSON object a line, or text for people.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text for people.
    Text,
}

impl Config {
    /// Reads and checks all settings.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn load(sources: Sources) -> Result<Self, ConfigError> {
        let mut reader = Reader::open(sources)?;
        let data_dir = PathBuf::from(
            reader
                .text("data_dir")
                .unwrap_or_else(|| "./handoff-data".to_owned()),
        );
        let config = Self {
            server: sections::server(&mut reader),
            web: WebConfig {
                app_url: sections::web_url(&mut reader, "web.app_url"),
            },
            database: sections::database(&mut reader, &data_dir),
            encryption: EncryptionConfig {
                keys: reader.secret("encryption.keys", "encryption.keys_file"),
            },
            jira: sections::jira(&mut reader),
            auth: sections::identity_provider(&mut reader),
            delivery: sections::delivery(&mut reader),
            limits: sections::limits(&mut reader),
            log: sections::log(&mut reader),
            data_dir,
        };
        reader.finish()?;
        Ok(config)
    }

    /// The Atlassian app's keys that are missing, in the environment's form.
    #[must_use]
    pub fn missing_jira_keys(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.jira.client_id.is_none() {
            missing.push("HANDOFF__JIRA__CLIENT_ID");
        }
        if self.jira.client_secret.is_none() {
            missing.push("HANDOFF__JIRA__CLIENT_SECRET");
        }
        missing
    }
}

#[cfg(test)]
mod tests;
