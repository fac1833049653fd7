//! Runs the examples in the documentation, which cargo-nextest does not.

use anyhow::Result;

use super::Environment;
use super::libtest::run_cargo_test;
use super::tally::Tally;
use crate::workspace::Workspace;

pub(super) fn run(
    workspace: &Workspace,
    environment: &Environment,
    filters: &[String],
) -> Result<Tally> {
    run_cargo_test(
        workspace,
        environment,
        &["--doc", "--no-fail-fast"],
        &[],
        filters,
    )
}
