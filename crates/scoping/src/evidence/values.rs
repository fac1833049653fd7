//! Values of fields and columns: priority, state, effort, date.

use handoff_domain::ticket::model::{Effort, Priority};
use time::{Date, Month};

use crate::lexicon::{Meaning, Meanings, lexicon};
use crate::text::{normal, strip_prefix_ci};

/// Whether work is still to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Done,
    Rejected,
}

/// What a mark means where the document says nothing else.
pub(crate) const fn mark_state(c: char) -> Option<State> {
    match c {
        '✅' | '✔' | '☑' | '✓' | '🏁' | '🎉' => Some(State::Done),
        '⬜' | '🔲' | '☐' | '📋' | '⏳' | '🔄' | '🚧' | '⏸' | '⚠' | '❌' | '✗' | '🟡' | '🔜'
        | '🆕' | '⏭' | '🏗' => Some(State::Open),
        '🚫' | '⛔' | '🗑' => Some(State::Rejected),
        _ => None,
    }
}

/// Whether a character only decorates.
pub(crate) const fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}' | '\u{200d}' | '\u{20e3}' | '\u{1f000}'..='\u{1faff}' | '\u{e0020}'..='\u{e007f}')
}

fn status_of(means: Meanings) -> Option<State> {
    if means.has(Meaning::StatusRejected) {
        Some(State::Rejected)
    } else if means.has(Meaning::StatusOpen) {
        Some(State::Open)
    } else if means.has(Meaning::StatusDone) {
        Some(State::Done)
    } else {
        None
    }
}

/// What a word or phrase alone says of the state.
pub(crate) fn status_word(text: &str) -> Option<State> {
    status_of(lexicon().meaning(&normal(text)))
}

/// The value of a status field or cell, without its marks: the first phrase that says a state; "not done" before "done".
pub(crate) fn status_value(text: &str) -> Option<State> {
    let words = normal(text);
    if let Some(exact) = status_of(lexicon().meaning(&words)) {
        return Some(exact);
    }
    let hits = lexicon().find(&words);
    let of_status = hits.iter().filter(|hit| status_of(hit.means).is_some());
    let first = of_status.min_by_key(|hit| (hit.at, std::cmp::Reverse(hit.len)))?;
    let state = status_of(first.means)?;
    // "Nearly done", "80 % done": what stands before takes something away.
    Some(if first.at > 0 && state == State::Done {
        State::Open
    } else {
        state
    })
}

fn rank(means: Meanings) -> Option<Priority> {
    let ranks = [
        (Meaning::P0, Priority::P0),
        (Meaning::P1, Priority::P1),
        (Meaning::P2, Priority::P2),
        (Meaning::P3, Priority::P3),
    ];
    ranks
        .into_iter()
        .find(|(meaning, _)| means.has(*meaning))
        .map(|(_, priority)| priority)
}

const fn numbered(number: u8) -> Option<Priority> {
    match number {
        0 => Some(Priority::P0),
        1 => Some(Priority::P1),
        2 => Some(Priority::P2),
        3..=9 => Some(Priority::P3),
        _ => None,
    }
}

/// `P0` to `P9`, `Pri 0`, `Prio 1`.
pub(crate) fn priority_code(words: &str) -> Option<Priority> {
    let mut list = words.split(' ');
    let first = list.next()?;
    let glued = first.strip_prefix('p').filter(|rest| rest.len() == 1);
    let parted = lexicon()
        .meaning(first)
        .has(Meaning::FieldPriority)
        .then(|| list.next())
        .flatten()
        .map(|next| next.strip_prefix('p').unwrap_or(next));
    let digit = glued.or(parted)?;
    if list.next().is_some() {
        return None;
    }
    digit
        .parse()
        .ok()
        .filter(|_| digit.len() == 1)
        .and_then(numbered)
}

/// The priority that a word alone stands for: `P1`, `Must`, `hoch`.
pub(crate) fn priority_word(text: &str) -> Option<Priority> {
    let words = normal(text.split(['–', '—']).next().unwrap_or_default());
    let is_long = words.len() > 1;
    priority_code(&words).or_else(|| rank(lexicon().meaning(&words)).filter(|_| is_long))
}

/// "High priority", "Must have", "Should Have (v1.1)", "Priority 1 – now".
pub(crate) fn heading_priority(name: &str) -> Option<Priority> {
    if lexicon().meaning(&normal(name)).has(Meaning::Later) {
        return None;
    }
    let head = name
        .split(['(', '—', '–', ':', '-', '/'])
        .next()
        .unwrap_or_default();
    let words = normal(head);
    let kept: Vec<&str> = words
        .split(' ')
        .filter(|word| {
            let means = lexicon().meaning(word);
            !means.has(Meaning::FieldPriority) && !means.any(super::roles::WORK)
                || priority_word(word).is_some()
        })
        .collect();
    let rest = kept.join(" ");
    priority_word(&words).or_else(|| priority_word(&rest))
}

/// What the value of a priority field or cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rank {
    Is(Priority),
    /// It will not be done.
    Wont,
}

/// Reads the value of a priority field or cell.
pub(crate) fn priority_value(text: &str) -> Option<Rank> {
    let stars = text.chars().filter(|c| matches!(c, '★' | '⭐')).count();
    if stars > 0 {
        return Some(Rank::Is(match stars {
            1 => Priority::P3,
            2 => Priority::P2,
            3 => Priority::P1,
            _ => Priority::P0,
        }));
    }
    let words = normal(text);
    if is_choice(text) || words.is_empty() || lexicon().meaning(&words).has(Meaning::Nothing) {
        return colour(text);
    }
    let lone = words.parse::<u8>().ok().and_then(numbered);
    if let Some(priority) = priority_code(&words).or(lone) {
        return Some(Rank::Is(priority));
    }
    if wont(&words) {
        return Some(Rank::Wont);
    }
    let hits = lexicon().find(&words);
    let ranked = hits.iter().filter(|hit| rank(hit.means).is_some());
    let first = ranked.min_by_key(|hit| (hit.at, std::cmp::Reverse(hit.len)));
    let code = words.split(' ').find_map(priority_code);
    first
        .and_then(|hit| rank(hit.means))
        .or(code)
        .map(Rank::Is)
        .or_else(|| colour(text))
        .or_else(|| other(text))
}

fn wont(words: &str) -> bool {
    // The letter of MoSCoW; as a word it says nothing of a state.
    words == "w" || lexicon().meaning(words).has(Meaning::StatusRejected)
}

/// "Must / Should / Could" is a template's list of choices, not a choice.
fn is_choice(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['/', '|']).collect();
    parts.len() > 2 && parts.iter().all(|part| priority_word(part).is_some())
}

fn colour(text: &str) -> Option<Rank> {
    let ranks = [
        ('🔴', Priority::P0),
        ('🟠', Priority::P1),
        ('🟡', Priority::P2),
        ('🟢', Priority::P3),
        ('🔵', Priority::P3),
    ];
    let found = ranks.into_iter().find(|(mark, _)| text.contains(*mark));
    found.map(|(_, priority)| Rank::Is(priority))
}

/// A short word that only this document knows.
fn other(text: &str) -> Option<Rank> {
    let word = text.trim();
    let is_word = (2..=24).contains(&word.chars().count())
        && word.split(' ').count() <= 2
        && word.chars().all(|c| c.is_alphabetic() || c == ' ');
    is_word
        .then(|| Priority::parse(word))
        .flatten()
        .map(Rank::Is)
}

/// Reads the value of an effort field or cell; a lone number is story points.
pub(crate) fn effort_value(text: &str) -> Option<Effort> {
    amount(text, true).or_else(|| effort_word(text))
}

/// Reads "3 days", "5 points"; a lone number or letter says nothing.
pub(crate) fn effort_tag(text: &str) -> Option<Effort> {
    let words = normal(text);
    if words.split(' ').count() > 3 {
        return None;
    }
    amount(text, false)
}

fn effort_word(text: &str) -> Option<Effort> {
    let words = normal(text);
    let efforts = [
        (Meaning::EffortTrivial, Effort::Trivial),
        (Meaning::EffortSmall, Effort::Small),
        (Meaning::EffortMedium, Effort::Medium),
        (Meaning::EffortLarge, Effort::Large),
        (Meaning::EffortXlarge, Effort::Xlarge),
    ];
    let hits = lexicon().find(&words);
    let of_effort = |means: Meanings| {
        efforts
            .iter()
            .rev()
            .find(|(meaning, _)| means.has(*meaning))
            .map(|(_, effort)| *effort)
    };
    let first = hits
        .iter()
        .filter(|hit| of_effort(hit.means).is_some())
        .min_by_key(|hit| (hit.at, std::cmp::Reverse(hit.len)))?;
    if first.at > 0 {
        None
    } else {
        of_effort(first.means)
    }
}

/// Working days of each unit.
const UNITS: &[(Meaning, f64)] = &[
    (Meaning::UnitMinute, 1.0 / 480.0),
    (Meaning::UnitHour, 1.0 / 8.0),
    (Meaning::UnitDay, 1.0),
    (Meaning::UnitWeek, 5.0),
    (Meaning::UnitMonth, 20.0),
];

/// An amount with its unit, in days: "~65 min", "3-5 days", "2 Wochen".
fn amount(text: &str, lone: bool) -> Option<Effort> {
    let text = text
        .trim()
        .trim_start_matches(['~', '≈', '<', '>', '≤', '(']);
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .unwrap_or(text.len());
    let number: f64 = text.get(..digits)?.replace(',', ".").parse().ok()?;
    let rest = text.get(digits..)?.trim_start();
    let rest = rest.strip_prefix(['-', '–']).map_or(rest, |rest| {
        rest.trim_start()
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start()
    });
    let unit = normal(rest.trim_start_matches(['+', ' ']));
    let unit = unit.split(' ').next().unwrap_or_default();
    if (unit.is_empty() && lone) || lexicon().meaning(unit).has(Meaning::UnitPoint) {
        return Some(points(number));
    }
    let (_, days) = UNITS
        .iter()
        .find(|(meaning, _)| lexicon().meaning(unit).has(*meaning))?;
    let days = number * days;
    Some(if days <= 0.25 {
        Effort::Trivial
    } else if days <= 1.0 {
        Effort::Small
    } else if days <= 3.0 {
        Effort::Medium
    } else if days <= 7.0 {
        Effort::Large
    } else {
        Effort::Xlarge
    })
}

fn points(number: f64) -> Effort {
    if number <= 1.0 {
        Effort::Trivial
    } else if number <= 3.0 {
        Effort::Small
    } else if number <= 5.0 {
        Effort::Medium
    } else if number <= 8.0 {
        Effort::Large
    } else {
        Effort::Xlarge
    }
}

/// A whole date, as `2026-05-10`, `10.05.2026`, `10 May 2026` or `May 10, 2026`; one without a year stays text.
pub(crate) fn date(text: &str) -> Option<Date> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(4)
        .collect();
    let number = |at: usize| {
        words.get(at).and_then(|word| {
            word.trim_end_matches(char::is_alphabetic)
                .parse::<i32>()
                .ok()
        })
    };
    let is_year = |year: &i32| (1990..2200).contains(year);
    if let Some(year) = number(0).filter(is_year) {
        return calendar(year, number(1)?, number(2)?);
    }
    let year = number(2).filter(is_year)?;
    if let Some(month) = words.get(1).and_then(|word| month(word)) {
        return Date::from_calendar_date(year, month, u8::try_from(number(0)?).ok()?).ok();
    }
    if let Some(month) = words.first().and_then(|word| month(word)) {
        return Date::from_calendar_date(year, month, u8::try_from(number(1)?).ok()?).ok();
    }
    text.contains('.')
        .then(|| calendar(year, number(1)?, number(0)?))
        .flatten()
}

fn calendar(year: i32, month: i32, day: i32) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()
}

fn month(word: &str) -> Option<Month> {
    const MONTHS: [(&str, Month); 12] = [
        ("jan", Month::January),
        ("feb", Month::February),
        ("mar", Month::March),
        ("apr", Month::April),
        ("may", Month::May),
        ("jun", Month::June),
        ("jul", Month::July),
        ("aug", Month::August),
        ("sep", Month::September),
        ("oct", Month::October),
        ("nov", Month::November),
        ("dec", Month::December),
    ];
    let is_word = word.chars().all(char::is_alphabetic) && word.len() >= 3;
    MONTHS
        .iter()
        .find(|(name, _)| is_word && strip_prefix_ci(word, name).is_some())
        .map(|(_, month)| *month)
}
