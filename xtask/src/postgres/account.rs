//! Who runs the server: PostgreSQL refuses to run as root.

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::process;

/// Users that may already exist and have few rights, best first.
const UNPRIVILEGED_USERS: [&str; 2] = ["postgres", "nobody"];

/// The user made where none of those exists.
const OWN_USER: &str = "handoff-postgres";

/// The user the server runs as.
#[derive(Debug)]
pub(super) enum Account {
    /// The user who runs the tests.
    Current,
    /// Another one, because the tests are run by root.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// The current user, or for root an unprivileged one.
    pub(super) fn for_server() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Current);
        }
        if let Some(account) = UNPRIVILEGED_USERS.iter().find_map(|name| Self::named(name)) {
            return Ok(account);
        }
        if Self::named(OWN_USER).is_none() {
            process::succeed(Command::new("useradd").args(["--system", "--user-group", OWN_USER]))?;
        }
        Self::named(OWN_USER).with_context(|| {
            format!("PostgreSQL does not run as root, and there is no user `{OWN_USER}`")
        })
    }

    fn named(user: &str) -> Option<Self> {
        let id = |flag: &str| {
            let answer = Command::new("id")
                .args([flag, user])
                .stderr(Stdio::null())
                .output()
                .ok()?;
            String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
        };
        Some(Self::Other {
            uid: id("-u")?,
            gid: id("-g")?,
        })
    }

    /// Makes a command run as this user; supplementary groups of root are dropped with it.
    pub(super) fn run_as(&self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Gives a file or folder to this user.
    pub(super) fn give(&self, path: &Path) -> Result<()> {
        if let Self::Other { uid, gid } = self {
            chown(path, Some(*uid), Some(*gid))
                .with_context(|| format!("cannot give {} away", path.display()))?;
        }
        Ok(())
    }

    /// A folder for temporary files that this user can reach.
    pub(super) fn temporary_folder(&self) -> PathBuf {
        let usual = env::temp_dir();
        match self {
            Self::Other { .. } if !is_reachable_by_others(&usual) => PathBuf::from("/tmp"),
            Self::Other { .. } | Self::Current => usual,
        }
    }
}

fn is_reachable_by_others(folder: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else {
        return false;
    };
    folder.ancestors().all(|ancestor| {
        fs::metadata(ancestor).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_folder_is_not_reachable_by_others() {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!is_reachable_by_others(&inner));

        for path in [folder.path(), &inner] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        assert!(is_reachable_by_others(&inner));
    }
}
