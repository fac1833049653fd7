//! Tasks for people who work on Handoff: `cargo xtask --help` lists them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these commands talk to the person who runs them"
)]

mod bench;
mod chaos;
mod ci;
mod graph;
mod handoff;
mod layers;
mod migrate;
mod openapi;
mod postgres;
mod process;
mod public_api;
mod test;
mod tidy;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs every test, on SQLite and on a private throw-away PostgreSQL.
    Test(test::Options),
    /// Delivers tickets while processes die, freeze and lose answers, and compares what was made.
    Chaos(chaos::Options),
    /// Measures pushes, sync, start, memory and lists against the goals, with optimised programs.
    Bench(bench::Options),
    /// Does what the CI workflow does, in the same order, up to the first failure.
    Ci,
    /// Checks the rules of the repository that no compiler knows, such as the layers.
    Tidy,
    /// Migrates a database with the `handoff` binary, or makes a new migration.
    Migrate(migrate::Options),
    /// Writes docs/openapi.json from the code.
    Openapi(openapi::Options),
    /// Writes the listing of jira-client's public API from the code.
    PublicApi(public_api::Options),
    /// Shows the whole journey from a document to Jira issues, with nothing installed.
    Demo {
        /// A Markdown file, and further arguments for `handoff demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Runs a command beside a throw-away PostgreSQL, given in HANDOFF_TEST_POSTGRES_URL.
    Postgres {
        /// The command and its arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.task) {
        Ok(code) => code,
        Err(error) if process::is_interruption(&error) => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<ExitCode> {
    process::stop_children_on_signals()?;
    let workspace = Workspace::locate()?;
    match task {
        Task::Test(options) => test::run(&workspace, &options),
        Task::Chaos(options) => chaos::run(&workspace, &options),
        Task::Bench(options) => bench::run(&workspace, &options),
        Task::Ci => ci::run(&workspace),
        Task::Tidy => tidy::run(&workspace),
        Task::Migrate(options) => migrate::run(&workspace, &options),
        Task::Openapi(options) => openapi::run(&workspace, &options),
        Task::PublicApi(options) => public_api::run(&workspace, &options),
        Task::Demo { arguments } => handoff::demo(&workspace, &arguments),
        Task::Postgres { command } => postgres::run_beside(&command),
    }
}
