//! The summary: one line of at most 255 characters.

use handoff_domain::shared::validation::one_line;

use super::text::utf16_prefix;

/// Jira's limit, counted in UTF-16 code units as Java counts.
const MAX_UNITS: usize = 255;

/// The title as a summary, and whether it had to be cut.
pub(super) fn fit(title: &str) -> (String, bool) {
    let line = one_line(title);
    if line.encode_utf16().count() <= MAX_UNITS {
        return (line, false);
    }
    let cut = utf16_prefix(&line, MAX_UNITS - 1);
    (format!("{}…", cut.trim_end()), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_title_stays_as_it_is() {
        assert_eq!(fit("Sign in"), ("Sign in".to_owned(), false));
    }

    #[test]
    fn a_title_of_ten_thousand_characters_is_cut_to_the_limit() {
        let (summary, is_cut) = fit(&"word ".repeat(2_000));
        assert!(is_cut);
        assert!(summary.encode_utf16().count() <= 255);
        assert!(summary.ends_with('…'));
    }

    #[test]
    fn an_emoji_counts_as_two_units_and_is_never_split() {
        let (summary, _) = fit(&"🚀".repeat(200));
        assert!(summary.encode_utf16().count() <= 255);
        assert!(summary.chars().all(|c| c == '🚀' || c == '…'));
    }

    #[test]
    fn line_breaks_become_spaces() {
        assert_eq!(fit("a\r\nb\tc").0, "a b c");
    }
}
