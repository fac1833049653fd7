//! What the marks of a document mean.

use std::collections::HashMap;

use super::values::{self, State};
use crate::outline::Line;

/// What the document's own marks mean, where a legend says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Legend(HashMap<char, State>);

impl Legend {
    pub(crate) fn state(&self, mark: char) -> Option<State> {
        self.0
            .get(&mark)
            .copied()
            .or_else(|| values::mark_state(mark))
    }

    /// The state that the value of a status field or cell says, in words or by a mark.
    pub(crate) fn stated(&self, value: &str) -> Option<State> {
        values::status_value(value).or_else(|| value.chars().find_map(|mark| self.state(mark)))
    }

    /// "❌ Rejected", as an item, a line or a cell of its own.
    pub(crate) fn learn(&mut self, line: &Line) {
        for piece in line.plain.split([',', ';', '·', '|']) {
            self.learn_piece(piece);
        }
    }

    fn learn_piece(&mut self, piece: &str) {
        let text = piece.trim();
        let text = text
            .split_once(": ")
            .filter(|(head, _)| !head.contains(' ') && head.chars().all(char::is_alphabetic))
            .map_or(text, |(_, rest)| rest);
        let Some(mark) = text.chars().next().filter(|c| values::is_emoji(*c)) else {
            return;
        };
        let rest = text.trim_start_matches(|c: char| {
            values::is_emoji(c) || c == ' ' || c == '=' || c == ':' || c == '-'
        });
        let words = rest
            .split(['(', '—', '–', ':', ','])
            .next()
            .unwrap_or_default();
        if let Some(state) = values::status_word(words) {
            self.0.entry(mark).or_insert(state);
        }
    }
}
