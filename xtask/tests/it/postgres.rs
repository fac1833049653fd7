//! Each test has a temporary folder of its own, so that it sees only its own clusters.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

/// Commands that print what they were given; one then stays until its input is closed.
const PRINT_URL: &str = "echo $HANDOFF_TEST_POSTGRES_URL";
const PRINT_URL_AND_STAY: &str = "echo $HANDOFF_TEST_POSTGRES_URL; exec cat";

#[test]
fn a_command_finds_a_server_that_commits_synchronously_and_takes_many_connections() {
    let Some(place) = Place::with_postgres() else {
        return;
    };
    if !is_in_path("psql") {
        println!("skipped: psql is not installed");
        return;
    }

    let query = "psql --no-psqlrc -At \"$HANDOFF_TEST_POSTGRES_URL\" \
        -c 'show synchronous_commit' -c 'show max_connections' -c 'show listen_addresses'";
    let output = place.xtask_beside(query).output().unwrap();

    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "on\n300\n127.0.0.1\n"
    );
    assert_eq!(place.clusters(), 0);
}

#[test]
fn the_server_and_its_folder_are_gone_after_the_command_has_failed() {
    let Some(place) = Place::with_postgres() else {
        return;
    };

    let output = place
        .xtask_beside(&format!("{PRINT_URL}; exit 7"))
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let url = String::from_utf8(output.stdout).unwrap();
    assert!(!answers(url.trim()));
    assert_eq!(place.clusters(), 0);
}

#[test]
fn a_signal_ends_the_command_and_removes_the_server() {
    let Some(place) = Place::with_postgres() else {
        return;
    };
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut run = place.start();
        assert!(answers(&run.url));

        assert_eq!(run.end(signal), Some(130), "{signal:?}");

        assert!(!answers(&run.url));
        assert_eq!(place.clusters(), 0);
    }
}

#[test]
fn what_a_killed_run_left_behind_is_removed_by_the_next_one() {
    let Some(place) = Place::with_postgres() else {
        return;
    };
    let mut killed = place.start();
    assert_eq!(killed.end(Signal::KILL), None);
    assert!(answers(&killed.url));
    assert_eq!(place.clusters(), 1);

    let output = place.xtask_beside(PRINT_URL).output().unwrap();

    assert!(output.status.success(), "{output:?}");
    assert!(!answers(&killed.url));
    assert_eq!(place.clusters(), 0);
}

#[test]
fn two_runs_at_once_do_not_disturb_each_other() {
    let Some(place) = Place::with_postgres() else {
        return;
    };
    let mut first = place.start();
    let mut second = place.start();

    assert_ne!(first.url, second.url);
    assert!(answers(&first.url) && answers(&second.url));
    assert_eq!(first.end(Signal::TERM), Some(130));
    assert!(answers(&second.url));
    assert_eq!(second.end(Signal::TERM), Some(130));
    assert_eq!(place.clusters(), 0);
}

/// A temporary folder that the server's user can reach as well.
struct Place {
    folder: TempDir,
}

impl Place {
    /// `None`, with the reason printed, where PostgreSQL is not installed.
    fn with_postgres() -> Option<Self> {
        let is_packaged = PathBuf::from("/usr/lib/postgresql").is_dir();
        if !is_packaged && !is_in_path("initdb") {
            println!("skipped: PostgreSQL is not installed");
            return None;
        }
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Some(Self { folder })
    }

    fn xtask_beside(&self, script: &str) -> Command {
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        xtask
            .args(["postgres", "sh", "-c", script])
            .env("TMPDIR", self.folder.path())
            .stdin(Stdio::null());
        xtask
    }

    fn start(&self) -> Run {
        let mut xtask = self
            .xtask_beside(PRINT_URL_AND_STAY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(xtask.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        assert!(url.starts_with("postgres://"), "{url}");
        Run {
            _stdin: xtask.stdin.take().unwrap(),
            xtask,
            url: url.trim().to_owned(),
        }
    }

    fn clusters(&self) -> usize {
        fs::read_dir(self.folder.path()).unwrap().count()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A test that failed half-way may have left a server that nobody else would end.
        if std::thread::panicking() {
            let _ = self.xtask_beside("true").status();
        }
    }
}

/// An xtask whose command stays.
struct Run {
    // Open until the end, also while the process is waited for.
    _stdin: ChildStdin,
    xtask: Child,
    url: String,
}

impl Run {
    /// Sends a signal and returns the exit code.
    fn end(&mut self, signal: Signal) -> Option<i32> {
        rustix::process::kill_process(Pid::from_child(&self.xtask), signal).unwrap();
        self.xtask.wait().unwrap().code()
    }
}

fn is_in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether something listens at the host and port of a URL.
fn answers(url: &str) -> bool {
    let (_, rest) = url.split_once('@').unwrap();
    let (address, _) = rest.split_once('/').unwrap();
    TcpStream::connect(address).is_ok()
}
