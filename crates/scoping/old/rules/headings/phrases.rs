//! The word lists behind [`super::role`]: phrases of headings, in the form that `words` gives, parted by commas.

mod firm;
mod loose;

use super::Role;
pub(super) use firm::FIRM;
pub(super) use loose::LOOSE;

/// How a phrase must stand in a heading.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    /// It is the whole heading.
    Whole,
    /// It stands somewhere in it.
    Any,
    /// It begins or ends it, and the heading is short.
    Edge,
}

/// How the phrases must stand, the phrases, and what they mean; the first match of a list counts.
pub(super) type Entry = (At, &'static str, Role);
