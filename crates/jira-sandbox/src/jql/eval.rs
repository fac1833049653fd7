//! Checked conditions, and whether an issue meets them.

use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::adf;
use crate::world::{IssueData, SITE_OFFSET, Site};

use super::held::{Held, Wanted};
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
    /// No such moment at all.
    NoMoment(Stamp),
    /// Every one of these words.
    Words {
        text: Text,
        words: Vec<String>,
    },
    /// Nothing is written there.
    NoText(Text),
    /// A custom field or an entity property holds what is wanted.
    Held {
        held: Held,
        wanted: Wanted,
    },
}

/// A text that is searched for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Summary,
    Description,
    Everywhere,
}

impl Text {
    fn of(self, data: &IssueData) -> String {
        let description = || data.description.as_ref().map(adf::to_text);
        match self {
            Self::Summary => data.summary.clone(),
            Self::Description => description().unwrap_or_default(),
            Self::Everywhere => format!("{}\n{}", data.summary, description().unwrap_or_default()),
        }
    }
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
    Due,
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
            Self::NoMoment(field) => stamp(*field, data).is_none(),
            Self::Words { text, words } => has_words(words, &text.of(data)),
            Self::NoText(text) => text.of(data).trim().is_empty(),
            Self::Held { held, wanted } => held.fits(wanted, data),
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
        Stamp::Due => {
            let written = format_description!("[year]-[month]-[day]");
            let day = Date::parse(data.due_date.as_deref()?, written).ok()?;
            Some(day.midnight().assume_offset(SITE_OFFSET))
        }
    }
}

pub(super) fn compare<T: PartialOrd>(operator: Operator, left: &T, right: &T) -> bool {
    match operator {
        Operator::Is | Operator::Contains => left == right,
        Operator::IsNot | Operator::ContainsNot => left != right,
        Operator::Less => left < right,
        Operator::AtMost => left <= right,
        Operator::Greater => left > right,
        Operator::AtLeast => left >= right,
    }
}

/// Tells whether a text has every one of these words, which are in lower case.
pub(super) fn has_words(words: &[String], text: &str) -> bool {
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}
