//! Relative links in Markdown point at something.

use std::path::Path;

use super::Findings;
use super::files::Files;

pub(super) fn check(files: &Files, findings: &mut Findings) {
    for (path, text) in files.texts() {
        if !is_documentation(path) {
            continue;
        }
        let folder = files
            .root()
            .join(path)
            .parent()
            .map_or_else(|| files.root().to_owned(), Path::to_owned);
        for (line, target) in links(&text) {
            if !folder.join(file_part(target)).exists() {
                findings.violation(format!("{path}:{line}: `{target}` points at nothing"));
            }
        }
    }
}

/// Markdown that people read; documents that tests feed in may hold anything.
fn is_documentation(path: &str) -> bool {
    let is_fixture = path.split('/').any(|folder| {
        matches!(
            folder,
            "fixtures" | "snapshots" | "testdata" | "assets" | "cases"
        )
    });
    path.ends_with(".md") && !is_fixture
}

/// The relative targets of links, with their line numbers from 1.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut is_code = false;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            is_code = !is_code;
            continue;
        }
        if is_code {
            continue;
        }
        let targets = inline_targets(line).chain(definition_target(line));
        found.extend(
            targets
                .filter(|target| is_relative(target))
                .map(|target| (index + 1, target)),
        );
    }
    found
}

/// The targets of `[text](target)`, outside of code spans.
fn inline_targets(line: &str) -> impl Iterator<Item = &str> {
    // Between backticks, every second part is code; a link around code begins the part after it.
    line.split('`')
        .step_by(2)
        .flat_map(|text| text.split("](").skip(1))
        .filter_map(|rest| rest.split(')').next())
        .filter_map(|target| target.split_whitespace().next())
}

/// The target of a `[name]: target` line.
fn definition_target(line: &str) -> Option<&str> {
    let (_, rest) = line.strip_prefix('[')?.split_once("]: ")?;
    rest.split_whitespace().next()
}

fn is_relative(target: &str) -> bool {
    let has_scheme = target
        .split_once(':')
        .is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()));
    !target.is_empty() && !has_scheme && !target.starts_with(['#', '<'])
}

fn file_part(target: &str) -> &str {
    target.split('#').next().unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::findings_in;

    #[test]
    fn a_link_to_nothing_is_found_with_its_line() {
        let findings = findings_in(&[
            (
                "README.md",
                "# Title\n\nSee [one](docs/one.md#part), [two](docs/two.md \"t\").",
            ),
            (
                "docs/one.md",
                "Back to [the start](../README.md) or [here](#here).",
            ),
        ]);

        assert_eq!(
            findings.violations,
            ["README.md:3: `docs/two.md` points at nothing"]
        );
    }

    #[test]
    fn images_definitions_and_links_around_code_are_links_too() {
        let text = "![a](a.png)\n[b]: b.md\n[`c`](c.md)";

        assert_eq!(links(text), [(1, "a.png"), (2, "b.md"), (3, "c.md")]);
    }

    #[test]
    fn code_and_addresses_are_no_relative_links() {
        let text = "`[a](a.md)` [b](https://example.com) [c](mailto:x@example.com)\n\
                    ```\n[d](d.md)\n```\n";

        assert_eq!(links(text), []);
    }

    #[test]
    fn documents_that_tests_feed_in_may_link_anywhere() {
        let findings = findings_in(&[("crates/api/assets/prd.md", "[a](nowhere.md)")]);

        assert!(findings.violations.is_empty());
    }
}
