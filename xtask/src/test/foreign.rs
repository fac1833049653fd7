//! Clients that others wrote, against a sandbox in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::binaries::Binaries;
use super::tally::{self, Tally};
use crate::process;
use crate::workspace::Workspace;

/// Where the scripts are, with what they need beside them.
const FOLDER: &str = "crates/jira-sandbox/tests/foreign";

/// Runs every script; a client that is not installed is counted as skipped.
pub(super) fn run(workspace: &Workspace) -> Result<Tally> {
    let folder = workspace.root().join(FOLDER);
    let sandbox = Sandbox::start(&Binaries::build_sandbox(workspace)?)?;
    let scripts = [
        (python(&folder), "pycontribs.py"),
        (PathBuf::from("node"), "jirajs.mjs"),
        (PathBuf::from("node"), "compare.mjs"),
    ];
    let mut tally = Tally::default();
    for (program, script) in scripts {
        tally.add(run_script(&folder, &program, script, &sandbox.url)?);
    }
    Ok(tally)
}

/// The interpreter of the folder's own environment, else the one of the system.
fn python(folder: &Path) -> PathBuf {
    let own = folder.join(".venv/bin/python");
    if own.is_file() {
        return own;
    }
    PathBuf::from("python3")
}

fn run_script(folder: &Path, program: &Path, script: &str, url: &str) -> Result<Tally> {
    let mut tally = Tally::default();
    let name = program.display();
    if program.is_relative() && !process::is_installed(&name.to_string()) {
        tally.count_skipped(&format!("{name} is not installed"), 1);
        return Ok(tally);
    }
    let mut printed = String::new();
    let mut command = Command::new(program);
    command
        .arg(script)
        .current_dir(folder)
        .env("JIRA_SANDBOX_URL", url);
    let status = process::run_by_lines(&mut command, |line| {
        println!("{script}: {line}");
        printed.push_str(line);
        printed.push('\n');
    })?;
    match tally::skip_reason(&printed) {
        Some(reason) => tally.count_skipped(&format!("{reason}, in {FOLDER}"), 1),
        None if status.success() => tally.count_passed(1),
        None => tally.count_failed(1),
    }
    Ok(tally)
}

/// A sandbox in a process of its own, ended on drop.
struct Sandbox {
    child: Child,
    url: String,
}

impl Sandbox {
    fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["--port", "0"]).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start the sandbox")?;
        let output = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let url = lines.find_map(|line| {
            let url = line.strip_prefix("Atlassian sandbox")?;
            Some(url.trim().to_owned())
        });
        // The rest must be read, or the sandbox would wait for somebody to do so.
        std::thread::spawn(move || lines.for_each(drop));
        let mut sandbox = Self {
            child,
            url: String::new(),
        };
        match url {
            Some(url) => sandbox.url = url,
            None => bail!("the sandbox did not say where it listens"),
        }
        Ok(sandbox)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
