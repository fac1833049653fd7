//! Names for the sources of tickets that outlive changes around them.

use std::collections::HashMap;

use super::candidate::Candidate;
use super::ids;
use super::text::words;

/// One fingerprint a candidate, in their order; no two are the same.
///
/// An id of a tracker or a requirement list names its item whatever its words become; other items are named by the words of their
/// title. Namesakes are told apart by their title, then by their order.
pub(super) fn of_all(candidates: &[Candidate]) -> Vec<String> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    candidates
        .iter()
        .map(|candidate| unique(&mut seen, candidate))
        .collect()
}

fn unique(seen: &mut HashMap<String, u32>, candidate: &Candidate) -> String {
    let by_title = format!("title:{}", hash(&words(&candidate.title)));
    let by_id = candidate
        .id
        .as_deref()
        .filter(|id| ids::is_distinct(id))
        .map(|id| format!("id:{}", ids::key(id)));
    let name = match by_id {
        Some(id) if !seen.contains_key(&id) => id,
        _ => by_title,
    };
    let count = seen.entry(name.clone()).or_default();
    *count += 1;
    match *count {
        1 => name,
        n => format!("{name}#{n}"),
    }
}

/// FNV-1a over 128 bits, as in draft-eastlake-fnv.
fn hash(text: &str) -> String {
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
        assert_eq!(hash(""), "6c62272e07bb014262b821756295c58d");
        assert_eq!(hash("a"), "d228cb696f1a8caf78912b704e4a8964");
    }
}
