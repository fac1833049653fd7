//! The effective settings for people, secrets masked.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use url::Url;

use super::{Config, DatabaseKind, JwksSource, LogFormat};

const MASK: &str = "********";

impl Config {
    /// Every key with its effective value; secrets are masked.
    #[must_use]
    pub fn masked(&self) -> Map<String, Value> {
        let mut keys = Map::new();
        let mut put = |key: &str, value: Value| {
            keys.insert(key.to_owned(), value);
        };
        put("data_dir", json!(self.data_dir));
        put("server.bind", json!(self.server.bind));
        put(
            "server.metrics_bind",
            self.server
                .metrics_bind
                .map_or(json!("off"), |bind| json!(bind)),
        );
        put("server.public_url", json!(self.server.public_url));
        let proxies = self.server.trusted_proxies.iter().map(ToString::to_string);
        put("server.trusted_proxies", proxies.collect());
        put("web.app_url", json!(self.web.app_url));
        put(
            "database.url",
            json!(masked_url(&self.database.url, self.database.kind)),
        );
        put("database.pool_size", json!(self.database.pool_size));
        put(
            "database.migrate_on_start",
            json!(self.database.migrate_on_start),
        );
        put("encryption.keys", secret(self.encryption.keys.as_ref()));
        put("jira.client_id", json!(self.jira.client_id));
        put(
            "jira.client_secret",
            secret(self.jira.client_secret.as_ref()),
        );
        put("jira.scopes", json!(self.jira.scopes.join(" ")));
        put("jira.auth_url", json!(self.jira.auth_url));
        put("jira.api_url", json!(self.jira.api_url));
        let jwks = self.auth.as_ref().map(|auth| &auth.jwks);
        put(
            "auth.jwks_url",
            json!(jwks.and_then(|jwks| match jwks {
                JwksSource::Url(url) => Some(url),
                JwksSource::File(_) => None,
            })),
        );
        put(
            "auth.jwks_file",
            json!(jwks.and_then(|jwks| match jwks {
                JwksSource::File(file) => Some(file),
                JwksSource::Url(_) => None,
            })),
        );
        put(
            "auth.issuer",
            json!(self.auth.as_ref().map(|auth| &auth.issuer)),
        );
        put(
            "auth.audience",
            json!(self.auth.as_ref().map(|auth| &auth.audience)),
        );
        put(
            "delivery.lease_seconds",
            json!(self.delivery.lease.as_secs()),
        );
        put(
            "delivery.settle_seconds",
            json!(self.delivery.settle.as_secs()),
        );
        put(
            "delivery.deadline_hours",
            json!(self.delivery.deadline.as_secs() / 3_600),
        );
        put(
            "delivery.max_in_flight_per_site",
            json!(self.delivery.max_in_flight_per_site),
        );
        put(
            "limits.requests_per_minute",
            json!(self.requests_per_minute),
        );
        put("log.level", json!(self.log.level));
        put(
            "log.format",
            json!(match self.log.format {
                LogFormat::Json => "json",
                LogFormat::Text => "text",
            }),
        );
        keys
    }
}

fn secret(value: Option<&SecretString>) -> Value {
    value.map_or(Value::Null, |_| json!(MASK))
}

fn masked_url(url: &SecretString, kind: DatabaseKind) -> String {
    if kind == DatabaseKind::Sqlite {
        return url.expose_secret().to_owned();
    }
    let Ok(mut url) = Url::parse(url.expose_secret()) else {
        return MASK.to_owned();
    };
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    if url.query().is_some_and(|query| query.contains("password")) {
        url.set_query(Some(MASK));
    }
    url.to_string()
}
