//! Titles: a few words that name the work, the document's id in front.

use super::values::Facts;
use crate::evidence::label::Label;
use crate::evidence::{owner, story};
use crate::lexicon::{Meaning, lexicon};
use crate::text::{capitalized, is_cjk, normal, squeeze, width, word_spans};

/// The longest title, in characters.
const MAX: usize = 80;
/// A cut leaves at least this much.
const LEAST: usize = 16;

/// The title of an item: from its label, its text, or what stands below it.
pub(super) fn of(
    label: &Label,
    text: &str,
    body: &str,
    language: usize,
    facts: &mut Facts,
) -> String {
    let name = name(label, text, body, facts);
    let id = label
        .id
        .as_ref()
        .map(|id| id.text.trim().trim_end_matches(['.', ':']))
        .filter(|id| is_shown(id));
    let room = MAX.saturating_sub(id.map_or(0, |id| width(id) + 2));
    let name = shortened(&name, room.max(30), language);
    match id {
        Some(id) if name.is_empty() => id.to_owned(),
        Some(id) if name.starts_with('(') => format!("{id} {name}"),
        Some(id) => format!("{id}: {name}"),
        None => name,
    }
}

/// A place in a list ("3.") is no name; "1.2" and "FR-1" are.
fn is_shown(id: &str) -> bool {
    !id.is_empty() && !id.chars().all(|c| c.is_ascii_digit())
}

fn name(label: &Label, text: &str, body: &str, facts: &mut Facts) -> String {
    let mut name = label.name.clone();
    if let Some(wish) = story::wish(&name) {
        return capitalized(&wish);
    }
    if says_only_kind(&name) && !name.starts_with('(') {
        let id = label.id.as_ref().map(|id| normal(&id.text));
        name = below(body)
            .filter(|name| Some(normal(name)) != id)
            .unwrap_or(name);
    }
    if name.is_empty() && label.id.is_none() {
        name = squeeze(text);
    }
    if let Some(owned) = owner::of_text(&name) {
        facts.assignee = facts.assignee.take().or(Some(owned.owner));
        name = owned.rest;
    }
    let name = without_lead(shown_of_wiki_link(&name));
    capitalized(name.trim_end_matches(['.', ':', ';', ',', ' ', '。', '、']))
}

/// What a reader sees of a name that is a link of a wiki: `[[page]]`, `[[page|shown]]`.
fn shown_of_wiki_link(name: &str) -> &str {
    let inner = name
        .strip_prefix("[[")
        .and_then(|rest| rest.strip_suffix("]]"))
        .filter(|inner| !inner.contains(['[', ']']));
    inner.map_or(name, |inner| inner.rsplit('|').next().unwrap_or(inner))
}

/// "Story", "User story", "Requirement": no name.
fn says_only_kind(name: &str) -> bool {
    let words = normal(name);
    let means = lexicon().meaning(&words);
    words.is_empty()
        || means.any(crate::evidence::label::KINDS)
        || means.any(&[Meaning::WorkStory, Meaning::WorkTask, Meaning::Container])
}

/// The name that stands below a heading that has none: the wish of a story, a bold line, the first sentence.
fn below(body: &str) -> Option<String> {
    let body = crate::text::head(body, 600);
    let plain: String = body
        .chars()
        .filter(|c| !matches!(c, '*' | '`' | '#' | '>'))
        .collect();
    let plain = plain.trim_start_matches(['-', ' ', '\n']);
    if let Some(wish) =
        story::wish(plain.split("\n\n").next().unwrap_or_default()).or_else(|| story::wish(plain))
    {
        return Some(wish);
    }
    let line = plain.lines().map(str::trim).find(|line| !line.is_empty())?;
    let head = line.split_once(':').map_or("", |(head, _)| head);
    if lexicon()
        .meaning(&normal(head))
        .any(crate::evidence::fields::FIELDS)
    {
        return None;
    }
    let line = line
        .split_once(": ")
        .filter(|(head, _)| {
            says_only_kind(head) || lexicon().meaning(&normal(head)).has(Meaning::Detail)
        })
        .map_or(line, |(_, rest)| rest);
    let sentence = line.split(". ").next().unwrap_or(line);
    Some(squeeze(sentence))
}

/// Without "The system must allow users to".
fn without_lead(name: &str) -> &str {
    let words = normal(name);
    if is_cjk(&words) {
        return name;
    }
    let count = lexicon().lead(&words);
    if count == 0 {
        return name;
    }
    let rest = word_spans(name)
        .get(count)
        .and_then(|span| name.get(span.start..))
        .unwrap_or_default();
    if rest.split(' ').count() < 2 {
        name
    } else {
        rest
    }
}

/// Cut to `room` characters where a clause ends, never after a small word.
fn shortened(name: &str, room: usize, language: usize) -> String {
    if width(name) <= room {
        let name = without_open_bracket(name);
        let last = name.rsplit(' ').next().unwrap_or_default().to_lowercase();
        let is_part_of_verb = lexicon()
            .meaning(&last)
            .any(&[Meaning::Verb, Meaning::Particle]);
        return if is_part_of_verb {
            name.to_owned()
        } else {
            tidy_words(name, language)
        };
    }
    let end = name
        .char_indices()
        .nth(room)
        .map_or(name.len(), |(at, _)| at);
    let head = name.get(..end).unwrap_or_default();
    for marks in [
        &[". ", "; ", " — ", " – ", " - ", ": ", " (", "。", " → "][..],
        &[", ", "、", "，"][..],
    ] {
        let cut = marks
            .iter()
            .filter_map(|mark| head.rfind(mark))
            .filter(|at| width(head.get(..*at).unwrap_or_default()) >= LEAST)
            .max();
        if let Some(at) = cut {
            return tidy(head.get(..at).unwrap_or_default(), language);
        }
    }
    if is_cjk(head) {
        return tidy(head, language);
    }
    // Where no clause ends, the name ends before a small word in its second half.
    let second_half = head.len() * 11 / 20;
    let small = word_spans(head).into_iter().find(|span| {
        span.start >= second_half
            && lexicon().is_small(
                language,
                &head.get(span.clone()).unwrap_or_default().to_lowercase(),
            )
    });
    if let Some(span) = small {
        return tidy(head.get(..span.start).unwrap_or_default(), language);
    }
    let at = head.rfind(' ').unwrap_or(head.len());
    tidy(head.get(..at).unwrap_or_default(), language)
}

/// Without small words at the end of a whole name.
fn tidy_words(name: &str, language: usize) -> String {
    let last = name.rsplit(' ').next().unwrap_or_default();
    let is_letter = last.chars().all(char::is_uppercase);
    let is_small =
        !is_letter && lexicon().is_small(language, &last.to_lowercase()) && name.contains(' ');
    let tidied = tidy(name, language);
    // "Keep who is in it" is a whole name all the same.
    let lost = name
        .split(' ')
        .count()
        .saturating_sub(tidied.split(' ').count());
    if is_small && lost <= 2 {
        tidied
    } else {
        name.to_owned()
    }
}

/// Without small words, marks and open brackets at its end.
fn tidy(text: &str, language: usize) -> String {
    let mut text = without_open_bracket(text)
        .trim_end_matches(|c: char| {
            !c.is_alphanumeric() && !matches!(c, ')' | ']' | '`' | '"' | '%')
        })
        .to_owned();
    while let Some(last) = word_spans(&text).last().cloned() {
        let word = text.get(last.clone()).unwrap_or_default().to_lowercase();
        let is_small = lexicon().is_small(language, &word) || lexicon().is_small(0, &word);
        if !is_small || last.start == 0 || last.end + 1 < text.len() {
            break;
        }
        text.truncate(last.start);
        text.truncate(
            text.trim_end_matches(|c: char| {
                !c.is_alphanumeric() && !matches!(c, ')' | ']' | '`' | '"' | '%')
            })
            .len(),
        );
    }
    text
}

/// A bracket that was opened and not closed is left out.
fn without_open_bracket(text: &str) -> &str {
    let open = text.rfind(['(', '[']);
    let close = text.rfind([')', ']']);
    match (open, close) {
        (Some(open), None) if open > 0 => text.get(..open).unwrap_or_default().trim_end(),
        (Some(open), Some(close)) if close < open && open > 0 => {
            text.get(..open).unwrap_or_default().trim_end()
        }
        _ => text,
    }
}
