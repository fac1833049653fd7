//! What a heading or label says of the part beneath it: word lists as data.

mod phrases;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::{count, is_pictograph, words};
use handoff_domain::document::model::BlockType;
use phrases::{At, Entry, FIRM, LOOSE};

/// What a container of work items holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Stories,
    Requirements,
    /// A list of features, which sums up what requirements say where a document has these too.
    Features,
    Tasks,
    Bugs,
    /// A list of epics, which only groups what stands elsewhere.
    Epics,
    /// A backlog, or a part that states nothing but a priority.
    Backlog,
}

/// Parts whose listed items are work only where a document says it nowhere better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weak {
    /// Plans: open check boxes in them are tasks.
    Plan,
    /// A phase, a sprint, a quarter.
    Phase,
    Roadmap,
    Checklist,
    UseCases,
    Recommendations,
    Scope,
    Future,
}

/// The role of a part of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// No known word.
    Plain,
    /// The document as a whole.
    Document,
    /// Holds work items.
    Work(Work),
    /// Non-functional requirements: work only with an id or a priority of its own.
    Quality,
    /// Acceptance criteria.
    Criteria,
    /// Says what is done anyway or only perhaps.
    Weak(Weak),
    /// Speaks of something else, but may hold a part that is work.
    Aside(BlockType),
    /// Makes no tickets whatever stands in it.
    Never(BlockType),
}

/// Phrases by their first word, each with its place in the list.
type Index = HashMap<&'static str, Vec<(usize, &'static str, At, Role)>>;

static FIRM_INDEX: LazyLock<Index> = LazyLock::new(|| index(FIRM));
static LOOSE_INDEX: LazyLock<Index> = LazyLock::new(|| index(LOOSE));

fn index(entries: &'static [Entry]) -> Index {
    let mut index = Index::new();
    for (place, (at, phrases, role)) in entries.iter().enumerate() {
        for phrase in phrases.split(',').map(str::trim) {
            let first = phrase.split(' ').next().unwrap_or(phrase);
            index
                .entry(first)
                .or_default()
                .push((place, phrase, *at, *role));
        }
    }
    index
}

/// The role a heading gives; `in_work` when it stands within a list of work.
pub(super) fn role(heading: &str, in_work: bool) -> Role {
    let said = tidy(heading);
    if said.is_empty() {
        return Role::Plain;
    }
    if matches!(
        said.split(' ').next(),
        Some("total" | "totals" | "subtotal" | "estimated")
    ) {
        return Role::Aside(BlockType::Timeline);
    }
    let firm = matched(&FIRM_INDEX, &said);
    match firm.or_else(|| matched(&LOOSE_INDEX, &said)) {
        Some(Role::Aside(_)) if in_work && firm.is_none() => Role::Plain,
        Some(Role::Work(_) | Role::Aside(_)) if speaks_of_the_past(&said) => {
            Role::Never(BlockType::Note)
        }
        Some(role) => role,
        None if is_phase(&said) => Role::Weak(Weak::Phase),
        None => Role::Plain,
    }
}

/// Whether a heading names the criteria of the very item it stands in, unlike "Vague acceptance criteria".
pub(super) fn is_criteria(heading: &str) -> bool {
    const FIRST: &[&str] = &[
        "acceptance",
        "definition",
        "done",
        "ac",
        "acs",
        "criteria",
        "criterios",
        "criterio",
        "conditions",
        "exit",
        "completion",
        "criteres",
        "definicao",
        "definicion",
        "dod",
        "scenarios",
        "verification",
        "akzeptanzkriterien",
        "criteri",
        "ears",
    ];
    let said = tidy(heading);
    role(heading, true) == Role::Criteria
        && said
            .split(' ')
            .next()
            .is_some_and(|first| FIRST.contains(&first))
}

/// "Implemented requirements", "Existing features": what is there already.
fn speaks_of_the_past(said: &str) -> bool {
    const DONE: &[&str] = &[
        "implemented",
        "completed",
        "finished",
        "shipped",
        "done",
        "delivered",
        "already",
        "built",
    ];
    const PRESENT: &[&str] = &[
        "features",
        "functionality",
        "capabilities",
        "implementation",
        "functionalities",
    ];
    let first = said.split(' ').next().unwrap_or_default();
    let last = said.rsplit(' ').next().unwrap_or_default();
    let present = matches!(first, "current" | "existing" | "available") && PRESENT.contains(&last);
    count(said) > 1 && (DONE.contains(&first) || present)
}

/// The words of a heading without its number, its signs and what it says in brackets.
pub(super) fn tidy(heading: &str) -> String {
    let bare = heading.trim_start_matches(|c: char| {
        c.is_whitespace()
            || c.is_ascii_digit()
            || matches!(c, '.' | ')' | '§' | '#' | '-')
            || is_pictograph(c)
    });
    let bare = if bare.is_empty() { heading } else { bare };
    let open = bare
        .find(['(', '[', '{'])
        .filter(|at| *at > 2)
        .unwrap_or(bare.len());
    words(bare.get(..open).unwrap_or(bare))
}

/// The role of the earliest listed phrase that stands in the heading as its entry asks.
fn matched(index: &Index, said: &str) -> Option<Role> {
    let total = count(said);
    if total > 16 {
        return None;
    }
    let mut best: Option<(usize, Role)> = None;
    let mut from = 0;
    for word in said.split(' ') {
        let rest = said.get(from..).unwrap_or_default();
        for (place, phrase, at, role) in index.get(word).map_or(&[][..], Vec::as_slice) {
            let earlier = best.is_none_or(|(found, _)| *place < found);
            if earlier && stands(*at, rest, phrase, from == 0, total) {
                best = Some((*place, *role));
            }
        }
        from += word.len() + 1;
    }
    best.map(|(_, role)| role)
}

/// Whether a phrase stands at the front of `rest`, the end of a heading of `total` words, as its entry asks.
fn stands(at: At, rest: &str, phrase: &str, at_front: bool, total: usize) -> bool {
    let Some(after) = rest.strip_prefix(phrase) else {
        return false;
    };
    let ends = after.is_empty();
    if !ends && !after.starts_with(' ') {
        return false;
    }
    match at {
        At::Whole => at_front && ends,
        At::Any => total <= count(phrase) + 6,
        At::Edge => {
            let begins =
                at_front && (ends || after.starts_with(" and ") || after.starts_with(" of "));
            begins && total <= 6 || ends && total <= 4
        }
    }
}

/// "Phase 1: Setup", "Sprint 3", "Week 2", "Milestone 4", "Q3 2025".
fn is_phase(said: &str) -> bool {
    let mut parts = said.split(' ');
    let (Some(first), second) = (parts.next(), parts.next().unwrap_or_default()) else {
        return false;
    };
    let counted = second.starts_with(|c: char| c.is_ascii_digit())
        || matches!(
            second,
            "i" | "ii" | "iii" | "iv" | "v" | "one" | "two" | "three"
        );
    let named = matches!(
        first,
        "phase"
            | "sprint"
            | "week"
            | "weeks"
            | "stage"
            | "iteration"
            | "milestone"
            | "day"
            | "step"
            | "wave"
            | "fase"
    );
    let quarter =
        first.len() == 2 && first.starts_with('q') && first.ends_with(|c: char| c.is_ascii_digit());
    named && counted || quarter
}

/// The block type that a role calls for.
pub(super) const fn block_type(role: Role) -> Option<BlockType> {
    match role {
        Role::Plain | Role::Document => None,
        Role::Work(Work::Stories) => Some(BlockType::UserStory),
        Role::Work(Work::Requirements | Work::Features) | Role::Quality | Role::Criteria => {
            Some(BlockType::Requirement)
        }
        Role::Work(Work::Tasks | Work::Bugs | Work::Backlog | Work::Epics)
        | Role::Weak(Weak::Checklist | Weak::Recommendations) => Some(BlockType::Task),
        Role::Weak(Weak::Plan | Weak::Phase | Weak::Roadmap) => Some(BlockType::Timeline),
        Role::Weak(Weak::UseCases) => Some(BlockType::UserStory),
        Role::Weak(Weak::Scope) => Some(BlockType::Goal),
        Role::Weak(Weak::Future) => Some(BlockType::NonGoal),
        Role::Aside(kind) | Role::Never(kind) => Some(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_their_words() {
        assert_eq!(
            role("3. Functional Requirements", false),
            Role::Work(Work::Requirements)
        );
        assert_eq!(role("4. Non-Functional Requirements", false), Role::Quality);
        assert_eq!(
            role("Out of Scope (V1)", false),
            Role::Never(BlockType::NonGoal)
        );
        assert_eq!(role("✅ Acceptance Criteria", false), Role::Criteria);
        assert_eq!(
            role("Success Metrics", false),
            Role::Aside(BlockType::Metrics)
        );
        assert_eq!(
            role("User Scenarios & Testing *(mandatory)*", false),
            Role::Work(Work::Stories)
        );
        assert_eq!(
            role("Phase 1: Critical Security Issues (Week 1)", false),
            Role::Weak(Weak::Phase)
        );
        assert_eq!(
            role("Action Items Checklist", false),
            Role::Work(Work::Tasks)
        );
    }

    #[test]
    fn the_usual_names_of_lists_of_work_are_known() {
        for heading in [
            "Tasks",
            "TODO",
            "To-do",
            "Next steps",
            "Action items",
            "Technical debt",
        ] {
            assert_eq!(role(heading, false), Role::Work(Work::Tasks), "{heading}");
        }
        assert_eq!(role("Known issues", false), Role::Work(Work::Bugs));
        assert_eq!(role("Product Backlog", false), Role::Work(Work::Backlog));
        assert_eq!(
            role("User stories & acceptance criteria", false),
            Role::Work(Work::Stories)
        );
    }

    #[test]
    fn in_a_list_of_work_general_words_are_categories() {
        assert_eq!(role("Testing", true), Role::Plain);
        assert_eq!(role("Testing", false), Role::Aside(BlockType::Note));
        assert_eq!(role("Risks", true), Role::Aside(BlockType::Risk));
    }

    #[test]
    fn names_of_features_are_no_parts() {
        assert_eq!(role("Goal setting wizard", false), Role::Plain);
        assert_eq!(role("Schema migration tool for teams", false), Role::Plain);
    }
}
