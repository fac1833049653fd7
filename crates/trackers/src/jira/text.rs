//! Cutting text to Jira's limits.

/// The longest beginning of a text with at most so many UTF-16 code units, which is how Java counts characters.
pub(super) fn utf16_prefix(text: &str, most_units: usize) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= most_units
    };
    text.chars().take_while(fits).collect()
}
