//! Builds everything once and finds the programs that acceptance tests start.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// Programs by the environment variable that gives their path to the tests.
const PROGRAMS: [(&str, &str); 4] = [
    ("HANDOFF_BIN", "handoff"),
    ("JIRA_SANDBOX_BIN", "jira-sandbox"),
    ("HANDOFF_CHAOS_BIN", "chaos"),
    ("HANDOFF_BENCH_BIN", "bench"),
];

/// The built programs.
#[derive(Debug)]
pub(crate) struct Binaries {
    variables: Vec<(&'static str, PathBuf)>,
}

impl Binaries {
    /// Builds programs, tests and examples together, so that they share one set of dependencies.
    pub(super) fn build(workspace: &Workspace) -> Result<Self> {
        Self::built_by(
            workspace,
            &["--workspace", "--bins", "--tests", "--examples"],
        )
    }

    /// Builds the programs alone.
    pub(crate) fn build_programs(workspace: &Workspace, is_release: bool) -> Result<Self> {
        let mut arguments = vec!["--bin=handoff", "--bin=jira-sandbox"];
        arguments.extend(["--bin=chaos", "--bin=bench"]);
        arguments.extend(["-p=handoff-api", "-p=jira-sandbox", "-p=acceptance"]);
        arguments.extend(is_release.then_some("--release"));
        Self::built_by(workspace, &arguments)
    }

    /// Builds the sandbox alone and gives its path.
    pub(super) fn build_sandbox(workspace: &Workspace) -> Result<PathBuf> {
        let built = Self::built_by(workspace, &["--bin=jira-sandbox", "-p=jira-sandbox"])?;
        match built.variables.into_iter().next() {
            Some((_, path)) => Ok(path),
            None => bail!("cargo did not say where the sandbox is"),
        }
    }

    fn built_by(workspace: &Workspace, arguments: &[&str]) -> Result<Self> {
        let mut cargo = workspace.cargo();
        cargo
            .args(["build", "--locked"])
            .args(arguments)
            .arg("--message-format=json-render-diagnostics");
        let mut variables = Vec::new();
        let status = process::run_by_lines(&mut cargo, |line| {
            if let Some((name, path)) = program_of_message(line) {
                variables.push((name, path));
            }
        })?;
        if !status.success() {
            bail!("the workspace does not build");
        }
        Ok(Self { variables })
    }

    /// The path of a program, by the variable that gives it to tests.
    pub(crate) fn path(&self, variable: &str) -> Option<&Path> {
        let mut variables = self.variables.iter();
        let found = variables.find(|(name, _)| *name == variable);
        found.map(|(_, path)| path.as_path())
    }

    pub(crate) fn apply(&self, command: &mut Command) {
        for (variable, path) in &self.variables {
            command.env(variable, path);
        }
    }
}

/// The program that one of cargo's messages announces, where it is one of ours and no test of it.
fn program_of_message(line: &str) -> Option<(&'static str, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    let is_program = text("/reason")? == "compiler-artifact"
        && text("/target/kind/0")? == "bin"
        && message.pointer("/profile/test") == Some(&Value::Bool(false));
    if !is_program {
        return None;
    }
    let built = text("/target/name")?;
    let (variable, _) = PROGRAMS.iter().find(|(_, program)| *program == built)?;
    Some((variable, PathBuf::from(text("/executable")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, name: &str, is_test: bool) -> String {
        serde_json::json!({
            "reason": "compiler-artifact",
            "target": { "kind": [kind], "name": name },
            "profile": { "test": is_test },
            "executable": "/target/debug/program",
        })
        .to_string()
    }

    #[test]
    fn a_built_program_is_found_by_its_name() {
        let found = program_of_message(&message("bin", "handoff", false));

        assert_eq!(
            found,
            Some(("HANDOFF_BIN", PathBuf::from("/target/debug/program")))
        );
    }

    #[test]
    fn other_messages_announce_no_program() {
        for line in [
            message("bin", "xtask", false),
            message("bin", "handoff", true),
            message("lib", "handoff", false),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
            "not JSON".to_owned(),
        ] {
            assert_eq!(program_of_message(&line), None, "{line}");
        }
    }
}
