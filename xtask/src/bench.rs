//! `cargo xtask bench`: what a push, a sync, a start and a list cost, beside what they should cost.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::handoff;
use crate::process;
use crate::test::binaries::Binaries;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many tickets the compared pushes have.
    #[arg(long, default_value_t = 500)]
    tickets: usize,
    /// How many tickets the push has during which memory is measured.
    #[arg(long, default_value_t = 10_000)]
    large: usize,
    /// Leaves the large push out.
    #[arg(long)]
    no_large: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let binaries = Binaries::build_programs(workspace, true)?;
    let bench = binaries.path("HANDOFF_BENCH_BIN");
    let mut command = Command::new(bench.context("cargo built no program `bench`")?);
    binaries.apply(&mut command);
    command.arg(format!("--tickets={}", options.tickets));
    if !options.no_large {
        command.arg(format!("--large={}", options.large));
    }
    Ok(handoff::exit_code(process::run(&mut command)?))
}
