//! The words of the languages that documents are written in; they live in `words/`, one file a language.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::text::is_cjk;

const FILES: &[&str] = &[
    include_str!("../words/en.txt"),
    include_str!("../words/de.txt"),
    include_str!("../words/fr.txt"),
    include_str!("../words/es.txt"),
    include_str!("../words/pt.txt"),
    include_str!("../words/it.txt"),
    include_str!("../words/nl.txt"),
    include_str!("../words/ja.txt"),
];

/// The longest phrase, in words.
const LONGEST: usize = 8;
/// The longest subject that a title leaves out with its modal verb, in words.
const MAX_SUBJECT: usize = 4;

macro_rules! meanings {
    ($($name:ident = $word:literal),+ $(,)?) => {
        /// What a phrase of a word file means; the heading of its group.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Meaning { $($name),+ }

        impl Meaning {
            const ALL: &[(Self, &'static str)] = &[$((Self::$name, $word)),+];
        }
    };
}

meanings! {
    WorkRequirement = "work.requirement",
    WorkFeature = "work.feature",
    WorkStory = "work.story",
    WorkTask = "work.task",
    WorkAction = "work.action",
    WorkBug = "work.bug",
    WorkBacklog = "work.backlog",
    WorkChange = "work.change",
    WorkDeliverable = "work.deliverable",
    Container = "container",
    KindStory = "kind.story",
    KindTask = "kind.task",
    KindFeature = "kind.feature",
    KindRequirement = "kind.requirement",
    KindBug = "kind.bug",
    KindEpic = "kind.epic",
    IdOther = "id.other",
    Criteria = "criteria",
    Exit = "exit",
    Detail = "detail",
    Steps = "steps",
    Background = "aside.background",
    Persona = "aside.persona",
    Goal = "aside.goal",
    Metric = "aside.metric",
    NonGoal = "aside.nongoal",
    Risk = "aside.risk",
    Question = "aside.question",
    Timeline = "aside.timeline",
    Reference = "aside.reference",
    ChangeLog = "aside.changelog",
    Done = "done",
    Later = "later",
    Inventory = "inventory",
    StatusDone = "status.done",
    StatusRejected = "status.rejected",
    StatusOpen = "status.open",
    P0 = "priority.p0",
    P1 = "priority.p1",
    P2 = "priority.p2",
    P3 = "priority.p3",
    EffortTrivial = "effort.trivial",
    EffortSmall = "effort.small",
    EffortMedium = "effort.medium",
    EffortLarge = "effort.large",
    EffortXlarge = "effort.xlarge",
    FieldId = "field.id",
    FieldTitle = "field.title",
    FieldName = "field.name",
    FieldDescription = "field.description",
    FieldPriority = "field.priority",
    FieldStatus = "field.status",
    FieldOwner = "field.owner",
    FieldTeam = "field.team",
    FieldDue = "field.due",
    FieldEffort = "field.effort",
    FieldCriteria = "field.criteria",
    FieldDepends = "field.depends",
    FieldLabels = "field.labels",
    FieldType = "field.type",
    FieldDate = "field.date",
    FieldOther = "field.other",
    StoryAs = "story.as",
    StoryWant = "story.want",
    StorySo = "story.so",
    Given = "gherkin.given",
    When = "gherkin.when",
    Then = "gherkin.then",
    And = "gherkin.and",
    Scenario = "gherkin.scenario",
    ObligationStrong = "obligation.strong",
    ObligationWeak = "obligation.weak",
    Permission = "obligation.may",
    Announce = "announce",
    Commitment = "commitment",
    Back = "back",
    Lead = "lead",
    Standing = "standing",
    Small = "small",
    Verb = "verb",
    Nothing = "nothing",
    Yes = "yes",
    Joining = "joining",
    Particle = "particle",
    UnitMinute = "unit.minute",
    UnitHour = "unit.hour",
    UnitDay = "unit.day",
    UnitWeek = "unit.week",
    UnitMonth = "unit.month",
    UnitPoint = "unit.point",
}

impl Meaning {
    fn of(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(meaning, _)| *meaning)
    }

    const fn bit(self) -> u128 {
        1 << (self as u8)
    }
}

/// A set of meanings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meanings(u128);

impl Meanings {
    pub(crate) const fn has(self, meaning: Meaning) -> bool {
        self.0 & meaning.bit() != 0
    }

    pub(crate) fn any(self, of: &[Meaning]) -> bool {
        of.iter().any(|meaning| self.has(*meaning))
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A phrase that was found in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    /// Its first word.
    pub(crate) at: usize,
    /// How many words it has.
    pub(crate) len: usize,
    /// What it means.
    pub(crate) means: Meanings,
}

/// All phrases of all languages.
#[derive(Debug)]
pub(crate) struct Lexicon {
    phrases: HashMap<Cow<'static, str>, Meanings>,
    /// Phrases of languages without spaces, by their first character.
    glued: HashMap<char, Vec<(String, Meanings)>>,
    /// The small words of each language.
    small: Vec<HashSet<Cow<'static, str>>>,
    /// How sentences of obligation begin, longest first.
    leads: Vec<&'static str>,
}

/// The word lists, read once.
pub(crate) fn lexicon() -> &'static Lexicon {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    LEXICON.get_or_init(|| Lexicon::read(FILES))
}

impl Lexicon {
    fn read(files: &[&'static str]) -> Self {
        let mut this = Self {
            phrases: HashMap::new(),
            glued: HashMap::new(),
            small: Vec::new(),
            leads: Vec::new(),
        };
        for file in files {
            this.read_file(file);
        }
        for (phrase, means) in this.phrases.iter().filter(|(phrase, _)| is_cjk(phrase)) {
            if let Some(first) = phrase.chars().next() {
                this.glued
                    .entry(first)
                    .or_default()
                    .push((phrase.to_string(), *means));
            }
        }
        this.leads
            .sort_by_key(|lead| (std::cmp::Reverse(lead.len()), *lead));
        this
    }

    fn read_file(&mut self, file: &'static str) {
        let mut small = HashSet::new();
        let mut group = None;
        for line in file
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                group = Meaning::of(name);
                continue;
            }
            let Some(meaning) = group else { continue };
            for phrase in spellings(line) {
                self.phrases.entry(phrase).or_default().0 |= meaning.bit();
            }
            match meaning {
                Meaning::Small => small.extend(spellings(line)),
                Meaning::Lead => self.leads.push(line),
                _ => {}
            }
        }
        self.small.push(small);
    }

    /// What this very phrase means; it is in the form of [`crate::text::normal`].
    pub(crate) fn meaning(&self, phrase: &str) -> Meanings {
        self.phrases.get(phrase).copied().unwrap_or_default()
    }

    /// The phrases in a text, in order; shorter ones inside of longer ones too.
    pub(crate) fn find(&self, normal: &str) -> Vec<Hit> {
        if is_cjk(normal) {
            return self.find_glued(normal);
        }
        let mut starts: Vec<usize> = vec![0];
        starts.extend(normal.match_indices(' ').map(|(at, _)| at + 1));
        let mut hits = Vec::new();
        for (at, &from) in starts.iter().enumerate() {
            for len in 1..=LONGEST.min(starts.len() - at) {
                let end = starts.get(at + len).map_or(normal.len(), |next| next - 1);
                let means = normal
                    .get(from..end)
                    .map_or_else(Meanings::default, |phrase| self.meaning(phrase));
                if !means.is_empty() {
                    hits.push(Hit { at, len, means });
                }
            }
        }
        hits
    }

    fn find_glued(&self, normal: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (at, (offset, c)) in normal.char_indices().enumerate() {
            let rest = normal.get(offset..).unwrap_or_default();
            for (phrase, means) in self.glued.get(&c).into_iter().flatten() {
                if rest.starts_with(phrase.as_str()) {
                    hits.push(Hit {
                        at,
                        len: phrase.chars().count(),
                        means: *means,
                    });
                }
            }
        }
        hits
    }

    /// The number of the language whose small words the text holds most of.
    pub(crate) fn language(&self, normal: &str) -> usize {
        let mut counts = vec![0_usize; self.small.len()];
        for word in normal.split(' ').take(20_000) {
            for (count, small) in counts.iter_mut().zip(&self.small) {
                *count += usize::from(small.contains(word));
            }
        }
        let best = counts
            .iter()
            .enumerate()
            .max_by_key(|(at, count)| (**count, std::cmp::Reverse(*at)));
        best.map_or(0, |(at, _)| at)
    }

    /// Whether a word is one that no title of this language ends in.
    pub(crate) fn is_small(&self, language: usize, word: &str) -> bool {
        self.small
            .get(language)
            .is_some_and(|small| small.contains(word))
    }

    /// Whether a word is small in any language.
    pub(crate) fn is_filler(&self, word: &str) -> bool {
        self.meaning(word).has(Meaning::Small)
    }

    /// How many words at the beginning of a text only say that something is obliged, and of whom: "The desk should be able to".
    pub(crate) fn lead(&self, normal: &str) -> usize {
        let own = self.lead_at_start(normal);
        if own > 0 {
            return own;
        }
        let mut rest = normal;
        for skipped in 1..=MAX_SUBJECT {
            let Some((_, tail)) = rest.split_once(' ') else {
                return 0;
            };
            rest = tail;
            let first = rest.split(' ').next().unwrap_or_default();
            let obliges = self.meaning(first).any(&[
                Meaning::ObligationStrong,
                Meaning::ObligationWeak,
                Meaning::Permission,
            ]);
            let lead = if obliges { self.lead_at_start(rest) } else { 0 };
            if lead > 1 {
                return skipped + lead;
            }
        }
        0
    }

    fn lead_at_start(&self, normal: &str) -> usize {
        let starts = |lead: &&&str| {
            normal
                .strip_prefix(**lead)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' ') || is_cjk(lead))
        };
        self.leads
            .iter()
            .find(starts)
            .map_or(0, |lead| lead.split(' ').count())
    }
}

/// A phrase as it is, without its accents, and with `ae` for `ä`: documents are written on all sorts of keyboards.
fn spellings(phrase: &'static str) -> Vec<Cow<'static, str>> {
    let mut all = vec![Cow::Borrowed(phrase)];
    let is_plain = |c: char| c.is_ascii() || is_cjk(&c.to_string());
    if !phrase.chars().all(is_plain) {
        all.push(Cow::Owned(phrase.chars().map(unaccented).collect()));
        let umlauts = [("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")];
        all.push(Cow::Owned(
            umlauts
                .iter()
                .fold(phrase.to_owned(), |text, (from, to)| text.replace(from, to)),
        ));
    }
    all
}

const fn unaccented(c: char) -> char {
    match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(file: &str) -> Vec<&str> {
        file.lines()
            .filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
            .collect()
    }

    #[test]
    fn every_language_has_every_group_and_no_other() {
        let names: Vec<&str> = Meaning::ALL.iter().map(|(_, name)| *name).collect();
        for file in FILES {
            assert_eq!(groups(file), names);
        }
    }

    #[test]
    fn phrases_are_in_the_form_in_which_they_are_looked_up() {
        for line in FILES.iter().flat_map(|file| file.lines()) {
            let is_phrase = !line.is_empty() && !line.starts_with(['#', '[']);
            if is_phrase {
                assert_eq!(crate::text::normal(line), line);
            }
        }
    }
}
