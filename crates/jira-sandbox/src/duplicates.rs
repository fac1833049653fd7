//! Which issues carry the same mark, and so were made from the same wish.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::json::text_of;
use crate::world::{Issue, Site, World};

/// Issues grouped by a mark that their creator left in an entity property.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DuplicateReport {
    /// The entity property that was read.
    pub property: String,
    /// The member of its value that is the mark; empty where the whole value is.
    pub field: String,
    /// Issues without a mark.
    pub unmarked: usize,
    /// Issues with a mark.
    pub marked: usize,
    /// Marks that exactly one issue carries.
    pub once: usize,
    /// Marks that more than one issue carries.
    pub repeated: usize,
    /// The marks that more than one issue carries.
    pub duplicates: Vec<MarkedIssues>,
    /// Every mark, where all were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<MarkedIssues>,
}

/// A mark with the issues that carry it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct MarkedIssues {
    /// The mark.
    pub mark: String,
    /// The issues, hidden ones too.
    pub issues: Vec<MarkedIssue>,
}

/// An issue that carries a mark.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct MarkedIssue {
    /// The site's cloud id.
    pub cloud_id: String,
    /// The immutable id.
    pub id: String,
    /// The present key.
    pub key: String,
    /// The account that made it.
    pub creator: String,
}

impl MarkedIssue {
    fn of(site: &Site, issue: &Issue) -> Self {
        Self {
            cloud_id: site.cloud_id.clone(),
            id: issue.id.to_string(),
            key: site.key_of(&issue.data),
            creator: issue.data.creator.clone(),
        }
    }
}

/// Reads the marks of every issue of every site.
pub(crate) fn report(world: &World, property: &str, field: &str, all: bool) -> DuplicateReport {
    let mut by_mark: BTreeMap<String, Vec<MarkedIssue>> = BTreeMap::new();
    let mut unmarked = 0;
    for site in &world.sites {
        for issue in site.issues() {
            let value = issue.data.properties.get(property);
            match value.and_then(|value| mark(value, field)) {
                Some(mark) => {
                    let marked = by_mark.entry(mark).or_default();
                    marked.push(MarkedIssue::of(site, issue));
                }
                None => unmarked += 1,
            }
        }
    }
    let marked = by_mark.values().map(Vec::len).sum();
    let marks = by_mark.into_iter();
    let marks: Vec<_> = marks
        .map(|(mark, issues)| MarkedIssues { mark, issues })
        .collect();
    let repeated = |marked: &&MarkedIssues| marked.issues.len() > 1;
    let duplicates: Vec<_> = marks.iter().filter(repeated).cloned().collect();
    DuplicateReport {
        property: property.to_owned(),
        field: field.to_owned(),
        unmarked,
        marked,
        once: marks.len() - duplicates.len(),
        repeated: duplicates.len(),
        duplicates,
        marks: if all { marks } else { Vec::new() },
    }
}

fn mark(value: &Value, field: &str) -> Option<String> {
    let mark = if field.is_empty() {
        value
    } else {
        value.get(field)?
    };
    Some(text_of(mark))
}
