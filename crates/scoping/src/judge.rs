//! Decides what of a document is work: one section after the other, each by its own evidence and its siblings'.
//!
//! No section looks at another one, so that adding, moving or removing a section never changes what others give. What spans
//! sections (the same work twice, parents) is [`crate::join`]'s.

mod bodies;
mod items;
mod lists;
mod natures;
mod prose;
mod sections;
mod siblings;
mod tables;

use std::ops::Range;

use handoff_domain::scoping::model::CoverageReason;

use crate::evidence::tables::TableShape;
use crate::evidence::values::State;
use crate::evidence::{Annotations, Evidence};
use crate::lexicon::Meaning;
use crate::outline::{Kind, NodeId, Outline};

/// Points at which a list, a table or a paragraph counts as work.
const ENOUGH: i32 = 4;

/// How a ticket stands in the document.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// A heading and its section.
    Section,
    /// An item of a list.
    Item,
    /// A row of a table.
    Row { shape: std::rc::Rc<TableShape> },
    /// A cell of a story map, below the release that it belongs to.
    Cell { stage: String },
    /// A whole table of fields and values.
    Record,
    /// A paragraph.
    Paragraph,
    /// Sentences of a paragraph; the one at `names` says what is to be done.
    Sentences { range: Range<usize>, names: usize },
}

/// A piece of work that the document names.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) node: NodeId,
    pub(crate) form: Form,
    /// The sections and items around it that hold tickets, innermost first.
    pub(crate) containers: Vec<NodeId>,
    /// The heading by which it is work.
    pub(crate) work: Option<Meaning>,
    /// Whether it stands in a list of items that other sections work out.
    pub(crate) in_inventory: bool,
}

/// What became of a node, told only where it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    NotWork(CoverageReason),
    Finished(CoverageReason),
}

/// What the document holds.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) units: Vec<Unit>,
    /// In the order in which they were decided; the later one holds for what it covers.
    pub(crate) fates: Vec<(NodeId, Fate)>,
    /// More units than a document may have.
    pub(crate) is_too_much: bool,
}

/// What is known of the sections around a node.
#[derive(Clone, Debug, Default)]
struct Context {
    work: Option<Meaning>,
    /// How many sections lie between the heading that says so and here.
    distance: u32,
    aside: Option<CoverageReason>,
    /// Whether the section that speaks against work only tells the background: open boxes outweigh it.
    is_soft_aside: bool,
    /// Whether only a part of its heading's words says so: strong evidence outweighs it.
    is_partly_aside: bool,
    is_later: bool,
    in_inventory: bool,
    /// Whether a heading around calls itself phase, release, epic or the like.
    in_container: bool,
    containers: Vec<NodeId>,
}

impl Context {
    /// The same, right below a heading that names this kind of work.
    fn of(&self, work: Meaning) -> Self {
        Self {
            work: Some(work),
            distance: 0,
            ..self.clone()
        }
    }
}

/// Judges a document; stops where it gives more than `most` units.
pub(crate) fn judge(outline: &Outline<'_>, notes: &Annotations, most: usize) -> Verdict {
    let mut judge = Judge {
        outline,
        notes,
        verdict: Verdict::default(),
        most,
    };
    judge.group(NodeId::ROOT, &Context::default());
    judge.verdict
}

struct Judge<'a, 's> {
    outline: &'a Outline<'s>,
    notes: &'a Annotations,
    verdict: Verdict,
    most: usize,
}

impl<'a> Judge<'a, '_> {
    fn evidence(&self, id: NodeId) -> &'a Evidence {
        self.notes.of(id)
    }

    fn kind(&self, id: NodeId) -> &'a Kind {
        &self.outline.node(id).kind
    }

    fn fate(&mut self, id: NodeId, fate: Fate) {
        self.verdict.fates.push((id, fate));
    }

    fn push(&mut self, node: NodeId, form: Form, context: &Context) {
        if self.verdict.units.len() >= self.most {
            self.verdict.is_too_much = true;
            return;
        }
        let mut containers = context.containers.clone();
        if let Some(section) = self
            .numbered_above(node)
            .filter(|section| !containers.contains(section))
        {
            containers.insert(0, section);
        }
        self.verdict.units.push(Unit {
            node,
            form,
            containers,
            work: context.work,
            in_inventory: context.in_inventory,
        });
    }

    /// The section whose number goes on in the item's: 1 of story 1.2.
    fn numbered_above(&self, node: NodeId) -> Option<NodeId> {
        let own = self
            .evidence(node)
            .label
            .id
            .as_ref()
            .filter(|id| id.numbers.len() > 1)?;
        let names_kind = |section: &NodeId| {
            let roles = self.evidence(*section).roles;
            roles.is_whole && roles.work().is_some()
        };
        let goes_on = |section: &NodeId| {
            self.evidence(*section)
                .label
                .id
                .as_ref()
                .is_some_and(|above| above.continues_in(own))
        };
        self.outline
            .sections_above(node)
            .find(goes_on)
            .filter(|section| !names_kind(section))
    }

    /// Whether the node says that it is done or will not be; noted if so.
    fn is_closed(&mut self, id: NodeId) -> bool {
        let fate = match self.state(id) {
            Some(State::Done) => Fate::Finished(CoverageReason::Done),
            Some(State::Rejected) => Fate::NotWork(CoverageReason::Rejected),
            Some(State::Open) | None => return false,
        };
        self.fate(id, fate);
        true
    }

    fn state(&self, id: NodeId) -> Option<State> {
        if let Kind::Item {
            checked: Some(true),
        } = self.kind(id)
        {
            return Some(State::Done);
        }
        self.evidence(id).label.state
    }
}

/// Why a section that speaks against work does.
fn reason(meaning: Meaning) -> CoverageReason {
    match meaning {
        Meaning::NonGoal => CoverageReason::OutOfScope,
        Meaning::Exit => CoverageReason::ExitCriteria,
        Meaning::Later => CoverageReason::Wish,
        Meaning::Done => CoverageReason::DoneSection,
        _ => CoverageReason::Background,
    }
}
