//! The files of the repository, as far as they are its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

/// Folders that hold no sources, where there is no git to say so.
const FOREIGN_FOLDERS: [&str; 3] = [".git", "target", "handoff-data"];

/// The files below a root folder.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    paths: Vec<String>,
}

impl Files {
    /// What git tracks or would track; without git, everything that is not built.
    pub(super) fn of_repository(root: &Path) -> Result<Self> {
        let listed = Command::new("git")
            .current_dir(root)
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .stderr(Stdio::null())
            .output();
        match listed {
            Ok(listed) if listed.status.success() => {
                let paths = String::from_utf8_lossy(&listed.stdout)
                    .split('\0')
                    .filter(|path| !path.is_empty() && root.join(path).is_file())
                    .map(str::to_owned)
                    .collect();
                Ok(Self::new(root, paths))
            }
            _ => Self::below(root),
        }
    }

    /// Everything below a folder that is not built.
    pub(super) fn below(root: &Path) -> Result<Self> {
        let mut paths = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let is_foreign = FOREIGN_FOLDERS
                    .iter()
                    .any(|name| entry.file_name() == *name);
                if entry.file_type()?.is_dir() {
                    if !is_foreign {
                        folders.push(entry.path());
                    }
                    continue;
                }
                let path = entry.path();
                let relative = path.strip_prefix(root).context("a file outside its root")?;
                paths.push(relative.to_string_lossy().into_owned());
            }
        }
        Ok(Self::new(root, paths))
    }

    fn new(root: &Path, mut paths: Vec<String>) -> Self {
        paths.sort();
        Self {
            root: root.to_owned(),
            paths,
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The paths from the root, with `/` between folders, in order.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// The files that are text, each with its path.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, String)> {
        self.paths().filter_map(|path| {
            let text = fs::read_to_string(self.root.join(path)).ok()?;
            Some((path, text))
        })
    }
}
