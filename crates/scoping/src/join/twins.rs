//! The same work twice is one ticket; a list that other sections work out is none.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use handoff_domain::scoping::model::CoverageReason;
use handoff_domain::ticket::model::TicketType;

use super::Dropped;
use crate::evidence::Annotations;
use crate::extract::Draft;
use crate::ids;
use crate::lexicon::{Meaning, lexicon};
use crate::outline::{Kind, NodeId, Outline};
use crate::text::{likeness, normal};

/// Titles that are this alike name the same work.
const ALIKE: f64 = 0.8;
/// Titles of one id need less: the table says it short, the section at length.
const ALIKE_WITH_ID: f64 = 0.2;
/// How many others with the same rare word a title is compared with.
const MOST_COMPARED: usize = 24;

/// Leaves out requirements that stand in an inventory, or that a map of the document assigns to its stories.
pub(super) fn without_inventories(
    outline: &Outline<'_>,
    notes: &Annotations,
    drafts: Vec<Draft>,
) -> (Vec<Draft>, Vec<Dropped>) {
    let ids: HashSet<String> = drafts
        .iter()
        .filter_map(|draft| draft.id.as_ref())
        .filter(|id| !id.is_number())
        .map(ids::Id::key)
        .collect();
    let has_others = drafts.iter().any(|draft| {
        !draft.in_inventory && (draft.ticket_type == TicketType::Story || draft.id.is_some())
    });
    let mapped = mapped_ids(outline, notes);
    let has_stories = drafts
        .iter()
        .any(|draft| draft.ticket_type == TicketType::Story && !is_mapped(draft, &mapped));
    let (drafts, mut summaries) = split(
        drafts,
        |draft| ids_named(draft, &ids) >= 2,
        CoverageReason::Summary,
    );
    let is_unmapped = |draft: &Draft| {
        !mapped.is_empty()
            && draft.id.as_ref().is_some_and(|id| !id.is_number())
            && !is_mapped(draft, &mapped)
    };
    let covered = |draft: &Draft| {
        (draft.in_inventory && has_others && !is_unmapped(draft))
            || (has_stories && is_mapped(draft, &mapped))
    };
    let (drafts, inventory) = split(drafts, covered, CoverageReason::Inventory);
    summaries.extend(inventory);
    (drafts, summaries)
}

/// How many other items a nameless section refers to by their ids; a use case that only puts requirements together is no work of its own.
fn ids_named(draft: &Draft, ids: &HashSet<String>) -> usize {
    let is_plain = draft.ticket_type == TicketType::Task
        && draft.priority.is_none()
        && draft.criteria.is_empty();
    let is_nameless = draft.id.as_ref().is_some_and(ids::Id::is_number);
    if !is_plain || !is_nameless {
        return 0;
    }
    let named: HashSet<String> = ids::mentioned(&draft.description)
        .iter()
        .map(ids::Id::key)
        .filter(|key| ids.contains(key))
        .collect();
    named.len()
}

fn split(
    drafts: Vec<Draft>,
    drop: impl Fn(&Draft) -> bool,
    why: CoverageReason,
) -> (Vec<Draft>, Vec<Dropped>) {
    let (out, kept): (Vec<Draft>, Vec<Draft>) = drafts.into_iter().partition(drop);
    let dropped = out
        .into_iter()
        .map(|draft| Dropped {
            lines: draft.lines,
            why,
        })
        .collect();
    (kept, dropped)
}

fn is_mapped(draft: &Draft, mapped: &HashMap<String, ()>) -> bool {
    draft
        .id
        .as_ref()
        .is_some_and(|id| mapped.contains_key(&id.key()))
}

/// The ids that a coverage map names: first cell or beginning of a line an id, then the story or epic that does it.
fn mapped_ids(outline: &Outline<'_>, notes: &Annotations) -> HashMap<String, ()> {
    let mut mapped = HashMap::new();
    for id in outline.ids() {
        if outline.node(id).kind != Kind::Section || !notes.of(id).roles.has(Meaning::Reference) {
            continue;
        }
        let mut stack: Vec<NodeId> = outline.children(id).to_vec();
        while let Some(at) = stack.pop() {
            let node = outline.node(at);
            match node.kind {
                Kind::Row { is_head: false } => {
                    let cells: Vec<String> = node
                        .children
                        .iter()
                        .map(|cell| outline.plain(*cell))
                        .collect();
                    map_line(&cells.join(" : "), &mut mapped);
                }
                Kind::Item { .. } | Kind::Paragraph => node
                    .text
                    .iter()
                    .for_each(|line| map_line(&line.plain, &mut mapped)),
                _ => {}
            }
            stack.extend(&node.children);
        }
    }
    mapped
}

fn map_line(text: &str, mapped: &mut HashMap<String, ()>) {
    let Some((id, at)) = ids::leading(text.trim_matches(['*', '`', ' '])) else {
        return;
    };
    let rest = normal(text.get(at..).unwrap_or_default());
    let names_story = lexicon()
        .find(&rest)
        .iter()
        .any(|hit| hit.means.any(&[Meaning::KindStory, Meaning::KindEpic]));
    if !id.is_number() && names_story {
        mapped.insert(id.key(), ());
    }
}

/// Leaves the poorer of two tickets of different lists out that name the same work.
pub(super) fn without_twins(
    outline: &Outline<'_>,
    notes: &Annotations,
    drafts: Vec<Draft>,
) -> (Vec<Draft>, Vec<Dropped>) {
    let words: Vec<Vec<u64>> = drafts
        .iter()
        .map(|draft| content_words(&draft.title))
        .collect();
    let mut by_word: HashMap<u64, Vec<usize>> = HashMap::new();
    for (place, list) in words.iter().enumerate() {
        for word in list {
            by_word.entry(*word).or_default().push(place);
        }
        if let Some(id) = drafts
            .get(place)
            .and_then(|draft| draft.id.as_ref())
            .filter(|id| !id.is_number())
        {
            by_word.entry(hash(&id.key())).or_default().push(place);
        }
    }
    let mut is_out = vec![false; drafts.len()];
    for (place, list) in words.iter().enumerate() {
        let id = drafts
            .get(place)
            .and_then(|draft| draft.id.as_ref())
            .map(|id| hash(&id.key()));
        let keys = list.iter().copied().chain(id);
        let rarest = keys
            .filter_map(|word| by_word.get(&word))
            .filter(|places| places.len() > 1)
            .min_by_key(|places| places.len());
        let later = rarest
            .and_then(|places| places.get(places.partition_point(|other| *other <= place)..))
            .unwrap_or_default();
        for other in later.iter().copied().take(MOST_COMPARED) {
            outline.step();
            let (Some(a), Some(b)) = (drafts.get(place), drafts.get(other)) else {
                continue;
            };
            let (Some(own), Some(others)) = (words.get(place), words.get(other)) else {
                continue;
            };
            if is_out.get(place) == Some(&true)
                || is_out.get(other) == Some(&true)
                || is_sibling(outline, notes, a, b)
            {
                continue;
            }
            if is_twin(a, b, own, others) {
                let poorer = if worth(b) > worth(a) { place } else { other };
                if let Some(out) = is_out.get_mut(poorer) {
                    *out = true;
                }
            }
        }
    }
    let mut kept = Vec::with_capacity(drafts.len());
    let mut dropped = Vec::new();
    for (draft, is_out) in drafts.into_iter().zip(is_out) {
        if is_out {
            dropped.push(Dropped {
                lines: draft.lines,
                why: CoverageReason::Twin,
            });
        } else {
            kept.push(draft);
        }
    }
    (kept, dropped)
}

fn is_twin(a: &Draft, b: &Draft, own: &[u64], others: &[u64]) -> bool {
    let ids_differ = match (&a.id, &b.id) {
        (Some(a), Some(b)) => a.key() != b.key() && a.prefix == b.prefix,
        _ => false,
    };
    let same_id = match (&a.id, &b.id) {
        (Some(a), Some(b)) => {
            a.key() == b.key()
                && a.prefix.len() >= 2
                && !a.prefix.contains(' ')
                && a.text.contains('-')
        }
        _ => false,
    };
    let least = own.len().min(others.len());
    if a.id.is_some() && repeats(a, b) {
        return true;
    }
    if same_id && (least == 0 || likeness(own, others) >= ALIKE_WITH_ID) {
        return true;
    }
    !ids_differ && (least >= 3 && likeness(own, others) >= ALIKE || least >= 1 && own == others)
}

/// "Story 1: Upload → the foundation" in an order of work repeats "Story 1: Upload".
fn repeats(a: &Draft, b: &Draft) -> bool {
    let same_id = match (&a.id, &b.id) {
        (Some(a), Some(b)) => a.key() == b.key() && !a.is_number(),
        _ => false,
    };
    let (a, b) = (normal(&a.title), normal(&b.title));
    same_id && (a.starts_with(&b) || b.starts_with(&a))
}

/// Items of one list or one heading are never twins of each other.
fn is_sibling(outline: &Outline<'_>, notes: &Annotations, a: &Draft, b: &Draft) -> bool {
    if outline.node(a.node).parent == outline.node(b.node).parent {
        return true;
    }
    // "Create the form" of customers is not that of suppliers.
    let group = |draft: &Draft| {
        let list = outline.node(outline.node(draft.node).parent);
        matches!(outline.node(list.parent).kind, Kind::Item { .. }).then_some(list.parent)
    };
    if let (Some(a), Some(b)) = (group(a), group(b)) {
        return a != b && outline.node(a).parent == outline.node(b).parent;
    }
    let section = |draft: &Draft| outline.sections_above(draft.node).next();
    let (Some(a), Some(b)) = (section(a), section(b)) else {
        return false;
    };
    let is_plain = |section: NodeId| notes.of(section).roles.work().is_none();
    a != b && outline.node(a).parent == outline.node(b).parent && is_plain(a) && is_plain(b)
}

/// What is stated of it, then how much is told.
fn worth(draft: &Draft) -> (u32, usize) {
    let stated = u32::from(draft.priority.is_some())
        + u32::from(draft.assignee.is_some())
        + u32::from(!draft.criteria.is_empty())
        + u32::from(draft.id.is_some());
    (stated, draft.source_text.len())
}

fn content_words(title: &str) -> Vec<u64> {
    let text = title
        .split_once(": ")
        .filter(|(id, _)| ids::leading(id).is_some())
        .map_or(title, |(_, name)| name);
    let words = normal(text);
    let mut hashes: Vec<u64> = words
        .split(' ')
        .filter(|word| !word.is_empty() && !lexicon().is_filler(word))
        .map(hash)
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

fn hash(word: &str) -> u64 {
    let stem = word
        .strip_suffix('s')
        .filter(|stem| stem.len() > 3)
        .unwrap_or(word);
    let mut hasher = DefaultHasher::new();
    stem.hash(&mut hasher);
    hasher.finish()
}
