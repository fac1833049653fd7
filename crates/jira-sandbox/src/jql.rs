//! A small JQL: what is needed to find issues, and Jira's errors for the rest.

mod compile;
mod eval;
mod held;
mod lexer;
mod order;
mod parser;
mod source;
mod words;

use time::OffsetDateTime;

use crate::errors::UNBOUNDED_JQL;
use crate::world::{Issue, IssueData, Site};

use eval::Test;
use order::Order;
use parser::Condition;
use source::Source;

/// A query that has been checked against a site.
#[derive(Debug)]
pub(crate) struct Query {
    test: Test,
    order: Vec<Order>,
}

/// Whose eyes a query is read with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) site: &'a Site,
    pub(crate) account: &'a str,
    pub(crate) now: OffsetDateTime,
    /// Whether entity properties may be asked for; search knows only those that an app has
    /// declared, which none can here.
    pub(crate) asks_properties: bool,
}

impl Query {
    /// Reads and checks a query; the error is Jira's text.
    pub(crate) fn read(text: &str, reader: Reader<'_>) -> Result<Self, String> {
        let parsed = parser::parse(text)?;
        let Some(condition) = parsed.condition else {
            return Err(UNBOUNDED_JQL.to_owned());
        };
        let order = order::compile(&parsed.order)?;
        Ok(Self {
            test: compile::compile(&condition, reader)?,
            order,
        })
    }

    /// Tells whether one issue matches.
    pub(crate) fn holds(&self, site: &Site, id: u64, data: &IssueData) -> bool {
        self.test.holds(site, id, data)
    }

    /// Gives the ids of the matching issues in order; `data` says what search knows of an issue.
    pub(crate) fn run<'a>(
        &self,
        site: &'a Site,
        data: impl Fn(&'a Issue) -> Option<&'a IssueData>,
    ) -> Vec<u64> {
        let narrow = Source::of(&self.test, site).map(|source| source.ids(site));
        let asked: Box<dyn Iterator<Item = &Issue>> = match narrow {
            Some(ids) => Box::new(ids.into_iter().filter_map(|id| site.issue(id))),
            None => Box::new(site.issues()),
        };
        let known = asked.filter(|issue| site.shows(issue));
        let known = known.filter_map(|issue| Some((issue.id, data(issue)?)));
        let mut found: Vec<_> = known
            .filter(|(id, data)| self.test.holds(site, *id, data))
            .collect();
        order::sort(&mut found, &self.order, site);
        found.into_iter().map(|(id, _)| id).collect()
    }
}

/// A query as it was written, as far as a webhook's filter is limited in it.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Each field with the operator that follows it.
    pub(crate) clauses: Vec<(String, &'static str)>,
    pub(crate) is_ordered: bool,
}

impl Written {
    /// Parses a query; the error is Jira's text.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let parsed = parser::parse(text)?;
        let mut written = Self {
            is_ordered: !parsed.order.is_empty(),
            ..Self::default()
        };
        if let Some(condition) = parsed.condition {
            written.walk(condition);
        }
        Ok(written)
    }

    fn walk(&mut self, condition: Condition) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.into_iter().for_each(|part| self.walk(part));
            }
            Condition::Not(part) => self.walk(*part),
            Condition::Clause { field, sign, .. } => self.clauses.push((field, sign)),
        }
    }
}

#[cfg(test)]
mod tests;
