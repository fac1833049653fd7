//! Calls of the `handoff` binary.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// A call of `handoff` through cargo; its arguments are still to be added.
pub(crate) fn command(workspace: &Workspace) -> Command {
    let mut command = workspace.cargo();
    command.args(["run", "--quiet", "--locked"]);
    command.args(["--package", "handoff-api", "--bin", "handoff", "--"]);
    command
}

/// Runs `handoff demo` as a release build.
pub(crate) fn demo(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    let mut command = workspace.cargo();
    command.args(["run", "--release", "--locked"]);
    command.args(["--package", "handoff-api", "--bin", "handoff", "--", "demo"]);
    command.args(arguments);
    Ok(exit_code(process::run(&mut command)?))
}

/// The exit code of a child as that of this program.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code() {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => ExitCode::FAILURE,
    }
}
