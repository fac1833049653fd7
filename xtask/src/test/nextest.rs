//! Runs the tests by cargo-nextest and reads its JUnit report.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Environment;
use super::tally::{IGNORED, Tally, skip_reason};
use crate::process;
use crate::workspace::Workspace;

/// Where nextest writes its report below its own folder.
const REPORT: &str = "default/junit.xml";

pub(super) fn run(
    workspace: &Workspace,
    environment: &Environment,
    filters: &[String],
) -> Result<Tally> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let configuration = folder.path().join("nextest.toml");
    fs::write(&configuration, report_settings(folder.path()))?;

    let mut tests = workspace.cargo();
    tests
        .args(["nextest", "run", "--workspace", "--locked"])
        .args([
            "--profile",
            "default",
            "--no-fail-fast",
            "--no-tests",
            "pass",
        ])
        .arg("--tool-config-file")
        .arg(format!("xtask:{}", configuration.display()))
        .arg("--")
        .args(filters);
    environment.apply(&mut tests);
    let status = process::run(&mut tests)?;

    // Without any test to run there is no report.
    let report = fs::read_to_string(folder.path().join(REPORT)).unwrap_or_default();
    let mut tally = read_report(&report);
    if !status.success() && tally.failed() == 0 {
        tally.mark_broken();
    }
    tally.count_skipped(IGNORED, count_ignored(workspace, filters)?);
    Ok(tally)
}

/// Settings that make each run keep its report, with what passing tests print, in its own folder.
fn report_settings(folder: &Path) -> String {
    // The text form of a JSON string is also one of TOML's.
    let folder = Value::from(folder.to_string_lossy());
    format!(
        "[store]\ndir = {folder}\n\n\
         [profile.default.junit]\npath = \"junit.xml\"\nstore-success-output = true\n"
    )
}

fn count_ignored(workspace: &Workspace, filters: &[String]) -> Result<usize> {
    let mut list = workspace.cargo();
    list.args(["nextest", "list", "--workspace", "--locked"])
        .args(["--cargo-quiet", "--run-ignored", "only"])
        .args(["--message-format", "json", "--"])
        .args(filters);
    let text = process::output(&mut list)?;
    let listed: Value =
        serde_json::from_str(&text).context("cargo nextest list did not print JSON")?;
    Ok(matching_tests(&listed))
}

/// The number of listed tests that the filters let through.
fn matching_tests(listed: &Value) -> usize {
    listed
        .pointer("/rust-suites")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|suites| suites.values())
        .filter_map(|suite| suite.pointer("/testcases")?.as_object())
        .flat_map(|tests| tests.values())
        .filter(|test| {
            test.pointer("/filter-match/status").and_then(Value::as_str) == Some("matches")
        })
        .count()
}

/// Counts the tests of a JUnit report. Texts in it are escaped, so that every `<` begins an element.
fn read_report(xml: &str) -> Tally {
    let mut tally = Tally::default();
    for test in xml.split("<testcase ").skip(1) {
        let body = test.split("</testcase>").next().unwrap_or(test);
        if ["<failure", "<error"].iter().any(|tag| body.contains(tag)) {
            tally.count_failed(1);
            continue;
        }
        match skip_reason(&unescape(standard_output(body))) {
            Some(reason) => tally.count_skipped(reason, 1),
            None => tally.count_passed(1),
        }
    }
    tally
}

fn standard_output(body: &str) -> &str {
    body.split_once("<system-out>")
        .and_then(|(_, rest)| rest.split_once("</system-out>"))
        .map_or("", |(text, _)| text)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const REPORT_OF_FOUR: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="4" failures="1">
  <testsuite name="x" tests="4" failures="1">
    <testcase name="tests::a" classname="x" time="0.007">
      <system-out>
running 1 test
skipped: &lt;no&gt; &amp;lt; &quot;x&quot;
test tests::a ... ok
</system-out>
      <system-err></system-err>
    </testcase>
    <testcase name="tests::b" classname="x" time="0.1">
      <failure message="boo" type="test failure with exit code 101">skipped: never</failure>
      <system-out>
skipped: and then failed
</system-out>
    </testcase>
    <testcase name="tests::c" classname="x" time="0.1">
      <system-out>
prints &lt;failure&gt;
</system-out>
    </testcase>
    <testcase name="tests::d" classname="x" time="0.1"/>
  </testsuite>
</testsuites>"#;

    #[test]
    fn a_report_is_counted_by_what_became_of_each_test() {
        let tally = read_report(REPORT_OF_FOUR);

        assert_eq!(
            tally.summary(),
            "tests: 3 ran, 2 passed, 1 failed, 1 skipped (1 × <no> &lt; \"x\")"
        );
    }

    #[test]
    fn an_absent_report_counts_nothing() {
        assert!(read_report("").is_empty());
    }

    #[test]
    fn listed_tests_count_only_where_the_filters_let_them_through() {
        let listed = json!({ "rust-suites": { "x": { "testcases": {
            "a": { "filter-match": { "status": "matches" } },
            "b": { "filter-match": { "status": "mismatch", "reason": "ignored" } },
            "c": { "filter-match": { "status": "mismatch", "reason": "string" } },
        } } } });

        assert_eq!(matching_tests(&listed), 1);
    }
}
