//! The `handoff` binary.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use handoff_api::cli::{Arguments, run};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if arguments.is_serving() {
        one_heap::insist();
    }
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

/// glibc gives each thread a heap of its own, and each keeps the room that a push of thousands of tickets once took: 200 MB
/// instead of 80. It takes other advice only from the environment, before the process begins.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod one_heap {
    use std::env;
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    const ADVICE: [(&str, &str); 3] = [
        ("MALLOC_ARENA_MAX", "1"),
        ("MALLOC_TRIM_THRESHOLD_", "131072"),
        ("MALLOC_MMAP_THRESHOLD_", "65536"),
    ];

    /// Begins the process anew, as the same one, unless the environment has advice already.
    pub(crate) fn insist() {
        let is_advised = ADVICE.iter().any(|(name, _)| env::var_os(name).is_some());
        let (Ok(program), false) = (env::current_exe(), is_advised) else {
            return;
        };
        let mut again = Command::new(program);
        let mut arguments = env::args_os();
        if let Some(name) = arguments.next() {
            again.arg0(name);
        }
        // Where it fails, more memory is used, and nothing else.
        drop(again.args(arguments).envs(ADVICE).exec());
    }
}
