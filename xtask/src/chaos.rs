//! `cargo xtask chaos`: many deliveries under random deaths and lost answers.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::handoff;
use crate::postgres::{KeptAlive, Programs};
use crate::process;
use crate::test::binaries::Binaries;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many tickets are delivered.
    #[arg(long, default_value_t = 500)]
    deliveries: usize,
    /// What everything random is drawn from; printed, so that a run can be repeated.
    #[arg(long)]
    seed: Option<u64>,
    /// Where the services keep their data.
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    database: Database,
    /// How many services share the database.
    #[arg(long, default_value_t = 1)]
    processes: usize,
    /// Where databases and logs are left; after a failure they are kept anyway.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Uses optimised programs.
    #[arg(long)]
    release: bool,
    /// Does not fail where some kind of fault never struck, as happens with few deliveries.
    #[arg(long)]
    any_kind: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let programs = match options.database {
        Database::Sqlite => None,
        Database::Postgres => Some(Programs::find_or_install()?),
    };
    let binaries = Binaries::build_programs(workspace, options.release)?;
    let server = programs.map(KeptAlive::start).transpose()?;
    let chaos = binaries.path("HANDOFF_CHAOS_BIN");
    let mut command = Command::new(chaos.context("cargo built no program `chaos`")?);
    binaries.apply(&mut command);
    command.arg(format!("--deliveries={}", options.deliveries));
    command.arg(format!("--processes={}", options.processes));
    if let Some(seed) = options.seed {
        command.arg(format!("--seed={seed}"));
    }
    if let Some(folder) = &options.folder {
        command.arg("--folder").arg(folder);
    }
    if !options.any_kind {
        command.arg("--every-kind");
    }
    if let Some(server) = &server {
        command.args(["--postgres-url", server.url()]);
        command.arg("--postgres-pid-file").arg(server.pid_file());
    }
    Ok(handoff::exit_code(process::run(&mut command)?))
}
