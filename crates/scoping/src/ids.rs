//! Ids that documents give their items: `FR-1.2`, `US3`, `T001`, `[REQ-7]`, `2.1`.

/// An id as it stands in a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id {
    /// As it is written, without brackets.
    pub(crate) text: String,
    /// Its letters in upper case, `SRS-NFR` for `SRS-NFR-6`; empty for a bare number.
    pub(crate) prefix: String,
    /// Its numbers, `[1, 2]` for `FR-1.2`.
    pub(crate) numbers: Vec<u32>,
}

impl Id {
    /// Whether it is only a number, which is a place in a list as often as a name.
    pub(crate) fn is_number(&self) -> bool {
        self.prefix.is_empty()
    }

    /// Whether `other` goes on where this id ends: `1` and `1.2`, `FR-1` and `FR-1.3`.
    pub(crate) fn continues_in(&self, other: &Self) -> bool {
        self.numbers.len() < other.numbers.len() && other.numbers.starts_with(&self.numbers)
    }

    /// A form in which two ways of writing one id are equal.
    pub(crate) fn key(&self) -> String {
        let letters = self.prefix.chars().filter(|c| c.is_alphanumeric());
        let numbers = self.numbers.iter().map(|number| format!(".{number}"));
        letters.collect::<String>() + &numbers.collect::<String>()
    }
}

/// The most digits of a number in an id; a longer one is a date, an amount or a hash.
const MAX_DIGITS: usize = 6;

/// The id at the beginning of a text and where the text goes on after it and what parts them.
pub(crate) fn leading(text: &str) -> Option<(Id, usize)> {
    let open = text.chars().next().filter(|c| matches!(c, '[' | '(' | '/'));
    let start = open.map_or(0, char::len_utf8);
    let body = text.get(start..)?;
    let (id, mut len) = bare(body)?;
    let close = match open {
        Some('[') => Some(']'),
        Some('/') => Some('/'),
        Some(_) => Some(')'),
        None => None,
    };
    if let Some(close) = close {
        if !body.get(len..)?.starts_with(close) {
            return None;
        }
        len += 1;
    }
    let rest = body.get(len..)?;
    let gap = separator(rest, &id, open.is_some())?;
    Some((id, start + len + gap))
}

/// How many bytes part an id from what it names; nothing where what follows shows that it is no id.
fn separator(rest: &str, id: &Id, is_bracketed: bool) -> Option<usize> {
    let trimmed = rest.trim_start();
    let spaces = rest.len() - trimmed.len();
    if trimmed.is_empty() {
        return Some(rest.len());
    }
    let is_mark = |c: char| {
        matches!(
            c,
            ':' | '.' | ')' | '-' | '–' | '—' | '|' | ']' | '：' | '、' | '．' | '/'
        )
    };
    let marks: usize = trimmed
        .chars()
        .take_while(|c| is_mark(*c))
        .map(char::len_utf8)
        .sum();
    let after = trimmed.get(marks..).unwrap_or_default();
    if marks > 0 {
        let tight = spaces == 0 && after.chars().next().is_some_and(|c| c.is_alphanumeric());
        let is_word = tight && trimmed.starts_with(['-', '.', '/']);
        return (!is_word).then(|| rest.len() - after.trim_start().len());
    }
    if trimmed.starts_with('(') && !id.is_number() {
        return Some(spaces);
    }
    let is_plain = is_bracketed || (spaces > 0 && is_sure(id));
    is_plain.then_some(spaces)
}

/// Whether an id is one even where nothing but a space follows.
fn is_sure(id: &Id) -> bool {
    let letters = id.prefix.chars().filter(char::is_ascii_alphabetic).count();
    let first_digits = id.text.chars().filter(char::is_ascii_digit).count();
    match letters {
        0 if id.prefix == "#" => true,
        0 => id.numbers.len() >= 2 && id.numbers.iter().all(|number| *number < 100),
        1 => first_digits >= 2 || id.text.contains('-'),
        2..=5 => {
            id.text.contains(['-', '_'])
                || first_digits >= 2
                || WELL_KNOWN.contains(&id.prefix.as_str())
        }
        _ => id.text.contains(['-', '_']),
    }
}

/// Prefixes that need no hyphen before their number.
const WELL_KNOWN: &[&str] = &[
    "US", "FR", "NFR", "RF", "RNF", "REQ", "UC", "EP", "HU", "AF", "NF", "EF", "ENF", "RNF", "LF",
    "AK", "TASK", "BUG", "CU",
];

/// Names of standards, formats and products that look like ids, and words that name something else.
const NOT_IDS: &[&str] = &[
    "UTF", "ISO", "SHA", "MD", "AES", "RSA", "TLS", "SSL", "HTTP", "IPV", "WCAG", "IEEE", "RFC",
    "MP", "H", "V", "P", "Q", "KB", "CSS", "HTML", "ES", "GPT", "PEP", "COVID", "WEB", "OAUTH",
    "PHP", "DIN", "EN", "CVE", "USB", "IOS", "WIN", "X", "B2B", "EC", "ARM", "PR", "CW", "KW",
];

fn bare(text: &str) -> Option<(Id, usize)> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'#') {
        let digits = text
            .get(1..)?
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        let number = text.get(1..=digits)?.parse().ok()?;
        let id = Id {
            text: text.get(..=digits)?.to_owned(),
            prefix: "#".to_owned(),
            numbers: vec![number],
        };
        return Some((id, 1 + digits));
    }
    let letters = prefix_len(text);
    let prefix = text
        .get(..letters)?
        .trim_end_matches(['-', '_', ' ', '.'])
        .to_uppercase();
    // "EN 301" is a standard, "EN01" an id.
    let padding = text.get(letters..)?.strip_prefix('0');
    let is_padded = padding.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if NOT_IDS.contains(&prefix.as_str()) && !is_padded {
        return None;
    }
    let (numbers, len) = numbers(text.get(letters..)?)?;
    let end = letters + len;
    let next = text.get(end..)?.chars().next();
    if next.is_some_and(|c| {
        c.is_alphanumeric() || matches!(c, '%' | '_' | '+' | '°' | '€' | '$' | '"' | '\'')
    }) {
        return None;
    }
    let id = Id {
        text: text.get(..end)?.to_owned(),
        prefix,
        numbers,
    };
    Some((id, end))
}

/// The bytes of the letters before the number, with what joins them to it; none for a bare number.
fn prefix_len(text: &str) -> usize {
    let mut len = 0;
    for (at, c) in text.char_indices() {
        match c {
            'A'..='Z' if at < 16 => len = at + 1,
            '-' | '_' | '.' if at > 0 && at < 16 => len = at + 1,
            _ => break,
        }
    }
    len
}

/// `1`, `1.2`, `001`, `2-3`, `1a`.
fn numbers(text: &str) -> Option<(Vec<u32>, usize)> {
    let mut numbers = Vec::new();
    let mut end = 0;
    let mut rest = text;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > MAX_DIGITS {
            break;
        }
        numbers.push(rest.get(..digits)?.parse().ok()?);
        end = text.len() - rest.len() + digits;
        rest = rest.get(digits..)?;
        let joined = rest
            .strip_prefix(['.', '-'])
            .filter(|tail| tail.starts_with(|c: char| c.is_ascii_digit()));
        match joined {
            Some(tail) => rest = tail,
            None => break,
        }
    }
    let is_date = numbers.len() >= 2 && numbers.iter().any(|year| (1900..2200).contains(year));
    if numbers.is_empty() || is_date {
        return None;
    }
    let letter = text
        .get(end..)?
        .bytes()
        .take_while(u8::is_ascii_lowercase)
        .count();
    if letter == 1 {
        end += 1;
    }
    Some((numbers, end))
}

/// The ids in a text, wherever they stand; only those with letters and a number joined by a hyphen or well known.
pub(crate) fn mentioned(text: &str) -> Vec<Id> {
    let mut ids = Vec::new();
    let mut before = None;
    for (at, c) in text.char_indices() {
        let is_start = (c.is_ascii_uppercase())
            && before.is_none_or(|b: char| !b.is_alphanumeric() && !matches!(b, '-' | '_' | '/'));
        before = Some(c);
        if !is_start {
            continue;
        }
        if let Some((id, _)) = text.get(at..).and_then(bare)
            && !id.is_number()
            && is_sure(&id)
        {
            ids.push(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<(String, &str)> {
        leading(text).map(|(id, at)| (id.text, text.get(at..).unwrap()))
    }

    #[test]
    fn an_id_is_told_from_what_it_names() {
        for (text, id_text, rest) in [
            ("FR-1: Export", "FR-1", "Export"),
            ("FR-1.2 Export", "FR-1.2", "Export"),
            ("[REQ-7] Export", "REQ-7", "Export"),
            ("T001 Reader driver", "T001", "Reader driver"),
            ("US1 - Sign in", "US1", "Sign in"),
            ("R1: Send", "R1", "Send"),
            ("SRS-NFR-006", "SRS-NFR-006", ""),
            ("1.2 Scenarios", "1.2", "Scenarios"),
            ("3. Export", "3", "Export"),
            ("2) Export", "2", "Export"),
        ] {
            assert_eq!(id(text), Some((id_text.to_owned(), rest)), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_an_id_is_none() {
        for text in [
            "UTF-8 support",
            "P1: Export",
            "Q3 plans",
            "S3 upload",
            "3 retries",
            "2026-11-30 notes",
            "MP3 export",
            "v1.2 notes",
            "5% less",
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
