//! `handoff migrate`

use crate::wiring::Store;
use anyhow::Result;
use serde::Serialize;

use super::arguments::MigrateAction;
use super::output::Output;

#[derive(Serialize)]
struct Migration {
    name: String,
    applied: bool,
}

pub(super) async fn run(output: Output, store: &Store, action: MigrateAction) -> Result<()> {
    match action {
        MigrateAction::Up => {
            let applied = store.migrate_up().await?;
            output.value(&applied, || match applied.as_slice() {
                [] => "nothing to apply".to_owned(),
                names => format!("applied {}", names.join(", ")),
            })
        }
        MigrateAction::Down => {
            let reverted = store.migrate_down().await?;
            output.value(&reverted, || match &reverted {
                None => "nothing to take back".to_owned(),
                Some(name) => format!("took back {name}"),
            })
        }
        MigrateAction::Status => {
            let found = store.migration_status().await?.into_iter();
            let found: Vec<Migration> = found
                .map(|status| Migration {
                    name: status.name,
                    applied: status.applied,
                })
                .collect();
            output.list(&found, &["MIGRATION", "STATE"], |migration| {
                let state = if migration.applied {
                    "applied"
                } else {
                    "pending"
                };
                vec![migration.name.clone(), state.to_owned()]
            })
        }
    }
}
