//! The parts of a heading or of an item's first line: id, kind, name, priority, state, tags.

use handoff_domain::ticket::model::{Effort, Priority};

use super::fields::{self, Field};
use super::legend::Legend;
use super::roles::kind_of_prefix;
use super::values::{self, State};
use crate::ids::{self, Id};
use crate::lexicon::{Meaning, Meanings, lexicon};
use crate::outline::Line;
use crate::text::{normal, squeeze, word_spans};

/// The kinds of item that a word before a number or a colon can name.
pub(crate) const KINDS: &[Meaning] = &[
    Meaning::KindStory,
    Meaning::KindTask,
    Meaning::KindFeature,
    Meaning::KindRequirement,
    Meaning::KindBug,
    Meaning::KindEpic,
];

/// What a heading or the first line of an item says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Label {
    pub(crate) id: Option<Id>,
    /// The kinds that its id or the word before its name stands for.
    pub(crate) kind: Meanings,
    /// Whether that word stands there by itself ("Bug: …", "Story 1.1 …") and not only in the letters of an id.
    pub(crate) has_kind_word: bool,
    /// Whether it is marked as something to do: "AI: …", "[ACTION] …", "TODO: …".
    pub(crate) is_notice: bool,
    /// What is left: the name.
    pub(crate) name: String,
    pub(crate) priority: Option<Priority>,
    /// Whether the priority is a word in brackets at the end: "(mandatory)" of a section is as often about the document.
    pub(crate) is_priority_tag: bool,
    pub(crate) state: Option<State>,
    pub(crate) effort: Option<Effort>,
    /// Words in brackets: `[Assets]`.
    pub(crate) tags: Vec<String>,
    /// Ids of other items in brackets: `[US1]`.
    pub(crate) refs: Vec<Id>,
    /// Fields in brackets: "(owner: Ida)".
    pub(crate) fields: Vec<Field>,
}

impl Label {
    /// Whether the document gives it a name or number of its own, as it does to an item of work.
    pub(crate) fn is_named(&self) -> bool {
        let by_id = self
            .id
            .as_ref()
            .is_some_and(|id| !id.is_number() && !super::roles::is_other(id));
        by_id || self.has_kind_word
    }

    /// Whether it is a requirement or story with an id: boxes inside of it are its criteria.
    pub(crate) fn is_checked_by_boxes(&self) -> bool {
        let has_id = self.id.as_ref().is_some_and(|id| !id.is_number());
        has_id
            && self
                .kind
                .any(&[Meaning::KindRequirement, Meaning::KindStory])
    }
}

/// Reads a line; `legend` says what the document's own marks mean.
pub(crate) fn read(line: &Line, legend: &Legend) -> Label {
    let mut label = Label::default();
    let mut text = squeeze(&line.plain);
    if line.is_struck {
        label.state = Some(State::Rejected);
    }
    if let Some(rest) = take_bold_word(&mut label, line) {
        text = rest;
    }
    if let Some(rest) = take_stated_priority(&mut label, &text) {
        text = rest;
    }
    while let Some(rest) = take_start(&mut label, &text, legend) {
        text = rest;
    }
    let names_part =
        lexicon()
            .meaning(&normal(&text))
            .any(&[Meaning::Criteria, Meaning::Exit, Meaning::Detail]);
    while let Some(rest) = take_end(&mut label, &text, legend).filter(|_| !names_part) {
        text = rest;
    }
    if names_part {
        label.state = None;
    }
    label.state = label
        .state
        .or_else(|| state_after_arrow(line))
        .or_else(|| state_after_dash(&line.plain));
    if let Some(name) = bold_name(line, legend) {
        text = name;
    }
    label.name = text
        .trim_matches([' ', ':', '：', '|', '*', '\u{200b}'])
        .trim_start_matches(['-', '–', '—', ' '])
        .to_owned();
    if label.is_named() {
        take_facts_from_name(&mut label);
    }
    label
}

/// "[US01] — 3 SP — Sprint 1" has no name, only facts between dashes.
fn take_facts_from_name(label: &mut Label) {
    let parts = || label.name.split(['—', '–', '|', '·']).map(str::trim);
    let effort = parts().find_map(values::effort_tag);
    let is_fact = |part: &str| values::effort_tag(part).is_some() || super::roles::is_stage(part);
    if effort.is_some() && parts().all(is_fact) {
        label.effort = label.effort.or(effort);
        label.name.clear();
    }
}

/// "**Late returns → DONE.** The difference is …"
fn state_after_arrow(line: &Line) -> Option<State> {
    let bold = line.plain.get(..line.bold)?;
    let (_, state) = bold.rsplit_once(['→', '⇒'])?;
    values::status_word(state)
}

/// "B14 — Toggle is stuck — resolved. The cause was …"
fn state_after_dash(text: &str) -> Option<State> {
    let marks = [" — ", " – ", " - "];
    marks.iter().find_map(|mark| {
        let mut parts = text.split(mark).skip(1);
        parts.find_map(|part| {
            let told = part.split(['.', ';', ',', '(', ':']).next()?;
            values::status_word(told).filter(|state| *state != State::Open)
        })
    })
}

/// A bold name with a mark between it and the rest: "**Login** — as a clerk …", "**Cart.** Keeps …".
fn bold_name(line: &Line, legend: &Legend) -> Option<String> {
    if line.is_bold() {
        return None;
    }
    let bold = line.plain.get(..line.bold)?.trim();
    let rest = line.plain.get(line.bold..)?.trim_start();
    let is_parted = rest.starts_with(['—', '–', '-', ':']) || bold.ends_with([':', '.']);
    if !is_parted
        || bold.is_empty()
        || rest
            .trim_start_matches(['—', '–', '-', ':', ' '])
            .is_empty()
    {
        return None;
    }
    let own = Line {
        plain: bold.to_owned(),
        bold: 0,
        ..Line::default()
    };
    let label = read(&own, legend);
    let is_name =
        label.name.chars().filter(|c| c.is_alphabetic()).count() > 2 && label.state.is_none();
    let says_more = !label.fields.is_empty()
        || (label.priority.is_some() && !label.name.contains(' ') && !bold.starts_with('['))
        || values::priority_word(&label.name).is_some();
    (is_name && !says_more).then(|| label.name.trim_end_matches('.').to_owned())
}

/// A bold priority in front of the name: "**P0** Open the door", "**Must** Open the door".
fn take_bold_word(label: &mut Label, line: &Line) -> Option<String> {
    let bold = line.plain.get(..line.bold)?.trim();
    let rest = line
        .plain
        .get(line.bold..)?
        .trim_start_matches([':', ' ', '-', '–', '—']);
    if bold.contains(' ') || rest.trim().is_empty() {
        return None;
    }
    label.priority = Some(values::priority_word(bold.trim_end_matches(':'))?);
    Some(squeeze(rest))
}

/// "(Priority: P1)" wherever it stands.
fn take_stated_priority(label: &mut Label, text: &str) -> Option<String> {
    let (head, rest) = text.split_once('(')?;
    let (inner, tail) = rest.split_once(')')?;
    let (name, value) = inner.split_once([':', '='])?;
    if !lexicon().meaning(&normal(name)).has(Meaning::FieldPriority) {
        return None;
    }
    let Some(values::Rank::Is(priority)) = values::priority_value(value) else {
        return None;
    };
    label.priority = Some(priority);
    Some(
        format!("{} {}", head.trim_end(), tail.trim_start())
            .trim_end()
            .to_owned(),
    )
}

/// Takes one thing off the beginning; the rest, if there was one.
fn take_start(label: &mut Label, text: &str, legend: &Legend) -> Option<String> {
    let text = text.trim_start();
    let first = text.chars().next()?;
    if let Some(state) = legend.state(first) {
        label.state = label.state.or(Some(state));
    }
    if legend.state(first).is_some() || values::is_emoji(first) {
        return text
            .get(first.len_utf8()..)
            .map(str::to_owned)
            .filter(|rest| !rest.trim().is_empty());
    }
    if first == '[' || first == '（' {
        return take_bracket(label, text);
    }
    if let Some(rest) = after_roman(text) {
        return Some(rest.to_owned());
    }
    if label.id.is_none() {
        if let Some((id, at)) = numbered_kind(text, &mut label.kind) {
            label.has_kind_word = true;
            label.id = Some(id);
            return text.get(at..).map(str::to_owned);
        }
        if let Some((id, at)) = ids::leading(text) {
            label.kind = kind_of_prefix(&id.prefix);
            label.id = Some(id);
            return text.get(at..).map(str::to_owned);
        }
    }
    take_word(label, text)
}

/// The text after "IV. ".
fn after_roman(text: &str) -> Option<&str> {
    let (number, rest) = text.split_once(". ")?;
    let is_roman =
        (1..=5).contains(&number.len()) && number.chars().all(|c| matches!(c, 'I' | 'V' | 'X'));
    (is_roman && !rest.trim().is_empty()).then_some(rest)
}

/// `[P1]`, `[US2]`, `[x]`, `[Bug]`, `[Assets]`; a link's text is no tag.
fn take_bracket(label: &mut Label, text: &str) -> Option<String> {
    let (inner, rest) = text.get(1..)?.split_once(']')?;
    if inner.chars().count() > 24
        || rest.starts_with(['(', '[', ':'])
        || rest.trim().is_empty()
        || inner.contains('[')
    {
        return None;
    }
    let rest = rest.trim_start().to_owned();
    let kind = lexicon().meaning(&normal(inner));
    label.is_notice |= is_notice(inner);
    if let Some((id, _)) = ids::leading(inner).filter(|(_, at)| *at == inner.len()) {
        // "T001 [US1] …" serves a story, "[US1] — …" is one.
        let is_named = rest.starts_with(['—', '–', '-', ':']);
        let is_story = kind_of_prefix(&id.prefix).has(Meaning::KindStory);
        if label.id.is_none() && (is_named || !is_story) {
            label.kind = kind_of_prefix(&id.prefix);
            label.id = Some(id);
        } else {
            label.refs.push(id);
        }
    } else if let Some(priority) = values::priority_word(inner) {
        label.priority = label.priority.take().or(Some(priority));
    } else if let Some(state) = values::status_word(inner).or_else(|| dated_state(inner)) {
        label.state = label.state.or(Some(state));
    } else if kind.any(KINDS) {
        label.kind = kind;
        label.has_kind_word = true;
    } else if inner.chars().count() > 1 && inner.chars().any(char::is_alphabetic) {
        label.tags.push(inner.trim().to_owned());
    }
    Some(rest)
}

/// "[DONE on 27 August]"
fn dated_state(inner: &str) -> Option<State> {
    let has_date = inner.chars().any(|c| c.is_ascii_digit());
    let first = inner.split(' ').next().unwrap_or_default();
    values::status_word(first).filter(|_| has_date)
}

/// "User Story 1.1", "Task 3", "Historia de Usuario 2": an id whose letters are a word.
fn numbered_kind(text: &str, kind: &mut Meanings) -> Option<(Id, usize)> {
    let spans = word_spans(text);
    let words = normal(text.get(..spans.get(6).map_or(text.len(), |span| span.start))?);
    let hits = lexicon().find(&words);
    let of_kind = |means: Meanings| means.any(KINDS) || means.has(Meaning::Container);
    let best = hits
        .iter()
        .filter(|hit| hit.at == 0 && of_kind(hit.means))
        .max_by_key(|hit| hit.len)?;
    let number_at = if crate::text::is_cjk(&words) {
        text.char_indices().nth(best.len).map(|(at, _)| at)?
    } else {
        spans.get(best.len)?.start
    };
    let head = text.get(..number_at)?;
    let number = text.get(number_at..)?;
    let joined = head.trim_end_matches([' ', '#', '-', '_']);
    if joined.len() < head.trim_end_matches(['#', '-', '_', ' ']).len() {
        return None;
    }
    let digits = number.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.starts_with(['–', '-', '—'])
        && digits
            .trim_start_matches(['–', '-', '—'])
            .starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let (id, after) = leading_number(number)?;
    *kind = best.means;
    let shown = text.get(..number_at + id.text.len())?.to_owned();
    let prefix = normal(head).to_uppercase();
    Some((
        Id {
            text: shown,
            prefix,
            numbers: id.numbers,
        },
        number_at + after,
    ))
}

/// A number after a word of kind, and where the name begins.
fn leading_number(text: &str) -> Option<(Id, usize)> {
    if let Some((id, at)) = ids::leading(text).filter(|(id, _)| id.is_number()) {
        return Some((id, at));
    }
    let digits = text
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b'.')
        .count();
    let shown = text.get(..digits)?.trim_end_matches('.');
    let rest = text.get(shown.len()..)?;
    if shown.is_empty() || !(rest.is_empty() || rest.starts_with([' ', ':', '(', '.'])) {
        return None;
    }
    let numbers = shown
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<Vec<u32>>>()?;
    let at = digits + (rest.len() - rest.trim_start_matches(['.', ' ', ':']).len());
    Some((
        Id {
            text: shown.to_owned(),
            prefix: String::new(),
            numbers,
        },
        at.min(text.len()),
    ))
}

/// A word before a colon or a dash that says what the item is: "P1: …", "Bug: …", "DONE: …", "feat(api): …".
fn take_word(label: &mut Label, text: &str) -> Option<String> {
    let colon = text.find([':', '：']).filter(|at| *at <= 40);
    let dash = [" - ", " – ", " — "]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .filter(|at| *at <= 24);
    let at = match (colon, dash) {
        (Some(colon), Some(dash)) => colon.min(dash),
        (at, other) => at.or(other)?,
    };
    let head = text.get(..at)?.trim();
    let rest = text
        .get(at..)?
        .trim_start_matches([':', '：', ' ', '-', '–', '—']);
    let word = head.split('(').next().unwrap_or_default().trim();
    let scope = head
        .strip_prefix(word)
        .and_then(|rest| rest.trim().strip_prefix('('))
        .and_then(|rest| rest.strip_suffix(')'));
    if word.is_empty() || rest.trim().is_empty() || text.get(at..)?.starts_with("://") {
        return None;
    }
    let words = normal(word);
    let means = lexicon().meaning(&words);
    label.is_notice |= is_notice(word);
    if let Some(priority) =
        values::priority_word(word).filter(|_| !means.has(Meaning::WorkRequirement))
    {
        label.priority = label.priority.take().or(Some(priority));
    } else if let Some(state) = values::status_word(word).filter(|_| word.split(' ').count() <= 2) {
        label.state = label.state.or(Some(state));
    } else if means.any(KINDS) && !label.has_kind_word {
        label.kind = means;
        label.has_kind_word = true;
        label.tags.extend(scope.map(str::to_owned));
    } else {
        return None;
    }
    Some(rest.to_owned())
}

/// Takes one thing off the end; the rest, if there was one.
fn take_end(label: &mut Label, text: &str, legend: &Legend) -> Option<String> {
    let text = text.trim_end();
    let last = text.chars().next_back()?;
    if let Some(state) = legend.state(last) {
        label.state = label.state.or(Some(state));
        return text.strip_suffix(last).map(str::to_owned);
    }
    if values::is_emoji(last) {
        return text.strip_suffix(last).map(str::to_owned);
    }
    if last == ')' || last == ']' {
        return take_end_bracket(label, text, legend);
    }
    if let Some(rest) = take_tail(label, text) {
        return Some(rest);
    }
    take_end_word(label, text)
}

/// "(P1, 5 days)", "(due: 2026-09-01, owner: Ida)", "(depends on T003)": all of it facts, or nothing.
fn take_facts(label: &mut Label, head: &str, inner: &str) -> Option<String> {
    let mut taken = label.clone();
    let pieces: Vec<&str> = inner.split([',', ';']).map(str::trim).collect();
    for piece in &pieces {
        let named = fields::named(piece);
        if let Some(field) = named {
            taken.fields.push(field);
        } else if pieces.len() > 1
            && let Some(priority) = values::priority_word(piece)
        {
            taken.priority = taken.priority.take().or(Some(priority));
        } else if pieces.len() > 1
            && let Some(effort) = values::effort_tag(piece)
        {
            taken.effort = taken.effort.or(Some(effort));
        } else {
            return None;
        }
    }
    *label = taken;
    Some(head.to_owned())
}

/// Facts after a dash or a bar: "Paint the hull — @lu, due 2026-05-10", "Wash the deck | P1".
fn take_tail(label: &mut Label, text: &str) -> Option<String> {
    let (at, mark) = [" — ", " – ", " - ", " | ", " · "]
        .iter()
        .filter_map(|mark| Some((text.rfind(mark)?, mark)))
        .max_by_key(|(at, _)| *at)?;
    let tail = text.get(at + mark.len()..)?;
    let head = text.get(..at)?.trim_end();
    if let Some(priority) = values::priority_code(&normal(tail)) {
        label.priority = label.priority.take().or(Some(priority));
        return Some(head.to_owned());
    }
    take_facts(label, head, tail)
}

fn take_end_bracket(label: &mut Label, text: &str, legend: &Legend) -> Option<String> {
    let (open, close) = if text.ends_with(')') {
        ('(', ')')
    } else {
        ('[', ']')
    };
    let (head, inner) = text.strip_suffix(close)?.rsplit_once(open)?;
    if head.trim().is_empty() || head.ends_with(']') {
        return None;
    }
    if let Some(rest) = take_facts(label, head, inner) {
        return Some(rest);
    }
    let is_unnamed = label.id.as_ref().is_none_or(Id::is_number);
    if is_unnamed
        && let Some((id, _)) = ids::leading(inner)
            .filter(|(id, at)| *at == inner.len() && id.text.contains('-') && !id.is_number())
    {
        label.kind = kind_of_prefix(&id.prefix);
        label.id = Some(id);
        return Some(head.to_owned());
    }
    let value = inner
        .split_once([':', '='])
        .map_or(inner, |(_, value)| value)
        .trim();
    let field = inner
        .split_once([':', '='])
        .map(|(name, _)| lexicon().meaning(&normal(name)));
    let said = inner.split(['—', '–']).next().unwrap_or_default().trim();
    let short = said.split_whitespace().count() <= 4;
    let value = if field.is_none() { said } else { value };
    let is_priority = field.is_some_and(|field| field.has(Meaning::FieldPriority))
        || (short && field.is_none() && values::priority_word(value).is_some());
    if is_priority && let Some(values::Rank::Is(priority)) = values::priority_value(value) {
        label.is_priority_tag = label.priority.is_none() && field.is_none();
        label.priority = label.priority.take().or(Some(priority));
        return Some(head.to_owned());
    }
    if field.is_some_and(|field| field.has(Meaning::FieldEffort)) {
        label.effort = label.effort.or_else(|| values::effort_value(value));
        return Some(head.to_owned());
    }
    if field.is_none()
        && let Some(effort) = values::effort_tag(inner)
    {
        label.effort = label.effort.or(Some(effort));
        return Some(head.to_owned());
    }
    if short && let Some(state) = values::status_word(value) {
        label.state = label.state.or(Some(state));
        return Some(head.to_owned());
    }
    // A remark after a mark: "Detect renames ✅ (except on Windows)".
    let marked = head
        .trim_end()
        .trim_end_matches('\u{fe0f}')
        .chars()
        .next_back()
        .and_then(|c| legend.state(c));
    if let Some(state) = marked {
        label.state = label.state.or(Some(state));
        return Some(head.to_owned());
    }
    None
}

/// "… — COMPLETE", "… - done", "… DONE".
fn take_end_word(label: &mut Label, text: &str) -> Option<String> {
    let spans = word_spans(text);
    for count in [3, 2, 1] {
        let Some(start) = spans
            .len()
            .checked_sub(count)
            .filter(|at| *at > 0)
            .and_then(|at| spans.get(at))
        else {
            continue;
        };
        let head = text.get(..start.start)?;
        let tail = text.get(start.start..)?;
        let is_apart = head.trim_end().ends_with(['-', '–', '—', '|', '→', '*']);
        let is_loud = tail.chars().all(|c| !c.is_lowercase())
            && tail.chars().filter(|c| c.is_alphabetic()).count() > 3;
        let Some(state) = values::status_word(tail).filter(|_| is_apart || is_loud) else {
            continue;
        };
        label.state = label.state.or(Some(state));
        return Some(
            head.trim_end()
                .trim_end_matches(['-', '–', '—', ':', '|', ' ', '→', ',', '*'])
                .to_owned(),
        );
    }
    if let Some((head, tail)) = text.rsplit_once(", ")
        && let Some((word, when)) = tail.split_once(':')
        && when.split_whitespace().count() <= 4
        && let Some(state) = values::status_word(word)
    {
        label.state = label.state.or(Some(state));
        return Some(head.to_owned());
    }
    let (head, last) = text.rsplit_once(' ')?;
    let before = normal(head.split_whitespace().next_back()?);
    // "Receipt mail done" is; "send a text when it is done" is not.
    let is_part = before.chars().all(|c| c.is_ascii_digit());
    if last.eq_ignore_ascii_case("done") && !is_part && !lexicon().is_filler(&before) {
        label.state = label.state.or(Some(State::Done));
        return Some(head.to_owned());
    }
    None
}

/// "AI", "Action", "TODO" in capitals or as a word of its own before a colon.
fn is_notice(word: &str) -> bool {
    let words = normal(word);
    let means = lexicon().meaning(&words);
    let is_todo = means.has(Meaning::WorkTask) && means.has(Meaning::StatusOpen);
    is_todo || (means.has(Meaning::WorkAction) && means.has(Meaning::KindTask))
}
