//! Finds PostgreSQL's server programs, or installs them where that is a matter of one command.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process;

/// Folders in which packages put one folder per major version, each with a `bin` in it.
const VERSIONED_FOLDERS: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
];

/// The folder with `initdb` and `postgres`.
#[derive(Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Finds the programs; where they are missing on a Debian-like system, installs them first.
    pub(crate) fn find_or_install() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        let Some(privileges) = apt_privileges() else {
            bail!(
                "PostgreSQL's server programs (initdb, postgres) are not installed: install the \
                 package `postgresql` (Debian, Ubuntu), `postgresql-server` (Fedora) or \
                 `postgresql@17` (Homebrew), or leave PostgreSQL out with \
                 `cargo xtask test --no-postgres`"
            );
        };
        install_by_apt(privileges)?;
        match Self::find() {
            Some(found) => Ok(found),
            None => bail!("the package `postgresql` is installed but holds no initdb and postgres"),
        }
    }

    /// Looks in `PATH`, in the folders of packages (newest version first), and asks `pg_config`.
    pub(crate) fn find() -> Option<Self> {
        let packaged = VERSIONED_FOLDERS
            .iter()
            .flat_map(|(parent, prefix)| newest_first(Path::new(parent), prefix));
        process::path_folders()
            .into_iter()
            .chain(packaged)
            .find(|folder| is_complete(folder))
            .or_else(|| pg_config_folder().filter(|folder| is_complete(folder)))
            .map(|folder| Self { folder })
    }

    pub(crate) fn initdb(&self) -> Command {
        Command::new(self.folder.join("initdb"))
    }

    pub(crate) fn postgres(&self) -> Command {
        Command::new(self.folder.join("postgres"))
    }
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|program| folder.join(program).is_file())
}

fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let major = name.to_str()?.strip_prefix(prefix)?.split('.').next()?;
            Some((major.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(major, _)| Reverse(*major));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

fn pg_config_folder() -> Option<PathBuf> {
    let answer = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(answer.stdout).ok()?;
    answer
        .status
        .success()
        .then(|| PathBuf::from(folder.trim()))
}

/// How apt-get may be run without asking anybody.
#[derive(Debug, Clone, Copy)]
enum AptPrivileges {
    Root,
    Sudo,
}

fn apt_privileges() -> Option<AptPrivileges> {
    if !process::is_installed("apt-get") {
        return None;
    }
    if rustix::process::geteuid().is_root() {
        return Some(AptPrivileges::Root);
    }
    let sudo_needs_no_password = Command::new("sudo")
        .args(["-n", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    sudo_needs_no_password.then_some(AptPrivileges::Sudo)
}

fn install_by_apt(privileges: AptPrivileges) -> Result<()> {
    println!("PostgreSQL is not installed: installing the package `postgresql` by apt-get");
    let apt_get = |arguments: &[&str]| {
        let mut command = match privileges {
            AptPrivileges::Root => Command::new("env"),
            AptPrivileges::Sudo => {
                let mut sudo = Command::new("sudo");
                sudo.args(["-n", "env"]);
                sudo
            }
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]);
        command.args(arguments).stdin(Stdio::null());
        process::succeed(&mut command)
    };
    // One of its sources may be out of reach while the package is not; the next step tells.
    let _ = apt_get(&["update"]);
    apt_get(&["install", "--yes", "--no-install-recommends", "postgresql"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_packaged_version_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9.6", "17", "15", "common"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }

        let folders = newest_first(parent.path(), "");

        let expected: Vec<_> = ["17", "15", "9.6"]
            .iter()
            .map(|version| parent.path().join(version).join("bin"))
            .collect();
        assert_eq!(folders, expected);
    }

    #[test]
    fn a_folder_without_the_server_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("initdb"), "").unwrap();
        assert!(!is_complete(folder.path()));

        fs::write(folder.path().join("postgres"), "").unwrap();
        assert!(is_complete(folder.path()));
    }
}
