//! Prepares Markdown for the parser without changing what it says.

use std::borrow::Cow;

use super::inline::STAND_IN;

/// Markers of lists and quotes to the right of this column are text.
///
/// The parser looks at every open container on every line, so unbounded nesting would cost quadratic
/// time. A hundred nested lists fit; only the first few of them are kept as such anyway.
const MAX_MARKER_COLUMN: usize = 256;

/// Returns the source with `\n` line ends, a stand-in for NUL, which the parser would make visible, and
/// no list or quote that begins beyond [`MAX_MARKER_COLUMN`].
///
/// Lines stay where they are.
pub(super) fn prepared(markdown: &str) -> Cow<'_, str> {
    let markdown = markdown.strip_prefix('\u{FEFF}').unwrap_or(markdown);
    let source = with_plain_characters(markdown);
    match with_bounded_nesting(&source) {
        Some(bounded) => Cow::Owned(bounded),
        None => source,
    }
}

/// Returns the source with `\n` line ends and a stand-in for NUL.
pub(super) fn with_plain_characters(markdown: &str) -> Cow<'_, str> {
    if !markdown.contains(['\r', '\0']) {
        return Cow::Borrowed(markdown);
    }
    let mut source = String::with_capacity(markdown.len());
    let mut after_return = false;
    for c in markdown.chars() {
        match c {
            '\r' => source.push('\n'),
            '\n' if after_return => {}
            '\0' => source.push(STAND_IN),
            c => source.push(c),
        }
        after_return = c == '\r';
    }
    Cow::Owned(source)
}

/// Returns the source with a backslash before markers too far to the right, if there are any.
fn with_bounded_nesting(source: &str) -> Option<String> {
    let mut bounded = None;
    let mut copied = 0;
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        if line.len() > MAX_MARKER_COLUMN
            && let Some(offset) = first_far_marker(line)
        {
            let bounded = bounded.get_or_insert_with(|| String::with_capacity(source.len() + 64));
            bounded.push_str(source.get(copied..start + offset)?);
            bounded.push('\\');
            copied = start + offset;
        }
        start += line.len();
    }
    bounded.map(|bounded| bounded + source.get(copied..).unwrap_or_default())
}

/// Returns where a line has to be escaped so that no container begins beyond the limit.
fn first_far_marker(line: &str) -> Option<usize> {
    let mut column = 0;
    let mut offset = 0;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let marker = match c {
            ' ' => 1,
            '\t' => 4 - column % 4,
            '\u{B}' | '\u{C}' => 1,
            c => {
                let marker = marker(c, rest)?;
                if column >= MAX_MARKER_COLUMN {
                    // A backslash works before the punctuation that ends a marker, not before a digit.
                    return Some(offset + marker - 1);
                }
                marker
            }
        };
        column += marker;
        let length = if c == '\t' { 1 } else { marker };
        offset += length;
        rest = rest.get(length..)?;
    }
    None
}

/// Returns the length of the marker of a list or quote that `text` begins with.
fn marker(first: char, text: &str) -> Option<usize> {
    let after_digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let n_digits = text.len() - after_digits.len();
    let length = match first {
        '>' => return Some(1),
        '-' | '+' | '*' => 1,
        '0'..='9' if n_digits <= 9 && after_digits.starts_with(['.', ')']) => n_digits + 1,
        _ => return None,
    };
    let after = text.get(length..)?;
    let ends = after
        .chars()
        .next()
        .is_none_or(|c| c.is_ascii_whitespace() || c == '\u{B}');
    ends.then_some(length)
}
