//! Settings: defaults, then `handoff.toml`, then the environment, then flags.

mod reader;
mod show;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use reader::Reader;
pub use reader::{SettingsFile, Sources};

use crate::net::IpNetwork;

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
    /// How many requests a caller may make in a minute.
    pub requests_per_minute: u32,
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
    /// How long an attempt of unknown fate is left before its absence may be proven.
    pub settle: Duration,
    /// After what time without proof a person must decide.
    pub deadline: Duration,
    /// How many requests a site gets at once from this process.
    pub max_in_flight_per_site: u32,
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

const DEFAULT_SCOPES: &str = "read:jira-work write:jira-work read:jira-user offline_access";

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
            server: server(&mut reader),
            web: WebConfig {
                app_url: web_url(&mut reader, "web.app_url"),
            },
            database: database(&mut reader, &data_dir),
            encryption: EncryptionConfig {
                keys: reader.secret("encryption.keys", "encryption.keys_file"),
            },
            jira: jira(&mut reader),
            auth: identity_provider(&mut reader),
            delivery: delivery(&mut reader),
            requests_per_minute: reader.number("limits.requests_per_minute", 1, 1_000_000, 300),
            log: log(&mut reader),
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

fn server(reader: &mut Reader) -> ServerConfig {
    const ADDRESS: &str = "an address and port such as 127.0.0.1:8080";
    let metrics_bind = match reader.text("server.metrics_bind").as_deref() {
        Some("off") => None,
        _ => reader
            .parsed(
                "server.metrics_bind",
                "an address and port such as 127.0.0.1:9464, or off",
            )
            .or(Some(SocketAddr::from(([127, 0, 0, 1], 9464)))),
    };
    ServerConfig {
        bind: reader
            .parsed("server.bind", ADDRESS)
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
        metrics_bind,
        public_url: web_url(reader, "server.public_url"),
        trusted_proxies: trusted_proxies(reader),
    }
}

fn trusted_proxies(reader: &mut Reader) -> Vec<IpNetwork> {
    const KEY: &str = "server.trusted_proxies";
    let mut networks = Vec::new();
    for item in reader.list(KEY) {
        match item.parse() {
            Ok(network) => networks.push(network),
            Err(_) => reader.fault(KEY, "expected addresses or networks such as 10.0.0.0/8"),
        }
    }
    networks
}

fn web_url(reader: &mut Reader, key: &'static str) -> Option<Url> {
    let url: Url = reader.parsed(key, "an http or https URL")?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        reader.fault(key, "expected an http or https URL");
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        reader.fault(key, "must have no user, password or fragment");
        return None;
    }
    Some(url)
}

fn database(reader: &mut Reader, data_dir: &Path) -> DatabaseConfig {
    const KEY: &str = "database.url";
    let url = reader
        .text(KEY)
        .unwrap_or_else(|| format!("sqlite://{}", data_dir.join("handoff.db").display()));
    let kind = match url.split_once("://") {
        Some(("sqlite", path)) if !path.is_empty() => DatabaseKind::Sqlite,
        Some(("postgres" | "postgresql", _)) => DatabaseKind::Postgres,
        _ => {
            reader.fault(KEY, "expected sqlite://path or postgres://…");
            DatabaseKind::Sqlite
        }
    };
    DatabaseConfig {
        url: SecretString::from(url),
        kind,
        pool_size: reader.number("database.pool_size", 1, 200, 10),
        migrate_on_start: reader
            .parsed("database.migrate_on_start", "true or false")
            .unwrap_or(kind == DatabaseKind::Sqlite),
    }
}

fn jira(reader: &mut Reader) -> JiraConfig {
    let scopes = reader
        .text("jira.scopes")
        .unwrap_or_else(|| DEFAULT_SCOPES.to_owned());
    JiraConfig {
        client_id: reader.text("jira.client_id"),
        client_secret: reader.secret("jira.client_secret", "jira.client_secret_file"),
        scopes: scopes
            .split([' ', ','])
            .filter(|scope| !scope.is_empty())
            .map(str::to_owned)
            .collect(),
        auth_url: url_or(reader, "jira.auth_url", "https://auth.atlassian.com"),
        api_url: url_or(reader, "jira.api_url", "https://api.atlassian.com"),
    }
}

fn url_or(reader: &mut Reader, key: &'static str, default: &str) -> Url {
    web_url(reader, key).unwrap_or_else(|| literal_url(default))
}

#[expect(
    clippy::expect_used,
    reason = "only called with the URLs written in this file"
)]
fn literal_url(url: &str) -> Url {
    Url::parse(url).expect("the default URLs parse")
}

fn identity_provider(reader: &mut Reader) -> Option<IdentityProviderConfig> {
    let url = web_url(reader, "auth.jwks_url");
    let file = reader.text("auth.jwks_file");
    let (issuer, audience) = (reader.text("auth.issuer"), reader.text("auth.audience"));
    let jwks = match (url, file) {
        (Some(_), Some(_)) => {
            reader.fault(
                "auth.jwks_url",
                "give either this or auth.jwks_file, not both",
            );
            return None;
        }
        (Some(url), None) => JwksSource::Url(url),
        (None, Some(file)) => JwksSource::File(PathBuf::from(file)),
        (None, None) => {
            if issuer.is_some() || audience.is_some() {
                reader.fault(
                    "auth.jwks_url",
                    "is needed beside auth.issuer and auth.audience",
                );
            }
            return None;
        }
    };
    let Some(issuer) = issuer else {
        reader.fault("auth.issuer", "is needed beside the JWKS");
        return None;
    };
    let Some(audience) = audience else {
        reader.fault("auth.audience", "is needed beside the JWKS");
        return None;
    };
    Some(IdentityProviderConfig {
        jwks,
        issuer,
        audience,
    })
}

fn delivery(reader: &mut Reader) -> DeliveryConfig {
    let settle = reader.number("delivery.settle_seconds", 1, 86_400, 300);
    let deadline = reader.number("delivery.deadline_hours", 1, 8_760, 24);
    DeliveryConfig {
        settle: Duration::from_secs(settle.into()),
        deadline: Duration::from_secs(u64::from(deadline) * 3_600),
        max_in_flight_per_site: reader.number("delivery.max_in_flight_per_site", 1, 16, 4),
    }
}

fn log(reader: &mut Reader) -> LogConfig {
    let level = reader
        .text("log.level")
        .unwrap_or_else(|| "info".to_owned());
    if level
        .parse::<tracing_subscriber::filter::EnvFilter>()
        .is_err()
    {
        reader.fault(
            "log.level",
            "expected a level such as info, or filter directives",
        );
    }
    let format = match reader.text("log.format").as_deref() {
        None | Some("json") => LogFormat::Json,
        Some("text") => LogFormat::Text,
        Some(_) => {
            reader.fault("log.format", "expected json or text");
            LogFormat::Json
        }
    };
    LogConfig { level, format }
}

#[cfg(test)]
mod tests;
