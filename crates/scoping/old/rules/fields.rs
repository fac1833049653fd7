//! Field lines such as "**Priority:** High | **Effort:** M".

use super::effort;
use super::priority::{self, Rank};
use super::text::words;
use handoff_domain::ticket::model::Effort;

/// A field that says something of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Priority,
    Severity,
    Effort,
    Labels,
    Status,
    Id,
    /// A field that is known and tells nothing a ticket has a place for.
    Other,
}

#[rustfmt::skip]
const KEYS: &[(Field, &[&str])] = &[
    (Field::Priority, &[
        "priority", "prio", "moscow", "moscow priority", "priority level", "business priority",
        "prioridad", "prioridade", "prioritat", "priorite", "priorita", "prioriteit",
        "importance", "p",
    ]),
    (Field::Severity, &["severity", "sev"]),
    (Field::Effort, &[
        "effort", "estimate", "estimated effort", "effort estimate", "estimation",
        "story points", "story point", "points", "size", "t shirt size", "tshirt size",
        "complexity", "estimated time", "time estimate", "sp", "est", "esfuerzo", "esforco",
        "aufwand", "t shirt", "pts",
    ]),
    (Field::Labels, &["labels", "label", "tags", "tag", "component", "components", "area", "module"]),
    (Field::Status, &[
        "status", "state", "implementation status", "final status", "status final",
        "current status", "estado",
    ]),
    (Field::Id, &[
        "id", "story id", "task id", "ticket id", "requirement id", "req id", "issue id",
        "ticket",
    ]),
    (Field::Other, &[
        "type", "owner", "assignee", "assigned to", "sprint", "epic", "depends on",
        "dependencies", "dependency", "due", "due date", "created", "author", "date", "version",
        "risk level", "risk", "category", "milestone", "release", "source", "requirements",
        "files", "file", "notes", "note", "description", "outcome", "value", "why", "impact",
        "location", "blocked by", "blocks", "related", "validates", "reference", "references",
        "why this priority", "independent test", "phase", "rationale", "persona", "as a",
        "feature branch", "input", "implements",
    ]),
];

/// The field a name stands for.
pub(super) fn key(name: &str) -> Option<Field> {
    let said = words(name);
    KEYS.iter()
        .find(|(_, names)| names.contains(&said.as_str()))
        .map(|(field, _)| *field)
}

/// The fields of a line with their values; empty when the line is prose.
pub(super) fn parse(line: &str) -> Vec<(Field, &str)> {
    let mut found: Vec<(Field, &str)> = Vec::new();
    let mut rest = line;
    let Some(first) = field_at(rest) else {
        return found;
    };
    found.push(first);
    while let Some(at) = rest.find(['|', '·', '•', ',', ';', '<']) {
        let skip = rest
            .get(at..)
            .and_then(|tail| tail.chars().next())
            .map_or(1, char::len_utf8);
        rest = rest.get(at + skip..).unwrap_or_default();
        let bare = rest
            .strip_prefix("br>")
            .or_else(|| rest.strip_prefix("br/>"))
            .unwrap_or(rest);
        if let Some(next) = field_at(bare) {
            if let Some((_, value)) = found.last_mut() {
                *value = until(value, rest, skip);
            }
            found.push(next);
            rest = bare;
        }
    }
    found
}

/// The part of `value` before its suffix `rest` and the separator of `skip` bytes in front of that.
fn until<'a>(value: &'a str, rest: &str, skip: usize) -> &'a str {
    let end = value.len().saturating_sub(rest.len() + skip);
    value.get(..end).unwrap_or(value).trim()
}

fn field_at(text: &str) -> Option<(Field, &str)> {
    let bare = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let end = bare
        .find([':', '：', '='])
        .or_else(|| bare.find(" - "))
        .or_else(|| bare.find(" – "))?;
    let name = bare.get(..end)?;
    if name.len() > 32 {
        return None;
    }
    let field = key(name)?;
    let value = bare
        .get(end..)?
        .trim_start_matches([':', '：', '=', ' ', '-', '–', '*', '_']);
    Some((field, value.trim()))
}

/// What the fields of an item say.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub priority: Option<Rank>,
    pub severity: Option<Rank>,
    pub effort: Option<Effort>,
    pub labels: Vec<String>,
    pub id: Option<String>,
    /// Whether its status says that nothing is left to do.
    pub done: bool,
}

impl Facts {
    /// Takes over a field; what was said first stays.
    pub(super) fn take(&mut self, field: Field, value: &str) {
        match field {
            Field::Priority if self.priority.is_none() => {
                self.priority = priority::read_value(value);
            }
            Field::Severity if self.severity.is_none() => {
                self.severity = priority::read_value(value);
            }
            Field::Effort if self.effort.is_none() => self.effort = effort::read_value(value),
            Field::Labels => self.labels.extend(labels(value)),
            Field::Status => self.done |= is_done(value),
            Field::Id if self.id.is_none() => self.id = short_id(value),
            _ => {}
        }
    }

    /// Takes over every field of a line.
    pub(super) fn take_line(&mut self, line: &str) {
        for (field, value) in parse(line) {
            self.take(field, value);
        }
    }

    /// Whether anything was said that only a work item has.
    pub(super) const fn speak_of_work(&self) -> bool {
        self.priority.is_some() || self.effort.is_some()
    }
}

fn short_id(value: &str) -> Option<String> {
    let token = value
        .split_whitespace()
        .next()?
        .trim_matches(['`', '*', '[', ']']);
    let fits = token.len() <= 24 && token.contains(|c: char| c.is_ascii_digit());
    (fits && token.contains(|c: char| c.is_ascii_alphabetic())).then(|| token.to_owned())
}

/// The labels in a field value.
pub(super) fn labels(value: &str) -> Vec<String> {
    let value = value.trim().trim_start_matches('[').trim_end_matches(']');
    let parts: Vec<&str> = if value.contains([',', ';', '|']) {
        value.split([',', ';', '|']).collect()
    } else if value.contains('#') {
        value.split_whitespace().collect()
    } else {
        vec![value]
    };
    let tidy = |part: &str| {
        part.trim()
            .trim_matches(['`', '#', '"', '\'', '*', '_'])
            .trim()
            .to_owned()
    };
    let fits = |label: &String| {
        !label.is_empty()
            && label.chars().count() <= 60
            && !matches!(words(label).as_str(), "" | "none" | "n a" | "tbd")
    };
    parts.into_iter().map(tidy).filter(fits).collect()
}

#[rustfmt::skip]
const DONE: &[&str] = &[
    "done", "complete", "completed", "implemented", "shipped", "closed", "resolved", "fixed",
    "finished", "delivered", "released", "merged", "deployed", "live", "cancelled", "canceled",
    "rejected", "wont do", "wont fix", "obsolete", "superseded", "deprecated", "hecho", "concluido",
    "erledigt", "termine", "passed", "duplicate", "dropped", "deferred", "entregue", "concluida",
    "pronto", "feito", "terminado", "listo", "fait", "fertig", "implementado", "skipped", "parked",
    "postponed", "wont", "abandoned",
];

/// Whether a status says that nothing is left to do.
pub(super) fn is_done(status: &str) -> bool {
    let said = words(status);
    if said.is_empty() {
        return status.contains(['✅', '✔', '☑', '✓']);
    }
    let begins = |word: &&str| said == **word || said.starts_with(&format!("{word} "));
    DONE.iter().any(begins) || (status.contains('✅') && !said.starts_with("not "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_may_hold_several_fields() {
        let found = parse("Priority: High | Effort: 3 days, Owner: Ana");
        assert_eq!(
            found,
            vec![
                (Field::Priority, "High"),
                (Field::Effort, "3 days"),
                (Field::Other, "Ana")
            ]
        );
    }

    #[test]
    fn a_value_keeps_its_commas() {
        assert_eq!(parse("Labels: api, web"), vec![(Field::Labels, "api, web")]);
        assert_eq!(labels("api, `web`"), ["api", "web"]);
        assert_eq!(labels("#api #web"), ["api", "web"]);
    }

    #[test]
    fn prose_holds_no_field() {
        assert!(parse("The priority of this is high").is_empty());
        assert!(parse("Exact declarations in priority supported formats").is_empty());
    }

    #[test]
    fn finished_work_is_told_by_its_status() {
        assert!(is_done("✅ Done") && is_done("Completed on Monday") && is_done("✅"));
        assert!(!is_done("Not done") && !is_done("In progress") && !is_done("To Do"));
    }
}
