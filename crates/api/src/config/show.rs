//! The effective settings for people, secrets masked.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use url::Url;

use super::{Config, DatabaseKind, JwksSource, LogFormat};

const MASK: &str = "********";

/// Keys with their values.
type Shown = Vec<(&'static str, Value)>;

impl Config {
    /// Every key with its effective value; secrets are masked.
    #[must_use]
    pub fn masked(&self) -> Map<String, Value> {
        let sections = [
            self.served(),
            self.limited(),
            self.kept(),
            self.of_jira(),
            self.of_identity_provider(),
            self.of_delivery(),
            self.logged(),
        ];
        let keys = sections.into_iter().flatten();
        keys.map(|(key, value)| (key.to_owned(), value)).collect()
    }

    fn served(&self) -> Shown {
        let server = &self.server;
        let metrics = server.metrics_bind;
        let proxies = server.trusted_proxies.iter().map(ToString::to_string);
        vec![
            ("server.bind", json!(server.bind)),
            (
                "server.metrics_bind",
                metrics.map_or(json!("off"), |bind| json!(bind)),
            ),
            ("server.public_url", json!(server.public_url)),
            ("server.trusted_proxies", proxies.collect()),
            ("web.app_url", json!(self.web.app_url)),
        ]
    }

    fn limited(&self) -> Shown {
        let limits = self.limits;
        vec![
            (
                "limits.requests_per_minute",
                json!(limits.requests_per_minute),
            ),
            (
                "limits.tickets_per_document",
                json!(limits.tickets_per_document),
            ),
            (
                "limits.blocks_per_document",
                json!(limits.blocks_per_document),
            ),
        ]
    }

    fn kept(&self) -> Shown {
        let database = &self.database;
        let keys = self.encryption.keys.as_ref();
        vec![
            ("data_dir", json!(self.data_dir)),
            (
                "database.url",
                json!(masked_url(&database.url, database.kind)),
            ),
            ("database.pool_size", json!(database.pool_size)),
            (
                "database.migrate_on_start",
                json!(database.migrate_on_start),
            ),
            ("encryption.keys", secret(keys)),
        ]
    }

    fn of_jira(&self) -> Shown {
        let jira = &self.jira;
        vec![
            ("jira.client_id", json!(jira.client_id)),
            ("jira.client_secret", secret(jira.client_secret.as_ref())),
            ("jira.scopes", json!(jira.scopes.join(" "))),
            ("jira.auth_url", json!(jira.auth_url)),
            ("jira.api_url", json!(jira.api_url)),
        ]
    }

    fn of_identity_provider(&self) -> Shown {
        let provider = self.auth.as_ref();
        let (url, file) = match provider.map(|provider| &provider.jwks) {
            Some(JwksSource::Url(url)) => (json!(url), Value::Null),
            Some(JwksSource::File(file)) => (Value::Null, json!(file)),
            None => (Value::Null, Value::Null),
        };
        vec![
            ("auth.jwks_url", url),
            ("auth.jwks_file", file),
            (
                "auth.issuer",
                json!(provider.map(|provider| &provider.issuer)),
            ),
            (
                "auth.audience",
                json!(provider.map(|provider| &provider.audience)),
            ),
        ]
    }

    fn of_delivery(&self) -> Shown {
        let delivery = &self.delivery;
        let hours = delivery.deadline.as_secs() / 3_600;
        vec![
            ("delivery.lease_seconds", json!(delivery.lease.as_secs())),
            ("delivery.settle_seconds", json!(delivery.settle.as_secs())),
            ("delivery.deadline_hours", json!(hours)),
            (
                "delivery.max_in_flight_per_site",
                json!(delivery.max_in_flight_per_site),
            ),
        ]
    }

    fn logged(&self) -> Shown {
        let format = match self.log.format {
            LogFormat::Json => "json",
            LogFormat::Text => "text",
        };
        vec![
            ("log.level", json!(self.log.level)),
            ("log.format", json!(format)),
        ]
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
