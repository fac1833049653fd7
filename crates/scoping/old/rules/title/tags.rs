//! Tags in the line of an item: priorities, efforts, fields and marks, which leave the title.

use super::Headline;
use crate::rules::effort;
use crate::rules::fields::{self, Field};
use crate::rules::priority;
use crate::rules::text::count;

/// How many tags at the end of a line are read.
const MAX_TAIL_TAGS: usize = 6;

/// Cuts off what stands behind bars: "Title | HIGH | 3pt".
pub(super) fn segments(text: &str, headline: &mut Headline) -> String {
    if !text.contains('|') {
        return text.to_owned();
    }
    let parts: Vec<&str> = text.split('|').collect();
    let mut kept = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if at == 0 || !take_tag(part.trim(), headline) {
            kept.push(part.trim());
        }
    }
    kept.join(" | ")
}

/// Takes a tag that states a priority, an effort or a field; false when it is none.
fn take_tag(tag: &str, headline: &mut Headline) -> bool {
    if let Some(rank) = priority::tag_rank(tag) {
        headline.rank.get_or_insert(rank);
        return true;
    }
    let found = fields::parse(tag);
    for (field, value) in &found {
        match field {
            Field::Priority => {
                headline.rank = headline.rank.take().or_else(|| priority::read_value(value));
            }
            Field::Effort => {
                headline.effort = headline.effort.or_else(|| effort::read_value(value));
            }
            Field::Labels => headline.labels.extend(fields::labels(value)),
            _ => {}
        }
    }
    if let Some(effort) = effort::read_tag(tag) {
        headline.effort.get_or_insert(effort);
        return true;
    }
    if fields::is_done(tag) && count(tag) <= 3 {
        headline.done = true;
        return true;
    }
    tag.split(',').count() > 1 && take_list(tag, headline)
        || found.iter().any(|(field, _)| *field != Field::Other)
}

/// "P1, 3 points" holds two tags.
fn take_list(tag: &str, headline: &mut Headline) -> bool {
    let parts: Vec<&str> = tag.split(',').map(str::trim).collect();
    let all = parts
        .iter()
        .all(|part| priority::tag_rank(part).is_some() || effort::read_tag(part).is_some());
    all && parts.iter().all(|part| take_tag(part, headline))
}

pub(super) fn bracket_tags(text: &str, headline: &mut Headline) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (range, _) in priority::tags(text) {
        let inside = text
            .get(range.start + 1..range.end - 1)
            .unwrap_or_default()
            .trim();
        if range.start < from || !(is_marker(inside) || take_tag(inside, headline)) {
            continue;
        }
        out.push_str(text.get(from..range.start).unwrap_or_default());
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// Marks of task lists that are neither priority nor name: `[P]` for parallel, `[US1]` for its story, boxes.
fn is_marker(inside: &str) -> bool {
    let story = inside
        .strip_prefix("US")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    story
        || matches!(
            inside,
            "P" | "" | " " | "~" | "-" | "/" | ">" | "!" | "?" | "mandatory" | "optional task"
        )
}

/// A rank or an effort at the front ("P0: Fix it") or at the end ("Fix it - 3 days").
pub(super) fn edge_tags(text: &str, headline: &mut Headline) -> String {
    let mut text = text.trim();
    if let Some((first, rest)) = text.split_once([':', ' '])
        && matches!(first.as_bytes(), [b'P' | b'p', b'0'..=b'9'])
    {
        headline.rank = headline.rank.take().or_else(|| priority::tag_rank(first));
        text = rest.trim_start_matches([':', '-', '–', '—', ' ']);
    } else if let Some((first, rest)) = text.split_once(':')
        && first.len() <= 16
        && let Some(rank) = priority::tag_rank(first)
    {
        headline.rank.get_or_insert(rank);
        text = rest.trim_start();
    }
    for _ in 0..MAX_TAIL_TAGS {
        let Some((before, tag)) = last_part(text) else {
            break;
        };
        if before.is_empty() || count(tag) > 4 || !take_tag(tag, headline) {
            break;
        }
        text = before;
    }
    text.to_owned()
}

fn last_part(text: &str) -> Option<(&str, &str)> {
    [" - ", " – ", " — ", " → "]
        .iter()
        .filter_map(|mark| text.rsplit_once(mark))
        .max_by_key(|(before, _)| before.len())
        .map(|(a, b)| (a.trim_end(), b.trim()))
}

/// Reads the tags at the end of a sentence whose words are not needed.
pub(super) fn tail_tags(sentence: &str, headline: &mut Headline) {
    let tail_at = sentence
        .char_indices()
        .rev()
        .nth(40)
        .map_or(0, |(at, _)| at);
    let tail = sentence.get(tail_at..).unwrap_or_default();
    if tail.trim_end().ends_with([')', ']']) {
        bracket_tags(tail, headline);
    }
}
