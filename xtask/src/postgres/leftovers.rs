//! What a killed run left behind: a folder, and often a server that still runs in it.
//!
//! A run holds a lock on a file in its folder. The system releases it with the process, however that
//! ended, so a folder whose lock is free belongs to nobody.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal};

/// How the names of our folders begin.
pub(super) const FOLDER_PREFIX: &str = "handoff-postgres-";

const LOCK_FILE: &str = "lock";
const END_TIMEOUT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Marks a folder as in use for as long as the file is open.
pub(super) fn lock(folder: &Path) -> Result<File> {
    // Locked before it gets its name, so that nobody finds it free.
    let unnamed = folder.join("lock.new");
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unnamed)?;
    file.try_lock().context("cannot lock a new file")?;
    fs::rename(unnamed, folder.join(LOCK_FILE))?;
    Ok(file)
}

/// Ends the servers of dead runs and removes their folders, as far as this user may.
pub(super) fn remove(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(FOLDER_PREFIX));
        if is_ours {
            remove_if_dead(&entry.path());
        }
    }
}

fn remove_if_dead(folder: &Path) {
    let Ok(file) = OpenOptions::new().write(true).open(folder.join(LOCK_FILE)) else {
        return;
    };
    if file.try_lock().is_err() {
        return;
    }
    end_server_of(folder);
    // What cannot be removed now stays for the next run.
    let _ = fs::remove_dir_all(folder);
}

/// The server that still runs in a folder.
///
/// The pid in its file may since belong to another program, so its command line must name the
/// folder. Where there is no /proc, the server notices within a minute that its folder is gone.
fn server_of(folder: &Path) -> Option<Pid> {
    let data = folder.join("data");
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    let command_line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let names_the_folder = command_line
        .split(|byte| *byte == 0)
        .any(|argument| argument == data.as_os_str().as_encoded_bytes());
    names_the_folder.then(|| Pid::from_raw(pid)).flatten()
}

fn end_server_of(folder: &Path) {
    for signal in [Signal::QUIT, Signal::KILL] {
        let Some(server) = server_of(folder) else {
            return;
        };
        if rustix::process::kill_process(server, signal).is_err() {
            return;
        }
        let deadline = Instant::now() + END_TIMEOUT;
        while server_of(folder).is_some() && Instant::now() < deadline {
            thread::sleep(POLL_INTERVAL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_removed_only_after_its_run_has_ended() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join(format!("{FOLDER_PREFIX}x"));
        fs::create_dir(&folder).unwrap();
        let held = lock(&folder).unwrap();

        remove(parent.path());
        assert!(folder.is_dir());

        drop(held);
        remove(parent.path());
        assert!(!folder.exists());
    }

    #[test]
    fn folders_of_others_are_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let other = parent.path().join("other");
        let unfinished = parent.path().join(format!("{FOLDER_PREFIX}unfinished"));
        for folder in [&other, &unfinished] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(other.join(LOCK_FILE), "").unwrap();

        remove(parent.path());

        assert!(other.is_dir() && unfinished.is_dir());
    }
}
