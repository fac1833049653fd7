//! What was asked and answered: the latest entries, and whole exchanges on demand.

mod exchange;

use std::collections::VecDeque;

pub(crate) use exchange::Exchanges;
pub use exchange::{Exchange, ExchangeAnswer};

/// How many entries are kept.
pub(crate) const KEPT: usize = 20_000;

/// The latest entries, each under its number by arrival, from zero.
#[derive(Debug)]
pub(crate) struct Log<T> {
    kept: VecDeque<T>,
    /// The number of the first entry that is still kept.
    first: usize,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self {
            kept: VecDeque::new(),
            first: 0,
        }
    }
}

impl<T> Log<T> {
    /// Keeps an entry that is made of its number, which is given.
    pub(crate) fn push(&mut self, entry: impl FnOnce(usize) -> T) -> usize {
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
            self.first += 1;
        }
        let sequence = self.arrived();
        self.kept.push_back(entry(sequence));
        sequence
    }

    /// Finds an entry; none where it is no longer kept.
    pub(crate) fn get_mut(&mut self, sequence: usize) -> Option<&mut T> {
        self.kept.get_mut(sequence.checked_sub(self.first)?)
    }

    /// Gives what is kept, the oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.kept.iter()
    }

    /// Gives how many entries there have been.
    pub(crate) fn arrived(&self) -> usize {
        self.first + self.kept.len()
    }
}
