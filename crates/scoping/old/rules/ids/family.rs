//! Which letters and words say what sort of item an id names.

/// What an id says of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Family {
    Story,
    Requirement,
    /// A non-functional requirement.
    Quality,
    Feature,
    Task,
    Bug,
    Epic,
    UseCase,
    /// Goals, risks, criteria and the like.
    NotWork,
    /// Letters that say nothing by themselves.
    Unknown,
}

impl Family {
    /// Whether the id alone makes an item work.
    pub(in crate::rules) const fn is_work(self) -> bool {
        !matches!(self, Self::NotWork | Self::Unknown | Self::UseCase)
    }

    /// Whether it names something that holds other items rather than an item.
    pub(in crate::rules) const fn is_group(self) -> bool {
        matches!(self, Self::Epic | Self::Feature)
    }
}

#[rustfmt::skip]
const CODES: &[(Family, &[&str])] = &[
    (Family::Story, &["US", "STORY", "HU", "UST", "USR", "JS"]),
    (Family::Requirement, &["FR", "REQ", "RQ", "RF", "UR", "BR", "SR", "SRS", "FUNC", "FUN", "PRD"]),
    (Family::Quality, &["NFR", "RNF", "QR", "NF"]),
    (Family::Feature, &["FEAT", "FEATURE"]),
    (Family::Task, &["TASK", "TSK", "TODO", "TKT", "TICKET", "WI", "PBI", "CHORE", "ENH", "IMP", "DEBT"]),
    (Family::Bug, &["BUG", "DEFECT", "DEF", "FIX", "ISSUE"]),
    (Family::Epic, &["EP", "EPIC"]),
    (Family::UseCase, &["UC", "CU"]),
    (Family::NotWork, &[
        "AC", "SC", "GOAL", "OBJ", "BO", "SM", "KPI", "RISK", "RSK", "ASM", "CON", "DEC", "ADR",
        "OQ", "TC", "TEST", "TS", "MS", "NG", "DEP", "EC", "UJ", "GATE", "CP", "PROP", "V", "Q",
        "UTF", "SHA", "RFC", "ISO", "HTTP", "TLS", "WCAG", "PHASE", "SPRINT", "WEEK", "LAYER",
        "STEP",
    ]),
];

#[rustfmt::skip]
pub(super) const KEYWORDS: &[(&str, Family)] = &[
    ("user story", Family::Story), ("user stories", Family::Story), ("job story", Family::Story),
    ("story", Family::Story), ("historia de usuario", Family::Story),
    ("functional requirement", Family::Requirement),
    ("non-functional requirement", Family::Quality), ("requirement", Family::Requirement),
    ("req", Family::Requirement), ("requisito", Family::Requirement), ("task", Family::Task),
    ("subtask", Family::Task), ("sub-task", Family::Task), ("ticket", Family::Task),
    ("work item", Family::Task), ("backlog item", Family::Task), ("action item", Family::Task),
    ("chore", Family::Task), ("spike", Family::Task), ("enhancement", Family::Task),
    ("improvement", Family::Task), ("todo", Family::Task), ("bug", Family::Bug),
    ("defect", Family::Bug), ("issue", Family::Bug), ("feature request", Family::Feature),
    ("feature", Family::Feature), ("epic", Family::Epic), ("use case", Family::UseCase),
];

/// The family of an id's letters.
pub(super) fn family_of(letters: &str) -> Family {
    let upper = letters.to_ascii_uppercase();
    CODES
        .iter()
        .find(|(_, codes)| codes.contains(&upper.as_str()))
        .map_or(Family::Unknown, |(family, _)| *family)
}
