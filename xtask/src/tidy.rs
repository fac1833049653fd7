//! `cargo xtask tidy`: rules of the repository that no compiler knows.

mod files;
mod manifests;
mod markdown;
mod migrations;
mod neutral;
mod ports;
mod sources;

use std::process::ExitCode;

use anyhow::Result;

use self::files::Files;
use crate::graph::Graph;
use crate::layers;
use crate::workspace::Workspace;

/// What a check found: violations fail the command, warnings do not.
#[derive(Debug, Default)]
struct Findings {
    violations: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn violation(&mut self, text: impl Into<String>) {
        self.violations.push(text.into());
    }

    fn warning(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }
}

pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let mut findings = Findings::default();
    let graph = Graph::load(workspace)?;
    findings.violations.extend(layers::violations(&graph));
    manifests::check(
        workspace.root(),
        graph
            .members()
            .map(|(_, package)| package.manifest.as_path()),
        &mut findings,
    );
    let files = Files::of_repository(workspace.root())?;
    check_files(&files, &mut findings);

    for warning in &findings.warnings {
        println!("warning: {warning}");
    }
    for violation in &findings.violations {
        println!("error: {violation}");
    }
    println!(
        "tidy: {} violations, {} warnings",
        findings.violations.len(),
        findings.warnings.len()
    );
    Ok(match findings.violations.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn check_files(files: &Files, findings: &mut Findings) {
    sources::check(files, findings);
    neutral::check(files, findings);
    ports::check(files, findings);
    migrations::check(files, findings);
    markdown::check(files, findings);
}

/// Runs the checks of files on a tree that a test has planted.
#[cfg(test)]
fn findings_in(tree: &[(&str, &str)]) -> Findings {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in tree {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut findings = Findings::default();
    check_files(&Files::below(root.path()).unwrap(), &mut findings);
    findings
}
