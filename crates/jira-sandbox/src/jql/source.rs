//! Where to look for the issues of a query, so that not every issue must be asked.

use std::ops::Bound;

use crate::world::Site;

use super::eval::{Field, Test};
use super::parser::Operator;

/// A part of a site that holds every issue which a condition can match.
#[derive(Clone, Debug)]
pub(super) enum Source<'a> {
    Ids(&'a [u64]),
    Projects(Vec<usize>),
    /// Numbers within a project.
    Numbers(usize, (Bound<u64>, Bound<u64>)),
    Any(Vec<Self>),
}

impl<'a> Source<'a> {
    /// Finds the narrowest part; none where every issue must be asked.
    pub(super) fn of(test: &'a Test, site: &Site) -> Option<Self> {
        match test {
            Test::All(tests) => {
                let sources = tests.iter().filter_map(|test| Self::of(test, site));
                sources.min_by_key(|source| source.size(site))
            }
            Test::Any(tests) => {
                let sources = tests.iter().map(|test| Self::of(test, site));
                sources.collect::<Option<_>>().map(Self::Any)
            }
            Test::OneOf {
                field: Field::Project,
                values,
                empty: false,
            } => {
                let at = values.iter().map(|value| value.parse().ok());
                at.collect::<Option<_>>().map(Self::Projects)
            }
            Test::Ids(ids) => Some(Self::Ids(ids)),
            Test::Number {
                operator,
                project,
                number,
            } => Some(Self::Numbers(*project, range(*operator, *number)?)),
            _ => None,
        }
    }

    /// Gives the ids, the oldest issue first.
    pub(super) fn ids(&self, site: &Site) -> Vec<u64> {
        let mut ids = Vec::new();
        self.collect(site, &mut ids);
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn size(&self, site: &Site) -> usize {
        let project = |at: usize| site.project_at(at);
        match self {
            Self::Ids(ids) => ids.len(),
            Self::Projects(all) => {
                let sizes = all.iter().filter_map(|at| project(*at));
                sizes.map(|project| project.numbers.len()).sum()
            }
            Self::Numbers(at, range) => {
                project(*at).map_or(0, |project| project.numbers.range(*range).count())
            }
            Self::Any(parts) => parts.iter().map(|part| part.size(site)).sum(),
        }
    }

    fn collect(&self, site: &Site, ids: &mut Vec<u64>) {
        match self {
            Self::Ids(some) => ids.extend(*some),
            Self::Projects(all) => {
                for project in all.iter().filter_map(|at| site.project_at(*at)) {
                    ids.extend(project.numbers.values());
                }
            }
            Self::Numbers(at, range) => {
                if let Some(project) = site.project_at(*at) {
                    ids.extend(project.numbers.range(*range).map(|(_, id)| *id));
                }
            }
            Self::Any(parts) => parts.iter().for_each(|part| part.collect(site, ids)),
        }
    }
}

fn range(operator: Operator, number: u64) -> Option<(Bound<u64>, Bound<u64>)> {
    let (all, number) = (Bound::Unbounded, number);
    match operator {
        Operator::Less => Some((all, Bound::Excluded(number))),
        Operator::AtMost => Some((all, Bound::Included(number))),
        Operator::Greater => Some((Bound::Excluded(number), all)),
        Operator::AtLeast => Some((Bound::Included(number), all)),
        _ => None,
    }
}
