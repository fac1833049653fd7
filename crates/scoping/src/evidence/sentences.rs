//! The sentences of a paragraph, so that each obligation in it can become a ticket of its own.

use unicode_segmentation::UnicodeSegmentation as _;

use super::label::{self, Label};
use super::legend::Legend;
use super::{Obligation, obligation, owner};
use crate::lexicon::{Hit, Meaning, lexicon};
use crate::outline::{Line, Node};
use crate::text::{is_cjk, normal, squeeze, width, word_spans};

/// A longer paragraph is judged as a whole.
const MAX_BYTES: usize = 6_000;

/// A sentence with more characters is named by the clause that obliges.
const LONG: usize = 80;

/// A sentence of a paragraph.
#[derive(Clone, Debug)]
pub(crate) struct Sentence {
    pub(crate) plain: String,
    /// Its first and last line.
    pub(crate) lines: (u32, u32),
    pub(crate) label: Label,
    pub(crate) obligation: Obligation,
    /// Whether it refers to the one before it: "It also …", "This lets …".
    pub(crate) goes_on: bool,
    pub(crate) is_question: bool,
    /// Whether it begins with a verb, or tells somebody by name to do something.
    pub(crate) is_task: bool,
    /// Whether a team commits itself to something: "We should …", "Recommendation: …".
    pub(crate) commits: bool,
}

/// The sentences of a paragraph; none where it is too long to be judged one by one.
pub(super) fn of(node: &Node, legend: &Legend) -> Vec<Sentence> {
    let bytes: usize = node.text.iter().map(|line| line.plain.len() + 1).sum();
    if bytes > MAX_BYTES {
        return Vec::new();
    }
    let mut text = String::with_capacity(bytes);
    let mut starts: Vec<(usize, u32)> = Vec::with_capacity(node.text.len());
    for line in &node.text {
        starts.push((text.len(), line.number));
        text.push_str(&line.plain);
        text.push(' ');
    }
    let line_at = |offset: usize| {
        let after = starts.partition_point(|(start, _)| *start <= offset);
        starts
            .get(after.saturating_sub(1))
            .map_or(node.lines.0, |(_, number)| *number)
    };
    let parts = split(&text);
    parts
        .into_iter()
        .map(|(at, part)| {
            let plain = squeeze(part);
            let last = at + part.trim_end().len().saturating_sub(1);
            sentence(plain, (line_at(at), line_at(last)), legend)
        })
        .collect()
}

fn sentence(plain: String, lines: (u32, u32), legend: &Legend) -> Sentence {
    let name = if width(&plain) > LONG {
        obliging_clause(&plain)
    } else {
        &plain
    };
    let label = label::read(
        &Line {
            number: lines.0,
            plain: name.to_owned(),
            ..Line::default()
        },
        legend,
    );
    let words = normal(&plain);
    let hits = lexicon().find(&words);
    let begins = |meanings: &[Meaning]| {
        hits.iter()
            .any(|hit| hit.at == 0 && hit.means.any(meanings))
    };
    let obliges_at_once = begins(&[Meaning::ObligationStrong, Meaning::ObligationWeak]);
    // "Il faut …" begins with a word that goes on, "Will do" with one that obliges.
    let goes_on = hits.iter().any(|hit| {
        hit.at == 0 && hit.means.has(Meaning::Back) && (hit.len > 1 || !obliges_at_once)
    });
    Sentence {
        is_task: super::is_imperative(&normal(&label.name)) || owner::is_assignment(&plain),
        lines,
        label,
        obligation: obligation(&words),
        goes_on,
        commits: hits
            .iter()
            .any(|hit| hit.means.has(Meaning::Commitment) && begins_clause(&plain, hit)),
        is_question: plain.ends_with(['?', '？']),
        plain,
    }
}

/// "We should …" and "…, so we should …", but not "the pages that we want".
fn begins_clause(text: &str, hit: &Hit) -> bool {
    if hit.at <= 2 || is_cjk(text) {
        return true;
    }
    let spans = word_spans(text);
    let (Some(before), Some(first)) = (spans.get(hit.at - 1), spans.get(hit.at)) else {
        return false;
    };
    let mark = text.get(before.end..first.start).unwrap_or_default();
    let word = text.get(before.clone()).unwrap_or_default().to_lowercase();
    !mark.trim().is_empty() || lexicon().meaning(&word).has(Meaning::Joining)
}

/// The clause of a long sentence that says what is to be done, without those that say why.
fn obliging_clause(text: &str) -> &str {
    let words = normal(text);
    if is_cjk(&words) {
        return text;
    }
    let obliges = [
        Meaning::ObligationStrong,
        Meaning::ObligationWeak,
        Meaning::Commitment,
    ];
    let hits = lexicon().find(&words);
    let spans = word_spans(text);
    let head = hits
        .iter()
        .find(|hit| hit.means.any(&obliges))
        .and_then(|hit| spans.get(hit.at))
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    let clause = head
        .rfind([',', ';'])
        .and_then(|at| text.get(at + 1..))
        .unwrap_or(text)
        .trim_start();
    let (first, rest) = clause.split_once(' ').unwrap_or((clause, ""));
    if lexicon()
        .meaning(&first.to_lowercase())
        .has(Meaning::Joining)
    {
        rest
    } else {
        clause
    }
}

/// The sentences of a text with their offsets; "e.g." ends none.
pub(crate) fn split(text: &str) -> Vec<(usize, &str)> {
    let mut out: Vec<(usize, &str)> = Vec::new();
    let mut from = 0;
    let mut at = 0;
    for part in text.split_sentence_bounds() {
        at += part.len();
        let whole = text.get(from..at).unwrap_or_default();
        if !ends_in_abbreviation(whole) && !whole.trim().is_empty() {
            out.push((from, whole));
            from = at;
        }
    }
    if let Some(rest) = text.get(from..).filter(|rest| !rest.trim().is_empty()) {
        out.push((from, rest));
    }
    out
}

/// "e.g.", "z.B.", "1."
fn ends_in_abbreviation(text: &str) -> bool {
    let last = text.split_whitespace().next_back().unwrap_or_default();
    let word = last.trim_start_matches(['(', '[']).strip_suffix('.');
    word.is_some_and(|word| {
        let is_dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() <= 2);
        is_dotted || word.chars().all(|c| c.is_ascii_digit())
    })
}
