//! What a heading is about.

use crate::ids;
use crate::lexicon::{Hit, Meaning, Meanings, lexicon};
use crate::text::normal;

use Meaning as M;

/// Headings whose lists and tables hold work.
pub(crate) const WORK: &[Meaning] = &[
    M::WorkRequirement,
    M::WorkFeature,
    M::WorkStory,
    M::WorkTask,
    M::WorkAction,
    M::WorkBug,
    M::WorkBacklog,
    M::WorkChange,
    M::WorkDeliverable,
];

/// Headings that speak against work.
pub(crate) const ASIDE: &[Meaning] = &[
    M::Background,
    M::Persona,
    M::Goal,
    M::Metric,
    M::NonGoal,
    M::Risk,
    M::Question,
    M::Timeline,
    M::Reference,
    M::ChangeLog,
];

const FAMILIES: &[&[Meaning]] = &[
    WORK,
    ASIDE,
    &[M::Criteria],
    &[M::Exit],
    &[M::Detail],
    &[M::Steps],
    &[M::Done],
    &[M::Later],
    &[M::Inventory],
];

/// A role must cover this share of a heading's words, small words left out.
const SHARE: f64 = 0.5;

/// Words that say when or how urgently ("Next", "Critical") must cover more: "Next meeting" is no work.
const WHEN: f64 = 0.6;

/// What a heading is about; several things where its words allow it ("Acceptance criteria" of an item or of a release).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Roles {
    means: u128,
    /// Whether it calls itself something that holds tickets: "Phase 2", "v1.1", "Q3 2026", "Módulo de Ventas".
    pub(crate) is_container: bool,
    /// Whether a number or a date tells it from others of its sort.
    pub(crate) is_numbered: bool,
    /// Whether all of its words say what it is about.
    pub(crate) is_whole: bool,
}

impl Roles {
    pub(crate) const fn has(self, meaning: Meaning) -> bool {
        self.means & (1 << (meaning as u8)) != 0
    }

    pub(crate) fn any(self, of: &[Meaning]) -> bool {
        of.iter().any(|meaning| self.has(*meaning))
    }

    pub(crate) fn work(self) -> Option<Meaning> {
        WORK.iter().copied().find(|meaning| self.has(*meaning))
    }

    pub(crate) fn aside(self) -> Option<Meaning> {
        ASIDE.iter().copied().find(|meaning| self.has(*meaning))
    }

    pub(crate) const fn is_neutral(self) -> bool {
        self.means == 0
    }
}

/// The roles of a heading, from its name without id and marks.
pub(crate) fn of(heading: &str) -> Roles {
    let shown = without_brackets(heading);
    let words = normal(&shown);
    let is_numbered = is_numbered(&words, &shown);
    let is_container = is_numbered || is_named(&words, &shown);
    let (means, is_whole) = match meanings(&words) {
        found @ (_, true) => found,
        (found, false) => without_inner_word(&words).unwrap_or_else(|| match found {
            0 => after_dash(&shown)
                .or_else(|| head(&words).map(meanings))
                .unwrap_or_default(),
            found => (found, false),
        }),
    };
    Roles {
        means,
        is_container,
        is_numbered,
        is_whole,
    }
}

/// What follows a dash, where it says what the heading is about: "Plan - Tasks to work on".
fn after_dash(shown: &str) -> Option<(u128, bool)> {
    let (_, side) = [" - ", " – ", " — "]
        .iter()
        .find_map(|mark| shown.split_once(mark))?;
    // "Story map – User story 1" names one, not what stands below it.
    let is_numbered = side.contains(|c: char| c.is_ascii_digit());
    let (means, is_whole) = meanings(&normal(side));
    let names_work = WORK.iter().any(|work| means & (1 << (*work as u8)) != 0);
    (names_work && is_whole && !is_numbered).then_some((means, false))
}

/// The words before the first small one: "Major features" of "Major features from each working group".
fn head(words: &str) -> Option<&str> {
    let spans = crate::text::word_spans(words);
    let small = spans.iter().skip(1).find(|span| {
        let word = words.get((*span).clone()).unwrap_or_default();
        lexicon().is_filler(word) && !lexicon().meaning(word).has(M::Joining)
    })?;
    words
        .get(..small.start)
        .map(str::trim_end)
        .filter(|head| !head.is_empty())
}

/// "Next sensible steps" says what "Next steps" says: a phrase of several words with one more inside.
fn without_inner_word(words: &str) -> Option<(u128, bool)> {
    let list: Vec<&str> = words.split(' ').collect();
    if !(3..=5).contains(&list.len()) {
        return None;
    }
    (1..list.len() - 1).find_map(|out| {
        let mut kept = list.clone();
        kept.remove(out);
        let phrase = kept.join(" ");
        let is_phrase = lexicon().meaning(&phrase).any(WORK);
        is_phrase.then(|| meanings(&phrase))
    })
}

/// The meanings that cover most of a heading, and whether they cover all of it.
fn meanings(words: &str) -> (u128, bool) {
    let hits = lexicon().find(words);
    let content = content_words(words);
    if content == 0 {
        return (0, false);
    }
    let shares: Vec<f64> = FAMILIES
        .iter()
        .map(|family| covered(&hits, family, words) / f64::from(content))
        .collect();
    let best = shares.iter().copied().fold(0.0, f64::max);
    let mut means = 0;
    let excludes = hits.iter().any(|hit| hit.means.has(M::NonGoal)) && content <= 8;
    if excludes {
        means = 1 << (M::NonGoal as u8);
    } else if best >= SHARE {
        for (family, share) in FAMILIES.iter().zip(&shares) {
            let found = members(&hits, family);
            let is_only_when = found == 1 << (M::WorkBacklog as u8) && *share < WHEN;
            if *share >= best - 0.01 && !is_only_when {
                means |= found;
            }
        }
    }
    (means, best >= 0.99)
}

fn members(hits: &[Hit], family: &[Meaning]) -> u128 {
    let present = family
        .iter()
        .filter(|meaning| hits.iter().any(|hit| hit.means.has(**meaning)));
    present.fold(0, |bits, meaning| bits | 1 << (*meaning as u8))
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    let kept: String = text
        .chars()
        .filter(|c| {
            match c {
                '(' | '[' | '（' => depth += 1,
                ')' | ']' | '）' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect();
    if kept.trim().is_empty() {
        text.to_owned()
    } else {
        kept
    }
}

fn is_content(word: &str) -> bool {
    !lexicon().is_filler(word) && !word.chars().all(|c| c.is_ascii_digit())
}

/// Hiragana only joins the words of a Japanese heading.
fn is_content_char(c: char) -> bool {
    !matches!(c, '\u{3040}'..='\u{309f}') && !c.is_whitespace() && !c.is_numeric()
}

fn content_words(words: &str) -> u32 {
    if crate::text::is_cjk(words) {
        return u32::try_from(words.chars().filter(|c| is_content_char(*c)).count())
            .unwrap_or(u32::MAX);
    }
    u32::try_from(words.split(' ').filter(|word| is_content(word)).count()).unwrap_or(u32::MAX)
}

/// How many content words the phrases of a family cover.
fn covered(hits: &[Hit], family: &[Meaning], words: &str) -> f64 {
    let spans: Vec<(usize, usize)> = hits
        .iter()
        .filter(|hit| hit.means.any(family))
        .map(|hit| (hit.at, hit.at + hit.len))
        .collect();
    let is_covered = |at: usize| spans.iter().any(|(from, to)| (*from..*to).contains(&at));
    let count = if crate::text::is_cjk(words) {
        words
            .chars()
            .enumerate()
            .filter(|(at, c)| is_content_char(*c) && is_covered(*at))
            .count()
    } else {
        words
            .split(' ')
            .enumerate()
            .filter(|(at, word)| is_content(word) && is_covered(*at))
            .count()
    };
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// "Phase 2: …", "Release 1.2", "v1.1", "Q3 2026", "2026 Q3".
fn is_numbered(words: &str, shown: &str) -> bool {
    let list: Vec<&str> = words.split(' ').collect();
    if is_version(shown.trim()) || is_quarter(&list) || ends_in_version(shown) {
        return true;
    }
    let hits = lexicon().find(words);
    if crate::text::is_cjk(words) {
        return hits.iter().any(|hit| holds_tickets(hit) && hit.at <= 6)
            && words.chars().any(|c| c.is_ascii_digit());
    }
    let next = |hit: &Hit| {
        list.get(hit.at + hit.len)
            .is_some_and(|next| is_ordinal(next))
    };
    hits.iter().any(|hit| holds_tickets(hit) && next(hit))
        || (has_version(shown) && list.len() <= 9)
}

fn holds_tickets(hit: &Hit) -> bool {
    hit.means.has(M::Container) || hit.means.has(M::KindEpic)
}

/// "Épico AUTH", "Módulo de Ventas", "Theme: speed"; "Activity log" and a plural name only a kind.
fn is_named(words: &str, shown: &str) -> bool {
    let spans = crate::text::word_spans(shown);
    let is_name = |hit: &Hit| {
        let Some(next) = spans.get(hit.len).and_then(|span| shown.get(span.clone())) else {
            return false;
        };
        let between = spans
            .get(hit.len - 1)
            .zip(spans.get(hit.len))
            .and_then(|(a, b)| shown.get(a.end..b.start))
            .unwrap_or_default();
        let is_loud = next.chars().count() > 1 && next.chars().all(char::is_uppercase);
        hit.means.has(M::KindEpic)
            || is_loud
            || between.contains([':', '–', '—', '-'])
            || lexicon().is_filler(&next.to_lowercase())
    };
    lexicon()
        .find(words)
        .iter()
        .any(|hit| hit.at == 0 && holds_tickets(hit) && is_name(hit))
}

/// Whether a cell names a phase, release or version and nothing else that is done.
pub(crate) fn is_stage(text: &str) -> bool {
    let words = normal(text);
    let list: Vec<&str> = words.split(' ').collect();
    let hits = lexicon().find(&words);
    let begins = |hit: &Hit| {
        hit.at == 0 && holds_tickets(hit) && list.get(hit.len).is_some_and(|next| is_ordinal(next))
    };
    is_version(text.trim()) || is_quarter(&list) || hits.iter().any(begins)
}

fn is_ordinal(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit())
        || word.len() == 1
        || matches!(word, "ii" | "iii" | "iv" | "vi")
}

/// "v1.1", "1.4.1", "V2", with whatever follows.
fn is_version(text: &str) -> bool {
    let word = text.split([' ', ':', '—']).next().unwrap_or_default();
    let number = word.trim_start_matches(['v', 'V']);
    let has_letter = number.len() < word.len();
    let parts: Vec<&str> = number.split('.').collect();
    let is_number = |part: &&str| {
        !part.is_empty() && (part.chars().all(|c| c.is_ascii_digit()) || *part == "x")
    };
    has_letter && parts.iter().all(is_number) && parts.len() <= 4
}

/// "Rook 1.4"
fn ends_in_version(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_name = words
        .first()
        .is_some_and(|word| word.starts_with(char::is_alphabetic));
    let number = words.last().copied().unwrap_or_default();
    let parts = number.split('.');
    let is_number =
        |part: &str| (1..=3).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit());
    (2..=3).contains(&words.len())
        && is_name
        && number.contains('.')
        && parts.into_iter().all(is_number)
}

fn has_version(text: &str) -> bool {
    text.split([' ', ',', '(', ')']).any(is_version)
}

fn is_quarter(words: &[&str]) -> bool {
    let is_q = |word: &&str| {
        let rest = word.strip_prefix(['q', 'h', 't']).unwrap_or_default();
        rest.len() == 1 && rest.chars().all(|c| matches!(c, '1'..='4'))
    };
    let is_year = |word: &&str| {
        word.len() == 4 && word.starts_with("20") && word.chars().all(|c| c.is_ascii_digit())
    };
    words.len() <= 6
        && words.iter().any(is_q)
        && (words.len() == 1 || words.iter().any(is_year) || words.first().is_some_and(is_q))
}

/// The sort of a ticket that an id or a word before a number stands for.
pub(crate) fn kind_of_prefix(prefix: &str) -> Meanings {
    let mut parts = prefix.rsplit(['-', '_', '.']);
    let last = parts.next().unwrap_or_default().to_lowercase();
    lexicon().meaning(&last)
}

/// Whether the id is of something that is no work: a metric, a decision, an acceptance test.
pub(crate) fn is_other(id: &ids::Id) -> bool {
    kind_of_prefix(&id.prefix).has(M::IdOther)
}
