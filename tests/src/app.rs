//! The real binary, serving beside a sandbox.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use jira_sandbox::{Sandbox, SandboxConfig};
use serde_json::Value;
use tempfile::TempDir;

use crate::beside::{Beside, send};
use crate::client::Client;
use crate::recorder::Recorder;

/// Where the callback sends the browser; nothing listens there.
pub(crate) const APP_URL: &str = "http://web.example.test/settings";
/// How browsers are told to reach the service; the browser of these tests calls the real address instead.
pub(crate) const PUBLIC_URL: &str = "http://handoff.example.test";
/// How long the binary may take to be ready on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take to stop.
const STOPPED_WITHIN: Duration = Duration::from_secs(60);

/// A serving `handoff` with a sandbox, stopped on drop.
#[derive(Debug)]
pub struct App {
    /// Atlassian's stand-in.
    pub sandbox: Sandbox,
    /// Where the service answers.
    pub base_url: String,
    /// The workspace that was made.
    pub workspace_id: String,
    /// What went between service and sandbox, where that was asked for.
    pub recorder: Option<Recorder>,
    environment: Vec<(String, String)>,
    folder: TempDir,
    child: Child,
    log: Arc<Mutex<String>>,
}

/// Chooses how a service is started.
#[derive(Debug, Default)]
pub struct AppBuilder {
    sandbox: SandboxConfig,
    environment: Vec<(String, String)>,
    is_recorded: bool,
}

impl AppBuilder {
    /// Keeps what goes between service and sandbox.
    #[must_use]
    pub fn recorded(mut self) -> Self {
        self.is_recorded = true;
        self
    }

    /// Serves on a PostgreSQL database, with a key that was made for this.
    #[must_use]
    pub fn postgres(self, url: &str) -> Self {
        let key = format!("test:{}", STANDARD.encode([7; 32]));
        self.env("HANDOFF__DATABASE__URL", url)
            .env("HANDOFF__ENCRYPTION__KEYS", &key)
    }

    /// Sets up the sandbox differently.
    #[must_use]
    pub fn sandbox(mut self, change: impl FnOnce(&mut SandboxConfig)) -> Self {
        change(&mut self.sandbox);
        self
    }

    /// Sets a configuration key in its environment form.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Starts sandbox and service, and makes a workspace.
    pub async fn start(self) -> App {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let secret = self.sandbox.client_secret.clone();
        let sandbox = Sandbox::start(self.sandbox).expect("the sandbox starts");
        let folder = tempfile::tempdir().expect("a folder");
        let recorder = match self.is_recorded {
            true => Some(Recorder::start(sandbox.base_url()).await),
            false => None,
        };
        let atlassian = recorder
            .as_ref()
            .map_or(sandbox.base_url(), Recorder::base_url)
            .to_owned();
        let mut environment = vec![
            ("HANDOFF__SERVER__BIND".to_owned(), "127.0.0.1:0".to_owned()),
            (
                "HANDOFF__SERVER__METRICS_BIND".to_owned(),
                "127.0.0.1:0".to_owned(),
            ),
            (
                "HANDOFF__SERVER__PUBLIC_URL".to_owned(),
                PUBLIC_URL.to_owned(),
            ),
            ("HANDOFF__WEB__APP_URL".to_owned(), APP_URL.to_owned()),
            (
                "HANDOFF__DATA_DIR".to_owned(),
                folder.path().join("data").display().to_string(),
            ),
            ("HANDOFF__JIRA__AUTH_URL".to_owned(), atlassian.clone()),
            ("HANDOFF__JIRA__API_URL".to_owned(), atlassian),
            (
                "HANDOFF__JIRA__CLIENT_ID".to_owned(),
                "sandbox-client".to_owned(),
            ),
            ("HANDOFF__JIRA__CLIENT_SECRET".to_owned(), secret),
            (
                "HANDOFF__LIMITS__REQUESTS_PER_MINUTE".to_owned(),
                "100000".to_owned(),
            ),
            ("HANDOFF__LOG__LEVEL".to_owned(), "debug".to_owned()),
        ];
        environment.extend(self.environment);
        let (child, log, base_url) = serve(&environment, folder.path());
        let mut app = App {
            sandbox,
            base_url,
            workspace_id: String::new(),
            recorder,
            environment,
            folder,
            child,
            log,
        };
        let made = app.cli(&["workspace", "create", "--name", "Acceptance", "--json"]);
        app.workspace_id = made["id"].as_str().expect("an id").to_owned();
        app
    }
}

impl App {
    /// A service on SQLite with a fresh data folder.
    pub async fn start() -> Self {
        AppBuilder::default().start().await
    }

    /// Runs a command of the binary beside the service and reads the JSON it prints.
    pub fn cli(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON on standard output")
    }

    /// Runs a command of the binary beside the service.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = handoff();
        command
            .args(arguments)
            .envs(self.environment.clone())
            .current_dir(self.folder.path());
        command.output().expect("the binary runs")
    }

    /// A client with a new token of this role in the app's workspace.
    pub fn client(&self, role: &str) -> Client {
        let workspace = self.workspace_id.clone();
        self.client_of(&workspace, role)
    }

    /// A client with a new token of this role in a workspace.
    pub fn client_of(&self, workspace: &str, role: &str) -> Client {
        let made = self.cli(&[
            "token",
            "create",
            "--workspace",
            workspace,
            "--role",
            role,
            "--json",
        ]);
        let token = made["token"].as_str().expect("a token").to_owned();
        Client::new(self.base_url.clone(), Some(token), workspace.to_owned())
    }

    /// A client with any bearer token, or none.
    pub fn client_with(&self, token: Option<&str>) -> Client {
        let token = token.map(str::to_owned);
        Client::new(self.base_url.clone(), token, self.workspace_id.clone())
    }

    /// Makes a further workspace and gives its id.
    pub fn workspace(&self, name: &str) -> String {
        let made = self.cli(&["workspace", "create", "--name", name, "--json"]);
        made["id"].as_str().expect("an id").to_owned()
    }

    /// The data folder.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The service's SQLite database, to look into or to change behind its back.
    pub fn database(&self) -> SqliteConnection {
        let file = self.data_folder().join("handoff.db");
        let mut database = SqliteConnection::establish(file.to_str().expect("a path in UTF-8"))
            .expect("the database opens");
        diesel::sql_query("PRAGMA busy_timeout = 10000")
            .execute(&mut database)
            .expect("a pragma");
        database
    }

    /// Everything the service has logged.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Kills the service at once, as a crash would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks the service to stop, as an operating system does, and gives how it ended.
    pub fn stop(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the service's state") {
                return status;
            }
            assert!(
                begun.elapsed() < STOPPED_WITHIN,
                "the service does not stop:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a signal such as `TERM`.
    pub fn signal(&self, signal: &str) {
        send(&self.child, signal);
    }

    /// Starts a further service on the same folder and database.
    pub fn beside(&self) -> Beside {
        let (child, _, base_url) = serve(&self.environment, self.folder.path());
        Beside::new(child, base_url)
    }

    /// Starts the service again on the same folder and database.
    pub fn restart(&mut self) {
        self.kill();
        let (child, log, base_url) = serve(&self.environment, self.folder.path());
        (self.child, self.log, self.base_url) = (child, log, base_url);
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The binary under test.
///
/// `HANDOFF_BIN` names it; else it is looked for beside the running test.
pub fn handoff() -> Command {
    let named = std::env::var_os("HANDOFF_BIN").map(PathBuf::from);
    let binary = named.unwrap_or_else(|| beside_this_program("handoff"));
    assert!(
        binary.is_file(),
        "there is no {}: build it with `cargo build -p handoff-api`",
        binary.display()
    );
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HANDOFF__")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG");
    command
}

/// Where cargo puts a program of this workspace: beside the running program, or above the folder of the running test.
pub(crate) fn beside_this_program(name: &str) -> PathBuf {
    let running = std::env::current_exe().expect("the path of this program");
    let folders: Vec<&Path> = running.ancestors().skip(1).take(2).collect();
    let found = folders.iter().map(|folder| folder.join(name));
    let mut found = found.filter(|program| program.is_file());
    found
        .next()
        .unwrap_or_else(|| folders.last().expect("a folder").join(name))
}

fn serve(environment: &[(String, String)], folder: &Path) -> (Child, Arc<Mutex<String>>, String) {
    fs::create_dir_all(folder).expect("the folder");
    let mut command = handoff();
    command
        .arg("serve")
        .envs(environment.to_vec())
        .current_dir(folder);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let log = Arc::new(Mutex::new(String::new()));
    let (sender, receiver) = std::sync::mpsc::channel();
    let streams: [Box<dyn std::io::Read + Send>; 2] = [
        Box::new(child.stdout.take().expect("standard output")),
        Box::new(child.stderr.take().expect("standard error")),
    ];
    for stream in streams {
        let (log, sender) = (Arc::clone(&log), sender.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if let Some(address) = announced_address(&line) {
                    let _ = sender.send(address);
                }
                let mut log = log.lock().expect("the log");
                log.push_str(&line);
                log.push('\n');
            }
        });
    }
    // A service that ends closes its output, and with the last sender gone that is noticed at once.
    drop(sender);
    let begun = Instant::now();
    let Ok(address) = receiver.recv_timeout(READY_WITHIN) else {
        let _ = child.kill();
        let log = log.lock().expect("the log");
        panic!(
            "the service was not ready after {:?}:\n{log}",
            begun.elapsed()
        );
    };
    (child, log, format!("http://{address}"))
}

/// The address in the line that tells that the service listens.
pub(crate) fn announced_address(line: &str) -> Option<String> {
    let fields: Value = serde_json::from_str(line).ok()?;
    let fields = fields.get("fields").unwrap_or(&fields);
    let is_ready = fields.get("message")?.as_str()? == "serving";
    is_ready.then(|| fields.get("address")?.as_str().map(str::to_owned))?
}
