//! The measured service.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::app::{announced_address, handoff};
use crate::browser::{Browser, Consent};
use crate::chaos::fleet::sqlite_environment;
use crate::chaos::program::Program;
use crate::client::Client;

/// A serving `handoff` on SQLite, with the settings that it is delivered with.
#[derive(Debug)]
pub(super) struct Service {
    program: Program,
    base_url: String,
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

impl Service {
    pub(super) async fn start(folder: &Path, atlassian: &str) -> Result<Self> {
        let environment = sqlite_environment(folder, atlassian);
        let (program, base_url) = launch(folder, &environment).await?;
        Ok(Self {
            program,
            base_url,
            folder: folder.to_owned(),
            environment,
        })
    }

    /// Kills it, starts it again on the same database, and gives the time from there until it says that it is ready.
    pub(super) async fn restart(&mut self) -> Result<Duration> {
        self.program.kill();
        let begun = Instant::now();
        (self.program, self.base_url) = launch(&self.folder, &self.environment).await?;
        Ok(begun.elapsed())
    }

    /// An owner of a new workspace that is connected to Jira.
    pub(super) async fn connected_client(&self) -> Result<Client> {
        let made = self.cli(&["workspace", "create", "--name", "Bench", "--json"])?;
        let workspace = made["id"].as_str().context("no workspace")?.to_owned();
        let create = ["token", "create", "--workspace", &workspace];
        let made = self.cli(&[&create[..], &["--role", "owner", "--json"]].concat())?;
        let token = made["token"].as_str().context("no token")?.to_owned();
        let client = Client::new(self.base_url.clone(), Some(token), workspace);
        let landed = Browser::default().connect(&client, Consent::Acme).await;
        ensure!(landed.query() == Some("jira=connected"), "{landed}");
        Ok(client)
    }

    /// A line of `/proc/PID/status`, such as `VmRSS` or the peak `VmHWM`, in bytes.
    pub(super) fn memory(&self, name: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.program.id()))
            .context("memory is only measured on Linux")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
        let kibibytes: f64 = kibibytes.context("no such line")?.parse()?;
        Ok(kibibytes * 1024.0)
    }

    /// Makes the peak of the memory begin again at what is used now (proc_pid_clear_refs(5)).
    pub(super) fn forget_peak(&self) -> Result<()> {
        let file = format!("/proc/{}/clear_refs", self.program.id());
        fs::write(file, "5").context("the peak cannot be reset")
    }

    fn cli(&self, arguments: &[&str]) -> Result<Value> {
        let output = command(&self.folder, &self.environment)
            .args(arguments)
            .output()?;
        ensure!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).context("no JSON on standard output")
    }
}

fn command(folder: &Path, environment: &[(String, String)]) -> Command {
    let mut command = handoff();
    command.envs(environment.to_vec()).current_dir(folder);
    command
}

async fn launch(folder: &Path, environment: &[(String, String)]) -> Result<(Program, String)> {
    let mut command = command(folder, environment);
    command.arg("serve");
    let mut program = Program::start(command, &folder.join("serve.log"))?;
    let base_url = format!("http://{}", program.address(announced_address)?);
    let ready = reqwest::get(format!("{base_url}/readyz")).await?;
    ensure!(ready.status().is_success(), "not ready: {}", ready.status());
    Ok((program, base_url))
}
