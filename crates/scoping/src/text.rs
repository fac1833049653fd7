//! Small helpers over words and lines.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

/// Lower-case words of letters and digits, parted by one space; apostrophes part words, `&` reads as "and".
///
/// A wish to compare ("won't" and "won t") needs one form, and word lists are written in this one.
pub(crate) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => {
                part(&mut out);
                out.push_str("and ");
            }
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => part(&mut out),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn part(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// The bytes of each word of [`normal`] in the text that it was made from.
pub(crate) fn word_spans(text: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match (c.is_alphanumeric(), open, spans.last_mut()) {
            (true, true, Some(last)) => last.end = end,
            (true, _, _) => spans.push(at..end),
            (false, _, _) if c == '&' => spans.push(at..end),
            _ => {}
        }
        open = c.is_alphanumeric();
    }
    spans
}

/// Whether the text is written without spaces between words.
pub(crate) fn is_cjk(text: &str) -> bool {
    text.chars()
        .any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'))
}

/// At most the first `bytes` bytes of a text, ending between two characters.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// How many characters a reader sees.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.graphemes(true).count()
    }
}

/// One line of text: every run of white space is one space.
pub(crate) fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The text with its first letter in upper case, unless its first word is written in a way of its own (`iPad`, `npm run`).
pub(crate) fn capitalized(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_plain = first
        .chars()
        .skip(1)
        .all(|c| c.is_lowercase() || c == ',' || c == ':' || c == '-' || c == '\'');
    let mut chars = text.chars();
    match chars.next() {
        Some(c) if is_plain && c.is_lowercase() => c.to_uppercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

/// The text after `prefix`, without regard to ASCII case.
pub(crate) fn strip_prefix_ci<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) {
        text.get(prefix.len()..)
    } else {
        None
    }
}

/// Where lines begin, so that an offset has a line number.
#[derive(Debug)]
pub(crate) struct LineIndex {
    starts: Vec<usize>,
    end: usize,
}

impl LineIndex {
    pub(crate) fn new(source: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(source.match_indices('\n').map(|(at, _)| at + 1));
        if source.ends_with('\n') {
            starts.pop();
        }
        Self {
            starts,
            end: source.len(),
        }
    }

    /// The number of the line that holds this offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        let number = self.starts.partition_point(|&start| start <= offset);
        u32::try_from(number).unwrap_or(u32::MAX).max(1)
    }

    /// How many lines there are.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// The bytes of lines `first..=last`.
    pub(crate) fn span(&self, first: u32, last: u32) -> Range<usize> {
        let at = |line: u32| {
            self.starts
                .get(line.saturating_sub(1) as usize)
                .copied()
                .unwrap_or(self.end)
        };
        at(first)..at(last.saturating_add(1)).max(at(first))
    }
}

/// The number of characters that two texts' words have in common, as a share of all: 0 to 1.
pub(crate) fn likeness(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut both) = (0, 0, 0_u32);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                both += 1;
                i += 1;
                j += 1;
            }
        }
    }
    let all = a.len() + b.len() - both as usize;
    if all == 0 {
        0.0
    } else {
        f64::from(both) / f64::from(u32::try_from(all).unwrap_or(u32::MAX))
    }
}
