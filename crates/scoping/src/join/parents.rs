//! Epics: the innermost heading around a ticket that holds tickets becomes one.

use std::collections::{HashMap, HashSet};

use super::Joined;
use crate::evidence::Annotations;
use crate::extract::{self, Draft};
use crate::outline::{NodeId, Outline};

/// Puts the epics in front of their tickets, in the order of the document.
pub(super) fn with_parents(
    outline: &Outline<'_>,
    notes: &Annotations,
    drafts: Vec<Draft>,
) -> Vec<Joined> {
    let own: HashSet<NodeId> = drafts.iter().map(|draft| draft.node).collect();
    let parents: HashSet<NodeId> = drafts
        .iter()
        .filter_map(|draft| parent(draft, &own))
        .collect();
    let mut all: Vec<(Draft, Option<NodeId>)> = Vec::with_capacity(drafts.len() + parents.len());
    for node in &parents {
        all.push((extract::container(outline, notes, *node, &own), None));
    }
    for draft in drafts {
        let parent = parent(&draft, &own);
        all.push((draft, parent));
    }
    all.sort_by_key(|(draft, parent)| (draft.lines.0, parent.is_some(), draft.node));
    let places: HashMap<NodeId, usize> = all
        .iter()
        .enumerate()
        .map(|(place, (draft, _))| (draft.node, place))
        .collect();
    let joined = all.into_iter().map(|(draft, parent)| Joined {
        parent: parent.and_then(|node| places.get(&node).copied()),
        depends_on: Vec::new(),
        draft,
    });
    joined.collect()
}

fn parent(draft: &Draft, own: &HashSet<NodeId>) -> Option<NodeId> {
    draft
        .containers
        .iter()
        .copied()
        .find(|node| *node != draft.node && !own.contains(node))
}
