//! The ids that work items carry at their front: `US-001`, `FR-1.2`, `Story 3:`, `[Bug] …`.

mod family;

use super::text::{is_pictograph, strip_prefix_ci};
pub(super) use family::Family;
use family::{KEYWORDS, family_of};

/// An id at the front of a text, and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lead<'a> {
    /// What sort of item it names.
    pub family: Family,
    /// The id as it is written; absent when only the sort is named, as in "Bug: …".
    pub id: Option<String>,
    /// The text after the id and its separator.
    pub rest: &'a str,
}

/// Reads the id at the front of a text, after any ordinal, sign or bracket.
pub(super) fn leading(text: &str) -> Option<Lead<'_>> {
    let text = skip_signs(text);
    bracketed(text)
        .or_else(|| code(text))
        .or_else(|| keyword(text))
        .or_else(|| {
            unnumbered(text).and_then(|rest| {
                bracketed(rest)
                    .or_else(|| code(rest))
                    .or_else(|| keyword(rest))
            })
        })
}

/// The text after pictographs and blanks.
pub(super) fn skip_signs(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || is_pictograph(c))
}

/// The text after an ordinal such as `1.`, `2)` or `3.1.2`, if there is one.
pub(super) fn unnumbered(text: &str) -> Option<&str> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let taken = text.len() - digits.len();
    let number = text.get(..taken)?;
    if !number.starts_with(|c: char| c.is_ascii_digit()) || number.len() > 12 {
        return None;
    }
    let rest = digits.strip_prefix([')', ':']).unwrap_or(digits);
    let parted = rest.starts_with(char::is_whitespace) || rest.len() < digits.len();
    let plain_number = !number.contains('.') && rest.len() == digits.len();
    if !parted || plain_number {
        return number_dash(rest, plain_number);
    }
    Some(skip_signs(
        rest.trim_start().trim_start_matches(['-', '–', '—']),
    ))
}

/// "1 - Title" is numbered, "3 retries" is not.
fn number_dash(rest: &str, plain_number: bool) -> Option<&str> {
    let after = rest.trim_start();
    let dashed = ["- ", "– ", "— "]
        .iter()
        .find_map(|dash| after.strip_prefix(dash));
    if plain_number && rest.len() > after.len() {
        dashed.map(str::trim_start)
    } else {
        None
    }
}

fn bracketed(text: &str) -> Option<Lead<'_>> {
    let inner = text.strip_prefix(['[', '('])?;
    let (inside, rest) = inner.split_once([']', ')'])?;
    let after = trim_separator(rest);
    if inside.len() > 24 {
        return None;
    }
    if let Some(lead) = code(inside)
        && lead.rest.is_empty()
    {
        return Some(Lead {
            rest: after,
            ..lead
        });
    }
    let lower = inside.trim().to_ascii_lowercase();
    let (_, family) = KEYWORDS.iter().find(|(word, _)| *word == lower)?;
    match code(after) {
        Some(lead) => Some(Lead {
            family: *family,
            ..lead
        }),
        None => Some(Lead {
            family: *family,
            id: None,
            rest: after,
        }),
    }
}

/// `US-001`, `FR-1.1`, `T001`, `SRS-COL-001`.
fn code(text: &str) -> Option<Lead<'_>> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '#')))
        .unwrap_or(text.len());
    let token = text.get(..end)?.trim_end_matches(['.', '-', '_']);
    let letters_end = token.find(|c: char| !c.is_ascii_alphabetic())?;
    let letters = token.get(..letters_end)?;
    let family = family_of(letters);
    if !is_code(token, letters, family) {
        return None;
    }
    let after = text.get(token.len()..)?;
    let separated = starts_separator(after);
    if family == Family::Unknown && !separated && !after.is_empty() {
        return None;
    }
    if !separated && !after.is_empty() && !after.starts_with([' ', '\u{a0}']) {
        return None;
    }
    Some(Lead {
        family,
        id: Some(token.to_owned()),
        rest: trim_separator(after),
    })
}

fn is_code(token: &str, letters: &str, family: Family) -> bool {
    let upper = letters.chars().all(|c| c.is_ascii_uppercase());
    let known = family.is_work() && letters.len() > 1;
    if letters.is_empty() || letters.len() > 10 || token.len() > 24 || !(upper || known) {
        return false;
    }
    // P0 to P9 are priorities.
    if letters == "P" && token.len() == 2 {
        return false;
    }
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let parted = token.contains(['-', '_']);
    let tail = token.rsplit(['-', '_', '.']).next().unwrap_or_default();
    let tail_ok = tail.starts_with(|c: char| c.is_ascii_digit())
        || tail.ends_with(|c: char| c.is_ascii_digit());
    // A range such as FR17-FR24 refers to items and is none.
    let range = token
        .get(letters.len()..)
        .unwrap_or_default()
        .contains(letters)
        && letters.len() > 1;
    digits > 0 && tail_ok && !range && (parted || letters.len() <= 5)
}

/// `Story 1.1: …`, `Requirement 3 - …`, `Feature: …`.
fn keyword(text: &str) -> Option<Lead<'_>> {
    KEYWORDS
        .iter()
        .find_map(|(word, family)| keyword_lead(text, word, *family))
}

fn keyword_lead<'a>(text: &'a str, word: &str, family: Family) -> Option<Lead<'a>> {
    let after = strip_prefix_ci(text, word)?;
    if let Some(rest) = after.strip_prefix(':') {
        let rest = rest.trim_start();
        return Some(match code(rest) {
            Some(lead) => Lead { family, ..lead },
            None => Lead {
                family,
                id: None,
                rest,
            },
        });
    }
    let number_at = after.trim_start_matches([' ', '#', '\u{a0}', '-']);
    if number_at.len() == after.len() {
        return None;
    }
    if let Some(lead) = code(number_at)
        && starts_separator(number_at.get(lead.id.as_ref().map_or(0, String::len)..)?)
    {
        return Some(Lead { family, ..lead });
    }
    let end = number_at
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .unwrap_or(number_at.len());
    let number = number_at.get(..end)?.trim_end_matches(['.', '-']);
    let rest = number_at.get(number.len()..)?;
    let letter_suffix = rest
        .strip_prefix(|c: char| c.is_ascii_lowercase())
        .filter(|r| starts_separator(r));
    let (suffix_len, rest) = letter_suffix.map_or((0, rest), |r| (1, r));
    let shown = text.get(..text.len() - number_at.len() + number.len() + suffix_len)?;
    let named = number.starts_with(|c: char| c.is_ascii_digit());
    // "Task 4 people to the team" has no separator and is prose, but "Task 4" alone is a heading.
    let parted = rest.is_empty()
        || starts_separator(rest)
        || rest.starts_with(" (")
        || rest.starts_with(" [");
    (named && parted).then(|| Lead {
        family,
        id: Some(shown.to_owned()),
        rest: trim_separator(rest),
    })
}

fn starts_separator(text: &str) -> bool {
    let bare = text.trim_start();
    let spaced = bare.len() < text.len();
    match bare.chars().next() {
        Some(':' | '—' | '–' | '|' | '.' | ')' | ']' | '→' | ',') => true,
        Some('-') => spaced || bare.get(1..).is_some_and(|rest| rest.starts_with(' ')),
        _ => false,
    }
}

/// The text after one separator and the blanks around it.
pub(super) fn trim_separator(text: &str) -> &str {
    let bare = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_'));
    let cut = bare.trim_start_matches([':', '—', '–', '|', ')', ']', '→', ',']);
    let cut = cut.strip_prefix(['.', '-']).unwrap_or(cut);
    cut.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '—' | '–'))
}

/// The form of an id in which two spellings of it are the same: upper case, no leading zeros.
pub(super) fn key(id: &str) -> String {
    let mut out = String::new();
    let mut zeros = true;
    for c in id.chars() {
        match c {
            '0' if zeros => {}
            c if c.is_ascii_digit() || c == '.' => {
                zeros = c == '.';
                out.push(c);
            }
            c if c.is_alphanumeric() => {
                zeros = true;
                out.extend(c.to_uppercase());
            }
            _ => {
                zeros = true;
                if !out.ends_with('-') {
                    out.push('-');
                }
            }
        }
    }
    out
}

/// The keys of the ids that a text speaks of anywhere.
pub(super) fn mentioned(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ':' | ';' | '[' | ']'))
        .filter(|word| word.len() > 2)
        .filter_map(|word| code(word).filter(|lead| lead.rest.is_empty()))
        .filter_map(|lead| lead.id)
        .map(|id| key(&id))
        .collect()
}

/// Whether an id is one of a tracker or a requirement list, which a document uses once, and not a mere count.
pub(super) fn is_distinct(id: &str) -> bool {
    !id.contains(' ') && id.chars().filter(char::is_ascii_alphabetic).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Family, Option<String>, &str)> {
        leading(text).map(|lead| (lead.family, lead.id, lead.rest))
    }

    #[test]
    fn codes_are_read_with_their_family() {
        assert_eq!(
            read("US-001: Sign in"),
            Some((Family::Story, Some("US-001".into()), "Sign in"))
        );
        assert_eq!(
            read("FR-1.1 – Sign in"),
            Some((Family::Requirement, Some("FR-1.1".into()), "Sign in"))
        );
        assert_eq!(
            read("[US-7] - Sign in"),
            Some((Family::Story, Some("US-7".into()), "Sign in"))
        );
    }

    #[test]
    fn keywords_are_read_with_their_number() {
        assert_eq!(
            read("User Story 1 - Toggle (Priority: P1)"),
            Some((
                Family::Story,
                Some("User Story 1".into()),
                "Toggle (Priority: P1)"
            ))
        );
        assert_eq!(
            read("Requirement 3: Do"),
            Some((Family::Requirement, Some("Requirement 3".into()), "Do"))
        );
        assert_eq!(
            read("[Bug] OCDI-301: Fix"),
            Some((Family::Bug, Some("OCDI-301".into()), "Fix"))
        );
        assert_eq!(
            read("Feature: Login"),
            Some((Family::Feature, None, "Login"))
        );
    }

    #[test]
    fn words_that_only_look_like_ids_are_none() {
        assert_eq!(read("Task management for teams"), None);
        assert_eq!(read("UTF-8 everywhere").map(|l| l.0), Some(Family::NotWork));
        assert_eq!(read("OAuth2 login"), None);
        assert_eq!(read("3 retries at most"), None);
    }

    #[test]
    fn ordinals_are_skipped() {
        assert_eq!(unnumbered("1. Login"), Some("Login"));
        assert_eq!(unnumbered("3.1.2 Login"), Some("Login"));
        assert_eq!(unnumbered("2 - Login"), Some("Login"));
        assert_eq!(unnumbered("2 logins"), None);
    }

    #[test]
    fn spellings_of_an_id_have_one_key() {
        assert_eq!(key("us_007"), key("US-7"));
        assert_ne!(key("US-10"), key("US-1"));
    }
}
