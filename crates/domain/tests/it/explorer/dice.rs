//! Chance that is the same for the same seed, and what it brought about.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// SplitMix64; clones draw from the same row.
#[derive(Clone)]
pub(super) struct Dice(Arc<Mutex<Drawn>>);

struct Drawn {
    state: u64,
    struck: BTreeMap<&'static str, u64>,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        // Spread, because each draw adds a constant: seeds that differ by it would give the same row, moved by one.
        let state = spread(spread(seed));
        let struck = BTreeMap::new();
        Self(Arc::new(Mutex::new(Drawn { state, struck })))
    }

    /// A number from 0 on, below this one.
    pub(super) fn below(&self, sides: u64) -> u64 {
        let mut drawn = self.0.lock().unwrap();
        drawn.state = drawn.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        spread(drawn.state) % sides
    }

    /// True once in so many times.
    pub(super) fn once_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(super) fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        let count = u64::try_from(choices.len()).unwrap();
        choices[usize::try_from(self.below(count)).unwrap()]
    }

    /// Remembers that something happened.
    pub(super) fn note(&self, what: &'static str) {
        *self.0.lock().unwrap().struck.entry(what).or_default() += 1;
    }

    pub(super) fn struck(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap().struck.clone()
    }
}

const fn spread(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
