//! One server in a temporary folder, from `initdb` to its removal.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use super::account::Account;
use super::leftovers::{self, FOLDER_PREFIX};
use super::programs::Programs;
use crate::process;

const SUPERUSER: &str = "handoff";
const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const PORT_ATTEMPTS: usize = 5;

/// Settings of a server whose data nobody will miss: nothing is synced to disk.
///
/// Commits stay synchronous all the same, because Handoff refuses to work without.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
fsync = off
full_page_writes = off
synchronous_commit = on
timezone = 'UTC'
";

/// A running server, stopped and removed on drop.
#[derive(Debug)]
pub(crate) struct Cluster {
    url: String,
    port: u16,
    server: Child,
    account: Account,
    // Dropped after `server` has been stopped; the lock shows other runs that the folder is in use.
    folder: TempDir,
    _lock: File,
}

impl Cluster {
    /// Starts a server on a free port of the loopback interface.
    pub(crate) fn start(programs: &Programs) -> Result<Self> {
        let account = Account::for_server()?;
        let parent = account.temporary_folder();
        leftovers::remove(&parent);

        let folder = tempfile::Builder::new()
            .prefix(FOLDER_PREFIX)
            .tempdir_in(&parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let lock = leftovers::lock(folder.path())?;

        let site = Site {
            programs,
            account: &account,
            folder: folder.path(),
        };
        let password = random_password()?;
        site.initialize(&password)?;
        let (server, port) = site.serve()?;
        Ok(Self {
            url: format!("postgres://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres"),
            port,
            server,
            account,
            folder,
            _lock: lock,
        })
    }

    /// The address of the server, with the name and password of its superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The file whose first line is the process id of the server.
    pub(crate) fn pid_file(&self) -> PathBuf {
        self.folder.path().join("data").join("postmaster.pid")
    }

    /// Starts the server again on the same port, if it has ended.
    pub(super) fn revive(&mut self, programs: &Programs) -> Result<()> {
        if self.server.try_wait()?.is_none() {
            return Ok(());
        }
        let site = Site {
            programs,
            account: &self.account,
            folder: self.folder.path(),
        };
        self.server = site.spawn(self.port)?;
        site.wait_until_ready(&mut self.server)?;
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        stop(&mut self.server);
    }
}

/// Where and as whom a server is made.
struct Site<'a> {
    programs: &'a Programs,
    account: &'a Account,
    folder: &'a Path,
}

impl Site<'_> {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    fn initialize(&self, password: &str) -> Result<()> {
        let password_file = self.folder.join("password");
        write_private(&password_file, password)?;
        self.account.give(&password_file)?;
        fs::create_dir(self.data())?;
        fs::set_permissions(self.data(), Permissions::from_mode(0o700))?;
        self.account.give(&self.data())?;

        let log = File::create(self.log())?;
        let mut initdb = self.programs.initdb();
        initdb
            .args(["--encoding=UTF8", "--locale=C", "--no-sync"])
            .args(["--username", SUPERUSER, "--auth=password", "--pwfile"])
            .arg(&password_file)
            .arg("--pgdata")
            .arg(self.data())
            .current_dir(self.folder)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.account.run_as(&mut initdb);
        if !process::run(&mut initdb)?.success() {
            bail!("initdb failed:\n{}", self.printed());
        }
        fs::remove_file(password_file)?;
        let configuration = self.data().join("postgresql.conf");
        let defaults = fs::read_to_string(&configuration)?;
        fs::write(configuration, defaults + SETTINGS)?;
        Ok(())
    }

    /// Starts the server; another program may take the chosen port first, then another is tried.
    fn serve(&self) -> Result<(Child, u16)> {
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port()?;
            let mut server = self.spawn(port)?;
            match self.wait_until_ready(&mut server) {
                Ok(Start::Ready) => return Ok((server, port)),
                Ok(Start::PortTaken) => {}
                Err(error) => {
                    stop(&mut server);
                    return Err(error);
                }
            }
        }
        bail!("found no free port for PostgreSQL in {PORT_ATTEMPTS} attempts")
    }

    fn spawn(&self, port: u16) -> Result<Child> {
        let log = File::create(self.log())?;
        let mut postgres = self.programs.postgres();
        postgres
            .arg("-D")
            .arg(self.data())
            .args(["-p", &port.to_string()])
            .current_dir(self.folder)
            .env("LC_ALL", "C")
            // Ctrl-C in a terminal must not reach the server before the tests have ended.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.account.run_as(&mut postgres);
        postgres.spawn().context("cannot start postgres")
    }

    fn wait_until_ready(&self, server: &mut Child) -> Result<Start> {
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            process::check_not_interrupted()?;
            if server.try_wait()?.is_some() {
                let printed = self.printed();
                if printed.contains("could not bind") {
                    return Ok(Start::PortTaken);
                }
                bail!("PostgreSQL did not start:\n{printed}");
            }
            if is_ready(&self.data()) {
                return Ok(Start::Ready);
            }
            thread::sleep(POLL_INTERVAL);
        }
        bail!(
            "PostgreSQL was not ready after {START_TIMEOUT:?}:\n{}",
            self.printed()
        )
    }

    fn printed(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }
}

enum Start {
    Ready,
    PortTaken,
}

/// Whether the server of this data folder takes connections.
///
/// It writes so in the eighth line of its pid file. Unlike an attempt to connect, this cannot mistake
/// another server on the same port for it.
fn is_ready(data: &Path) -> bool {
    fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|text| {
        text.lines()
            .nth(7)
            .is_some_and(|line| line.trim() == "ready")
    })
}

/// Ends a server: open connections are closed, and it is killed where it does not obey in time.
fn stop(server: &mut Child) {
    let pid = Pid::from_child(server);
    for signal in [Signal::INT, Signal::QUIT, Signal::KILL] {
        if matches!(server.try_wait(), Ok(Some(_))) {
            return;
        }
        // An error means that it has just ended, which the next round sees.
        let _ = rustix::process::kill_process(pid, signal);
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            if matches!(server.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(POLL_INTERVAL);
        }
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

fn random_password() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("cannot read /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;

    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{text}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ready_line_of_the_pid_file_means_ready() {
        let data = tempfile::tempdir().unwrap();
        assert!(!is_ready(data.path()));

        let lines = "1\n/data\n0\n5432\n\n127.0.0.1\n1 2\n";
        fs::write(
            data.path().join("postmaster.pid"),
            format!("{lines}starting\n"),
        )
        .unwrap();
        assert!(!is_ready(data.path()));

        fs::write(
            data.path().join("postmaster.pid"),
            format!("{lines}ready   \n"),
        )
        .unwrap();
        assert!(is_ready(data.path()));
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let (one, other) = (random_password().unwrap(), random_password().unwrap());

        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }
}
