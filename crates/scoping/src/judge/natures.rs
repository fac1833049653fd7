//! What each heading is to the work below it: an item, a group of items, a part of one, or a word against it.

use handoff_domain::scoping::model::CoverageReason;

use super::{Context, Judge, reason};
use crate::evidence::label::Label;
use crate::evidence::roles::{ASIDE, Roles};
use crate::evidence::values::{self, State};
use crate::evidence::{Evidence, Obligation};
use crate::lexicon::{Meaning, lexicon};
use crate::outline::{Kind, NodeId};
use crate::text::normal;

/// What a heading is to the items below and around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// It names a piece of work.
    Item,
    /// It stands above pieces of work, or above nothing.
    Group,
    /// It speaks against work.
    Aside(CoverageReason),
    /// A part of the item around it.
    Part,
    /// Not yet decided: its siblings decide.
    Neutral,
}

impl Judge<'_, '_> {
    /// What each of the sections below one heading is; those of one form get the same answer.
    pub(super) fn natures(
        &self,
        parent: NodeId,
        sections: &[NodeId],
        context: &Context,
    ) -> Vec<Nature> {
        let is_item = *self.kind(parent) == Kind::Section
            && Some(parent) != self.outline.title
            && self.is_item_alone(parent);
        let is_chapter = sections.iter().any(|id| {
            let roles = self.evidence(*id).roles;
            roles.is_whole && roles.work().is_some()
        });
        let mut natures: Vec<Nature> = sections
            .iter()
            .map(|id| self.nature(*id, context, is_item, is_chapter))
            .collect();
        let neutral: Vec<NodeId> = sections
            .iter()
            .zip(&natures)
            .filter(|(_, nature)| **nature == Nature::Neutral)
            .map(|(id, _)| *id)
            .collect();
        let decided = if is_chapter {
            Nature::Group
        } else {
            self.neutral_nature(&neutral, context)
        };
        let obliging = neutral.iter().filter(|id| self.obliges(**id)).count();
        let change = obliging * 2 >= neutral.len();
        for (id, nature) in sections.iter().zip(&mut natures) {
            if *nature == Nature::Neutral {
                *nature = self.neutral_of(*id, decided, change, context);
            }
        }
        natures
    }

    /// A heading's nature by its own words and its own content.
    ///
    /// `is_chapter`: a heading beside it names a kind of work, so that their numbers only order the document.
    fn nature(&self, id: NodeId, context: &Context, in_item: bool, is_chapter: bool) -> Nature {
        let evidence = self.evidence(id);
        if in_item && is_part(evidence) {
            return Nature::Part;
        }
        if Some(id) == self.outline.title {
            return title_nature(&evidence.label);
        }
        let is_container = self.is_container(id);
        if values::status_word(&evidence.label.name) == Some(State::Open) {
            return Nature::Group;
        }
        // "Priority 2 – Depth" above a list ranks what the list holds.
        if evidence.rank.is_some() && self.begins_with_rank(id) && self.has_parts(id) {
            return Nature::Group;
        }
        if evidence.label.is_named() && !is_container && !tells_aside(evidence, context) {
            return Nature::Item;
        }
        if !is_container && !is_chapter && is_placed(evidence, context) {
            return self.item_or(id, Nature::Neutral);
        }
        let is_numbered = is_container && evidence.label.id.is_some();
        let why = excluded(evidence, context);
        if let Some(why) = why.filter(|why| !is_numbered || *why != CoverageReason::Background) {
            return Nature::Aside(why);
        }
        if is_container || evidence.roles.work().is_some() {
            // "1.1 Technical debt" with a priority of its own is an item whatever it is called.
            let is_item = !is_container && evidence.label.id.is_some() && self.has_field_list(id);
            return if is_item { Nature::Item } else { Nature::Group };
        }
        if evidence.roles.has(Meaning::Inventory) || evidence.roles.has(Meaning::Later) {
            return self.item_or(id, Nature::Group);
        }
        if context.aside.is_some() {
            return Nature::Group;
        }
        let names_part = evidence.roles.is_whole && evidence.label.id.is_none();
        if context.in_container
            && names_part
            && evidence.roles.any(&[Meaning::Detail, Meaning::Steps])
        {
            return Nature::Aside(CoverageReason::Background);
        }
        self.item_or(id, Nature::Neutral)
    }

    /// Whether a heading calls itself something that holds tickets.
    pub(super) fn is_container(&self, id: NodeId) -> bool {
        let evidence = self.evidence(id);
        let label = &evidence.label;
        let small = &[Meaning::KindStory, Meaning::KindTask, Meaning::KindBug];
        if label.is_named() && label.kind.any(small) && !label.kind.has(Meaning::KindEpic) {
            return false;
        }
        let is_numbered =
            label.id.is_some() && label.kind.any(&[Meaning::Container, Meaning::KindEpic]);
        let is_title = Some(id) == self.outline.title;
        let roles = evidence.roles;
        let by_name = roles.is_container
            && (roles.work().is_none() || roles.is_numbered)
            && !roles.any(ASIDE);
        is_numbered || label.kind.has(Meaning::KindEpic) || (by_name && !is_title)
    }

    fn begins_with_rank(&self, id: NodeId) -> bool {
        let words = normal(&self.outline.plain(id));
        let first = words.split(' ').next().unwrap_or_default();
        lexicon().meaning(first).has(Meaning::FieldPriority)
    }

    fn has_parts(&self, id: NodeId) -> bool {
        let mut children = self.outline.children(id).iter();
        children.any(|child| matches!(self.kind(*child), Kind::List { .. } | Kind::Section))
    }

    /// An item where the section's own content shows it.
    fn item_or(&self, id: NodeId, other: Nature) -> Nature {
        if self.has_item_body(id) {
            Nature::Item
        } else {
            other
        }
    }

    /// Whether a heading is an item and not a container of items.
    fn is_item_alone(&self, id: NodeId) -> bool {
        let evidence = self.evidence(id);
        (evidence.label.is_named() || self.has_item_body(id)) && !self.is_container(id)
    }

    /// What headings without evidence of their own are below this one, decided for all of them at once.
    fn neutral_nature(&self, sections: &[NodeId], context: &Context) -> Nature {
        if sections.is_empty() || context.aside.is_some() {
            return Nature::Group;
        }
        let is_leaf_prose = |id: &NodeId| {
            let children = self.outline.children(*id);
            !children.is_empty()
                && children.iter().all(|child| {
                    matches!(
                        self.kind(*child),
                        Kind::Paragraph | Kind::Code { .. } | Kind::Rule | Kind::Quote
                    )
                })
        };
        let tells_prose = sections.iter().any(is_leaf_prose);
        match context.work {
            Some(Meaning::WorkFeature | Meaning::WorkStory) if context.distance <= 1 => {
                Nature::Item
            }
            Some(Meaning::WorkChange) => Nature::Item,
            Some(_) if context.distance <= 1 && tells_prose => Nature::Item,
            Some(_)
                if context.distance == 0
                    && self.are_numbered(sections)
                    && !self.are_done_by_items(sections) =>
            {
                Nature::Item
            }
            None if sections.len() >= 2 && self.oblige(sections) => Nature::Item,
            None if sections.len() >= 3 && tells_prose && self.tell_states(sections) => {
                Nature::Item
            }
            None if sections.len() >= 2 && tells_prose && self.are_tasks(sections) => Nature::Item,
            None if context.in_container && tells_prose && context.distance <= 1 => Nature::Item,
            _ => Nature::Group,
        }
    }

    /// `change`: most of these headings stand above obligations, so each below a proposal is a change of it.
    fn neutral_of(&self, id: NodeId, decided: Nature, change: bool, context: &Context) -> Nature {
        if self.stories(id) > 1 {
            return Nature::Group;
        }
        if self.outline.plain(id).ends_with(':') && self.evidence(id).label.id.is_none() {
            return Nature::Group;
        }
        if decided != Nature::Item
            || self.outline.children(id).is_empty() && context.work == Some(Meaning::WorkChange)
        {
            return Nature::Group;
        }
        if context.work == Some(Meaning::WorkChange) {
            return if (change || self.obliges(id)) && !self.names_stage(id) {
                Nature::Item
            } else {
                Nature::Group
            };
        }
        Nature::Item
    }

    /// "Changes in v3.x" names when, not what.
    pub(super) fn names_stage(&self, id: NodeId) -> bool {
        self.evidence(id).roles.is_container
    }

    /// Whether what stands right below a heading obliges somebody, or lets somebody do something.
    pub(super) fn obliges(&self, id: NodeId) -> bool {
        let children = self.outline.children(id);
        children
            .iter()
            .any(|child| self.evidence(*child).obligation > Obligation::None)
    }
}

/// The title of a document is no item, unless the document is one story or task.
fn title_nature(label: &Label) -> Nature {
    let kinds = &[Meaning::KindStory, Meaning::KindTask, Meaning::KindBug];
    let is_item = label.id.is_some() && label.kind.any(kinds) && !label.kind.has(Meaning::KindEpic);
    if is_item { Nature::Item } else { Nature::Group }
}

/// "Scenario 1" below the conditions for a release, "Bug 1" below the causes of an outage.
fn tells_aside(evidence: &Evidence, context: &Context) -> bool {
    match context.aside {
        Some(CoverageReason::ExitCriteria | CoverageReason::OutOfScope) => true,
        Some(_) => evidence.label.has_kind_word && evidence.label.kind.has(Meaning::KindBug),
        None => false,
    }
}

/// Whether a heading has a number right below a heading whose sections are work: its words decide less then.
fn is_placed(evidence: &Evidence, context: &Context) -> bool {
    let excludes = &[Meaning::NonGoal, Meaning::Metric, Meaning::Exit];
    let is_excluded = evidence.roles.any(excludes) && evidence.roles.work().is_none();
    let is_below = context.work.is_some() && context.distance == 0 && evidence.label.id.is_some();
    // "0.2 Roles" below "Epic 0"
    let number = evidence.label.id.as_ref().filter(|id| id.is_number());
    let is_part_of_epic = context.in_container && number.is_some_and(|id| id.numbers.len() == 2);
    (is_below || is_part_of_epic) && !is_excluded
}

/// Why a heading speaks against work; one that only partly does is outweighed by work around it or a priority of its own.
fn excluded(evidence: &Evidence, context: &Context) -> Option<CoverageReason> {
    let roles = evidence.roles;
    let is_alone = context.work.is_none() || context.distance > 0;
    let is_sure =
        roles.is_whole || (is_alone && evidence.rank.is_none()) || roles.has(Meaning::NonGoal);
    let names_criteria = roles.work().is_none() && roles.any(&[Meaning::Criteria, Meaning::Exit]);
    let why = against(roles).filter(|_| is_sure);
    why.or_else(|| names_criteria.then_some(CoverageReason::ExitCriteria))
}

/// A heading that stands for a part of the item around it.
pub(super) fn is_part(evidence: &Evidence) -> bool {
    let roles = evidence.roles;
    let is_named = evidence.label.is_named();
    !is_named
        && (roles.any(&[
            Meaning::Criteria,
            Meaning::Detail,
            Meaning::Steps,
            Meaning::Exit,
        ]) || roles.any(ASIDE))
}

/// Why a heading speaks against work.
pub(super) fn against(roles: Roles) -> Option<CoverageReason> {
    if roles.work().is_some() {
        return None;
    }
    if roles.has(Meaning::NonGoal) {
        return Some(reason(Meaning::NonGoal));
    }
    if roles.has(Meaning::Exit) {
        return Some(reason(Meaning::Exit));
    }
    roles.aside().map(reason)
}
