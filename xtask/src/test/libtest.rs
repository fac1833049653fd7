//! Runs the tests by `cargo test`, where cargo-nextest is not installed, and reads what it prints.

use anyhow::Result;

use super::Environment;
use super::tally::{IGNORED, Tally, skip_reason_of_line};
use crate::process;
use crate::workspace::Workspace;

pub(super) fn run(
    workspace: &Workspace,
    environment: &Environment,
    filters: &[String],
) -> Result<Tally> {
    run_cargo_test(
        workspace,
        environment,
        &["--tests", "--no-fail-fast"],
        &["--show-output"],
        filters,
    )
}

/// Runs `cargo test` on the workspace, shows what it prints and counts the results.
pub(super) fn run_cargo_test(
    workspace: &Workspace,
    environment: &Environment,
    cargo_arguments: &[&str],
    test_arguments: &[&str],
    filters: &[String],
) -> Result<Tally> {
    let mut tests = workspace.cargo();
    tests
        .args(["test", "--workspace", "--locked"])
        .args(cargo_arguments)
        .arg("--")
        .args(test_arguments)
        .args(filters);
    environment.apply(&mut tests);
    let mut reader = Reader::default();
    let status = process::run_by_lines(&mut tests, |line| {
        if reader.read(line) == Audience::Person {
            println!("{line}");
        }
    })?;
    let mut tally = reader.tally;
    if !status.success() && tally.failed() == 0 {
        tally.mark_broken();
    }
    Ok(tally)
}

/// Reads the lines of test binaries that were started with `--show-output`.
#[derive(Debug, Default)]
struct Reader {
    tally: Tally,
    /// Inside the section that repeats what passed tests printed.
    is_in_successes: bool,
    /// The reasons of the tests of the present binary that skipped themselves.
    skipped: Vec<String>,
    /// Whether the present test of that section has given its reason.
    has_reason: bool,
}

/// For whom a line is.
#[derive(Debug, PartialEq, Eq)]
enum Audience {
    Person,
    Nobody,
}

impl Reader {
    fn read(&mut self, line: &str) -> Audience {
        match line {
            "successes:" => self.is_in_successes = true,
            "failures:" => self.is_in_successes = false,
            _ => {}
        }
        if let Some(counts) = Counts::parse(line) {
            self.is_in_successes = false;
            self.count(&counts);
        }
        if !self.is_in_successes {
            return Audience::Person;
        }
        if line.starts_with("---- ") && line.ends_with(" stdout ----") {
            self.has_reason = false;
        } else if let Some(reason) = skip_reason_of_line(line)
            && !self.has_reason
        {
            self.has_reason = true;
            self.skipped.push(reason.to_owned());
        }
        Audience::Nobody
    }

    fn count(&mut self, counts: &Counts) {
        let passed = counts.passed.saturating_sub(self.skipped.len());
        self.tally.count_passed(passed);
        self.tally.count_failed(counts.failed);
        self.tally.count_skipped(IGNORED, counts.ignored);
        for reason in self.skipped.drain(..) {
            self.tally.count_skipped(&reason, 1);
        }
    }
}

/// The figures of a line such as `test result: ok. 5 passed; 0 failed; 1 ignored; …`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Counts {
    fn parse(line: &str) -> Option<Self> {
        let (_, figures) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let mut counts = Self::default();
        for figure in figures.split("; ") {
            let Some((number, name)) = figure.split_once(' ') else {
                continue;
            };
            let field = match name {
                "passed" => &mut counts.passed,
                "failed" => &mut counts.failed,
                "ignored" => &mut counts.ignored,
                _ => continue,
            };
            *field = number.parse().ok()?;
        }
        Some(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 4 tests
test a ... ok
test b ... FAILED
test c ... ignored, slow
test d ... ok

successes:

---- a stdout ----
skipped: no documents
skipped: still none

---- d stdout ----
test result is fine


successes:
    a
    d

failures:

---- b stdout ----
skipped: not counted

failures:
    b

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s

running 1 test
test e ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
";

    #[test]
    fn counts_of_all_binaries_are_added_and_skips_taken_out_of_them() {
        let mut reader = Reader::default();
        let mut shown = Vec::new();
        for line in OUTPUT.lines() {
            if reader.read(line) == Audience::Person {
                shown.push(line);
            }
        }

        assert_eq!(
            reader.tally.summary(),
            "tests: 3 ran, 2 passed, 1 failed, 2 skipped (1 × marked #[ignore]; 1 × no documents)"
        );
        assert!(shown.contains(&"test b ... FAILED"));
        assert!(shown.contains(&"---- b stdout ----"));
        assert!(!shown.contains(&"---- a stdout ----"));
    }

    #[test]
    fn lines_that_are_no_result_have_no_counts() {
        assert_eq!(Counts::parse("test result is fine"), None);
        assert_eq!(Counts::parse("test result: ok. many passed"), None);
    }
}
