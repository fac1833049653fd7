//! Facts that stand in an item's own text: priority, effort, owner, date, dependencies, labels.

use handoff_domain::ticket::model::{Effort, Priority};
use time::Date;

use crate::evidence::label::Label;
use crate::evidence::values::{self, Rank};
use crate::evidence::{Annotations, fields};
use crate::ids::{self, Id};
use crate::lexicon::{Meaning, Meanings, lexicon};
use crate::outline::{Kind, Line, NodeId, Outline};
use crate::text::normal;

/// The most labels of a ticket.
const MAX_LABELS: usize = 20;

/// What is read from fields, columns and tags.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) priority: Option<Priority>,
    pub(super) effort: Option<Effort>,
    pub(super) assignee: Option<String>,
    pub(super) due_on: Option<Date>,
    pub(super) depends_on: Vec<Id>,
    pub(super) labels: Vec<String>,
}

impl Facts {
    pub(super) fn take_label(&mut self, label: &Label) {
        self.priority = self.priority.take().or_else(|| label.priority.clone());
        self.effort = self.effort.or(label.effort);
        for field in &label.fields {
            self.take(field.means, &field.value);
        }
    }

    pub(super) fn take_lines(&mut self, lines: &[Line]) {
        for field in lines.iter().flat_map(fields::of_line) {
            self.take(field.means, &field.value);
        }
    }

    /// Takes the value of a field or cell; the first one that says something holds.
    pub(super) fn take(&mut self, means: Meanings, value: &str) {
        let words = normal(value);
        let says_nothing = words.is_empty() || lexicon().meaning(&words).has(Meaning::Nothing);
        if says_nothing {
            return;
        }
        if means.has(Meaning::FieldPriority) && self.priority.is_none() {
            if let Some(Rank::Is(priority)) = values::priority_value(value) {
                self.priority = Some(priority);
            }
        } else if means.has(Meaning::FieldEffort) {
            self.effort = self.effort.or_else(|| values::effort_value(value));
        } else if means.has(Meaning::FieldOwner) && self.assignee.is_none() {
            self.assignee = owner(value);
        } else if means.has(Meaning::FieldDue) {
            self.due_on = self.due_on.or_else(|| values::date(value));
        } else if means.has(Meaning::FieldDepends) {
            self.depends_on.extend(references(value));
        } else if means.any(&[Meaning::FieldLabels, Meaning::FieldTeam]) {
            self.take_labels(value);
        }
    }

    fn take_labels(&mut self, value: &str) {
        for label in value
            .split([',', ';'])
            .map(|label| label.trim().trim_matches(['`', '*', '#', '[', ']']))
        {
            let is_label = (1..=40).contains(&label.chars().count())
                && label.chars().any(char::is_alphanumeric);
            if is_label && self.labels.len() < MAX_LABELS && label.split(' ').count() <= 4 {
                self.labels.push(label.to_owned());
            }
        }
    }
}

/// A story that is written as YAML, as a sentence; its other fields are taken. None where it is something else.
pub(super) fn yaml(lines: &[Line], facts: &mut Facts) -> Option<String> {
    let pairs = || {
        lines
            .iter()
            .filter_map(|line| line.plain.trim().split_once(':'))
            .map(|(key, value)| (normal(key), value.trim().trim_matches(['"', '\''])))
    };
    let part = |meaning: Meaning| {
        pairs().find(|(key, value)| lexicon().meaning(key).has(meaning) && !value.is_empty())
    };
    let (want, wish) = part(Meaning::StoryWant)?;
    for (key, value) in pairs() {
        facts.take(lexicon().meaning(&key), value);
    }
    let role = part(Meaning::StoryAs)
        .map(|(key, value)| format!("{key} {value} "))
        .unwrap_or_default();
    let so = part(Meaning::StorySo)
        .map(|(key, value)| format!(" {key} {value}"))
        .unwrap_or_default();
    Some(crate::text::capitalized(
        &format!("{role}{want} {wish}{so}").replace(" i want", " I want"),
    ))
}

fn owner(value: &str) -> Option<String> {
    let name = value
        .trim()
        .trim_start_matches('@')
        .trim_matches(['*', '`', ' ']);
    let is_name = (1..=60).contains(&name.chars().count()) && name.chars().any(char::is_alphabetic);
    is_name.then(|| name.to_owned())
}

/// The ids in the value of a dependency; ranges and names stay text.
fn references(value: &str) -> Vec<Id> {
    let mut ids = ids::mentioned(value);
    if ids.is_empty() {
        let pieces = value.split([',', ';']).map(str::trim);
        ids.extend(pieces.filter_map(|piece| {
            ids::leading(piece)
                .filter(|(id, at)| *at >= piece.len() && !id.text.is_empty())
                .map(|(id, _)| id)
        }));
    }
    let kinds = value.split([',', ';']).filter_map(|piece| {
        let at = piece.find(|c: char| c.is_ascii_digit())?;
        let word = normal(piece.get(..at)?);
        let numbers = piece
            .get(at..)?
            .trim()
            .split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u32>>>()?;
        let means = lexicon().meaning(&word);
        means.any(crate::evidence::label::KINDS).then(|| Id {
            text: piece.trim().to_owned(),
            prefix: word.to_uppercase(),
            numbers,
        })
    });
    ids.extend(kinds);
    ids
}

/// The priority that a section states for its items: in its heading, or in a field below the heading of a group.
pub(super) fn section_priority(
    outline: &Outline<'_>,
    notes: &Annotations,
    section: NodeId,
) -> Option<Priority> {
    if let Some(priority) = &notes.of(section).rank {
        return Some(priority.clone());
    }
    let paragraphs = outline
        .children(section)
        .iter()
        .take(4)
        .filter(|child| outline.node(**child).kind == Kind::Paragraph);
    let lines = paragraphs.flat_map(|child| &outline.node(*child).text);
    let field = lines
        .flat_map(fields::of_line)
        .find(|field| field.means.has(Meaning::FieldPriority))?;
    match values::priority_value(&field.value) {
        Some(Rank::Is(priority)) => Some(priority),
        _ => None,
    }
}
