//! Effort: from size words, story points, hours and days.

use super::text::words;
use handoff_domain::ticket::model::Effort;

#[rustfmt::skip]
const SIZES: &[(&str, Effort)] = &[
    ("extra large", Effort::Xlarge), ("very high", Effort::Xlarge), ("very large", Effort::Xlarge),
    ("extra small", Effort::Trivial), ("very low", Effort::Trivial),
    ("very small", Effort::Trivial), ("xs", Effort::Trivial), ("s", Effort::Small),
    ("m", Effort::Medium), ("l", Effort::Large), ("xl", Effort::Xlarge), ("xxl", Effort::Xlarge),
    ("trivial", Effort::Trivial), ("tiny", Effort::Trivial), ("minimal", Effort::Trivial),
    ("quick", Effort::Trivial), ("small", Effort::Small), ("low", Effort::Small),
    ("easy", Effort::Small), ("simple", Effort::Small), ("medium", Effort::Medium),
    ("moderate", Effort::Medium), ("med", Effort::Medium), ("large", Effort::Large),
    ("high", Effort::Large), ("big", Effort::Large), ("hard", Effort::Large),
    ("complex", Effort::Large), ("xlarge", Effort::Xlarge), ("huge", Effort::Xlarge),
];

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Points,
    Hours,
    Days,
    Weeks,
    Minutes,
    Months,
}

#[rustfmt::skip]
const UNITS: &[(&str, Unit)] = &[
    ("pt", Unit::Points), ("pts", Unit::Points), ("point", Unit::Points), ("points", Unit::Points),
    ("sp", Unit::Points), ("story", Unit::Points), ("h", Unit::Hours), ("hr", Unit::Hours),
    ("hrs", Unit::Hours), ("hour", Unit::Hours), ("hours", Unit::Hours), ("d", Unit::Days),
    ("day", Unit::Days), ("days", Unit::Days), ("w", Unit::Weeks), ("wk", Unit::Weeks),
    ("week", Unit::Weeks), ("weeks", Unit::Weeks), ("min", Unit::Minutes), ("mins", Unit::Minutes),
    ("minutes", Unit::Minutes), ("month", Unit::Months), ("months", Unit::Months),
];

/// Reads the value of an effort field or column; a lone number is story points.
pub(super) fn read_value(value: &str) -> Option<Effort> {
    amount(value, true).or_else(|| size(value))
}

/// Reads a tag such as "5 points" or "3 days"; a lone number or letter says nothing there.
pub(super) fn read_tag(text: &str) -> Option<Effort> {
    let said = words(text);
    let spoken = said
        .trim_start_matches("effort ")
        .trim_start_matches("estimate ");
    let named = spoken.len() < said.len();
    let tokens = said.split(' ').count();
    if tokens > 4 {
        return None;
    }
    amount(text, false).or_else(|| if named { size(spoken) } else { None })
}

fn size(value: &str) -> Option<Effort> {
    let said = words(value);
    SIZES
        .iter()
        .find(|(word, _)| {
            said == *word
                || said
                    .strip_prefix(word)
                    .is_some_and(|rest| rest.starts_with(' '))
        })
        .map(|(_, effort)| *effort)
}

/// A number, or the greater end of a range, with its unit.
fn amount(value: &str, bare_is_points: bool) -> Option<Effort> {
    let (number, rest) = last_number(value)?;
    let unit_word = words(rest);
    let unit_word = unit_word.split(' ').next().unwrap_or_default();
    let unit = UNITS
        .iter()
        .find(|(word, _)| *word == unit_word)
        .map(|(_, unit)| *unit);
    let unit = match unit {
        Some(unit) => unit,
        None if bare_is_points
            && rest
                .trim_start_matches([')', ' ', '(', '/', '*'])
                .is_empty() =>
        {
            Unit::Points
        }
        None if bare_is_points && rest.trim_start().starts_with('(') => Unit::Points,
        None => return None,
    };
    Some(of(number, unit))
}

fn last_number(value: &str) -> Option<(f32, &str)> {
    let start = value.find(|c: char| c.is_ascii_digit())?;
    if value.get(..start)?.split_whitespace().count() > 2 {
        return None;
    }
    let text = value.get(start..)?;
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let number: f32 = text.get(..end)?.trim_end_matches('.').parse().ok()?;
    let rest = text.get(end..)?;
    let after = rest
        .trim_start()
        .strip_prefix(['-', '–', '—'])
        .map(str::trim_start);
    match after.filter(|tail| tail.starts_with(|c: char| c.is_ascii_digit())) {
        Some(tail) => last_number(tail),
        None => Some((number, rest)),
    }
}

fn of(number: f32, unit: Unit) -> Effort {
    let days = match unit {
        Unit::Points => return of_points(number),
        Unit::Minutes => return Effort::Trivial,
        Unit::Months => return Effort::Xlarge,
        Unit::Hours => number / 8.0,
        Unit::Days => number,
        Unit::Weeks => number * 5.0,
    };
    match days {
        d if d <= 0.25 => Effort::Trivial,
        d if d <= 1.0 => Effort::Small,
        d if d <= 5.0 => Effort::Medium,
        d if d <= 10.0 => Effort::Large,
        _ => Effort::Xlarge,
    }
}

fn of_points(points: f32) -> Effort {
    match points {
        p if p <= 1.0 => Effort::Trivial,
        p if p <= 3.0 => Effort::Small,
        p if p <= 5.0 => Effort::Medium,
        p if p <= 8.0 => Effort::Large,
        _ => Effort::Xlarge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_letters_are_sizes() {
        assert_eq!(read_value("Medium"), Some(Effort::Medium));
        assert_eq!(read_value("XL"), Some(Effort::Xlarge));
        assert_eq!(read_value("Low"), Some(Effort::Small));
        assert_eq!(read_value("unclear"), None);
    }

    #[test]
    fn points_follow_the_usual_row() {
        assert_eq!(read_value("1"), Some(Effort::Trivial));
        assert_eq!(read_value("3 points"), Some(Effort::Small));
        assert_eq!(read_value("5"), Some(Effort::Medium));
        assert_eq!(read_value("13 (Large - full stack)"), Some(Effort::Xlarge));
    }

    #[test]
    fn times_take_the_greater_end_of_a_range() {
        assert_eq!(read_value("30 min"), Some(Effort::Trivial));
        assert_eq!(read_value("4 hours"), Some(Effort::Small));
        assert_eq!(read_value("2-3 days"), Some(Effort::Medium));
        assert_eq!(read_value("1-2 months"), Some(Effort::Xlarge));
    }

    #[test]
    fn tags_need_a_unit() {
        assert_eq!(read_tag("3 points"), Some(Effort::Small));
        assert_eq!(read_tag("3"), None);
        assert_eq!(read_tag("M"), None);
        assert_eq!(read_tag("Effort: M"), Some(Effort::Medium));
    }
}
