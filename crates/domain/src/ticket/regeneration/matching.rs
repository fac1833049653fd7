//! Which ticket was made from which item: by number, by equal text, by likeness, and never by a guess.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::likeness::{CLOSE, Texts};
use super::{Candidate, KnownTicket};
use crate::ticket::model::{Parent, TicketSource};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// The known ticket of each candidate.
    pub(super) of_candidates: Vec<Option<usize>>,
    /// Candidates that could be several known tickets, or one that others could be as well.
    pub(super) ambiguous: Vec<usize>,
}

/// Matches one to one, the surest first.
pub(super) fn find(known: &[KnownTicket], candidates: &[Candidate]) -> Matches {
    let mut matcher = Matcher {
        known,
        candidates,
        of_candidates: vec![None; candidates.len()],
        taken: HashSet::new(),
        ambiguous: Vec::new(),
    };
    matcher.by_item_id();
    matcher.by_text();
    while matcher.by_likeness() {}
    let mut ambiguous = matcher.ambiguous;
    ambiguous.sort_unstable();
    Matches {
        of_candidates: matcher.of_candidates,
        ambiguous,
    }
}

struct Matcher<'a> {
    known: &'a [KnownTicket],
    candidates: &'a [Candidate],
    of_candidates: Vec<Option<usize>>,
    taken: HashSet<usize>,
    ambiguous: Vec<usize>,
}

/// A candidate and a known ticket that it may be.
#[derive(Clone, Copy, Debug)]
struct Pair {
    candidate: usize,
    known: usize,
    strength: f64,
}

impl Matcher<'_> {
    fn pair(&mut self, candidate: usize, known: usize) {
        if let Some(place) = self.of_candidates.get_mut(candidate) {
            *place = Some(known);
            self.taken.insert(known);
        }
    }

    fn open_candidates(&self) -> impl Iterator<Item = (usize, &Candidate)> {
        let of_candidates = &self.of_candidates;
        let is_open = move |index: &usize| of_candidates.get(*index).is_some_and(Option::is_none);
        self.candidates
            .iter()
            .enumerate()
            .filter(move |(index, _)| is_open(index))
    }

    /// Known tickets that have a source and no candidate yet, in the order in which they stood in the document.
    fn open_known(&self) -> Vec<(usize, &KnownTicket)> {
        let all = self.known.iter().enumerate();
        let mut open: Vec<_> = all
            .filter(|(index, known)| {
                known.ticket.source == TicketSource::Scoped && !self.taken.contains(index)
            })
            .collect();
        open.sort_by_key(|(_, known)| (known.ticket.source_line, known.ticket.id));
        open
    }

    /// A number that each side has once names the item, whatever its words have become.
    fn by_item_id(&mut self) {
        let key = |id: &Option<String>| id.as_deref().map(item_key).filter(|key| !key.is_empty());
        let candidates = grouped(
            self.open_candidates()
                .filter_map(|(index, candidate)| Some((key(&candidate.scoped.item_id)?, index))),
        );
        let known = grouped(
            self.open_known()
                .into_iter()
                .filter_map(|(index, known)| Some((key(&known.provenance.item_id)?, index))),
        );
        for (id, found) in candidates {
            if let ([candidate], Some([known])) =
                (found.as_slice(), known.get(&id).map(Vec::as_slice))
            {
                self.pair(*candidate, *known);
            }
        }
    }

    /// Equal words: first within the same section, then in the order of the document.
    fn by_text(&mut self) {
        for is_within_section in [true, false] {
            let section = |section: &[String]| is_within_section.then(|| section.to_vec());
            let known = self
                .open_known()
                .into_iter()
                .filter(|(_, known)| !known.provenance.source_text.is_empty());
            let known = grouped(known.map(|(index, known)| {
                let provenance = &known.provenance;
                (
                    (provenance.source_text.clone(), section(&provenance.section)),
                    index,
                )
            }));
            let candidates = grouped(self.open_candidates().map(|(index, candidate)| {
                let scoped = &candidate.scoped;
                (
                    (scoped.source_text.clone(), section(&scoped.section)),
                    index,
                )
            }));
            for (key, found) in candidates {
                for (candidate, known) in
                    found.into_iter().zip(known.get(&key).into_iter().flatten())
                {
                    self.pair(candidate, *known);
                }
            }
        }
    }

    /// Reworded items among their siblings, the likest first; whether any was found, since its parts are siblings then.
    fn by_likeness(&mut self) -> bool {
        let mut pairs = self.pairs();
        pairs.sort_by(|left, right| {
            let by_strength = right.strength.total_cmp(&left.strength);
            by_strength
                .then_with(|| (left.candidate, left.known).cmp(&(right.candidate, right.known)))
        });
        let (of_candidate, of_known) = indexed(&pairs);
        let mut found = false;
        let mut unclear: HashSet<usize> = HashSet::new();
        for pair in &pairs {
            let is_open = |other: &&Pair| {
                !self.taken.contains(&other.known)
                    && self
                        .of_candidates
                        .get(other.candidate)
                        .is_some_and(Option::is_none)
            };
            if !is_open(&pair) || unclear.contains(&pair.candidate) {
                continue;
            }
            let is_rival = |other: &&Pair| {
                (other.candidate == pair.candidate) != (other.known == pair.known)
                    && (other.strength - pair.strength).abs() < CLOSE
            };
            let near = of_candidate
                .get(&pair.candidate)
                .into_iter()
                .chain(of_known.get(&pair.known));
            let near = near.flatten().filter_map(|at| pairs.get(*at));
            let rivals = near.filter(is_open).filter(is_rival);
            let rivals: Vec<usize> = rivals.map(|rival| rival.candidate).collect();
            if rivals.is_empty() {
                self.pair(pair.candidate, pair.known);
                found = true;
            } else {
                unclear.insert(pair.candidate);
                unclear.extend(rivals);
            }
        }
        self.ambiguous.extend(unclear);
        found
    }

    /// Every open candidate with the open tickets that it is like, where they are siblings.
    fn pairs(&self) -> Vec<Pair> {
        let (mut texts, mut early) = (Texts::default(), Texts::default());
        for (index, known) in self.open_known() {
            if known.is_deleted {
                continue;
            }
            match known.provenance.is_of_early_release() {
                true => early.add(
                    index,
                    &shown_text(
                        &known.ticket.content.title,
                        &known.ticket.content.description,
                    ),
                ),
                false => texts.add(index, &known.provenance.source_text),
            }
        }
        let mut pairs = Vec::new();
        for (candidate, item) in self.open_candidates() {
            if self.ambiguous.contains(&candidate) {
                continue;
            }
            let scoped = &item.scoped;
            let shown = shown_text(&scoped.content.title, &scoped.content.description);
            let found = texts
                .like(&scoped.source_text)
                .into_iter()
                .chain(early.like(&shown));
            let found = found.filter(|(known, _)| self.are_siblings(candidate, *known));
            pairs.extend(found.map(|(known, strength)| Pair {
                candidate,
                known,
                strength,
            }));
        }
        pairs
    }

    /// Whether they stand in the same section, or under what is one parent; early releases kept neither.
    fn are_siblings(&self, candidate: usize, known: usize) -> bool {
        let (Some(candidate), Some(known)) =
            (self.candidates.get(candidate), self.known.get(known))
        else {
            return false;
        };
        let scoped = &candidate.scoped;
        let parent = scoped
            .parent
            .and_then(|at| self.of_candidates.get(at).copied().flatten());
        let parent = parent.and_then(|at| self.known.get(at));
        known.provenance.is_of_early_release()
            || known.provenance.section == scoped.section
            || parent
                .is_some_and(|parent| known.ticket.parent == Some(Parent::Ticket(parent.ticket.id)))
    }
}

/// Where the pairs of each candidate and of each known ticket are.
fn indexed(pairs: &[Pair]) -> (HashMap<usize, Vec<usize>>, HashMap<usize, Vec<usize>>) {
    let all = || pairs.iter().enumerate();
    (
        grouped(all().map(|(at, pair)| (pair.candidate, at))),
        grouped(all().map(|(at, pair)| (pair.known, at))),
    )
}

fn shown_text(title: &str, description: &str) -> String {
    format!("{title}\n{description}")
}

fn grouped<K: Eq + Hash>(items: impl Iterator<Item = (K, usize)>) -> HashMap<K, Vec<usize>> {
    let mut groups: HashMap<K, Vec<usize>> = HashMap::new();
    for (key, index) in items {
        groups.entry(key).or_default().push(index);
    }
    groups
}

/// The form of an item's number in which its spellings are the same: upper case, no leading zeros, one sign for all.
fn item_key(id: &str) -> String {
    let mut key = String::with_capacity(id.len());
    let mut is_leading = true;
    for letter in id.chars() {
        match letter {
            '0' if is_leading => {}
            _ if letter.is_ascii_digit() || letter == '.' => {
                is_leading = letter == '.';
                key.push(letter);
            }
            _ if letter.is_alphanumeric() => {
                is_leading = true;
                key.extend(letter.to_uppercase());
            }
            _ => {
                is_leading = true;
                if !key.ends_with('-') {
                    key.push('-');
                }
            }
        }
    }
    key
}
