//! Lines of a paragraph that open a section.

use crate::rules::fields;
use crate::rules::headings;
use crate::rules::ids::{self, Lead};
use crate::rules::story;
use crate::rules::text::count;
use crate::rules::tree::Line;

/// Names of the parts of an item, which never open an item of their own.
pub(super) fn part_label(text: &str) -> bool {
    let said = headings::tidy(text);
    matches!(
        said.as_str(),
        "description"
            | "details"
            | "tasks"
            | "subtasks"
            | "notes"
            | "technical notes"
            | "implementation"
            | "implementation notes"
            | "steps"
            | "requirement"
            | "requirements"
            | "user story"
            | "story"
            | "features"
            | "scenarios"
            | "flow"
            | "main flow"
            | "deliverables"
            | "dependencies"
            | "priority"
            | "estimate"
            | "labels"
            | "technical details"
            | "test cases"
            | "tests"
            | "testing"
            | "business value"
            | "rationale"
            | "why"
            | "context"
            | "goal"
            | "problem"
            | "solution"
            | "files"
            | "examples"
    )
}

/// The first line of a Gherkin feature.
pub(super) fn is_gherkin_feature(text: &str) -> bool {
    text.trim()
        .strip_prefix("Feature:")
        .is_some_and(|name| !name.trim().is_empty())
}

/// Whether a paragraph's line is an item by itself.
pub(super) fn opens_item(line: &Line, next: &str) -> bool {
    let text = line.plain.trim();
    if fields::parse(text)
        .first()
        .is_some_and(|(field, _)| *field != fields::Field::Other)
    {
        return false;
    }
    if story::find(text).is_some() || story_over_lines(text, next) || is_gherkin_feature(text) {
        return true;
    }
    let Some(lead) = ids::leading(text) else {
        return false;
    };
    is_item_line(line, &lead)
}

/// "As a reader" with "I want …" on the next line.
fn story_over_lines(text: &str, next: &str) -> bool {
    if count(text) > 16 || next.is_empty() {
        return false;
    }
    let joined = format!(
        "{} {}",
        text.trim_end_matches([',', ' ']),
        next.trim_start()
    );
    story::find(&joined).is_some_and(|at| at < text.len())
}

fn is_item_line(line: &Line, lead: &Lead<'_>) -> bool {
    let Some(id) = &lead.id else { return false };
    if !lead.family.is_work() || lead.rest.is_empty() && !line.is_bold() {
        return false;
    }
    // Prose that begins with a reference, "FR-1 and FR-2 are …", has nothing after the id that parts it.
    let after = line
        .plain
        .split_once(id.as_str())
        .map_or("", |(_, after)| after);
    line.bold > 0
        || after
            .trim_start()
            .starts_with([':', '—', '–', '-', '.', ')', ']', '|'])
}
