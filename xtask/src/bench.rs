//! `cargo xtask bench`: what a push, a sync, a start and a list cost, beside what they should cost.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::handoff;
use crate::process;
use crate::test::binaries::Binaries;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Measures only this; without it a push, a sync, a start and a list.
    #[arg(value_enum)]
    what: Option<Subject>,
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

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Subject {
    /// Scoping a mebibyte of each shape.
    Scoping,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    if let Some(Subject::Scoping) = options.what {
        let mut command = Command::new("cargo");
        command.args(["bench", "--package", "handoff-scoping"]);
        command.current_dir(workspace.root());
        return Ok(handoff::exit_code(process::run(&mut command)?));
    }
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
