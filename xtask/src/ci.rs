//! `cargo xtask ci`: the steps of .github/workflows/ci.yml, in the same order.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;
use crate::{openapi, process, test, tidy};

struct Step {
    name: &'static str,
    run: fn(&Workspace) -> Result<ExitCode>,
}

const STEPS: [Step; 6] = [
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

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<ExitCode> {
    process::succeed(workspace.cargo().args(arguments))?;
    Ok(ExitCode::SUCCESS)
}
