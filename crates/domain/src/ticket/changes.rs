//! What a person's changes must keep to.

use serde_json::{Map, Value};

use super::error::TicketError;
use super::model::{Dependency, MAX_TITLE_CHARS, TicketChanges};
use crate::connection::model::Platform;
use crate::shared::validation::{Problems, has_chars, one_line};

/// The greatest length of a name or key, in characters.
const MAX_NAME_CHARS: usize = 255;
/// The greatest size of the further fields, in bytes of JSON.
const MAX_FIELDS_BYTES: usize = 64 * 1024;

/// Checks and tidies a person's changes.
///
/// # Errors
/// [`TicketError::Invalid`], [`TicketError::UseParentKey`].
pub(super) fn checked(mut changes: TicketChanges) -> Result<TicketChanges, TicketError> {
    let mut problems = Problems::default();
    if let Some(title) = &mut changes.title {
        check_line(&mut problems, title, "/title", MAX_TITLE_CHARS);
    }
    if let Some(Some(labels)) = &mut changes.labels {
        check_list(
            &mut problems,
            labels,
            "/labels",
            100,
            (one_line, MAX_NAME_CHARS),
        );
    }
    if let Some(Some(criteria)) = &mut changes.acceptance_criteria {
        let each = (tidy_lines as fn(&str) -> String, 5_000);
        check_list(&mut problems, criteria, "/acceptance_criteria", 500, each);
    }
    if let Some(Some(assignee)) = &mut changes.assignee {
        check_line(&mut problems, assignee, "/assignee", MAX_NAME_CHARS);
    }
    if let Some(Some(key)) = &mut changes.parent_key {
        check_line(&mut problems, key, "/parent_key", MAX_NAME_CHARS);
        let is_only_one = !matches!(changes.parent_id, Some(Some(_)));
        problems.require(
            is_only_one,
            "/parent_key",
            "give either parent_id or parent_key",
        );
    }
    if let Some(Some(dependencies)) = &mut changes.depends_on {
        check_dependencies(&mut problems, dependencies);
    }
    let is_of_parent = check_fields(&mut problems, changes.fields.iter().flatten().next());
    let changes = problems.or(changes).map_err(TicketError::Invalid)?;
    if is_of_parent {
        return Err(TicketError::UseParentKey);
    }
    Ok(changes)
}

fn check_line(problems: &mut Problems, text: &mut String, pointer: &str, most_chars: usize) {
    *text = one_line(text);
    let message = format!("give 1 to {most_chars} characters");
    problems.require(has_chars(text, 1, most_chars), pointer, message);
}

fn check_list(
    problems: &mut Problems,
    items: &mut [String],
    pointer: &str,
    most_items: usize,
    (tidy, most_chars): (fn(&str) -> String, usize),
) {
    let message = format!("give at most {most_items} items");
    problems.require(items.len() <= most_items, pointer, message);
    for (index, item) in items.iter_mut().enumerate() {
        *item = tidy(item);
        let message = format!("give 1 to {most_chars} characters");
        let pointer = format!("{pointer}/{index}");
        problems.require(has_chars(item, 1, most_chars), pointer, message);
    }
}

/// Keeps the lines of a text and takes away what shows nothing.
fn tidy_lines(text: &str) -> String {
    let visible = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    let text: String = text.chars().filter(visible).collect();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

fn check_dependencies(problems: &mut Problems, dependencies: &mut Vec<Dependency>) {
    let mut kept: Vec<Dependency> = Vec::with_capacity(dependencies.len());
    for (index, mut dependency) in dependencies.drain(..).enumerate() {
        if let Dependency::Key { key } = &mut dependency {
            check_line(
                problems,
                key,
                &format!("/depends_on/{index}/key"),
                MAX_NAME_CHARS,
            );
        }
        if !kept.contains(&dependency) {
            kept.push(dependency);
        }
    }
    problems.require(kept.len() <= 100, "/depends_on", "give at most 100 items");
    *dependencies = kept;
}

/// Checks the further fields; whether they name a parent, which has a member of its own.
fn check_fields(problems: &mut Problems, fields: Option<&Map<String, Value>>) -> bool {
    let Some(fields) = fields else { return false };
    let size = serde_json::to_vec(fields).map_or(usize::MAX, |json| json.len());
    let message = format!("give at most {MAX_FIELDS_BYTES} bytes of JSON");
    problems.require(size <= MAX_FIELDS_BYTES, "/fields", message);
    for (platform, part) in fields {
        let pointer = format!("/fields/{}", platform.replace('~', "~0").replace('/', "~1"));
        let is_known = Platform::parse(platform).is_some();
        problems.require(is_known, pointer.clone(), "there is no such tracker");
        let is_part = part.is_object() || part.is_null();
        problems.require(is_part, pointer, "give an object, or null");
    }
    fields
        .get("jira")
        .is_some_and(|part| part.get("parent").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_criterion_keeps_its_lines() {
        assert_eq!(tidy_lines(" Given x \r\n  - y\u{7}\n\n"), "Given x\n  - y");
    }

    #[test]
    fn a_parent_among_the_fields_is_told_where_it_belongs() {
        let fields = serde_json::json!({"jira": {"parent": {"key": "ENG-1"}}});
        let changes = TicketChanges {
            fields: Some(fields.as_object().cloned()),
            ..TicketChanges::default()
        };
        assert!(matches!(checked(changes), Err(TicketError::UseParentKey)));
    }
}
