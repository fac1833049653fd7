//! What a heading or label says of the part beneath it: word lists as data.

use super::text::{count, has_phrase, is_pictograph, words};
use crate::document::model::BlockType;

/// What a container of work items holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Stories,
    Requirements,
    /// A list of features, which sums up what requirements say where a document has these too.
    Features,
    Tasks,
    Bugs,
    /// A backlog, or a part that states nothing but a priority.
    Backlog,
}

/// Parts whose listed items are work only where a document says it nowhere better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weak {
    /// Phases and plans: open check boxes in them are tasks.
    Plan,
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

/// How a phrase must stand in a heading.
#[derive(Clone, Copy)]
enum At {
    /// It is the whole heading.
    Whole,
    /// It stands somewhere in it.
    Any,
    /// It begins or ends it, and the heading is short.
    Edge,
}

use BlockType as B;
use Role::Work as K;
use Role::{Aside, Criteria, Document, Never, Quality, Weak as W};

/// A row of the word list: how the phrases stand, the phrases, what they mean. The first match counts.
type Entry = (At, &'static [&'static str], Role);

/// Phrases that decide wherever they stand.
const FIRM: &[Entry] = &[
    (
        At::Any,
        &[
            "out of scope",
            "non goals",
            "non goal",
            "nongoals",
            "not in scope",
            "wont have",
            "will not have",
            "wont haves",
            "wont do",
            "wont fix",
            "not doing",
            "exclusions",
            "anti goals",
            "explicitly not",
            "not included",
            "excluded",
            "not planned",
            "rejected",
            "parking lot",
            "icebox",
            "deferred",
            "postponed",
            "non objectives",
            "what we are not",
            "what this is not",
            "fuera de alcance",
            "hors périmètre",
            "fora de escopo",
        ],
        Never(B::NonGoal),
    ),
    (
        At::Any,
        &[
            "acceptance criteria",
            "acceptance criterion",
            "acceptance scenarios",
            "acceptance scenario",
            "acceptance tests",
            "acceptance test",
            "definition of done",
            "definition of ready",
            "done when",
            "conditions of satisfaction",
            "exit criteria",
            "completion criteria",
            "acceptance checklist",
            "acceptance conditions",
            "acceptance evidence",
            "criterios de aceptación",
            "criterios de aceptacion",
            "critérios de aceite",
            "critérios de aceitação",
            "critères d acceptation",
            "critères dacceptation",
            "akzeptanzkriterien",
            "criteri di accettazione",
            "criterios de aceite",
            "verification criteria",
        ],
        Criteria,
    ),
    (
        At::Whole,
        &[
            "ac",
            "acs",
            "acceptance",
            "dod",
            "criteria",
            "scenarios",
            "ears criteria",
        ],
        Criteria,
    ),
    (
        At::Any,
        &[
            "success criteria",
            "success metrics",
            "success metric",
            "success measures",
            "success indicators",
            "kpis",
            "kpi",
            "metrics",
            "measurable outcomes",
            "okrs",
            "how we measure",
            "measuring success",
            "launch criteria",
            "what success looks like",
        ],
        Aside(B::Metrics),
    ),
    (
        At::Any,
        &[
            "changelog",
            "change log",
            "release notes",
            "whats new",
            "revision history",
            "document history",
            "version history",
            "change history",
            "edit history",
            "glossary",
            "terminology",
            "abbreviations",
            "acronyms",
            "table of contents",
            "bibliography",
            "further reading",
            "related documents",
            "see also",
            "traceability",
            "document conventions",
            "sign off",
            "document control",
            "acknowledgements",
            "acknowledgments",
            "already implemented",
            "already done",
            "already built",
            "recently completed",
            "implemented features",
            "completed features",
            "completed tasks",
            "completed items",
            "what works",
            "decision log",
            "open source licenses",
            "spec references",
        ],
        Never(B::Note),
    ),
    (
        At::Whole,
        &[
            "done",
            "completed",
            "finished",
            "shipped",
            "resolved",
            "closed",
            "archive",
            "archived",
            "history",
            "contents",
            "toc",
            "references",
            "reference",
            "links",
            "resources",
            "appendix",
            "appendices",
            "definitions",
            "legend",
            "license",
            "licence",
            "credits",
            "authors",
            "contributors",
            "faq",
            "examples",
            "example",
            "template",
            "sample",
            "conventions",
            "approvals",
            "approval",
            "stakeholders",
            "implemented",
            "delivered",
            "fixed bugs",
            "contributing",
            "contact",
            "support",
            "decisions",
            "key decisions",
            "notes",
            "note",
            "log",
            "attendees",
            "participants",
            "agenda",
            "installation",
            "install",
            "usage",
            "getting started",
            "prerequisites",
            "quick start",
            "quickstart",
            "setup",
            "how to use",
            "how to run",
            "running tests",
            "built with",
            "demo",
            "screenshots",
            "current features",
            "existing features",
        ],
        Never(B::Note),
    ),
    (
        At::Edge,
        &[
            "examples",
            "example",
            "template",
            "completed",
            "appendix",
            "references",
        ],
        Never(B::Note),
    ),
    (
        At::Any,
        &[
            "non functional",
            "nonfunctional",
            "quality attributes",
            "quality requirements",
            "nfr",
            "nfrs",
            "nfrs and constraints",
            "no funcionales",
            "não funcionais",
        ],
        Quality,
    ),
    (
        At::Any,
        &[
            "technical requirements",
            "system requirements",
            "hardware requirements",
            "software requirements specification",
            "performance requirements",
            "security requirements",
            "testing requirements",
            "documentation requirements",
            "design requirements",
            "compliance requirements",
            "usability requirements",
            "accessibility requirements",
            "reliability requirements",
            "scalability requirements",
            "environment requirements",
            "infrastructure requirements",
            "data requirements",
            "interface requirements",
            "legal requirements",
            "regulatory requirements",
            "browser requirements",
            "operational requirements",
            "external interface",
        ],
        Quality,
    ),
    (
        At::Any,
        &[
            "open questions",
            "open question",
            "questions",
            "unknowns",
            "open issues",
            "open points",
            "to be decided",
            "clarifications",
            "preguntas abiertas",
            "clarifications needed",
            "decisions needed",
        ],
        Aside(B::OpenQuestion),
    ),
    (
        At::Any,
        &[
            "risks",
            "assumptions",
            "constraints",
            "mitigations",
            "risk mitigation",
            "risk assessment",
            "risk register",
            "risk analysis",
            "limitations",
            "riesgos",
            "riscos",
            "known limitations",
            "dependencies",
            "risk management",
            "trade offs",
        ],
        Aside(B::Risk),
    ),
    (
        At::Whole,
        &[
            "risk",
            "assumption",
            "blockers",
            "problems",
            "mitigation",
            "concerns",
        ],
        Aside(B::Risk),
    ),
    (
        At::Any,
        &[
            "future work",
            "future enhancements",
            "future enhancement",
            "future improvements",
            "future considerations",
            "future features",
            "future plans",
            "future ideas",
            "future scope",
            "future releases",
            "later phases",
            "stretch goals",
            "stretch goal",
            "possible improvements",
            "possible enhancements",
            "post mvp",
            "future directions",
            "future possibilities",
            "long term vision",
            "potential improvements",
            "ideas for later",
            "future extensions",
            "future requirements",
            "future iterations",
        ],
        W(Weak::Future),
    ),
    (
        At::Whole,
        &[
            "future",
            "ideas",
            "later",
            "someday",
            "stretch",
            "wishlist",
            "wish list",
            "future phases",
            "future phase",
            "brainstorm",
        ],
        W(Weak::Future),
    ),
    (
        At::Any,
        &[
            "personas",
            "user persona",
            "target users",
            "target user",
            "target audience",
            "user types",
            "user roles",
            "user profiles",
            "customer segments",
            "who is this for",
            "user segments",
            "primary persona",
            "secondary persona",
            "target market",
            "ideal customer",
            "primary users",
            "secondary users",
            "user classes",
        ],
        Aside(B::Persona),
    ),
    (
        At::Whole,
        &[
            "persona",
            "users",
            "actors",
            "audience",
            "roles",
            "who",
            "customers",
        ],
        Aside(B::Persona),
    ),
    (
        At::Any,
        &[
            "user stories",
            "user story",
            "user scenarios",
            "job stories",
            "historias de usuario",
            "histórias de usuário",
            "user story map",
        ],
        K(Work::Stories),
    ),
    (
        At::Whole,
        &[
            "stories",
            "story",
            "narrative",
            "story backlog",
            "epics and stories",
            "stories and tasks",
        ],
        K(Work::Stories),
    ),
    (At::Edge, &["stories"], K(Work::Stories)),
    (
        At::Any,
        &[
            "functional requirements",
            "functional requirement",
            "product requirements",
            "business requirements",
            "user requirements",
            "feature requirements",
            "detailed requirements",
            "specific requirements",
            "key requirements",
            "core requirements",
            "requirements list",
            "requerimientos funcionales",
            "requisitos funcionales",
            "requisitos funcionais",
            "exigences fonctionnelles",
            "funktionale anforderungen",
            "ears requirements",
            "functional specifications",
            "functional specification",
        ],
        K(Work::Requirements),
    ),
    (
        At::Any,
        &[
            "todo",
            "todos",
            "to do",
            "to dos",
            "to do list",
            "action items",
            "action item",
            "task list",
            "next steps",
            "work items",
            "work breakdown",
            "implementation tasks",
            "tasks",
            "remaining work",
            "things to do",
            "technical debt",
            "tech debt",
            "planned features",
            "upcoming features",
            "open tasks",
            "follow ups",
            "follow up",
            "outstanding work",
            "tareas",
            "tarefas",
            "aufgaben",
            "missing features",
            "tasks to complete",
            "remaining tasks",
            "pending tasks",
            "still to do",
            "requested features",
            "feature requests",
            "planned improvements",
            "planned enhancements",
            "planned work",
        ],
        K(Work::Tasks),
    ),
    (
        At::Whole,
        &[
            "task",
            "actions",
            "subtasks",
            "sub tasks",
            "in progress",
            "pending",
            "outstanding",
            "up next",
            "next",
            "improvements",
            "enhancements",
            "refactoring",
            "chores",
            "planned",
            "upcoming",
            "now",
            "missing",
            "work",
            "tickets",
            "open",
            "not started",
            "ready",
            "doing",
            "deliverables",
            "follow on",
            "to fix",
            "acciones",
        ],
        K(Work::Tasks),
    ),
    (
        At::Any,
        &[
            "known issues",
            "known bugs",
            "bug list",
            "bugs to fix",
            "open bugs",
            "bug reports",
            "bug backlog",
            "fixes needed",
            "bugs and issues",
            "known defects",
            "issues to fix",
        ],
        K(Work::Bugs),
    ),
    (
        At::Whole,
        &[
            "bugs",
            "defects",
            "issues",
            "fixes",
            "bug fixes",
            "bugfixes",
            "errors to fix",
            "critical issues",
        ],
        K(Work::Bugs),
    ),
    (At::Edge, &["bugs"], K(Work::Bugs)),
    (
        At::Any,
        &["backlog", "sprint backlog", "product backlog"],
        K(Work::Backlog),
    ),
    (At::Edge, &["epics"], K(Work::Backlog)),
    (
        At::Any,
        &[
            "key features",
            "core features",
            "feature list",
            "main features",
            "mvp features",
            "product features",
            "feature set",
            "core functionality",
            "key functionality",
            "main functionality",
            "key capabilities",
            "core capabilities",
            "system features",
            "features and requirements",
            "proposed features",
            "feature overview",
            "feature breakdown",
            "feature specifications",
            "detailed features",
            "essential features",
        ],
        K(Work::Features),
    ),
    (
        At::Whole,
        &[
            "functionality",
            "functionalities",
            "capabilities",
            "feature",
            "proposed changes",
            "funcionalidades",
        ],
        K(Work::Features),
    ),
    (At::Edge, &["features"], K(Work::Features)),
    (
        At::Whole,
        &[
            "requirements",
            "requirement",
            "requisitos",
            "requerimientos",
            "anforderungen",
            "exigences",
            "specific requirements",
            "requirements and acceptance",
            "must haves",
            "requirements mandatory",
        ],
        K(Work::Requirements),
    ),
    (
        At::Any,
        &[
            "implementation plan",
            "implementation phases",
            "implementation strategy",
            "implementation steps",
            "implementation roadmap",
            "migration plan",
            "development plan",
            "development phases",
            "phased implementation",
            "project plan",
            "work plan",
            "action plan",
            "execution plan",
            "delivery plan",
            "build plan",
            "sprint plan",
            "development roadmap",
            "plan of action",
            "phased rollout",
            "development workflow",
            "rollout plan",
            "implementation order",
            "build order",
        ],
        W(Weak::Plan),
    ),
    (
        At::Whole,
        &["plan", "phases", "the plan", "implementation", "sprints"],
        W(Weak::Plan),
    ),
    (At::Any, &["roadmap"], W(Weak::Roadmap)),
    (At::Any, &["checklist", "check list"], W(Weak::Checklist)),
    (
        At::Any,
        &["use cases", "use case", "casos de uso"],
        W(Weak::UseCases),
    ),
    (
        At::Any,
        &[
            "recommendations",
            "recommended actions",
            "suggested improvements",
            "suggestions",
            "recommended next steps",
        ],
        W(Weak::Recommendations),
    ),
    (
        At::Any,
        &[
            "in scope",
            "project scope",
            "mvp scope",
            "scope of work",
            "scope of the mvp",
            "feature scope",
        ],
        W(Weak::Scope),
    ),
    (
        At::Whole,
        &[
            "scope",
            "mvp",
            "minimum viable product",
            "mvp definition",
            "v1",
            "scope and features",
        ],
        W(Weak::Scope),
    ),
    (
        At::Any,
        &[
            "timeline",
            "milestones",
            "milestone",
            "release plan",
            "release planning",
            "launch plan",
            "go to market",
            "schedule",
            "critical path",
            "gantt",
            "key dates",
            "rollout",
            "effort estimates",
            "estimates summary",
            "release criteria",
            "release strategy",
            "deadlines",
            "time estimates",
            "resource requirements",
            "deployment plan",
            "rollback plan",
            "budget",
        ],
        Aside(B::Timeline),
    ),
];

/// Words that speak of something else, unless the part stands in a list of work, where they are its categories.
const LOOSE: &[Entry] = &[
    (
        At::Edge,
        &[
            "goals",
            "goal",
            "objectives",
            "objective",
            "vision",
            "mission",
            "principles",
            "benefits",
            "value proposition",
            "desired outcome",
            "north star",
            "desired outcomes",
            "outcomes",
            "outcome",
            "why",
        ],
        Aside(B::Goal),
    ),
    (
        At::Edge,
        &[
            "problem",
            "problem statement",
            "background",
            "context",
            "introduction",
            "motivation",
            "overview",
            "executive summary",
            "summary",
            "purpose",
            "current state",
            "pain points",
            "rationale",
            "opportunity",
            "market analysis",
            "competitive analysis",
            "competitors",
            "research",
            "abstract",
            "tl dr",
            "tldr",
            "about",
            "description",
            "current challenges",
            "challenges",
            "current situation",
            "market opportunity",
            "problem definition",
            "the problem",
            "user needs",
            "findings",
            "analysis",
            "document information",
            "product overview",
            "status",
            "current status",
        ],
        Aside(B::Problem),
    ),
    (
        At::Edge,
        &[
            "architecture",
            "technical design",
            "design",
            "solution",
            "approach",
            "tech stack",
            "technology stack",
            "technical stack",
            "technologies",
            "data model",
            "data models",
            "schema",
            "database schema",
            "api",
            "api design",
            "api endpoints",
            "endpoints",
            "components",
            "infrastructure",
            "deployment",
            "wireframes",
            "mockups",
            "ui design",
            "system design",
            "implementation details",
            "implementation notes",
            "technical notes",
            "technical considerations",
            "technical details",
            "technical approach",
            "how it works",
            "file structure",
            "project structure",
            "directory structure",
            "folder structure",
            "data flow",
            "key entities",
            "entities",
            "domain model",
            "edge cases",
            "design decisions",
            "alternatives",
            "alternatives considered",
            "considerations",
            "stack",
            "technical context",
            "technical specifications",
            "technical architecture",
            "dev notes",
            "user experience",
            "ux",
            "user interface",
            "configuration",
            "files",
            "proposal",
            "tech",
            "interfaces",
            "environment variables",
            "commands",
            "algorithm",
            "rendering",
            "security considerations",
            "design goals",
            "user flow",
            "user flows",
            "user journey",
            "user journeys",
            "journeys",
            "flows",
            "workflows",
            "workflow",
            "information architecture",
            "game mechanics",
            "mechanics",
        ],
        Aside(B::Solution),
    ),
    (
        At::Edge,
        &[
            "testing",
            "tests",
            "test plan",
            "test strategy",
            "test cases",
            "testing strategy",
            "quality assurance",
            "qa",
            "verification",
            "validation",
            "validation plan",
            "manual testing",
            "test scenarios",
            "test results",
            "monitoring",
            "documentation",
            "compliance",
            "compliance and documentation",
            "review",
            "governance",
            "stakeholder analysis",
            "team",
            "communication",
            "policy",
            "process",
            "verification plan",
            "review notes",
            "metadata",
            "correctness properties",
        ],
        Aside(B::Note),
    ),
    (
        At::Any,
        &[
            "product requirements document",
            "requirements document",
            "requirements specification",
            "prd",
            "feature specification",
            "specification document",
            "design document",
            "srs",
        ],
        Document,
    ),
    (
        At::Whole,
        &[
            "specification",
            "spec",
            "feature spec",
            "product spec",
            "functional spec",
        ],
        Document,
    ),
    (
        At::Edge,
        &["requirements", "must haves"],
        K(Work::Requirements),
    ),
];

/// The role a heading gives; `in_work` when it stands within a list of work.
pub(super) fn role(heading: &str, in_work: bool) -> Role {
    let said = tidy(heading);
    if said.is_empty() {
        return Role::Plain;
    }
    let firm = matched(FIRM, &said);
    match firm.or_else(|| matched(LOOSE, &said)) {
        Some(Role::Aside(_)) if in_work && firm.is_none() => Role::Plain,
        Some(role) => role,
        None if is_phase(&said) => Role::Weak(Weak::Plan),
        None => Role::Plain,
    }
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

fn matched(entries: &[Entry], said: &str) -> Option<Role> {
    entries
        .iter()
        .find(|(at, phrases, _)| phrases.iter().any(|phrase| stands(*at, said, phrase)))
        .map(|(_, _, role)| *role)
}

fn stands(at: At, said: &str, phrase: &str) -> bool {
    match at {
        At::Whole => said == phrase,
        At::Any => has_phrase(said, phrase) && count(said) <= count(phrase) + 6,
        At::Edge => {
            let begins = said.strip_prefix(phrase).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with(" and ") || rest.starts_with(" of ")
            });
            let ends = said
                .strip_suffix(phrase)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with(' '));
            begins && count(said) <= 6 || ends && count(said) <= 4
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
        Role::Work(Work::Stories) => Some(B::UserStory),
        Role::Work(Work::Requirements | Work::Features) | Role::Quality | Role::Criteria => {
            Some(B::Requirement)
        }
        Role::Work(Work::Tasks | Work::Bugs | Work::Backlog)
        | Role::Weak(Weak::Checklist | Weak::Recommendations) => Some(B::Task),
        Role::Weak(Weak::Plan | Weak::Roadmap) => Some(B::Timeline),
        Role::Weak(Weak::UseCases) => Some(B::UserStory),
        Role::Weak(Weak::Scope) => Some(B::Goal),
        Role::Weak(Weak::Future) => Some(B::NonGoal),
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
            Role::Weak(Weak::Plan)
        );
        assert_eq!(
            role("Action Items Checklist", false),
            Role::Work(Work::Tasks)
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
