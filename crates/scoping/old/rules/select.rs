//! Which candidates become tickets: the best sources only, and each item once.

use std::collections::{HashMap, HashSet};

use super::candidate::{Candidate, Form};
use super::ids;
use super::text::words;
use handoff_domain::ticket::model::TicketType;

/// The tier of lists of features.
const FEATURES: u8 = 1;
/// The tier of what only adds criteria to an item that stands elsewhere.
pub(super) const SUPPLEMENT: u8 = u8::MAX;

/// Keeps the candidates of the best tier, folds restated items into the fullest one, and sorts by line.
///
/// `done` are the keys of ids that the document says are finished or will not be done.
pub(super) fn select(mut candidates: Vec<Candidate>, done: &HashSet<String>) -> Vec<Candidate> {
    candidates.retain(|candidate| id_key(candidate).is_none_or(|key| !done.contains(&key)));
    let supplements: Vec<Candidate> = candidates
        .extract_if(.., |candidate| candidate.tier == SUPPLEMENT)
        .collect();
    let mut kept = best(candidates);
    // A table or a list that sums items up repeats their ids; two headings with one id are two items unless they sound alike.
    fold_by(&mut kept, id_key, |a, b| {
        a.form != b.form || similar(&a.title, &b.title) >= 0.25
    });
    fold_by(&mut kept, title_key, |a, b| {
        let (a_id, b_id) = (a.id.as_deref().map(ids::key), b.id.as_deref().map(ids::key));
        a_id.is_none() || b_id.is_none() || a_id == b_id
    });
    for supplement in supplements {
        let key = id_key(&supplement);
        if let Some(item) = kept
            .iter_mut()
            .find(|item| key.is_some() && id_key(item) == key && item.criteria.is_empty())
        {
            item.criteria = supplement.criteria;
        }
    }
    drop_references(&mut kept);
    kept.sort_by_key(|candidate| candidate.lines.0);
    kept
}

/// The surely called for candidates, else those of the best tier; a list of features counts where nothing tells the product better.
fn best(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let least = candidates
        .iter()
        .map(|candidate| candidate.tier)
        .min()
        .unwrap_or(0);
    let product = |candidate: &Candidate| {
        candidate.requirement
            || candidate.ticket_type != TicketType::Task && candidate.ticket_type != TicketType::Bug
    };
    let told = candidates
        .iter()
        .any(|candidate| candidate.tier == 0 && product(candidate));
    let features = least == 0 && !told;
    let keeps = |candidate: &Candidate| {
        candidate.tier == least || features && candidate.tier == FEATURES && candidate.feature
    };
    candidates.into_iter().filter(keeps).collect()
}

/// Drops list items without an id that speak of another item by its id: "Implement T005 – root check".
fn drop_references(kept: &mut Vec<Candidate>) {
    let ids: HashSet<String> = kept
        .iter()
        .filter_map(|candidate| candidate.id.as_deref())
        .map(ids::key)
        .collect();
    kept.retain(|candidate| {
        candidate.form > Form::ListItem || !candidate.mentions.iter().any(|id| ids.contains(id))
    });
}

fn id_key(candidate: &Candidate) -> Option<String> {
    candidate
        .id
        .as_deref()
        .filter(|id| ids::is_distinct(id))
        .map(ids::key)
}

/// The words of a title, where there are enough of them to tell items apart.
fn title_key(candidate: &Candidate) -> Option<String> {
    let said = name_words(&candidate.title, candidate.id.as_deref());
    (said.split(' ').count() >= 3).then_some(said)
}

fn name_words(title: &str, id: Option<&str>) -> String {
    let name = id.and_then(|id| title.strip_prefix(id)).unwrap_or(title);
    words(name)
}

/// Folds later candidates with the same key into earlier ones where `same` agrees.
fn fold_by(
    kept: &mut Vec<Candidate>,
    key: impl Fn(&Candidate) -> Option<String>,
    same: impl Fn(&Candidate, &Candidate) -> bool,
) {
    let mut seen: HashMap<String, Vec<usize>> = HashMap::new();
    let mut out: Vec<Candidate> = Vec::with_capacity(kept.len());
    for candidate in kept.drain(..) {
        let Some(name) = key(&candidate) else {
            out.push(candidate);
            continue;
        };
        let places = seen.entry(name).or_default();
        // A handful of namesakes is compared, so that a document full of one id stays cheap.
        let twin = places
            .iter()
            .rev()
            .take(4)
            .copied()
            .find(|at| out.get(*at).is_some_and(|other| same(other, &candidate)));
        match twin.and_then(|at| out.get_mut(at)) {
            Some(other) => fold(other, candidate),
            None => {
                places.push(out.len());
                out.push(candidate);
            }
        }
    }
    *kept = out;
}

/// Joins two descriptions of one item; the fuller form stays, the other fills its gaps.
fn fold(first: &mut Candidate, mut second: Candidate) {
    if fullness(&second) > fullness(first) {
        std::mem::swap(first, &mut second);
    }
    let brief = |title: &str, id: Option<&str>| {
        words(title.strip_prefix(id.unwrap_or_default()).unwrap_or(title))
            .split(' ')
            .count()
            < 2
    };
    if brief(&first.title, first.id.as_deref()) && !brief(&second.title, second.id.as_deref()) {
        first.title = second.title;
    }
    if first.form != second.form && !first.description.contains(&second.description) {
        first.description = format!("{}\n\n{}", first.description, second.description)
            .trim()
            .to_owned();
    }
    first.priority = first.priority.take().or(second.priority);
    first.effort = first.effort.or(second.effort);
    if first.criteria.is_empty() {
        first.criteria = second.criteria;
    }
    for label in second.labels {
        if !first.labels.contains(&label) {
            first.labels.push(label);
        }
    }
}

fn fullness(candidate: &Candidate) -> (usize, usize) {
    (candidate.form as usize, candidate.criteria.len())
}

/// The share of words that two titles have in common, of the shorter one.
fn similar(a: &str, b: &str) -> f32 {
    let (a, b) = (words(a), words(b));
    let left: HashSet<&str> = a.split(' ').collect();
    let right: HashSet<&str> = b.split(' ').collect();
    let least = left.len().min(right.len()).max(1);
    let common = left.intersection(&right).count();
    #[expect(clippy::cast_precision_loss, reason = "titles have few words")]
    let share = common as f32 / least as f32;
    share
}
