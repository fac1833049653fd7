//! Priorities: from fields, columns, tags and headings.

use super::text::{has_phrase, words};
use handoff_domain::ticket::model::Priority;

/// What a priority text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// A priority.
    Is(Priority),
    /// The document says that it will not be done.
    Wont,
}

impl Rank {
    /// The priority, unless it will not be done.
    pub(super) fn priority(self) -> Option<Priority> {
        match self {
            Self::Is(priority) => Some(priority),
            Self::Wont => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    P0,
    P1,
    P2,
    P3,
    Wont,
}

/// Words that mean a rank wherever a priority is expected; the longer ones first.
#[rustfmt::skip]
const WORDS: &[(&str, Word)] = &[
    ("wont have", Word::Wont), ("will not have", Word::Wont), ("wont", Word::Wont),
    ("wont do", Word::Wont), ("wont fix", Word::Wont), ("out of scope", Word::Wont),
    ("must have", Word::P0), ("must haves", Word::P0), ("very high", Word::P0),
    ("should have", Word::P1), ("could have", Word::P2), ("nice to have", Word::P3),
    ("nice to haves", Word::P3), ("very low", Word::P3), ("critical", Word::P0),
    ("blocker", Word::P0), ("blocking", Word::P0), ("urgent", Word::P0), ("highest", Word::P0),
    ("immediate", Word::P0), ("essential", Word::P0), ("mandatory", Word::P0), ("must", Word::P0),
    ("showstopper", Word::P0), ("high", Word::P1), ("major", Word::P1), ("should", Word::P1),
    ("important", Word::P1), ("alta", Word::P1), ("hoch", Word::P1), ("haute", Word::P1),
    ("medium", Word::P2), ("med", Word::P2), ("moderate", Word::P2), ("normal", Word::P2),
    ("could", Word::P2), ("media", Word::P2), ("mittel", Word::P2), ("moyenne", Word::P2),
    ("desirable", Word::P2), ("lowest", Word::P3), ("low", Word::P3), ("minor", Word::P3),
    ("trivial", Word::P3), ("optional", Word::P3), ("baja", Word::P3), ("baixa", Word::P3),
    ("niedrig", Word::P3), ("basse", Word::P3), ("later", Word::P3),
];

/// Signs that stand for a rank where a priority is expected.
const SIGNS: &[(char, Word)] = &[
    ('🔴', Word::P0),
    ('🟠', Word::P1),
    ('🟡', Word::P2),
    ('🟢', Word::P3),
    ('🔵', Word::P3),
];

/// Values that say nothing.
const NOTHING: &[&str] = &[
    "", "n a", "na", "tbd", "none", "unset", "unknown", "todo", "not set", "tbc",
];

const fn rank(word: Word) -> Rank {
    match word {
        Word::P0 => Rank::Is(Priority::P0),
        Word::P1 => Rank::Is(Priority::P1),
        Word::P2 => Rank::Is(Priority::P2),
        Word::P3 => Rank::Is(Priority::P3),
        Word::Wont => Rank::Wont,
    }
}

/// Reads the value of a priority field or column.
pub(super) fn read_value(value: &str) -> Option<Rank> {
    let said = words(value);
    if NOTHING.contains(&said.as_str()) {
        return value.chars().find_map(sign);
    }
    if is_choice(value) {
        return None;
    }
    code(&said)
        .or_else(|| first_word(&said))
        .or_else(|| value.chars().find_map(sign))
        .or_else(|| other(value))
}

/// "Must / Should / Could" is a template's list of choices, not a choice.
fn is_choice(value: &str) -> bool {
    let parts: Vec<String> = value.split(['/', '|']).map(words).collect();
    parts.len() > 2
        && parts
            .iter()
            .all(|part| first_word(part).is_some() || code(part).is_some())
}

fn sign(c: char) -> Option<Rank> {
    SIGNS
        .iter()
        .find(|(sign, _)| *sign == c)
        .map(|(_, word)| rank(*word))
}

/// `P0` to `P9` anywhere, or a lone number.
fn code(said: &str) -> Option<Rank> {
    let by_code = said.split(' ').find_map(|word| {
        let number = word.strip_prefix('p')?;
        number.parse::<u8>().ok().filter(|_| number.len() == 1)
    });
    let lone = said.parse::<u8>().ok().filter(|n| *n <= 5);
    let number = by_code.or(lone).or_else(|| {
        let mut parts = said.split(' ');
        let named = matches!(parts.next(), Some("priority" | "prio" | "level" | "tier"));
        parts
            .next()
            .filter(|_| named)
            .and_then(|word| word.parse::<u8>().ok())
            .filter(|n| *n <= 5)
    })?;
    Some(Rank::Is(match number {
        0 => Priority::P0,
        1 => Priority::P1,
        2 => Priority::P2,
        _ => Priority::P3,
    }))
}

/// The rank of the earliest rank word.
fn first_word(said: &str) -> Option<Rank> {
    let found = WORDS.iter().filter(|(word, _)| has_phrase(said, word));
    let at = |word: &str| {
        format!(" {said} ")
            .find(&format!(" {word} "))
            .unwrap_or(usize::MAX)
    };
    found
        .min_by_key(|(word, _)| (at(word), usize::MAX - word.len()))
        .map(|(_, word)| rank(*word))
}

/// A word of the document's own, kept as it is.
fn other(value: &str) -> Option<Rank> {
    let word = value.trim().trim_matches(|c: char| !c.is_alphanumeric());
    let fits = (1..=32).contains(&word.chars().count()) && word.split_whitespace().count() <= 3;
    let spoken = word.chars().any(char::is_alphabetic) && !word.chars().any(char::is_control);
    (fits && spoken).then(|| Rank::Is(Priority::Other(word.to_owned())))
}

/// Reads the priority that a heading states for everything beneath it: "Must have (MVP)", "P1 – Next", "High priority".
pub(super) fn of_heading(heading: &str) -> Option<Rank> {
    let said = words(heading);
    let tag = tags(heading).into_iter().find_map(|(range, rank)| {
        // "(mandatory)" and "(optional)" speak of the part of a template, not of what is listed in it.
        let inside = words(heading.get(range).unwrap_or_default());
        rank.filter(|_| !matches!(inside.as_str(), "mandatory" | "optional" | "required"))
    });
    tag.or_else(|| section_rank(&said))
}

/// Words that may stand beside a rank word in a heading that states nothing but a rank.
#[rustfmt::skip]
const COMPANY: &[&str] = &[
    "priority", "priorities", "prio", "items", "item", "tasks", "task", "features", "feature",
    "issues", "bugs", "fixes", "requirements", "stories", "user", "haves", "have", "and", "level",
    "mvp", "backlog", "work", "todo", "todos", "functional", "improvements", "changes", "the",
    "for", "launch", "release", "v1", "needed", "required", "actions", "action", "enhancements",
    "impact",
];

fn section_rank(said: &str) -> Option<Rank> {
    let said = ["mandatory", "optional", "required"]
        .iter()
        .find_map(|word| said.strip_suffix(word))
        .unwrap_or(said)
        .trim_end();
    if said.is_empty() {
        return None;
    }
    let named = has_phrase(said, "priority") || has_phrase(said, "prio");
    if let Some(rank) = code(said).filter(|_| starts_with_code(said) || named) {
        return Some(rank);
    }
    let moscow = [
        "must have",
        "must haves",
        "should have",
        "should haves",
        "could have",
        "nice to have",
        "nice to haves",
        "wont have",
        "must do",
        "should do",
        "could do",
    ]
    .iter()
    .any(|phrase| said.starts_with(phrase));
    let (_, rest) =
        WORDS
            .iter()
            .map(|(word, _)| *word)
            .fold((said, said.to_owned()), |(s, rest), word| {
                (
                    s,
                    if has_phrase(&rest, word) {
                        rest.replacen(word, "", 1)
                    } else {
                        rest
                    },
                )
            });
    let only = rest
        .split_whitespace()
        .all(|word| COMPANY.contains(&word) || word.parse::<u8>().is_ok());
    let beside = named
        && said
            .split(' ')
            .take(3)
            .any(|word| matches!(word, "priority" | "prio"));
    if moscow || only || beside {
        first_word(said)
    } else {
        None
    }
}

fn starts_with_code(said: &str) -> bool {
    said.split(' ').next().is_some_and(|word| {
        word.len() == 2 && word.starts_with('p') && word.ends_with(|c: char| c.is_ascii_digit())
    })
}

/// Whether a heading says nothing but a rank, so that what is listed beneath it is work.
pub(super) fn is_rank_heading(heading: &str) -> bool {
    section_rank(&words(heading)).is_some()
}

/// The bracketed and piped tags of a text that a priority may hide in: their bytes and their rank.
pub(super) fn tags(text: &str) -> Vec<(std::ops::Range<usize>, Option<Rank>)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        match (c, open) {
            ('(' | '[', _) => open = Some((at, c)),
            (')', Some((start, '('))) | (']', Some((start, '['))) => {
                let inside = text.get(start + 1..at).unwrap_or_default();
                found.push((start..at + 1, tag_rank(inside)));
                open = None;
            }
            _ => {}
        }
    }
    found
}

/// The rank of a tag such as "P0", "Must", "HIGH", "Priority: P1" or "high priority".
pub(super) fn tag_rank(inside: &str) -> Option<Rank> {
    let said = words(inside);
    let bare = said
        .strip_prefix("priority ")
        .or_else(|| said.strip_prefix("prio "))
        .unwrap_or(&said);
    let bare = bare.strip_suffix(" priority").unwrap_or(bare);
    let lone = bare.split(' ').count() == 1 && bare.len() == 2;
    if let Some(rank) = code(bare).filter(|_| lone && bare.starts_with('p') || bare != said) {
        return Some(rank);
    }
    if let Some(first) = bare.split(' ').next()
        && starts_with_code(bare)
        && first.len() == 2
    {
        return code(first);
    }
    WORDS
        .iter()
        .find(|(word, _)| *word == bare)
        .map(|(_, word)| rank(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<&'static str> {
        read_value(text).map(|rank| match rank {
            Rank::Is(Priority::P0) => "P0",
            Rank::Is(Priority::P1) => "P1",
            Rank::Is(Priority::P2) => "P2",
            Rank::Is(Priority::P3) => "P3",
            Rank::Is(Priority::Other(_)) => "other",
            Rank::Wont => "wont",
        })
    }

    #[test]
    fn field_values_are_ranked() {
        assert_eq!(value("Must"), Some("P0"));
        assert_eq!(value("High (MVP Foundation)"), Some("P1"));
        assert_eq!(value("Should, conditional on release gates"), Some("P1"));
        assert_eq!(value("P2 - Medium"), Some("P2"));
        assert_eq!(value("🔴 URGENT"), Some("P0"));
        assert_eq!(value("🟡 HIGH"), Some("P1"));
        assert_eq!(value("Won't have"), Some("wont"));
        assert_eq!(value("Market-dependent"), Some("other"));
        assert_eq!(value("1"), Some("P1"));
        assert_eq!(value("P5"), Some("P3"));
    }

    #[test]
    fn a_template_or_an_empty_value_states_none() {
        assert_eq!(value("Must / Should / Could / Won't"), None);
        assert_eq!(value("TBD"), None);
        assert_eq!(value("-"), None);
    }

    #[test]
    fn headings_state_a_rank_only_when_that_is_their_point() {
        assert!(of_heading("Must Have (MVP - Required for v1.0)").is_some());
        assert!(of_heading("Highest Priority (P0) - Infrastructure").is_some());
        assert!(of_heading("🔥 High Priority").is_some());
        assert_eq!(of_heading("High Availability"), None);
        assert_eq!(of_heading("Low-latency playback"), None);
        assert_eq!(of_heading("Priority queue for jobs"), None);
    }

    #[test]
    fn tags_in_brackets_are_read() {
        assert_eq!(tag_rank("P0"), Some(Rank::Is(Priority::P0)));
        assert_eq!(tag_rank("Priority: P1"), Some(Rank::Is(Priority::P1)));
        assert_eq!(tag_rank("HIGH"), Some(Rank::Is(Priority::P1)));
        assert_eq!(tag_rank("see the high road"), None);
    }
}
