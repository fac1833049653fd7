//! Starts other programs, and ends them when this one is told to stop.
//!
//! Signals belong to the process, so what is kept about them is global. The thread that receives
//! them only makes the running child end; everything is then cleaned up by the normal way out.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{env, thread};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING_CHILD: Mutex<Option<Pid>> = Mutex::new(None);

/// How long a child has after a signal, before it is sent the next one.
///
/// A terminal sends Ctrl-C to the child as well, so it gets a moment to end by itself. The second
/// time is longer than the test runner gives to its tests.
const ESCALATION: [(Duration, Signal); 2] = [
    (Duration::from_secs(1), Signal::TERM),
    (Duration::from_secs(15), Signal::KILL),
];

#[derive(Debug)]
struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// From now on, SIGINT, SIGTERM and SIGHUP end the running child instead of this process.
pub(crate) fn stop_children_on_signals() -> Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen for signals")?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if INTERRUPTED.swap(true, Ordering::SeqCst) {
                signal_child(Signal::KILL);
            } else {
                eprintln!("interrupted, cleaning up");
                thread::spawn(escalate);
            }
        }
    });
    Ok(())
}

fn escalate() {
    for (patience, signal) in ESCALATION {
        thread::sleep(patience);
        signal_child(signal);
    }
}

fn signal_child(signal: Signal) {
    let child = *RUNNING_CHILD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pid) = child {
        // It may just have ended by itself, which is what is wanted.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Fails once a signal asked this program to stop.
pub(crate) fn check_not_interrupted() -> Result<()> {
    if INTERRUPTED.load(Ordering::SeqCst) {
        return Err(Interrupted.into());
    }
    Ok(())
}

/// Whether an error only says that a signal asked this program to stop.
pub(crate) fn is_interruption(error: &anyhow::Error) -> bool {
    error.is::<Interrupted>()
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus> {
    run_with_child(command, |_| Ok(()))
}

/// Runs a command to its end and gives each line of its standard output to `on_line`.
pub(crate) fn run_by_lines(
    command: &mut Command,
    mut on_line: impl FnMut(&str),
) -> Result<ExitStatus> {
    run_with_child(command.stdout(Stdio::piped()), |child| {
        let stdout = child.stdout.take().context("no standard output")?;
        for line in BufReader::new(stdout).split(b'\n') {
            on_line(String::from_utf8_lossy(&line?).trim_end_matches('\r'));
        }
        Ok(())
    })
}

/// Runs a command that must succeed.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = run(command)?;
    if !status.success() {
        bail!("`{}` failed: {status}", describe(command));
    }
    Ok(())
}

/// Runs a command that must succeed and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let mut text = String::new();
    let status = run_by_lines(command, |line| {
        text.push_str(line);
        text.push('\n');
    })?;
    if !status.success() {
        bail!("`{}` failed: {status}", describe(command));
    }
    Ok(text)
}

fn run_with_child(
    command: &mut Command,
    read: impl FnOnce(&mut Child) -> Result<()>,
) -> Result<ExitStatus> {
    check_not_interrupted()?;
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start `{}`", describe(command)))?;
    set_running_child(Some(Pid::from_child(&child)));
    // A signal that came between the check and the line above found no child to end.
    if INTERRUPTED.load(Ordering::SeqCst) {
        signal_child(Signal::TERM);
    }
    let read_all = read(&mut child);
    let status = child.wait();
    set_running_child(None);
    check_not_interrupted()?;
    read_all.with_context(|| format!("cannot read what `{}` prints", describe(command)))?;
    status.with_context(|| format!("cannot wait for `{}`", describe(command)))
}

fn set_running_child(child: Option<Pid>) {
    *RUNNING_CHILD.lock().unwrap_or_else(PoisonError::into_inner) = child;
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|part| part.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The folders of `PATH`.
pub(crate) fn path_folders() -> Vec<PathBuf> {
    env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// Whether a program of this name can be found in `PATH`.
pub(crate) fn is_installed(program: &str) -> bool {
    path_folders()
        .iter()
        .any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_described_by_its_name_and_arguments() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "--doc"]);

        assert_eq!(describe(&command), "cargo test --doc");
    }

    #[test]
    fn lines_arrive_without_their_ends() {
        let mut lines = Vec::new();
        let status = run_by_lines(Command::new("printf").arg("a\\r\\nb"), |line| {
            lines.push(line.to_owned());
        })
        .unwrap();

        assert!(status.success());
        assert_eq!(lines, ["a", "b"]);
    }

    #[test]
    fn output_of_a_failed_command_is_an_error_that_names_it() {
        let error = output(&mut Command::new("false")).unwrap_err();

        assert!(error.to_string().starts_with("`false` failed"), "{error}");
    }
}
