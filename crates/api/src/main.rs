//! The `handoff` binary.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use handoff_api::cli::{Arguments, run};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|error| {
        // Nothing is left to do where even standard error is closed.
        drop(writeln!(std::io::stderr(), "handoff: {error:#}"));
        ExitCode::FAILURE
    })
}
