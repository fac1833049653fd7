//! `cargo xtask migrate`: migrations by the `handoff` binary, so that no database is linked here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::workspace::Workspace;
use crate::{handoff, process};

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
    /// The database, `sqlite://path` or `postgres://…`; else what handoff.toml or the environment says.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Applies every migration that is not applied yet.
    Up,
    /// Takes the latest migration back.
    Down,
    /// Takes the latest migration back and applies it again.
    Redo,
    /// Lists the migrations and whether they are applied.
    Status,
    /// Makes the files of a new migration for both databases.
    New {
        /// What it does, as `verb_object`, for example `add_ticket_labels`.
        name: String,
    },
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let steps: &[&str] = match &options.action {
        Action::Up => &["up"],
        Action::Down => &["down"],
        Action::Redo => &["down", "up"],
        Action::Status => &["status"],
        Action::New { name } => {
            let folders = create(workspace.root(), name, OffsetDateTime::now_utc())?;
            for folder in folders {
                println!("made {}", folder.display());
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    for step in steps {
        let mut command = handoff::command(workspace);
        command.args(["migrate", step]);
        if let Some(url) = &options.database {
            command.env("HANDOFF__DATABASE__URL", url);
        }
        let status = process::run(&mut command)?;
        if !status.success() {
            return Ok(handoff::exit_code(status));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn create(root: &Path, name: &str, now: OffsetDateTime) -> Result<Vec<PathBuf>> {
    if !is_verb_and_object(name) {
        bail!("`{name}` is not of the form verb_object, in lower case: for example add_labels");
    }
    let stamp = now.format(format_description!(
        "[year]-[month]-[day]-[hour][minute][second]"
    ))?;
    let mut folders = Vec::new();
    for database in DATABASES {
        let folder = Path::new("migrations")
            .join(database)
            .join(format!("{stamp}_{name}"));
        write_files(&root.join(&folder), &stamp)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        folders.push(folder);
    }
    Ok(folders)
}

/// The migration says already that it breaks no older program; whoever writes it may find otherwise.
fn write_files(folder: &Path, stamp: &str) -> Result<()> {
    fs::create_dir_all(folder)?;
    let version = stamp.replace('-', "");
    let up = format!(
        "INSERT INTO schema_changes (version, breaks_older) VALUES ('{version}', FALSE);\n"
    );
    let down = format!("DELETE FROM schema_changes WHERE version = '{version}';\n");
    fs::write(folder.join("up.sql"), up)?;
    fs::write(folder.join("down.sql"), down)?;
    Ok(())
}

fn is_verb_and_object(name: &str) -> bool {
    name.contains('_')
        && name.split('_').all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_new_migration_has_four_files_under_one_stamp() {
        let root = tempfile::tempdir().unwrap();

        create(
            root.path(),
            "add_labels",
            datetime!(2026-11-23 08:05:09 UTC),
        )
        .unwrap();

        for database in DATABASES {
            for file in ["up.sql", "down.sql"] {
                let path = root
                    .path()
                    .join("migrations")
                    .join(database)
                    .join("2026-11-23-080509_add_labels")
                    .join(file);
                assert!(path.is_file(), "{}", path.display());
            }
        }
    }

    #[test]
    fn a_name_that_is_not_verb_and_object_is_refused() {
        let root = tempfile::tempdir().unwrap();

        for name in [
            "labels",
            "Add_labels",
            "add__labels",
            "add-labels",
            "../up_x",
        ] {
            assert!(
                create(root.path(), name, OffsetDateTime::UNIX_EPOCH).is_err(),
                "{name}"
            );
        }
        assert!(!root.path().join("migrations").exists());
    }
}
