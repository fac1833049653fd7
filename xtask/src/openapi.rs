//! `cargo xtask openapi`: keeps docs/openapi.json equal to what the code says.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;
use crate::{handoff, process};

const FILE: &str = "docs/openapi.json";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Compares instead of writing, and fails where the file is out of date.
    #[arg(long)]
    pub(crate) check: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let printed = process::output(handoff::command(workspace).arg("openapi"))?;
    let document = format!("{}\n", printed.trim_end());
    serde_json::from_str::<serde_json::Value>(&document)
        .context("`handoff openapi` did not print JSON")?;

    let path = workspace.root().join(FILE);
    if options.check {
        check(&path, &document)?;
        println!("{FILE} is up to date");
    } else {
        fs::write(&path, document).with_context(|| format!("cannot write {FILE}"))?;
        println!("wrote {FILE}");
    }
    Ok(ExitCode::SUCCESS)
}

fn check(path: &Path, document: &str) -> Result<()> {
    let written = fs::read_to_string(path).with_context(|| format!("cannot read {FILE}"))?;
    if written == document {
        return Ok(());
    }
    let line = 1 + written
        .lines()
        .zip(document.lines())
        .take_while(|(old, new)| old == new)
        .count();
    bail!("{FILE} is out of date from line {line} on: run `cargo xtask openapi`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_document_is_refused_with_the_first_different_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openapi.json");
        fs::write(&path, "{\n  \"a\": 1\n}\n").unwrap();

        assert!(check(&path, "{\n  \"a\": 1\n}\n").is_ok());
        let error = check(&path, "{\n  \"a\": 2\n}\n").unwrap_err().to_string();
        assert!(error.contains("from line 2 on"), "{error}");
    }
}
