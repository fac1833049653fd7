//! A program that runs as a process of its own and tells its address.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a program may take until it tells its address.
const READY_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A running program, killed on drop.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it prints goes to a file, so that it never waits for a reader.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self> {
        let file = File::create(log).context("the log cannot be made")?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?);
        let child = command.stderr(file).spawn().context("it does not start")?;
        let log = log.to_owned();
        Ok(Self { child, log })
    }

    /// Waits until a line of the log tells the address.
    pub(crate) fn address(&mut self, read: fn(&str) -> Option<String>) -> Result<String> {
        let begun = Instant::now();
        loop {
            let printed = fs::read_to_string(&self.log).unwrap_or_default();
            if let Some(address) = printed.lines().find_map(read) {
                return Ok(address);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("ended at once ({status}): {}", self.log.display());
            }
            if begun.elapsed() > READY_WITHIN {
                bail!("not ready after {READY_WITHIN:?}: {}", self.log.display());
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        // An error means that it has ended, which `is_running` tells.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
