//! How alike two texts are.

use std::collections::{BTreeSet, HashMap};

/// Likeness from which on two texts may be one item, reworded.
pub(super) const ENOUGH: f64 = 0.6;
/// Likenesses that differ by less tell nothing.
pub(super) const CLOSE: f64 = 0.05;
/// Of more texts like one, the likest tell enough.
const MOST: usize = 16;

/// The words of a text; where a script has no blanks, its pairs of letters.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let word = word.to_lowercase();
        if !word.chars().any(is_unspaced) {
            words.insert(word);
            continue;
        }
        let letters: Vec<char> = word.chars().collect();
        let pairs = letters.windows(2).map(|pair| pair.iter().collect());
        words.extend(pairs);
        if letters.len() == 1 {
            words.insert(word);
        }
    }
    words
}

/// Chinese, Japanese, Korean and Thai letters.
const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0e7f}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

/// Texts among which the like of another are found without comparing each with each.
#[derive(Debug, Default)]
pub(super) struct Texts {
    sizes: HashMap<usize, usize>,
    holders: HashMap<String, Vec<usize>>,
}

impl Texts {
    pub(super) fn add(&mut self, index: usize, text: &str) {
        let words = words(text);
        self.sizes.insert(index, words.len());
        for word in words {
            self.holders.entry(word).or_default().push(index);
        }
    }

    /// Those that are like a text, with the share of words that both have (Dice's coefficient).
    #[expect(
        clippy::cast_precision_loss,
        reason = "texts have fewer words than a float tells apart"
    )]
    pub(super) fn like(&self, text: &str) -> Vec<(usize, f64)> {
        let words = words(text);
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for holder in words
            .iter()
            .filter_map(|word| self.holders.get(word))
            .flatten()
        {
            *shared.entry(*holder).or_default() += 1;
        }
        let strength = |(index, shared): (usize, usize)| {
            let size = words.len() + self.sizes.get(&index).copied().unwrap_or_default();
            (index, 2.0 * shared as f64 / size as f64)
        };
        let mut found: Vec<(usize, f64)> = shared
            .into_iter()
            .map(strength)
            .filter(|(_, strength)| *strength >= ENOUGH)
            .collect();
        found.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        found.truncate(MOST);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reworded_sentence_is_like_the_former_one_and_another_is_not() {
        let mut texts = Texts::default();
        texts.add(0, "Pay by card");
        texts.add(1, "Drop the old page");
        assert_eq!(texts.like("Pay by credit card").len(), 1);
        assert_eq!(texts.like("Write the guide"), []);
    }

    #[test]
    fn a_script_without_blanks_is_compared_by_pairs_of_letters() {
        let mut texts = Texts::default();
        texts.add(0, "検索結果を保存する");
        assert_eq!(texts.like("検索結果を保存します").len(), 1);
        assert_eq!(texts.like("支払いを追加する"), []);
    }
}
