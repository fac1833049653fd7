//! `handoff status`

use std::process::ExitCode;

use crate::wiring::Store;
use anyhow::Result;
use handoff_domain::shared::page::{MAX_LIMIT, PageRequest};
use serde::Serialize;

use super::output::Output;
use crate::config::Config;
use crate::wiring;

#[derive(Serialize)]
struct Status {
    version: &'static str,
    database: String,
    pending_migrations: Vec<String>,
    encryption_keys: Vec<String>,
    missing_jira_keys: Vec<&'static str>,
    identity_provider: bool,
    workspaces: Option<usize>,
}

/// Tells how things stand; fails when the service could not do its work.
pub(super) async fn run(output: Output, config: &Config, store: &Store) -> Result<ExitCode> {
    store.ping().await?;
    let pending_migrations = store.pending_migrations().await?;
    let workspaces = match pending_migrations.as_slice() {
        [] => Some(count_workspaces(store).await?),
        _ => None,
    };
    let keys = wiring::configured_keys(config)?;
    let status = Status {
        version: env!("CARGO_PKG_VERSION"),
        database: config
            .masked()
            .get("database.url")
            .and_then(|url| url.as_str())
            .unwrap_or_default()
            .to_owned(),
        encryption_keys: keys
            .iter()
            .flat_map(|keys| keys.key_ids())
            .map(str::to_owned)
            .collect(),
        missing_jira_keys: config.missing_jira_keys(),
        identity_provider: config.auth.is_some(),
        workspaces,
        pending_migrations,
    };
    output.value(&status, || status.to_text())?;
    let is_ready = status.pending_migrations.is_empty();
    Ok(if is_ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn count_workspaces(store: &Store) -> Result<usize> {
    let service = wiring::core(store)?.workspaces();
    let mut page = PageRequest {
        limit: MAX_LIMIT,
        after: None,
    };
    let mut count = 0;
    loop {
        let found = service.list_all(page).await?;
        count += found.items.len();
        if found.next.is_none() {
            return Ok(count);
        }
        page.after = found.next;
    }
}

impl Status {
    fn to_text(&self) -> String {
        let or = |text: String, otherwise: &str| {
            if text.is_empty() {
                otherwise.to_owned()
            } else {
                text
            }
        };
        let workspaces = self
            .workspaces
            .map_or_else(|| "not known".to_owned(), |count| count.to_string());
        let provider = if self.identity_provider {
            "configured"
        } else {
            "none, API tokens only"
        };
        let lines = [
            ("version", self.version.to_owned()),
            ("database", self.database.clone()),
            (
                "pending migrations",
                or(self.pending_migrations.join(", "), "none"),
            ),
            (
                "encryption keys",
                or(
                    self.encryption_keys.join(", "),
                    "none yet, made by the first serve",
                ),
            ),
            (
                "missing Jira keys",
                or(self.missing_jira_keys.join(", "), "none"),
            ),
            ("identity provider", provider.to_owned()),
            ("workspaces", workspaces),
        ];
        lines
            .map(|(name, value)| format!("{name:<20}{value}"))
            .join("\n")
    }
}
