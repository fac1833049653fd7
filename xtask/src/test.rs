//! `cargo xtask test`: every test of the workspace, on both databases.

pub(crate) mod binaries;
mod doctests;
mod foreign;
mod libtest;
mod nextest;
mod tally;

use std::process::{Command, ExitCode};

use anyhow::Result;

use self::binaries::Binaries;
use self::tally::Tally;
use crate::postgres::{Cluster, Programs, URL_VARIABLE};
use crate::process;
use crate::workspace::Workspace;

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Leaves out what needs PostgreSQL; those tests are counted as skipped.
    #[arg(long)]
    no_postgres: bool,
    /// Runs only the clients of others against a sandbox; what is not installed counts as skipped.
    #[arg(long, conflicts_with_all = ["no_postgres", "filters"])]
    foreign_clients: bool,
    /// Runs only the tests whose name contains one of these.
    filters: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    if options.foreign_clients {
        return Ok(conclude(&foreign::run(workspace)?));
    }
    // Missing programs are reported before the long build, not after it.
    let programs = match options.no_postgres {
        true => None,
        false => Some(Programs::find_or_install()?),
    };
    let binaries = Binaries::build(workspace)?;
    let cluster = programs.as_ref().map(Cluster::start).transpose()?;
    let environment = Environment {
        binaries,
        postgres_url: cluster.as_ref().map(|cluster| cluster.url().to_owned()),
    };

    let mut tally = if process::is_installed("cargo-nextest") {
        nextest::run(workspace, &environment, &options.filters)?
    } else {
        libtest::run(workspace, &environment, &options.filters)?
    };
    tally.add(doctests::run(workspace, &environment, &options.filters)?);
    drop(cluster);
    Ok(conclude(&tally))
}

/// Prints the counts and gives how the program ends.
fn conclude(tally: &Tally) -> ExitCode {
    println!("{}", tally.summary());
    if tally.is_empty() {
        println!("no test has such a name");
    }
    match tally.is_success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// What the tests find in their environment.
#[derive(Debug)]
struct Environment {
    binaries: Binaries,
    postgres_url: Option<String>,
}

impl Environment {
    fn apply(&self, command: &mut Command) {
        self.binaries.apply(command);
        match &self.postgres_url {
            Some(url) => command.env(URL_VARIABLE, url),
            None => command.env_remove(URL_VARIABLE),
        };
    }
}
