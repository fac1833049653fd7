//! Who is to do it: "… - Ana", "Jon: …", "@kim …", "Kim to order …".

/// A name and the text without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) owner: String,
    pub(crate) rest: String,
}

/// The owner that a text names at its beginning or end.
pub(crate) fn of_text(text: &str) -> Option<Owned> {
    let text = text.trim().trim_end_matches('.');
    at_end(text).or_else(|| at_start(text))
}

fn at_end(text: &str) -> Option<Owned> {
    for mark in [" - ", " – ", " — ", " @", " ("] {
        let Some((rest, name)) = text.rsplit_once(mark) else {
            continue;
        };
        let name = name.trim_end_matches(')').trim();
        let is_marked = mark == " @";
        if rest.split(' ').count() >= 2
            && (is_marked && is_handle(name) || mark != " (" && is_name(name))
        {
            return Some(Owned {
                owner: name.to_owned(),
                rest: rest.trim().to_owned(),
            });
        }
    }
    None
}

fn at_start(text: &str) -> Option<Owned> {
    if let Some(rest) = text.strip_prefix('@') {
        let (name, rest) = rest.split_once([' ', ':'])?;
        let rest = rest.trim_start_matches([':', ' ', '-', '–']).trim();
        let rest = rest
            .strip_prefix("to ")
            .or_else(|| rest.strip_prefix("will "))
            .unwrap_or(rest);
        return (is_handle(name) && !rest.is_empty()).then(|| Owned {
            owner: name.to_owned(),
            rest: rest.to_owned(),
        });
    }
    if let Some((name, rest)) = text
        .split_once(": ")
        .filter(|(name, _)| is_name(name) && is_single(name))
    {
        let starts_small = rest.chars().next().is_some_and(char::is_lowercase);
        return starts_small.then(|| Owned {
            owner: name.trim().to_owned(),
            rest: rest.trim().to_owned(),
        });
    }
    assigned(text)
}

/// "Kim to order …", "Kim and Ana to order …".
fn assigned(text: &str) -> Option<Owned> {
    let (name, rest) = text.split_once(" to ")?;
    let verb = rest.split([' ', ':']).next().unwrap_or_default();
    let is_verb = crate::lexicon::lexicon()
        .meaning(&verb.to_lowercase())
        .has(crate::lexicon::Meaning::Verb);
    (are_names(name) && is_verb).then(|| Owned {
        owner: name.to_owned(),
        rest: rest.to_owned(),
    })
}

/// "Kim", "Kim and Ana to:", "@kim, @ana".
pub(crate) fn are_names(text: &str) -> bool {
    let text = text.trim_end_matches([':', ' ']);
    let text = text.strip_suffix(" to").unwrap_or(text);
    text.split(" and ")
        .flat_map(|part| part.split([',', '&']))
        .all(|part| is_name(part) || part.trim().strip_prefix('@').is_some_and(is_handle))
}

/// Whether a text tells somebody by name to do something.
pub(crate) fn is_assignment(text: &str) -> bool {
    assigned(text.trim()).is_some()
}

fn is_single(text: &str) -> bool {
    text.trim().split(' ').count() <= 2
}

fn is_handle(text: &str) -> bool {
    (2..=39).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// One to three capitalised words that are no verb and nothing that documents say of work.
fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.trim().split(' ').collect();
    let is_word = |word: &&str| {
        let mut chars = word.chars();
        let is_capital = chars.next().is_some_and(char::is_uppercase);
        let rest = chars.as_str();
        is_capital
            && !rest.is_empty()
            && rest
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '.'))
            && rest.chars().any(char::is_lowercase)
            && word.chars().count() <= 16
    };
    let is_known = |word: &&str| {
        !crate::lexicon::lexicon()
            .meaning(&word.to_lowercase())
            .is_empty()
    };
    (1..=3).contains(&words.len()) && words.iter().all(|word| is_word(word) && !is_known(word))
}
