//! A short name for the words of a source.

/// The FNV-1a hash over 128 bits, as in draft-eastlake-fnv: equal text, equal fingerprint, in every release.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let sum = text.bytes().fold(BASIS, |sum, byte| {
        (sum ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    format!("{sum:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fingerprint(""), "6c62272e07bb014262b821756295c58d");
        assert_eq!(fingerprint("a"), "d228cb696f1a8caf78912b704e4a8964");
    }
}
