//! The `handoff` binary.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use handoff_api::cli::{Arguments, run};
use mimalloc::MiMalloc;

/// Gives memory back after a push of thousands of tickets, where the system's allocator keeps it in one heap a thread.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
        let cause = error.downcast_ref::<std::io::Error>();
        if cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe) {
            // Whoever reads has seen enough.
            return ExitCode::SUCCESS;
        }
        // Nothing is left to do where even standard error is closed.
        drop(writeln!(std::io::stderr(), "handoff: {error:#}"));
        ExitCode::FAILURE
    })
}
