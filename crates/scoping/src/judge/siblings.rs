//! Headings of one level that nothing names: what their numbers, their states and their contents say of all of them.

use super::Judge;
use crate::evidence::Obligation;
use crate::outline::{Kind, NodeId};

impl Judge<'_, '_> {
    /// Whether several of these headings say how far they are, as only items do.
    pub(super) fn tell_states(&self, sections: &[NodeId]) -> bool {
        let states = |id: &&NodeId| self.evidence(**id).label.state.is_some();
        let count = sections.iter().filter(states).count();
        count >= 2 && count * 4 >= sections.len()
    }

    /// Whether these headings are numbered and most of them begin with a verb: steps of a plan.
    pub(super) fn are_tasks(&self, sections: &[NodeId]) -> bool {
        let begins = |id: &&NodeId| self.evidence(**id).is_imperative;
        let count = sections.iter().filter(begins).count();
        count * 10 >= sections.len() * 8 && self.are_numbered(sections)
    }

    /// Whether most of these sections are told in paragraphs that oblige somebody.
    pub(super) fn oblige(&self, sections: &[NodeId]) -> bool {
        let obliges = |id: &&NodeId| {
            self.outline.children(**id).iter().any(|child| {
                *self.kind(*child) == Kind::Paragraph
                    && self.evidence(*child).obligation == Obligation::Strong
            })
        };
        let is_leaf = |id: &NodeId| {
            self.outline
                .children(*id)
                .iter()
                .all(|child| *self.kind(*child) != Kind::Section)
        };
        sections.iter().all(is_leaf)
            && sections.iter().filter(obliges).count() * 10 >= sections.len() * 8
    }

    /// "1 — Pairing", "2 — Map", … above lists whose items begin with verbs: the stages of a plan.
    pub(super) fn are_numbered_lists(&self, sections: &[NodeId]) -> bool {
        let is_numbered = |id: &&NodeId| {
            let id = self.evidence(**id).label.id.as_ref();
            id.is_some_and(|id| id.is_number() && id.numbers.len() == 1)
        };
        let numbered: Vec<NodeId> = sections.iter().filter(is_numbered).copied().collect();
        // A chapter explains itself before it lists anything.
        let begins_with_list = |id: &&NodeId| {
            let first = self.outline.children(**id).first();
            first.is_some_and(|child| matches!(self.kind(*child), Kind::List { .. }))
        };
        numbered.len() >= 3
            && numbered.iter().filter(begins_with_list).count() * 10 >= numbered.len() * 6
            && self.are_done_by_items(&numbered)
    }

    /// Whether the headings count from 1 or from A here; numbers that go on a chapter's ("3.1") only order the document.
    pub(super) fn are_numbered(&self, sections: &[NodeId]) -> bool {
        let numbers = sections
            .iter()
            .map(|id| self.evidence(*id).label.id.as_ref());
        let is_place = |(place, id): (u32, Option<&crate::ids::Id>)| {
            id.is_some_and(|id| id.is_number() && id.numbers == [place])
        };
        let is_letter = |(letter, id): (char, &NodeId)| {
            let plain = self.outline.plain(*id);
            plain
                .strip_prefix(letter)
                .is_some_and(|rest| rest.starts_with(['.', ')', ':']))
        };
        let numbers: Vec<_> = numbers.collect();
        [0, 1]
            .into_iter()
            .any(|first| (first..).zip(numbers.clone()).all(is_place))
            || ('A'..='Z').zip(sections).all(is_letter)
    }

    /// Whether the items of the lists in these sections read like work of their own: they oblige, or begin with a verb.
    pub(super) fn are_done_by_items(&self, sections: &[NodeId]) -> bool {
        let lists = sections
            .iter()
            .flat_map(|id| self.outline.children(*id))
            .filter(|child| matches!(self.kind(**child), Kind::List { .. }));
        let items: Vec<NodeId> = lists
            .flat_map(|list| self.outline.children(*list))
            .copied()
            .collect();
        let works = items.iter().filter(|item| {
            let evidence = self.evidence(**item);
            evidence.obligation == Obligation::Strong
                || evidence.is_imperative
                || evidence.label.id.is_some()
        });
        works.count() * 10 >= items.len() * 6
    }
}
