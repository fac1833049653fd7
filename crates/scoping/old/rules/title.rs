//! From the line of an item to a title: its id and its name, without markup, tags and closing punctuation.

mod tags;

use super::effort;
use super::ids::{self, Family};
use super::priority::{self, Rank};
use super::story;
use super::text::{count, is_pictograph, shorten, squeeze, words};
use handoff_domain::ticket::model::Effort;
use tags::{bracket_tags, edge_tags, segments, tail_tags};

/// A story or sentence longer than this loses its reason or its later sentences.
const LONG: usize = 120;
/// The most characters of a title that is made from a sentence.
const MAX: usize = 200;

/// What the line of an item says.
#[derive(Clone, Debug, Default)]
pub(super) struct Headline {
    pub id: Option<String>,
    pub family: Option<Family>,
    pub title: String,
    pub rank: Option<Rank>,
    pub effort: Option<Effort>,
    pub labels: Vec<String>,
    /// Whether the line tells a user story.
    pub story: bool,
    /// Whether the line says that it is done.
    pub done: bool,
    /// Whether the line names nothing but its id.
    pub bare: bool,
}

/// Reads the line of an item; `bold` bytes of `text` at its start are bold.
pub(super) fn read(text: &str, bold: usize) -> Headline {
    let lead = ids::leading(text);
    let mut headline = Headline::default();
    let rest = match &lead {
        Some(lead) => {
            headline.id.clone_from(&lead.id);
            headline.family = Some(lead.family);
            lead.rest
        }
        None => ids::unnumbered(ids::skip_signs(text)).unwrap_or_else(|| ids::skip_signs(text)),
    };
    let rest_at = text.len() - rest.len();
    let story_at = story::find(rest);
    headline.story = story_at.is_some();
    let bold = bold.saturating_sub(rest_at);
    let name = match story_at {
        Some(at) => story_title(rest, at, &mut headline),
        None => plain_title(rest, bold, &mut headline),
    };
    headline.bare = name.is_empty();
    headline.title = join(headline.id.as_deref(), &name);
    if headline.title.is_empty() {
        headline.title = squeeze(text);
    }
    headline
}

fn join(id: Option<&str>, name: &str) -> String {
    match id {
        Some(id) if name.is_empty() => id.to_owned(),
        Some(id) => format!("{id}: {name}"),
        None => name.to_owned(),
    }
}

/// Labels that name the kind of sentence and not the item.
const KIND_LABELS: &[&str] = &[
    "user story",
    "story",
    "description",
    "narrative",
    "requirement",
    "user stories",
    "as",
    "statement",
    "summary",
    "title",
    "job story",
    "want",
    "objective",
    "historia",
    "what",
    "feature",
    "goal",
];

fn story_title(rest: &str, at: usize, headline: &mut Headline) -> String {
    let before = rest.get(..at).unwrap_or_default();
    let sentence = rest.get(at..).unwrap_or(rest);
    let name = clean(before, headline);
    if !name.is_empty() && !KIND_LABELS.contains(&words(&name).as_str()) && count(&name) <= 14 {
        tail_tags(sentence, headline);
        return name;
    }
    let sentence = clean(sentence, headline);
    let first = first_sentence(&sentence);
    let kept = if first.chars().count() > LONG {
        story::without_reason(first)
    } else {
        first
    };
    shorten(trim_end(kept), MAX)
}

fn plain_title(rest: &str, bold: usize, headline: &mut Headline) -> String {
    let lead = rest.get(..bold).unwrap_or_default();
    let after = rest.get(bold..).unwrap_or_default();
    let separated = lead.trim_end().ends_with([':', '.', '–', '—', '-'])
        || after
            .trim_start()
            .starts_with([':', '–', '—', '-', '(', '|', '→', '[', '.'])
        || after.trim().is_empty()
        || after.starts_with("<br>");
    let name = clean(lead, headline);
    if !name.is_empty() && separated && !KIND_LABELS.contains(&words(&name).as_str()) {
        return named(&name, after, headline);
    }
    let text = if KIND_LABELS.contains(&words(&name).as_str()) {
        after.trim_start_matches([':', ' ', '-'])
    } else {
        rest
    };
    let text = clean(text, headline);
    shorten(
        trim_end(if text.chars().count() > LONG {
            first_sentence(&text)
        } else {
            &text
        }),
        MAX,
    )
}

/// A bold name stands alone; a single word takes the sentence after it along.
fn named(name: &str, after: &str, headline: &mut Headline) -> String {
    let sentence = clean(
        after
            .trim_start()
            .trim_start_matches([':', '–', '—', '-', '.', ' ']),
        headline,
    );
    if count(name) > 1 || sentence.is_empty() || name.chars().count() > 24 {
        return bracketed_tail(name, after);
    }
    shorten(
        trim_end(&format!("{name}: {}", first_sentence(&sentence))),
        LONG,
    )
}

/// A bracket right behind the name belongs to it: "User registration (e-mail or phone)".
fn bracketed_tail(name: &str, after: &str) -> String {
    let after = after.trim_start();
    let inside = after
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
        .map(|(inside, _)| inside);
    match inside {
        Some(inside)
            if inside.len() <= 60
                && priority::tag_rank(inside).is_none()
                && effort::read_tag(inside).is_none() =>
        {
            format!("{name} ({inside})")
        }
        _ => name.to_owned(),
    }
}

/// Takes tags out of a text and leaves one clean line.
fn clean(text: &str, headline: &mut Headline) -> String {
    let text = segments(text, headline);
    let text = bracket_tags(&text, headline);
    let text = edge_tags(&text, headline);
    let signs: String = text.chars().filter(|c| !is_pictograph(*c)).collect();
    headline.done |= text.trim_end().ends_with(['✅', '✔', '☑']);
    let one = squeeze(&signs);
    trim_end(one.trim_start_matches([':', '–', '—', '-', '|', ' ', '*', '.', ','])).to_owned()
}

fn trim_end(text: &str) -> &str {
    text.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '.' | ':' | ';' | ',' | '-' | '–' | '—' | '|' | '*' | '→')
    })
}

/// The text up to the end of its first sentence.
fn first_sentence(text: &str) -> &str {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(['.', '!', '?'])) {
        let end = from + at;
        let before = text.get(..end).unwrap_or_default();
        let after = text.get(end + 1..).unwrap_or_default();
        let next_upper = after
            .trim_start()
            .starts_with(|c: char| c.is_uppercase() || c == '"');
        let short = before.ends_with("e.g")
            || before.ends_with("i.e")
            || before.ends_with("etc")
            || before.ends_with("vs");
        if after.starts_with(' ') && next_upper && !short && end > 20 {
            return before;
        }
        from = end + 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(text: &str) -> String {
        read(text, 0).title
    }

    #[test]
    fn tags_leave_the_title_and_are_read() {
        let headline = read("US-001 - Brief story title | HIGH | 3pt", 0);
        assert_eq!(headline.title, "US-001: Brief story title");
        assert_eq!(
            headline.rank.map(Rank::priority),
            Some(Some(handoff_domain::ticket::model::Priority::P1))
        );
        assert_eq!(headline.effort, Some(Effort::Small));
        assert_eq!(
            title("1. Dependency Security Management (CRITICAL)"),
            "Dependency Security Management"
        );
        assert_eq!(
            title("User Story 1 - Toggle (Priority: P1)"),
            "User Story 1: Toggle"
        );
        assert_eq!(title("P0: Fix the login."), "Fix the login");
    }

    #[test]
    fn brackets_that_are_no_tags_stay() {
        assert_eq!(title("Export (CSV and PDF)"), "Export (CSV and PDF)");
    }

    #[test]
    fn a_story_takes_its_name_or_its_sentence() {
        assert_eq!(
            title("Borrow - As a reader, I want to borrow a book"),
            "Borrow"
        );
        assert_eq!(
            title("User Story: As a reader, I want a list"),
            "As a reader, I want a list"
        );
    }

    #[test]
    fn a_bold_name_stands_for_the_sentence() {
        assert_eq!(
            read("Sign in page: users enter their name", 12).title,
            "Sign in page"
        );
        assert_eq!(
            read("Search: users find books by title. More.", 7).title,
            "Search: users find books by title"
        );
    }
}
