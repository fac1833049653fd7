//! The services under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jira_sandbox::SandboxConfig;
use rustix::process::Signal;
use serde_json::Value;

use super::program::Program;
use super::sandbox::SandboxProcess;
use super::{ChaosDatabase, ChaosOptions, LEASE_SECONDS, SETTLE_SECONDS};
use crate::app::{APP_URL, PUBLIC_URL, announced_address, handoff};

/// How long a service may need several starts, while the database is away.
const STARTED_WITHIN: Duration = Duration::from_secs(60);

/// Services that share one database.
#[derive(Debug)]
pub(super) struct Fleet {
    folder: PathBuf,
    environment: Vec<(String, String)>,
    servers: Vec<Mutex<Server>>,
}

#[derive(Debug)]
struct Server {
    program: Program,
    starts: usize,
    base_url: String,
}

impl Fleet {
    /// Starts every service; the first one makes the tables.
    pub(super) fn start(options: &ChaosOptions, sandbox: &SandboxProcess) -> Result<Self> {
        let mut fleet = Self {
            folder: options.folder.clone(),
            environment: environment(options, &sandbox.control.base_url),
            servers: Vec::new(),
        };
        for index in 0..options.processes {
            let server = fleet.launch(index, 0)?;
            fleet.servers.push(Mutex::new(server));
        }
        Ok(fleet)
    }

    /// How many services there are.
    pub(super) const fn len(&self) -> usize {
        self.servers.len()
    }

    /// Where a service answers, or has answered.
    pub(super) fn base_url(&self, index: usize) -> String {
        self.server(index).base_url.clone()
    }

    /// Kills a service.
    pub(super) fn kill(&self, index: usize) {
        self.server(index).program.kill();
    }

    /// Freezes a service, or lets it go on.
    pub(super) fn freeze(&self, index: usize, is_frozen: bool) {
        let signal = if is_frozen {
            Signal::STOP
        } else {
            Signal::CONT
        };
        self.server(index).program.signal(signal);
    }

    /// Starts a service again that has ended; tries for a while, because its database may be away.
    pub(super) fn revive(&self, index: usize) -> Result<()> {
        let mut server = self.server(index);
        if server.program.is_running() {
            return Ok(());
        }
        let begun = Instant::now();
        loop {
            let starts = server.starts + 1;
            match self.launch(index, starts) {
                Ok(started) => {
                    *server = started;
                    return Ok(());
                }
                Err(error) if begun.elapsed() > STARTED_WITHIN => return Err(error),
                Err(_) => server.starts = starts,
            }
        }
    }

    /// Runs a command of the binary beside the services and reads the JSON it prints.
    pub(super) fn cli(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.command().args(arguments).output()?;
        ensure!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).context("no JSON on standard output")
    }

    fn launch(&self, index: usize, starts: usize) -> Result<Server> {
        let mut command = self.command();
        command.arg("serve");
        let log = self.folder.join(format!("serve-{index}-{starts}.log"));
        let mut program = Program::start(command, &log)?;
        let address = program.address(announced_address)?;
        Ok(Server {
            program,
            starts,
            base_url: format!("http://{address}"),
        })
    }

    fn command(&self) -> Command {
        let mut command = handoff();
        command
            .envs(self.environment.clone())
            .current_dir(&self.folder);
        command
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "whoever asks has taken the number from `len`"
    )]
    fn server(&self, index: usize) -> MutexGuard<'_, Server> {
        self.servers[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn environment(options: &ChaosOptions, atlassian: &str) -> Vec<(String, String)> {
    let mut pairs = sqlite_environment(&options.folder, atlassian);
    let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
    add(
        "HANDOFF__DELIVERY__SETTLE_SECONDS",
        SETTLE_SECONDS.to_string(),
    );
    add(
        "HANDOFF__DELIVERY__LEASE_SECONDS",
        LEASE_SECONDS.to_string(),
    );
    if let ChaosDatabase::Postgres { url, .. } = &options.database {
        let key = format!("chaos:{}", STANDARD.encode([9; 32]));
        add("HANDOFF__DATABASE__URL", url.clone());
        add("HANDOFF__DATABASE__MIGRATE_ON_START", "true".to_owned());
        add("HANDOFF__ENCRYPTION__KEYS", key);
    }
    pairs
}

/// The settings of a service beside a sandbox, with its data in a folder of the run and everything else as it is delivered.
pub(crate) fn sqlite_environment(folder: &Path, atlassian: &str) -> Vec<(String, String)> {
    let jira = SandboxConfig::default();
    let data = folder.join("data").display().to_string();
    let pairs = [
        ("HANDOFF__SERVER__BIND", "127.0.0.1:0"),
        ("HANDOFF__SERVER__METRICS_BIND", "127.0.0.1:0"),
        ("HANDOFF__SERVER__PUBLIC_URL", PUBLIC_URL),
        ("HANDOFF__WEB__APP_URL", APP_URL),
        ("HANDOFF__DATA_DIR", &data),
        ("HANDOFF__JIRA__AUTH_URL", atlassian),
        ("HANDOFF__JIRA__API_URL", atlassian),
        ("HANDOFF__JIRA__CLIENT_ID", &jira.client_id),
        ("HANDOFF__JIRA__CLIENT_SECRET", &jira.client_secret),
        ("HANDOFF__LIMITS__REQUESTS_PER_MINUTE", "1000000"),
    ];
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}
