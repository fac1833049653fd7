//! The box of an item of a list, and its text without it.

use crate::rules::tree::Item;

/// The text of an item's first line without a box written as text.
pub(in crate::rules) fn first_line(item: &Item) -> &str {
    let text = item.head.first().map_or("", |line| line.plain.trim());
    text_box(text).map_or(text, |(_, rest)| rest)
}

/// The state of an item's box.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::rules) struct State {
    /// Whether it has a box.
    pub boxed: bool,
    /// Whether it is done.
    pub done: bool,
}

/// Reads the box of an item: a real one, one written as text, or a sign.
pub(in crate::rules) fn state(item: &Item) -> State {
    let struck = item
        .head
        .first()
        .is_some_and(|line| line.struck && !line.plain.trim().is_empty());
    if let Some(checked) = item.checked {
        return State {
            boxed: true,
            done: checked || struck,
        };
    }
    let text = item.head.first().map_or("", |line| line.plain.trim());
    match text_box(text) {
        Some((checked, _)) => State {
            boxed: true,
            done: checked || struck,
        },
        None => State {
            boxed: false,
            done: struck,
        },
    }
}

/// Boxes that are written as text: `[ ]*`, `[~]`, `☐`, `✅`.
pub(super) fn text_box(text: &str) -> Option<(bool, &str)> {
    const OPEN: &[&str] = &[
        "[ ]*", "[ ]", "[]", "[~]", "[-]", "[>]", "[/]", "[!]", "[P]", "☐", "⬜", "🔲", "⏳", "🚧",
        "❌",
    ];
    const DONE: &[&str] = &[
        "[x]*", "[x]", "[X]", "[✓]", "[✔]", "[✅]", "✅", "☑", "✔", "✓",
    ];
    let strip = |marks: &[&str]| {
        marks
            .iter()
            .find_map(|mark| text.strip_prefix(mark))
            .map(|rest| rest.trim_start_matches(['\u{fe0f}', ' ']))
    };
    strip(OPEN)
        .map(|rest| (false, rest))
        .or_else(|| strip(DONE).map(|rest| (true, rest)))
}

/// The text without the marker of its list item and its box.
pub(super) fn strip_marker(text: &str) -> String {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let marker = if rest.len() < text.len() {
        rest.strip_prefix(['.', ')'])
    } else {
        rest.strip_prefix(['-', '*', '+'])
    };
    let Some(rest) = marker.filter(|rest| rest.starts_with([' ', '\t'])) else {
        return text.to_owned();
    };
    let rest = rest.trim_start();
    let unboxed = ["[ ] ", "[x] ", "[X] "]
        .iter()
        .find_map(|mark| rest.strip_prefix(mark));
    unboxed.unwrap_or(rest).to_owned()
}
