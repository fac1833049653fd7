//! Counts of tests, and the one line that is printed about them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How a line begins by which a test says that it skipped itself.
const SKIP_PREFIX: &str = "skipped: ";

/// The reason counted for tests with an `#[ignore]` attribute.
pub(super) const IGNORED: &str = "marked #[ignore]";

/// What became of a number of tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    passed: usize,
    failed: usize,
    skipped: BTreeMap<String, usize>,
    is_broken: bool,
}

impl Tally {
    pub(super) fn count_passed(&mut self, number: usize) {
        self.passed += number;
    }

    pub(super) fn count_failed(&mut self, number: usize) {
        self.failed += number;
    }

    pub(super) fn count_skipped(&mut self, reason: &str, number: usize) {
        if number > 0 {
            *self.skipped.entry(reason.to_owned()).or_default() += number;
        }
    }

    /// Notes that the runner itself failed, for a reason that no count shows.
    pub(super) fn mark_broken(&mut self) {
        self.is_broken = true;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.is_broken |= other.is_broken;
        for (reason, number) in other.skipped {
            self.count_skipped(&reason, number);
        }
    }

    pub(super) fn failed(&self) -> usize {
        self.failed
    }

    /// Whether there was nothing to run, so that success would say nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.passed + self.failed == 0 && self.skipped.is_empty()
    }

    pub(super) fn is_success(&self) -> bool {
        self.failed == 0 && !self.is_broken && !self.is_empty()
    }

    /// One line: how many ran, passed and failed, and how many were skipped and why.
    pub(super) fn summary(&self) -> String {
        let ran = self.passed + self.failed;
        let skipped: usize = self.skipped.values().sum();
        let mut line = format!(
            "tests: {ran} ran, {} passed, {} failed, {skipped} skipped",
            self.passed, self.failed
        );
        let reasons: Vec<String> = self
            .skipped
            .iter()
            .map(|(reason, number)| format!("{number} × {reason}"))
            .collect();
        if !reasons.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(line, " ({})", reasons.join("; "));
        }
        if self.is_broken {
            line.push_str("; the test runner itself failed, see above");
        }
        line
    }
}

/// Why a test skipped itself, from the first line in which its output says so.
pub(super) fn skip_reason(output: &str) -> Option<&str> {
    output.lines().find_map(skip_reason_of_line)
}

/// Why a test skipped itself, where this line of its output says so.
pub(super) fn skip_reason_of_line(line: &str) -> Option<&str> {
    line.strip_prefix(SKIP_PREFIX).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_adds_up_and_names_each_reason_once() {
        let mut tally = Tally::default();
        tally.count_passed(3);
        tally.count_skipped("no PostgreSQL", 2);
        let mut other = Tally::default();
        other.count_failed(1);
        other.count_skipped("no PostgreSQL", 1);
        other.count_skipped(IGNORED, 4);
        tally.add(other);

        assert_eq!(
            tally.summary(),
            "tests: 4 ran, 3 passed, 1 failed, 7 skipped (4 × marked #[ignore]; 3 × no PostgreSQL)"
        );
        assert!(!tally.is_success());
    }

    #[test]
    fn nothing_run_is_no_success() {
        assert!(!Tally::default().is_success());
    }

    #[test]
    fn a_broken_runner_is_no_success_even_when_all_tests_passed() {
        let mut tally = Tally::default();
        tally.count_passed(1);
        assert!(tally.is_success());

        tally.mark_broken();

        assert!(!tally.is_success());
        assert!(tally.summary().contains("runner itself failed"));
    }

    #[test]
    fn a_reason_is_taken_only_from_the_start_of_a_line() {
        assert_eq!(
            skip_reason("running 1 test\nskipped: no documents \nok"),
            Some("no documents")
        );
        assert_eq!(skip_reason("it was skipped: no"), None);
    }
}
