//! `handoff status`

use std::collections::BTreeMap;
use std::process::ExitCode;

use crate::wiring::{LedgerOverview, Store};
use anyhow::Result;
use handoff_domain::shared::page::{MAX_LIMIT, PageRequest};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

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
    /// How many deliveries are in each state; absent before the migrations, like the next two.
    deliveries: Option<BTreeMap<&'static str, i64>>,
    needs_attention: Option<Vec<Attention>>,
    pauses: Option<Vec<Paused>>,
}

/// A workspace in which a person must decide something.
#[derive(Serialize)]
struct Attention {
    workspace_id: Uuid,
    deliveries: i64,
}

/// A pause that every process obeys.
#[derive(Serialize)]
struct Paused {
    scope: String,
    #[serde(with = "time::serde::rfc3339")]
    until: OffsetDateTime,
    reason: String,
}

/// Tells how things stand; fails when the service could not do its work.
pub(super) async fn run(output: Output, config: &Config, store: &Store) -> Result<ExitCode> {
    store.ping().await?;
    let pending_migrations = store.pending_migrations().await?;
    let (workspaces, ledger) = match pending_migrations.as_slice() {
        [] => {
            let ledger = store.ledger_overview(OffsetDateTime::now_utc()).await?;
            (Some(count_workspaces(store).await?), Some(ledger))
        }
        _ => (None, None),
    };
    let (deliveries, needs_attention, pauses) = ledger.map(shown).unwrap_or_default();
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
        deliveries,
        needs_attention,
        pauses,
    };
    output.value(&status, || status.to_text())?;
    let is_ready = status.pending_migrations.is_empty();
    Ok(if is_ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

type Shown = (
    Option<BTreeMap<&'static str, i64>>,
    Option<Vec<Attention>>,
    Option<Vec<Paused>>,
);

fn shown(ledger: LedgerOverview) -> Shown {
    let deliveries = ledger.deliveries.into_iter();
    let deliveries = deliveries.map(|(state, count)| (state.as_str(), count));
    let attention = ledger.needing_attention.into_iter();
    let attention = attention.map(|(workspace, deliveries)| Attention {
        workspace_id: workspace.as_uuid(),
        deliveries,
    });
    let pauses = ledger.pauses.into_iter().map(|pause| Paused {
        scope: pause.scope.key(),
        until: pause.until,
        reason: pause.reason,
    });
    (
        Some(deliveries.collect()),
        Some(attention.collect()),
        Some(pauses.collect()),
    )
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
            ("deliveries", or(self.counted(), "none")),
            ("needs attention", or(self.attention(), "none")),
            ("pauses", or(self.paused(), "none")),
        ];
        lines
            .map(|(name, value)| format!("{name:<20}{value}"))
            .join("\n")
    }

    fn counted(&self) -> String {
        let counted = self.deliveries.iter().flatten();
        let counted = counted.filter(|(_, count)| **count > 0);
        let counted = counted.map(|(state, count)| format!("{count} {state}"));
        counted.collect::<Vec<_>>().join(", ")
    }

    fn attention(&self) -> String {
        let waiting = self.needs_attention.iter().flatten();
        let waiting = waiting.map(|one| format!("{} in {}", one.deliveries, one.workspace_id));
        waiting.collect::<Vec<_>>().join(", ")
    }

    fn paused(&self) -> String {
        let pauses = self.pauses.iter().flatten();
        let pauses =
            pauses.map(|pause| format!("{} until {} ({})", pause.scope, pause.until, pause.reason));
        pauses.collect::<Vec<_>>().join(", ")
    }
}
