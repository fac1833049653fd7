//! Reading the sections one by one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::reader::Reader;
use super::{
    DatabaseConfig, DatabaseKind, DeliveryConfig, IdentityProviderConfig, JiraConfig, JwksSource,
    LimitsConfig, LogConfig, LogFormat, ServerConfig,
};
use crate::net::IpNetwork;

const DEFAULT_SCOPES: &str = "read:jira-work write:jira-work read:jira-user offline_access";

pub(super) fn server(reader: &mut Reader) -> ServerConfig {
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

pub(super) fn web_url(reader: &mut Reader, key: &'static str) -> Option<Url> {
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

pub(super) fn database(reader: &mut Reader, data_dir: &Path) -> DatabaseConfig {
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

pub(super) fn jira(reader: &mut Reader) -> JiraConfig {
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

pub(super) fn identity_provider(reader: &mut Reader) -> Option<IdentityProviderConfig> {
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

pub(super) fn delivery(reader: &mut Reader) -> DeliveryConfig {
    let lease = reader.number("delivery.lease_seconds", 6, 3_600, 180);
    let settle = reader.number("delivery.settle_seconds", 1, 86_400, 300);
    let deadline = reader.number("delivery.deadline_hours", 1, 8_760, 24);
    if u64::from(lease) + u64::from(settle) >= u64::from(deadline) * 3_600 {
        reader.fault(
            "delivery.deadline_hours",
            "must be longer than delivery.lease_seconds and delivery.settle_seconds together",
        );
    }
    DeliveryConfig {
        lease: Duration::from_secs(lease.into()),
        settle: Duration::from_secs(settle.into()),
        deadline: Duration::from_secs(u64::from(deadline) * 3_600),
        max_in_flight_per_site: reader.number("delivery.max_in_flight_per_site", 1, 16, 4),
    }
}

pub(super) fn limits(reader: &mut Reader) -> LimitsConfig {
    LimitsConfig {
        requests_per_minute: reader.number("limits.requests_per_minute", 1, 1_000_000, 300),
        tickets_per_document: reader.number("limits.tickets_per_document", 1, 100_000, 5_000),
        blocks_per_document: reader.number("limits.blocks_per_document", 1, 100_000, 5_000),
    }
}

pub(super) fn log(reader: &mut Reader) -> LogConfig {
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
