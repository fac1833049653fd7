//! What both databases share about migrations.

use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::error::StoreError;

/// Whether one migration was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its folder's name: the stamp and what it does.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// A change of the database that this program does not know, because a newer one has made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownChange {
    /// Its stamp, without dashes.
    pub version: String,
    /// Whether this program must not go on beside it.
    pub breaks_older: bool,
}

/// Those of the database's changes that are none of the known migrations.
pub(crate) fn unknown(
    known: &[MigrationStatus],
    changes: Vec<(String, bool)>,
) -> Vec<UnknownChange> {
    let stamp = |name: &str| {
        let stamp = name.split('_').next().unwrap_or_default();
        stamp.replace('-', "")
    };
    let known: Vec<String> = known.iter().map(|known| stamp(&known.name)).collect();
    let unknown = changes.into_iter();
    let unknown = unknown.filter(|(version, _)| !known.contains(version));
    unknown
        .map(|(version, breaks_older)| UnknownChange {
            version,
            breaks_older,
        })
        .collect()
}

/// Which way to migrate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Apply everything that is missing.
    Up,
    /// Take the last one back.
    Down,
}

/// Migrates and names what was applied or taken back, in that order.
pub(crate) fn run<DB: Backend>(
    harness: &mut impl MigrationHarness<DB>,
    migrations: fn() -> EmbeddedMigrations,
    direction: Direction,
) -> Result<Vec<String>, StoreError> {
    let before = status(harness, migrations)?;
    match direction {
        Direction::Up => harness
            .run_pending_migrations(migrations())
            .map(|_| ())
            .map_err(failed)?,
        Direction::Down if before.iter().any(|migration| migration.applied) => {
            harness
                .revert_last_migration(migrations())
                .map(|_| ())
                .map_err(failed)?;
        }
        Direction::Down => {}
    }
    let after = status(harness, migrations)?;
    let changed = before
        .into_iter()
        .zip(after)
        .filter(|(before, after)| before != after);
    Ok(changed.map(|(before, _)| before.name).collect())
}

/// Every known migration, oldest first, and whether the database has it.
pub(crate) fn status<DB: Backend>(
    harness: &mut impl MigrationHarness<DB>,
    migrations: fn() -> EmbeddedMigrations,
) -> Result<Vec<MigrationStatus>, StoreError> {
    let applied = harness.applied_migrations().map_err(failed)?;
    let mut known: Vec<Box<dyn Migration<DB>>> = migrations().migrations().map_err(failed)?;
    known.sort_by_key(|migration| migration.name().to_string());
    let status = known.iter().map(|migration| MigrationStatus {
        name: migration.name().to_string(),
        applied: applied.contains(&migration.name().version().as_owned()),
    });
    Ok(status.collect())
}

fn failed(error: impl ToString) -> StoreError {
    StoreError::Migration(error.to_string())
}
