//! A generator that gives the same numbers for the same seed.

/// The SplitMix64 sequence, enough to scatter faults.
#[derive(Clone, Debug, Default)]
pub(crate) struct Random {
    drawn: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { drawn: seed }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.drawn;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number from zero up to one, which it never reaches.
    pub(crate) fn fraction(&mut self) -> f64 {
        // The upper half fits a float without loss.
        let upper = u32::try_from(self.next() >> 32).unwrap_or_default();
        f64::from(upper) / (f64::from(u32::MAX) + 1.0)
    }

    /// Draws a number between two, both included.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        let span = most.saturating_sub(least).saturating_add(1);
        least.saturating_add(self.next() % span.max(1))
    }

    /// Brings a list into another order, never into the one it has.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        // Sattolo's algorithm: with a partner below itself, no item stays where it is.
        for at in (1..items.len()).rev() {
            let most = u64::try_from(at - 1).unwrap_or(u64::MAX);
            let other = usize::try_from(self.between(0, most)).unwrap_or_default();
            items.swap(at, other);
        }
    }
}
