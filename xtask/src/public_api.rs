//! `cargo xtask public-api`: keeps the listing of jira-client's public API equal to the code, and
//! compares the code with the last release.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::workspace::Workspace;

const PACKAGE: &str = "jira-client";
const FILE: &str = "crates/jira-client/public-api.txt";
/// What a release of the crate is tagged with, before its version.
const TAG_PREFIX: &str = "jira-client-v";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Compares instead of writing, fails where the listing is out of date, and compares the code
    /// with the last release.
    #[arg(long)]
    pub(crate) check: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    listing(workspace, options.check)?;
    if options.check {
        compare_with_release(workspace)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn listing(workspace: &Workspace, check: bool) -> Result<()> {
    let missing = missing_tools()?;
    if !missing.is_empty() {
        let what = missing.join("` and `");
        println!("skipped: the public API is listed by tools that are not installed: `{what}`");
        return Ok(());
    }
    let listed = process::output(
        Command::new("cargo-public-api")
            .args(["--package", PACKAGE, "-ss", "--color", "never"])
            .current_dir(workspace.root()),
    )?;
    let path = workspace.root().join(FILE);
    if check {
        check_listing(&path, &listed)?;
        println!("{FILE} is up to date");
    } else {
        fs::write(&path, listed).with_context(|| format!("cannot write {FILE}"))?;
        println!("wrote {FILE}");
    }
    Ok(())
}

/// The commands that install what is not there.
fn missing_tools() -> Result<Vec<&'static str>> {
    let mut missing = Vec::new();
    if !process::is_installed("cargo-public-api") {
        missing.push("cargo install --locked cargo-public-api");
    }
    // The listing is made from what only the nightly rustdoc writes.
    let has_nightly = process::is_installed("rustup")
        && process::output(Command::new("rustup").args(["toolchain", "list"]))?
            .lines()
            .any(|toolchain| toolchain.starts_with("nightly"));
    if !has_nightly {
        missing.push("rustup toolchain install nightly --profile minimal");
    }
    Ok(missing)
}

fn check_listing(path: &Path, listed: &str) -> Result<()> {
    let written = fs::read_to_string(path).with_context(|| format!("cannot read {FILE}"))?;
    let only_in = |one: &str, other: &str, sign: &str| {
        let other: std::collections::HashSet<&str> = other.lines().collect();
        let lines = one.lines().filter(|line| !other.contains(line));
        lines
            .map(|line| format!("{sign} {line}\n"))
            .collect::<String>()
    };
    if written == listed {
        return Ok(());
    }
    let (gone, new) = (
        only_in(&written, listed, "-"),
        only_in(listed, &written, "+"),
    );
    bail!("{FILE} is out of date, run `cargo xtask public-api`:\n{gone}{new}")
}

/// Asks whether the version says what changed since the last release.
fn compare_with_release(workspace: &Workspace) -> Result<()> {
    let pattern = format!("{TAG_PREFIX}*");
    let tags = process::output(
        Command::new("git")
            .args(["tag", "--list", &pattern, "--sort=-v:refname"])
            .current_dir(workspace.root()),
    )?;
    let Some(tag) = tags.lines().next() else {
        println!("skipped: there is no release of {PACKAGE} to compare with, no tag {pattern}");
        return Ok(());
    };
    if !process::is_installed("cargo-semver-checks") {
        println!(
            "skipped: compatibility with {tag} is checked by a tool that is not installed: \
             `cargo install --locked cargo-semver-checks`"
        );
        return Ok(());
    }
    process::succeed(
        Command::new("cargo-semver-checks")
            .args(["semver-checks", "--package", PACKAGE, "--baseline-rev", tag])
            .current_dir(workspace.root()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_went_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("public-api.txt");
        fs::write(&path, "pub fn a()\npub fn b()\n").unwrap();

        assert!(check_listing(&path, "pub fn a()\npub fn b()\n").is_ok());
        let error = check_listing(&path, "pub fn a()\npub fn c()\n").unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with(":\n- pub fn b()\n+ pub fn c()\n")
        );
    }

    #[test]
    fn a_listing_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();

        assert!(check_listing(&folder.path().join("none"), "pub fn a()\n").is_err());
    }
}
