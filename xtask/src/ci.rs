//! `cargo xtask ci`: the steps of .github/workflows/ci.yml, in the same order.

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;
use crate::{openapi, process, test, tidy};

struct Step {
    name: &'static str,
    run: fn(&Workspace) -> Result<ExitCode>,
}

const STEPS: [Step; 8] = [
    Step {
        name: "fmt",
        run: |workspace| cargo(workspace, &["fmt", "--all", "--check"]),
    },
    Step {
        name: "clippy",
        run: clippy,
    },
    Step {
        name: "docs",
        run: docs,
    },
    Step {
        name: "tidy",
        run: tidy::run,
    },
    Step {
        name: "machete",
        run: |workspace| where_installed("cargo-machete", workspace.cargo().arg("machete")),
    },
    Step {
        name: "typos",
        run: typos,
    },
    Step {
        name: "openapi",
        run: |workspace| openapi::run(workspace, &openapi::Options { check: true }),
    },
    Step {
        name: "test",
        run: |workspace| test::run(workspace, &test::Options::default()),
    },
];

pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    for step in STEPS {
        println!("== {}", step.name);
        let started = Instant::now();
        let outcome = (step.run)(workspace).with_context(|| format!("step `{}` failed", step.name));
        let seconds = started.elapsed().as_secs_f32();
        if outcome? != ExitCode::SUCCESS {
            bail!("step `{}` failed after {seconds:.1} s", step.name);
        }
        println!("== {}: ok in {seconds:.1} s", step.name);
    }
    Ok(ExitCode::SUCCESS)
}

fn clippy(workspace: &Workspace) -> Result<ExitCode> {
    cargo(
        workspace,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    )
}

fn docs(workspace: &Workspace) -> Result<ExitCode> {
    let mut command = workspace.cargo();
    command
        .args(["doc", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings");
    process::succeed(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

fn typos(workspace: &Workspace) -> Result<ExitCode> {
    let mut command = Command::new("typos");
    command
        .args(["--config", ".github/typos.toml"])
        .current_dir(workspace.root());
    where_installed("typos", &mut command)
}

/// Runs a tool that CI installs and that a contributor may lack.
fn where_installed(program: &str, command: &mut Command) -> Result<ExitCode> {
    if process::is_installed(program) {
        process::succeed(command)?;
    } else {
        println!("skipped: `{program}` is not installed");
    }
    Ok(ExitCode::SUCCESS)
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<ExitCode> {
    process::succeed(workspace.cargo().args(arguments))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workflow_has_the_same_steps_in_the_same_order() {
        let workflow = include_str!("../../.github/workflows/ci.yml");
        let named: Vec<&str> = workflow
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("- name: "))
            .collect();

        assert_eq!(named, STEPS.map(|step| step.name));
    }

    #[test]
    fn a_tool_fails_a_step_only_where_it_is_installed() {
        let mut command = Command::new("false");

        assert!(where_installed("false", &mut command).is_err());
        assert!(where_installed("no-such-tool", &mut command).is_ok());
    }
}
