//! What spans sections: the same work twice, lists that other sections work out, parents, dependencies.

mod parents;
mod twins;

use std::collections::HashMap;

use handoff_domain::scoping::model::{CoverageReason, ScopedDependency};

use crate::evidence::Annotations;
use crate::extract::Draft;
use crate::ids::Id;
use crate::outline::Outline;

/// Lines that became no ticket because another one is the same work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) lines: (u32, u32),
    pub(crate) why: CoverageReason,
}

/// A ticket with its place among the others.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    pub(crate) draft: Draft,
    /// The place of its parent; smaller than its own.
    pub(crate) parent: Option<usize>,
    pub(crate) depends_on: Vec<ScopedDependency>,
}

/// Joins the tickets of all sections.
pub(crate) fn join(
    outline: &Outline<'_>,
    notes: &Annotations,
    drafts: Vec<Draft>,
) -> (Vec<Joined>, Vec<Dropped>) {
    let (drafts, mut dropped) = twins::without_inventories(outline, notes, drafts);
    let (drafts, doubled) = twins::without_twins(outline, notes, drafts);
    dropped.extend(doubled);
    let mut joined = parents::with_parents(outline, notes, drafts);
    depend(&mut joined);
    (joined, dropped)
}

fn depend(joined: &mut [Joined]) {
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, ticket) in joined.iter().enumerate() {
        if let Some(id) = &ticket.draft.id {
            places.entry(id.key()).or_insert(place);
        }
    }
    for (place, ticket) in joined.iter_mut().enumerate() {
        let mut depends_on: Vec<ScopedDependency> = Vec::new();
        for id in &ticket.draft.depends_on {
            let dependency = match places.get(&id.key()) {
                Some(other) if *other == place => continue,
                Some(other) => ScopedDependency::Ticket(*other),
                None if is_tracker_key(id) => ScopedDependency::Key(id.text.clone()),
                None => continue,
            };
            if !depends_on.contains(&dependency) {
                depends_on.push(dependency);
            }
        }
        ticket.depends_on = depends_on;
    }
}

/// `SHOP-12`: two letters or more, a hyphen, one number.
fn is_tracker_key(id: &Id) -> bool {
    let is_prefix = id.prefix.len() >= 2 && id.prefix.chars().all(|c| c.is_ascii_uppercase());
    is_prefix && id.numbers.len() == 1 && id.text.contains('-')
}
