//! Small helpers over words and lines.

use std::ops::Range;

/// Lower-case words of letters and digits, parted by one space; apostrophes and the accents of Latin letters vanish, `&`
/// reads as "and".
pub(super) fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '’' | '‘' => {}
            '&' => push_word(&mut out, "and"),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase().map(unaccented)),
            _ => break_word(&mut out),
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

const fn unaccented(c: char) -> char {
    match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        _ => c,
    }
}

fn break_word(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

fn push_word(out: &mut String, word: &str) {
    break_word(out);
    out.push_str(word);
    out.push(' ');
}

/// Whether the words of `phrase` stand in `text` one after the other; both are in the form of [`words`].
pub(super) fn has_phrase(text: &str, phrase: &str) -> bool {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(phrase)) {
        let start = from + at;
        let end = start + phrase.len();
        let before = text
            .get(..start)
            .is_some_and(|s| s.is_empty() || s.ends_with(' '));
        let after = text
            .get(end..)
            .is_some_and(|s| s.is_empty() || s.starts_with(' '));
        if before && after {
            return true;
        }
        from = start + phrase.chars().next().map_or(1, char::len_utf8);
    }
    false
}

/// How many words the text has.
pub(super) fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// The text after `prefix`, without regard to ASCII case.
pub(super) fn strip_prefix_ci<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| text.get(prefix.len()..))
        .flatten()
}

/// Whether a character is a pictograph, an arrow or another sign that no title needs.
pub(super) const fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}'
        | '\u{FE0E}' | '\u{FE0F}' | '\u{200D}' | '\u{20E3}' | '\u{231A}'..='\u{23FF}' | '\u{25A0}'..='\u{25FF}')
}

/// The text with runs of white space made one space, line-break tags made spaces and the ends trimmed.
pub(super) fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if out.contains('<') {
        squeeze_breaks(&out)
    } else {
        out
    }
}

fn squeeze_breaks(text: &str) -> String {
    let parts: Vec<&str> = split_breaks(text).into_iter().map(str::trim).collect();
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The parts between HTML line breaks.
pub(super) fn split_breaks(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((at, len)) = find_break(rest) {
        parts.push(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + len..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

/// Where the first line break tag stands, and its length.
fn find_break(text: &str) -> Option<(usize, usize)> {
    text.match_indices('<').find_map(|(at, _)| {
        let rest = text.get(at..)?;
        let tag = ["<br>", "<br/>", "<br />"]
            .iter()
            .find(|tag| strip_prefix_ci(rest, tag).is_some())?;
        Some((at, tag.len()))
    })
}

/// At most `limit` characters, cut between words and closed with an ellipsis when something is left out.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(limit) else {
        return text.to_owned();
    };
    let head = text.get(..end).unwrap_or(text);
    let cut = head
        .rfind(char::is_whitespace)
        .filter(|at| *at > end / 2)
        .unwrap_or(head.len());
    let kept = head
        .get(..cut)
        .unwrap_or(head)
        .trim_end_matches([' ', ',', ';', ':', '-', '–', '—']);
    format!("{kept}…")
}

/// Where each line of a text begins.
#[derive(Debug)]
pub(super) struct LineIndex {
    starts: Vec<usize>,
    len: usize,
}

impl LineIndex {
    /// Indexes a text.
    pub(super) fn new(text: &str) -> Self {
        let breaks = text
            .bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .map(|(i, _)| i + 1);
        let mut starts = vec![0];
        starts.extend(breaks.filter(|start| *start < text.len()));
        Self {
            starts,
            len: text.len(),
        }
    }

    /// The line, from 1, in which a byte stands.
    pub(super) fn line_of(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line.max(1)).unwrap_or(u32::MAX)
    }

    /// The number of lines.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// The bytes of lines `first` to `last`, with the line end.
    pub(super) fn range(&self, first: u32, last: u32) -> Range<usize> {
        let at = |line: u32| {
            self.starts
                .get(line.saturating_sub(1) as usize)
                .copied()
                .unwrap_or(self.len)
        };
        at(first)..at(last.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_drop_case_and_punctuation() {
        assert_eq!(words("Won't Have & *Later*!"), "wont have and later");
    }

    #[test]
    fn a_phrase_is_found_only_between_word_borders() {
        assert!(has_phrase(
            "non functional requirements",
            "functional requirements"
        ));
        assert!(!has_phrase(
            "dysfunctional requirements",
            "functional requirements"
        ));
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        assert_eq!(shorten("alpha beta gamma", 12), "alpha beta…");
        assert_eq!(shorten("ünïcödé", 3), "ünï…");
    }

    #[test]
    fn lines_are_counted_from_one() {
        let index = LineIndex::new("a\nb\n\nc");
        assert_eq!(
            (index.line_of(0), index.line_of(2), index.line_of(5)),
            (1, 2, 4)
        );
        assert_eq!(index.range(2, 3), 2..5);
        assert_eq!(index.count(), 4);
    }
}
