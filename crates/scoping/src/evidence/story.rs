//! "As a clerk I want to sign in so that I start fast", in any language and on any number of lines.

use std::ops::Range;

use crate::lexicon::{Hit, Meaning, lexicon};
use crate::text::{is_cjk, normal, word_spans};

/// Where the parts of a story stand in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Story {
    pub(crate) start: usize,
    /// What is wanted, without "I want to" and "so that".
    pub(crate) wish: Range<usize>,
}

/// The furthest that "I want" stands from the beginning, in words.
const MAX_BEFORE_WANT: usize = 30;

/// The parts of a story; none where the text is not one.
pub(crate) fn parts(text: &str) -> Option<Story> {
    let words = normal(text);
    let hits = lexicon().find(&words);
    if is_cjk(&words) {
        return glued(text, &hits);
    }
    let spans = word_spans(text);
    let role = hits
        .iter()
        .filter(|hit| hit.means.has(Meaning::StoryAs) && hit.at <= 3)
        .max_by_key(|hit| hit.len);
    // Without a role the wish itself begins the text: "I want to print the labels".
    let (from, latest) = role.map_or((0, 0), |role| (role.at + role.len, MAX_BEFORE_WANT));
    let is_want =
        |hit: &&Hit| hit.means.has(Meaning::StoryWant) && hit.at >= from && hit.at <= latest;
    let want = hits
        .iter()
        .filter(is_want)
        .min_by_key(|hit| (hit.at, std::cmp::Reverse(hit.len)))?;
    if role.is_none() && want.len < 3 {
        return None;
    }
    let start = role.map_or(want.at, |role| role.at);
    let wish = want.at + want.len;
    let is_so = |hit: &&Hit| hit.means.has(Meaning::StorySo) && hit.at > wish;
    let so = hits.iter().filter(is_so).map(|hit| hit.at).min();
    let begin = spans.get(wish)?.start;
    let end = match so {
        Some(at) => spans.get(at)?.start,
        None => text.len(),
    };
    let wish = begin..end.max(begin);
    Some(Story {
        start: spans.get(start)?.start,
        wish,
    })
}

/// Japanese: "店員として、バッジでログインしたい。"; the role stands first, the wish last.
fn glued(text: &str, hits: &[Hit]) -> Option<Story> {
    let has = |meaning: Meaning| hits.iter().find(|hit| hit.means.has(meaning));
    let role = has(Meaning::StoryAs)?;
    has(Meaning::StoryWant)?;
    let after = role.at + role.len;
    let begin = text.char_indices().nth(after).map_or(0, |(at, _)| at);
    Some(Story {
        start: 0,
        wish: begin..text.len(),
    })
}

/// What is wanted, in one line.
pub(crate) fn wish(text: &str) -> Option<String> {
    let story = parts(text)?;
    let wish = text.get(story.wish)?.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | '.' | ';' | '*' | '、' | '。')
    });
    (!wish.is_empty()).then(|| crate::text::squeeze(wish))
}
