//! A private PostgreSQL server that lives as long as the tests that use it.

mod account;
mod cluster;
mod kept_alive;
mod leftovers;
mod programs;

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

pub(crate) use self::cluster::Cluster;
pub(crate) use self::kept_alive::KeptAlive;
pub(crate) use self::programs::Programs;

use crate::{handoff, process};

/// The environment variable that tells tests where the server is.
pub(crate) const URL_VARIABLE: &str = "HANDOFF_TEST_POSTGRES_URL";

/// `cargo xtask postgres`: runs any command beside a server of its own.
pub(crate) fn run_beside(command: &[OsString]) -> Result<ExitCode> {
    let (program, arguments) = command.split_first().context("no command is given")?;
    let cluster = Cluster::start(&Programs::find_or_install()?)?;
    let status = process::run(
        Command::new(program)
            .args(arguments)
            .env(URL_VARIABLE, cluster.url()),
    )?;
    Ok(handoff::exit_code(status))
}
