//! Checked conditions, and whether an issue meets them.

use time::OffsetDateTime;

use crate::adf;
use crate::world::{IssueData, Site};

use super::parser::Operator;

/// A condition whose fields and values have been looked up.
#[derive(Debug)]
pub(super) enum Test {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// One of these values, or none at all where `empty` is set.
    OneOf {
        field: Field,
        values: Vec<String>,
        empty: bool,
    },
    /// Issues by id.
    Ids(Vec<u64>),
    /// Compared by the number in the key, within one project.
    Number {
        operator: Operator,
        project: usize,
        number: u64,
    },
    /// Compared by the numeric id.
    Id {
        operator: Operator,
        id: u64,
    },
    Moment {
        field: Stamp,
        operator: Operator,
        at: OffsetDateTime,
    },
    /// Every one of these words in the summary, or also in the description.
    Words {
        everywhere: bool,
        words: Vec<String>,
    },
}

/// A field that is compared by equality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Project,
    IssueType,
    Status,
    StatusCategory,
    Priority,
    Labels,
    Creator,
    Reporter,
    Assignee,
    Parent,
    Resolution,
}

/// A field that holds a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    Created,
    Updated,
    Resolved,
}

impl Test {
    pub(super) fn holds(&self, site: &Site, id: u64, data: &IssueData) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds(site, id, data)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(site, id, data)),
            Self::Not(test) => !test.holds(site, id, data),
            Self::OneOf {
                field,
                values,
                empty,
            } => one_of(*field, values, *empty, site, data),
            Self::Ids(ids) => ids.contains(&id),
            Self::Number {
                operator,
                project,
                number,
            } => data.project == *project && compare(*operator, &data.number, number),
            Self::Id {
                operator,
                id: other,
            } => compare(*operator, &id, other),
            Self::Moment {
                field,
                operator,
                at,
            } => stamp(*field, data).is_some_and(|stamp| compare(*operator, &stamp, at)),
            Self::Words { everywhere, words } => has_words(*everywhere, words, data),
        }
    }
}

fn one_of(field: Field, values: &[String], empty: bool, site: &Site, data: &IssueData) -> bool {
    let has = |value: &str| values.iter().any(|wanted| wanted == value);
    let maybe = |value: Option<&str>| value.map_or(empty, has);
    match field {
        Field::Project => has(&data.project.to_string()),
        Field::IssueType => has(&data.issue_type),
        Field::Status => has(&data.status),
        Field::StatusCategory => {
            let home = site.project_at(data.project);
            let status = home.and_then(|home| home.status(&data.status));
            maybe(status.map(|status| status.category.key()))
        }
        Field::Priority => maybe(data.priority.as_deref()),
        Field::Labels if data.labels.is_empty() => empty,
        Field::Labels => data.labels.iter().any(|label| has(label)),
        Field::Creator => has(&data.creator),
        Field::Reporter => maybe(data.reporter.as_deref()),
        Field::Assignee => maybe(data.assignee.as_deref()),
        Field::Parent => maybe(data.parent.map(|parent| parent.to_string()).as_deref()),
        Field::Resolution => maybe(data.resolved_at.map(|_| "Done")),
    }
}

fn stamp(field: Stamp, data: &IssueData) -> Option<OffsetDateTime> {
    match field {
        Stamp::Created => Some(data.created),
        Stamp::Updated => Some(data.updated),
        Stamp::Resolved => data.resolved_at,
    }
}

fn compare<T: Ord>(operator: Operator, left: &T, right: &T) -> bool {
    match operator {
        Operator::Is | Operator::Contains => left == right,
        Operator::IsNot | Operator::ContainsNot => left != right,
        Operator::Less => left < right,
        Operator::AtMost => left <= right,
        Operator::Greater => left > right,
        Operator::AtLeast => left >= right,
    }
}

fn has_words(everywhere: bool, words: &[String], data: &IssueData) -> bool {
    let mut text = data.summary.to_lowercase();
    if let (true, Some(description)) = (everywhere, &data.description) {
        text.push('\n');
        text.push_str(&adf::to_text(description).to_lowercase());
    }
    words.iter().all(|word| text.contains(word))
}
