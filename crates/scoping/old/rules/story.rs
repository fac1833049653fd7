//! Recognises "As a …, I want …" in its many layouts and in a few languages.

use super::text::words;

/// How a language opens a story, and the words of which one must follow.
struct Pattern {
    opening: &'static [&'static str],
    wish: &'static [&'static str],
}

const PATTERNS: &[Pattern] = &[
    Pattern {
        opening: &["as a", "as an", "as the", "as"],
        wish: &["i", "id", "im", "ill", "we", "wed"],
    },
    Pattern {
        opening: &["como"],
        wish: &[
            "quiero", "necesito", "deseo", "gustaria", "puedo", "quero", "desejo", "gostaria",
            "preciso", "posso", "eu",
        ],
    },
    Pattern {
        opening: &["en tant que", "en tant qu", "en tant quun", "en tant"],
        wish: &["je", "jaimerais"],
    },
    Pattern {
        opening: &["als"],
        wish: &["mochte", "will", "ich", "ik", "wil"],
    },
    Pattern {
        opening: &["come"],
        wish: &["voglio", "vorrei", "desidero", "posso"],
    },
];

/// First words after "as a" that make prose and no role.
#[rustfmt::skip]
const NO_ROLE: &[&str] = &[
    "result", "consequence", "rule", "reminder", "matter", "whole", "first", "starting",
    "workaround", "part", "of", "example", "well", "such", "mentioned", "noted", "described", "we",
    "you", "soon", "long", "per", "team", "company", "group", "is", "it", "if", "i", "much", "many",
    "possible", "needed", "far", "side", "bonus", "fallback", "last", "final", "discussed",
    "stated", "shown", "with", "in", "for", "opposed", "usual", "always", "above", "below",
];

/// The most words between the opening and the wish.
const MAX_ROLE_WORDS: usize = 16;

/// Where in the text a story begins, if it holds one.
pub(super) fn find(text: &str) -> Option<usize> {
    starts(text).into_iter().find(|at| {
        text.get(*at..).is_some_and(opens) && !is_sample(text.get(..*at).unwrap_or_default())
    })
}

/// Words before a story that show how one is written.
const SAMPLES: &[&str] = &[
    "poor",
    "good",
    "bad",
    "better",
    "weak",
    "example",
    "format",
    "template",
    "eg",
    "syntax",
    "instead of",
];

fn is_sample(before: &str) -> bool {
    let said = words(before);
    SAMPLES.iter().any(|word| {
        said == *word
            || said
                .strip_suffix(word)
                .is_some_and(|rest| rest.ends_with(' '))
    })
}

/// Every place at which a story may begin: the front, and after a separator within the first part of the text.
fn starts(text: &str) -> Vec<usize> {
    let mut places = vec![text.len() - text.trim_start_matches(is_quote_or_blank).len()];
    let mut separated = false;
    for (at, c) in text.char_indices().take_while(|(at, _)| *at < 240) {
        if separated && !is_quote_or_blank(c) {
            if c.is_ascii_alphabetic() {
                places.push(at);
            }
            separated = false;
        }
        separated |= matches!(c, ':' | '-' | '–' | '—' | '.' | '|' | ')' | ']' | '>' | ';');
    }
    places
}

fn is_quote_or_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '“' | '”' | '„' | '«' | '*' | '_' | '\'' | '‘' | '>'
        )
}

fn opens(text: &str) -> bool {
    let head: String = text.chars().take(200).collect();
    if !head.starts_with(['a', 'A', 'c', 'C', 'e', 'E', 'w', 'W', 'i', 'I']) {
        return false;
    }
    let said = words(&head);
    is_job_story(&said)
        || PATTERNS
            .iter()
            .any(|pattern| matches(pattern, &said, &head))
}

fn is_job_story(said: &str) -> bool {
    said.starts_with("when ") && said.contains(" i want ") && said.contains(" so i can ")
}

fn matches(pattern: &Pattern, said: &str, head: &str) -> bool {
    let opened = pattern.opening.iter().find_map(|opening| {
        said.strip_prefix(opening)
            .and_then(|rest| rest.strip_prefix(' '))
            .map(|rest| (*opening, rest))
    });
    let Some((opening, rest)) = opened else {
        return false;
    };
    if is_placeholder(head, opening) {
        return false;
    }
    let mut tokens = rest.split(' ');
    let Some(first) = tokens.next() else {
        return false;
    };
    if NO_ROLE.contains(&first) {
        return false;
    }
    // Without an article only "As founder, I …" is a story; "As noted I …" is prose.
    let bare = opening == "as";
    let wish_at = tokens
        .take(MAX_ROLE_WORDS)
        .position(|word| pattern.wish.contains(&word));
    wish_at.is_some()
        && (!bare || head.contains(", I") || head.contains(",I") || head.contains(" I want"))
}

/// "As a", followed by a gap in brackets, is a template and no story.
fn is_placeholder(head: &str, opening: &str) -> bool {
    let after = head.get(opening.len()..).unwrap_or_default();
    let bare =
        after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | '"'));
    bare.starts_with(['[', '<', '{', '…', '('])
        || after.trim_start().starts_with("__")
        || bare.starts_with("...")
}

/// The story without its reason: "As a reader, I want to borrow a book".
pub(super) fn without_reason(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let cut = [
        " so that ",
        ", so that",
        " so i can ",
        ", so i ",
        " in order to ",
        ", so ",
    ]
    .iter()
    .filter_map(|mark| lower.find(mark))
    .min();
    cut.and_then(|at| text.get(..at))
        .map_or(text, |kept| kept.trim_end_matches([',', ' ', ';']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_found_behind_a_name_or_an_id() {
        assert_eq!(find("As a reader, I want to borrow a book"), Some(0));
        assert_eq!(
            find("Borrow - As a reader, I would like to borrow a book"),
            Some(9)
        );
        assert!(find("US-1: as an admin I can export").is_some());
        assert!(find("As founder, I can review the problem").is_some());
        assert!(find("Como administrador, quiero exportar").is_some());
    }

    #[test]
    fn prose_and_templates_are_no_stories() {
        assert_eq!(find("As a result, we moved the date"), None);
        assert_eq!(find("As a [role], I want [goal]"), None);
        assert_eq!(find("As mentioned above, I think so"), None);
        assert_eq!(find("Logged in as a reader I see my books"), None);
    }

    #[test]
    fn the_reason_can_be_left_out() {
        assert_eq!(
            without_reason("As a reader, I want a list, so that I can choose"),
            "As a reader, I want a list"
        );
    }
}
