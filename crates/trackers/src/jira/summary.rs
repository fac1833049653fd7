//! The summary: one line of at most 255 characters.

/// Jira's limit, counted in UTF-16 code units as Java counts.
const MAX_UNITS: usize = 255;

/// The title as a summary, and whether it had to be cut.
pub(super) fn fit(title: &str) -> (String, bool) {
    let words = title.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if line.encode_utf16().count() <= MAX_UNITS {
        return (line, false);
    }
    let mut units = 0;
    let cut: String = line
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units < MAX_UNITS
        })
        .collect();
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
