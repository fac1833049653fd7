//! What a line of text is made of: bold, struck, linked, code.

use std::ops::Range;

use crate::rules::tree::Line;

/// The state of the text that is being read.
#[derive(Debug, Default)]
pub(super) struct Inline {
    pub(super) strong: usize,
    pub(super) struck: usize,
    struck_len: usize,
    pub(super) link: usize,
    plain_seen: bool,
    unstruck_seen: bool,
    unlinked_seen: bool,
    pub(super) code: bool,
    uncoded_seen: bool,
}

impl Inline {
    /// Forgets what was seen of the line before.
    pub(super) fn begin_line(&mut self) {
        *self = Self {
            plain_seen: false,
            struck_len: 0,
            unstruck_seen: false,
            unlinked_seen: false,
            uncoded_seen: false,
            ..*self
        };
    }

    /// Adds text to a line.
    pub(super) fn add(&mut self, text: &str, line: &mut Line) {
        line.plain.push_str(text);
        if !text.trim().is_empty() {
            self.plain_seen |= self.strong == 0;
            self.unstruck_seen |= self.struck == 0;
            self.unlinked_seen |= self.link == 0;
            self.uncoded_seen |= !self.code;
        }
        if self.strong > 0 && !self.plain_seen {
            line.bold = line.plain.len();
        }
        if !self.unstruck_seen {
            line.struck = self.struck > 0;
            self.struck_len = line.plain.len();
        } else if self.struck_len < 9 {
            // One struck word is a correction, not a finished item.
            line.struck = false;
        }
        line.link = !self.unlinked_seen;
        line.code = !self.uncoded_seen;
    }
}

/// The range with the markup directly before it, so that a line's source keeps its opening marks.
pub(super) fn widen(source: &str, range: &Range<usize>) -> Range<usize> {
    let before = source.get(..range.start).unwrap_or_default();
    let kept = before.trim_end_matches(['*', '_', '`', '~', '[']).len();
    // A list marker is parted from the text by a space and stays out.
    kept..range.end
}
