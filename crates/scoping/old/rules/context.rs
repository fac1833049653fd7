//! What the part of the document around an item says of it, and how much an item there is worth.

use super::headings::{self, Role, Weak, Work};
use super::ids::Family;
use super::priority::{self, Rank};
use super::text::count;
use handoff_domain::document::model::BlockType;
use handoff_domain::ticket::model::Priority;

/// In what sort of part the walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Neutral,
    Work(Work),
    Quality,
    Weak(Weak),
    Aside(BlockType),
}

/// What makes a text a work item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It is a user story.
    Story,
    /// It has an id of a known family.
    Id(Family),
    /// It is an open check box.
    Box,
    /// It is listed, no more.
    Plain,
}

/// What holds for everything beneath a heading.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub mode: Mode,
    pub priority: Option<Priority>,
    pub labels: Vec<String>,
    /// Whether the document is a README, whose features exist and whose requirements are for its users.
    pub readme: bool,
    /// Whether the list of work is no more than the document's title says, so that its parts may be about anything.
    pub by_title: bool,
}

impl Context {
    /// The context of a whole document.
    pub(super) const fn new(readme: bool) -> Self {
        Self {
            mode: Mode::Neutral,
            priority: None,
            labels: Vec::new(),
            readme,
            by_title: false,
        }
    }

    /// The context that a document's name gives, such as "TODO" or "Backlog".
    pub(super) fn of_document(title: &str, readme: bool) -> Self {
        let mut context = Self::new(readme);
        if let Role::Work(work @ (Work::Tasks | Work::Backlog | Work::Bugs)) =
            headings::role(title, false)
            && count(title) <= 3
        {
            context.mode = Mode::Work(work);
            context.by_title = true;
        }
        context
    }

    /// Whether the walk is within a list of work.
    pub(super) const fn in_work(&self) -> bool {
        !self.by_title
            && matches!(
                self.mode,
                Mode::Work(_) | Mode::Weak(Weak::Plan | Weak::Phase | Weak::Roadmap | Weak::Future)
            )
    }

    /// The context beneath a heading; none when nothing beneath it can be a ticket.
    pub(super) fn enter(&self, heading: &str, level: u8) -> Option<Self> {
        let role = if level == 1 {
            title_role(heading)
        } else {
            headings::role(heading, self.in_work())
        };
        let role = self.among_its_kind(role, heading);
        let mut inner = self.clone();
        inner.mode = self.mode_beneath(role)?;
        if inner.mode != self.mode {
            inner.by_title = level == 1
                && matches!(
                    role,
                    Role::Work(Work::Requirements | Work::Stories | Work::Features)
                );
        }
        if level > 1 || role != Role::Plain {
            match priority::of_heading(heading) {
                Some(Rank::Wont) => return None,
                Some(Rank::Is(priority)) => inner.priority = Some(priority),
                None => {}
            }
        }
        if role == Role::Plain
            && inner.mode == Mode::Neutral
            && level > 1
            && priority::is_rank_heading(heading)
        {
            inner.mode = Mode::Work(Work::Backlog);
        }
        Some(inner)
    }

    /// What a role means here: a requirement may be called "Assign tasks", a part of a roadmap "Short-term goals".
    fn among_its_kind(&self, role: Role, heading: &str) -> Role {
        match (self.mode, role) {
            (
                Mode::Work(Work::Requirements | Work::Features | Work::Stories),
                Role::Work(Work::Tasks),
            ) if count(heading) > 1 => Role::Plain,
            (Mode::Weak(Weak::Roadmap | Weak::Plan), Role::Aside(BlockType::Goal)) => Role::Plain,
            (_, Role::Work(Work::Requirements)) if self.readme && !says_whose(heading) => {
                Role::Aside(BlockType::Note)
            }
            _ => role,
        }
    }

    fn mode_beneath(&self, role: Role) -> Option<Mode> {
        let kept = self.mode;
        Some(match role {
            Role::Never(_) | Role::Criteria => return None,
            Role::Plain => kept,
            Role::Document => {
                if matches!(kept, Mode::Work(_)) {
                    kept
                } else {
                    Mode::Neutral
                }
            }
            Role::Aside(kind) => Mode::Aside(kind),
            Role::Quality => match kept {
                Mode::Aside(_) | Mode::Weak(Weak::Future) => kept,
                _ => Mode::Quality,
            },
            Role::Weak(weak) => self.weaken(weak),
            Role::Work(Work::Features) if self.readme => Mode::Aside(BlockType::Note),
            Role::Work(work) => match kept {
                Mode::Aside(
                    BlockType::Metrics
                    | BlockType::Risk
                    | BlockType::OpenQuestion
                    | BlockType::NonGoal,
                ) => kept,
                Mode::Aside(BlockType::Persona) => kept,
                Mode::Weak(Weak::Future) | Mode::Quality => kept,
                Mode::Weak(Weak::Plan | Weak::Phase | Weak::Roadmap)
                    if matches!(work, Work::Features | Work::Requirements) =>
                {
                    kept
                }
                _ => Mode::Work(work),
            },
        })
    }

    fn weaken(&self, weak: Weak) -> Mode {
        match (self.mode, weak) {
            (Mode::Work(_), Weak::Phase | Weak::Checklist | Weak::Scope | Weak::Roadmap)
            | (Mode::Weak(Weak::Roadmap), Weak::Plan | Weak::Phase | Weak::Scope)
            | (Mode::Weak(Weak::Future), _)
            | (Mode::Aside(BlockType::Metrics | BlockType::Risk | BlockType::OpenQuestion), _) => {
                self.mode
            }
            (Mode::Aside(BlockType::Timeline), Weak::Plan | Weak::Phase) => self.mode,
            _ => Mode::Weak(weak),
        }
    }

    /// How much an item here is worth: 0 is surely a ticket, none is never one.
    pub(super) fn tier(&self, evidence: Evidence) -> Option<u8> {
        use BlockType as B;
        match (self.mode, evidence) {
            (_, Evidence::Id(family)) if !family.is_work() => self.tier(Evidence::Plain),
            (Mode::Neutral | Mode::Quality, Evidence::Plain) => None,
            (Mode::Work(Work::Features | Work::Epics), Evidence::Plain) => Some(1),
            (Mode::Neutral | Mode::Quality | Mode::Work(_), _) => Some(0),
            (
                Mode::Weak(Weak::Plan | Weak::Phase | Weak::Roadmap | Weak::Recommendations),
                Evidence::Box | Evidence::Story,
            ) => Some(0),
            (Mode::Weak(Weak::Scope | Weak::Checklist | Weak::UseCases), Evidence::Story) => {
                Some(0)
            }
            (Mode::Weak(Weak::Scope), Evidence::Id(_)) => Some(0),
            (
                Mode::Weak(Weak::Scope | Weak::Checklist | Weak::Future | Weak::UseCases),
                Evidence::Box,
            ) => Some(1),
            (Mode::Weak(Weak::Checklist), _) => None,
            (Mode::Weak(Weak::Future), _) => Some(3),
            (Mode::Weak(_), _) => Some(2),
            (
                Mode::Aside(B::Solution | B::Note),
                Evidence::Story | Evidence::Id(_) | Evidence::Box,
            ) => Some(1),
            (Mode::Aside(B::Problem | B::Goal), Evidence::Id(_) | Evidence::Box) => Some(2),
            (Mode::Aside(B::Problem | B::Goal | B::Persona), Evidence::Story) => Some(3),
            (Mode::Aside(B::Timeline), Evidence::Box) => Some(2),
            (Mode::Aside(_), _) => None,
        }
    }
}

/// Whether a heading says that its requirements are the product's, not those for running it.
fn says_whose(heading: &str) -> bool {
    let said = headings::tidy(heading);
    [
        "functional",
        "product",
        "business",
        "user",
        "project",
        "feature",
    ]
    .iter()
    .any(|word| said.contains(word))
}

/// The title of a document names its subject; only its last words or a plain list name say what it holds.
fn title_role(title: &str) -> Role {
    let said = headings::tidy(title);
    let role = headings::role(&said, false);
    let specification = [
        "prd",
        "requirements document",
        "specification",
        "spec",
        "design",
        "proposal",
        "rfc",
    ];
    if specification
        .iter()
        .any(|word| super::text::has_phrase(&said, word))
    {
        return Role::Document;
    }
    let tail: Vec<&str> = said.split(' ').rev().take(2).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    let last = tail.last().copied().unwrap_or_default();
    let ends =
        headings::role(&tail.join(" "), false) == role || headings::role(last, false) == role;
    let begins = title
        .split_once([':', '-', '–', '—', '('])
        .is_some_and(|(head, _)| headings::role(head, false) == role);
    match role {
        Role::Work(Work::Backlog) => role,
        Role::Work(_) | Role::Weak(_) | Role::Never(_) if ends || begins => role,
        _ => Role::Document,
    }
}
