//! What kind of document it is, where that decides what its lists mean.

use super::headings;
use super::outline::{Opening, Section};
use super::text::{has_phrase, words};

/// The headings down to the third level.
fn headings_of(root: &Section) -> impl Iterator<Item = &Section> {
    let open = |section: &&Section| section.opening == Opening::Heading;
    let first = root.children.iter().filter(open);
    first.flat_map(move |section| {
        let second = section.children.iter().filter(open);
        std::iter::once(section).chain(
            second.flat_map(move |part| {
                std::iter::once(part).chain(part.children.iter().filter(open))
            }),
        )
    })
}

#[rustfmt::skip] // a dense table
const README_PARTS: &[&str] = &[
    "installation", "install", "usage", "getting started", "license", "licence", "contributing",
    "quick start", "quickstart", "prerequisites", "how to use", "how to run", "running", "setup",
    "installing", "build", "building", "running tests", "credits", "contributors", "authors",
    "built with", "requirements and installation", "how to install", "run locally", "demo",
    "screenshots", "technologies used", "setup installation", "support and contact details",
    "contribution", "contributions", "documentation", "msrv", "minimum supported rust version",
    "minimum rust version", "crate features", "cargo features", "optional features", "changelog",
    "versioning", "acknowledgements", "instalacion", "instalacao", "licenca", "licencia", "uso",
];

const INSTALL_COMMANDS: &[&str] = &[
    "cargo add ",
    "[dependencies]",
    "npm install ",
    "npm i ",
    "pip install ",
    "go get ",
    "brew install ",
    "gem install ",
    "yarn add ",
    "composer require ",
    "cargo install ",
];

/// Whether the document tells its users how to install and use something.
pub(super) fn is_readme(markdown: &str, root: &Section) -> bool {
    let named =
        |section: &&Section| README_PARTS.contains(&headings::tidy(&section.title.plain).as_str());
    let parts = headings_of(root).filter(named).count();
    let badges = markdown
        .lines()
        .take(40)
        .any(|line| line.contains("[![") || line.contains("img.shields.io"));
    let installs = INSTALL_COMMANDS
        .iter()
        .any(|command| markdown.contains(command));
    parts + usize::from(badges) + usize::from(installs) >= 2
}

/// Whether the document lists what has been released.
pub(super) fn is_release_notes(title: &str, markdown: &str, root: &Section) -> bool {
    let first = root.children.iter().find(|section| section.level == 1);
    let heading = first.map_or("", |section| section.title.plain.as_str());
    if names_releases(title) || names_releases(heading) {
        return true;
    }
    const KINDS: &[&str] = &[
        "added",
        "fixed",
        "changed",
        "removed",
        "deprecated",
        "security",
        "bug fixes",
        "whats new",
        "breaking changes",
    ];
    let changes = headings_of(root)
        .filter(|section| KINDS.contains(&headings::tidy(&section.title.plain).as_str()));
    if changes.count() >= 3 {
        return true;
    }
    let planned = [title, heading].iter().any(|text| {
        [
            "roadmap",
            "backlog",
            "plan",
            "todo",
            "stories",
            "requirements",
        ]
        .iter()
        .any(|word| has_phrase(&words(text), word))
    });
    let versions = headings_of(root)
        .filter(|section| is_version(&section.title.plain))
        .count();
    versions >= 3 && !planned && !markdown.contains("[ ]")
}

fn names_releases(text: &str) -> bool {
    let said = words(text);
    said.contains("release notes")
        || matches!(
            said.as_str(),
            "changelog" | "change log" | "releases" | "history" | "news"
        )
        || said.starts_with("changelog ")
        || said.starts_with("whats new")
}

/// "v1.2.0", "[1.2.0] - 2024-01-01", "Release 1.2.0", "1.2".
fn is_version(title: &str) -> bool {
    let lower = title.trim().to_lowercase();
    let bare = ["release ", "version "]
        .iter()
        .find_map(|word| lower.strip_prefix(word))
        .unwrap_or(&lower);
    let bare = bare.trim_start_matches(['[', 'v', ' ']);
    let end = bare
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(bare.len());
    let number = bare.get(..end).unwrap_or_default();
    let after = bare.get(end..).unwrap_or_default();
    let dotted = number.trim_end_matches('.').matches('.').count() >= 2
        || number.contains('.')
            && (after.is_empty() || after.starts_with([']', ' ']) && after.contains("20"));
    number.starts_with(|c: char| c.is_ascii_digit())
        && dotted
        && !after.starts_with(|c: char| c.is_alphabetic())
        && (after.is_empty()
            || after.starts_with([']', '-', ' ', '(', ',', '/'])
                && after.chars().filter(|c| c.is_alphabetic()).count() < 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_headings_are_known() {
        assert!(
            is_version("[1.2.0] - 2024-01-01")
                && is_version("v0.16.2")
                && is_version("Release 1.36.0 (2019)")
        );
        assert!(
            !is_version("1.2.3 Manage the accounts of readers") && !is_version("3. Requirements")
        );
        assert!(!is_version("Release 1(tag BiblioteceV1)") && !is_version("1.1 Purpose"));
    }
}
