//! Headings: which name an item, which hold items, which speak against work.

use handoff_domain::scoping::model::CoverageReason;

use super::{Context, Fate, Form, Judge, reason};
use crate::evidence::Evidence;
use crate::evidence::label::Label;
use crate::evidence::roles::{ASIDE, Roles};
use crate::evidence::values::{self, State};
use crate::evidence::{Obligation, fields, story};
use crate::lexicon::{Meaning, lexicon};
use crate::outline::{Kind, NodeId};
use crate::text::normal;

/// Fields that only an item has.
const TELLING: &[Meaning] = &[
    Meaning::FieldPriority,
    Meaning::FieldEffort,
    Meaning::FieldOwner,
    Meaning::FieldDepends,
];

/// What a heading is to the items below and around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
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
    /// Judges what stands directly in a section or in the document, then its sections.
    pub(super) fn group(&mut self, id: NodeId, context: &Context) {
        if self.verdict.is_too_much {
            return;
        }
        let children = self.outline.children(id).to_vec();
        let sections: Vec<NodeId> = children
            .iter()
            .copied()
            .filter(|child| *self.kind(*child) == Kind::Section)
            .collect();
        let announced = Context {
            work: Some(Meaning::WorkBacklog),
            distance: 0,
            ..context.clone()
        };
        let context = if context.work.is_none()
            && context.aside.is_none()
            && self.announces_parts(id, &children)
        {
            &announced
        } else {
            context
        };
        let natures = self.natures(id, &sections, context);
        let is_intro = natures.contains(&Nature::Item) || natures.contains(&Nature::Group);
        let has_named = sections
            .iter()
            .zip(&natures)
            .any(|(id, nature)| *nature == Nature::Item && self.evidence(*id).label.is_named());
        // Beside items with names of their own, what has none tells of all of them.
        let beside = Context {
            in_container: context.in_container && !has_named,
            ..context.clone()
        };
        let stage = Context {
            work: Some(Meaning::WorkTask),
            distance: 0,
            ..beside.clone()
        };
        self.blocks(id, &children, is_intro, &beside);
        let has_split = sections.iter().zip(&natures).any(|(id, nature)| {
            *nature == Nature::Item && !self.evidence(*id).label.is_named() && self.has_boxes(*id)
        });
        let is_plan = context.work.is_none()
            && context.aside.is_none()
            && sections.len() >= 3
            && self.are_numbered_lists(&sections);
        let released = self.newest_released(&sections);
        for (section, nature) in sections.into_iter().zip(natures) {
            let is_older = version(&self.outline.plain(section))
                .is_some_and(|version| released.as_ref() > Some(&version));
            if is_older && context.aside.is_none() {
                self.fate(section, Fate::Finished(CoverageReason::DoneSection));
            } else {
                let context = match nature {
                    Nature::Item => context,
                    Nature::Group if is_plan && self.has_plain_list(section) => &stage,
                    _ => &beside,
                };
                self.section(section, nature, has_split, context);
            }
        }
    }

    /// "Things decided but not built." below the title: what the parts of the document hold is work.
    fn announces_parts(&self, id: NodeId, children: &[NodeId]) -> bool {
        let is_top = id == NodeId::ROOT || Some(id) == self.outline.title;
        is_top
            && children
                .iter()
                .take_while(|child| *self.kind(**child) != Kind::Section)
                .filter(|child| matches!(self.kind(**child), Kind::Paragraph | Kind::Quote))
                .any(|child| self.announces(*child))
    }

    /// The greatest version among sections that are told to be released; smaller ones are so too.
    fn newest_released(&self, sections: &[NodeId]) -> Option<Vec<u32>> {
        let is_done = |id: &&NodeId| self.evidence(**id).label.state == Some(State::Done);
        sections
            .iter()
            .filter(is_done)
            .filter_map(|id| version(&self.outline.plain(*id)))
            .max()
    }

    /// `beside_split`: a heading beside this one holds smaller items in boxes.
    fn section(&mut self, id: NodeId, nature: Nature, beside_split: bool, context: &Context) {
        if nature != Nature::Part && self.is_closed_section(id, nature) {
            return;
        }
        match nature {
            Nature::Part => {}
            Nature::Aside(why) => {
                let is_partly_aside =
                    !self.evidence(id).roles.is_whole && why == CoverageReason::Background;
                let mut inner = context.clone();
                inner.aside = context.aside.or(Some(why));
                inner.is_partly_aside =
                    is_partly_aside && (context.aside.is_none() || context.is_partly_aside);
                inner.is_soft_aside =
                    is_soft(why) && (context.aside.is_none() || context.is_soft_aside);
                inner.work = None;
                self.fate(id, Fate::NotWork(why));
                self.group(id, &inner);
            }
            Nature::Item => self.item_section(id, beside_split, context),
            Nature::Group | Nature::Neutral => {
                let inner = self.inside(id, context);
                self.group(id, &inner);
            }
        }
    }

    /// A heading that names an item: the item, unless the section holds smaller ones.
    fn item_section(&mut self, id: NodeId, beside_split: bool, context: &Context) {
        if self.all_parts_done(id) {
            self.fate(id, Fate::Finished(CoverageReason::Done));
            return;
        }
        let is_change = context.work == Some(Meaning::WorkChange);
        let is_split = self.holds_smaller(id, is_change);
        let is_like_siblings =
            beside_split && !self.evidence(id).label.is_named() && self.has_plain_list(id);
        if is_split || is_like_siblings {
            let mut inner = self.inside(id, context);
            inner.in_container = true;
            if inner.containers.first() != Some(&id) {
                inner.containers.insert(0, id);
            }
            // What has neither box nor id is context of the smaller items.
            inner.work = is_like_siblings.then_some(Meaning::WorkTask);
            inner.distance = 0;
            self.group(id, &inner);
            return;
        }
        if context.is_later && self.evidence(id).label.id.is_none() {
            self.fate(id, Fate::NotWork(CoverageReason::Wish));
            return;
        }
        self.push(id, Form::Section, context);
    }

    /// The context inside of a section.
    fn inside(&self, id: NodeId, context: &Context) -> Context {
        let evidence = self.evidence(id);
        let roles = evidence.roles;
        let mut inner = context.clone();
        inner.distance += 1;
        if Some(id) != self.outline.title {
            if let Some(work) = roles.work() {
                inner.work = Some(work);
                inner.distance = 0;
                let is_plain = !roles.is_container
                    && !matches!(work, Meaning::WorkBacklog | Meaning::WorkChange);
                let outweighs = (roles.is_whole && is_plain) || work == Meaning::WorkAction;
                inner.aside = inner
                    .aside
                    .filter(|why| *why != CoverageReason::Background || !outweighs);
            }
            if roles.is_neutral() && inner.aside.is_none() && self.announces(id) {
                inner.work = Some(Meaning::WorkTask);
                inner.distance = 0;
            }
            if inner.work.is_none() && evidence.rank.is_some() && inner.aside.is_none() {
                inner.work = Some(Meaning::WorkBacklog);
                inner.distance = 0;
            }
            inner.is_later |=
                roles.has(Meaning::Later) && !roles.is_container && evidence.rank.is_none();
            // "Inventory" alone is as often a part of a shop.
            inner.in_inventory |= roles.has(Meaning::Inventory)
                && roles.is_whole
                && evidence.label.name.contains(' ');
        }
        if self.is_container(id) {
            if inner.work.is_none() {
                inner.distance = 0;
            }
            inner.in_container = true;
            inner.is_later &= !roles.is_container;
            inner.containers.insert(0, id);
        }
        inner
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

    /// Done, shipped, ✅: the section is finished; a mark before "Acceptance criteria" only decorates.
    fn is_closed_section(&mut self, id: NodeId, nature: Nature) -> bool {
        let evidence = self.evidence(id);
        let is_closed = values::status_word(&evidence.label.name) == Some(State::Done);
        let by_words = (evidence.roles.has(Meaning::Done) || is_closed)
            && evidence.label.id.is_none()
            && nature != Nature::Item;
        let state = if by_words {
            Some(State::Done)
        } else if decorates(evidence) {
            None
        } else {
            evidence.label.state
        };
        let fate = match state {
            Some(State::Done) => Fate::Finished(CoverageReason::DoneSection),
            Some(State::Rejected) => Fate::NotWork(CoverageReason::Rejected),
            _ => match self.stated_in_body(id) {
                Some(State::Done) => Fate::Finished(CoverageReason::DoneSection),
                Some(State::Rejected) => Fate::NotWork(CoverageReason::Rejected),
                _ => return false,
            },
        };
        self.fate(id, fate);
        true
    }

    /// `**Status:** Done` right below the heading.
    fn stated_in_body(&self, id: NodeId) -> Option<State> {
        if Some(id) == self.outline.title {
            return None;
        }
        let paragraphs = self.told(id);
        let told = paragraphs
            .first()
            .and_then(|first| self.outline.node(*first).first_line());
        if told.is_some_and(|line| line.is_struck) {
            return Some(State::Done);
        }
        let lines = paragraphs
            .iter()
            .take(4)
            .flat_map(|child| &self.outline.node(*child).text);
        let status = lines
            .flat_map(fields::of_line)
            .find(|field| field.means.has(Meaning::FieldStatus))?;
        self.notes.legend.stated(&status.value)
    }

    /// The paragraphs right below a heading, those of quotations too: exports set fields apart in them.
    fn told(&self, id: NodeId) -> Vec<NodeId> {
        let mut told = Vec::new();
        for child in self.outline.children(id) {
            match self.kind(*child) {
                Kind::Paragraph => told.push(*child),
                Kind::Quote => told.extend(
                    self.outline
                        .children(*child)
                        .iter()
                        .filter(|inner| *self.kind(**inner) == Kind::Paragraph),
                ),
                Kind::Section => break,
                _ => {}
            }
        }
        told
    }

    /// What each of the sections below one heading is; those of one form get the same answer.
    fn natures(&self, parent: NodeId, sections: &[NodeId], context: &Context) -> Vec<Nature> {
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

    /// A story, criteria, or fields such as priority and effort right below a heading show that it names an item.
    fn has_item_body(&self, id: NodeId) -> bool {
        if self.stories(id) > 1 || self.is_label(id) {
            return false;
        }
        let own = self.evidence(id);
        let tells = self
            .outline
            .children(id)
            .iter()
            .any(|child| *self.kind(*child) == Kind::Paragraph);
        let is_name = own.label.name.contains(' ') && own.roles.work().is_none();
        let is_sure = !own.label.is_priority_tag || own.label.id.is_some();
        if own.label.priority.is_some() && is_sure && is_name && tells {
            return true;
        }
        self.outline
            .children(id)
            .iter()
            .any(|child| match self.kind(*child) {
                Kind::Paragraph => self.is_item_paragraph(*child),
                Kind::Quote => {
                    let mut inner = self.outline.children(*child).iter();
                    inner.any(|inner| self.is_item_paragraph(*inner))
                }
                Kind::Section if self.is_label(*child) => {
                    let mut told = self.told(*child).into_iter();
                    told.any(|inner| self.is_item_paragraph(inner))
                }
                Kind::Section => {
                    let child = self.evidence(*child);
                    child.roles.has(Meaning::Criteria)
                        && child.label.id.is_none()
                        && !child.roles.any(&[Meaning::Metric])
                        || (child.is_story && child.label.id.is_none())
                }
                Kind::Code { language } => matches!(language.as_str(), "gherkin" | "feature"),
                Kind::List { .. } => self.is_field_list(*child),
                _ => false,
            })
    }

    fn has_field_list(&self, id: NodeId) -> bool {
        self.outline.children(id).iter().any(|child| {
            matches!(self.kind(*child), Kind::List { .. }) && self.is_field_list(*child)
        })
    }

    /// Whether an item begins with a field of one of these meanings.
    fn begins_with_field(&self, item: NodeId, of: &[Meaning]) -> bool {
        let line = self.outline.node(item).first_line();
        let field = line.and_then(|line| fields::of_line(line).into_iter().next());
        field.is_some_and(|field| field.means.any(of))
    }

    /// "**Workaround:**" above a part of an item, with the item's fields at its end.
    fn is_label(&self, id: NodeId) -> bool {
        let node = self.outline.node(id);
        let is_label = node.is_bold_heading && self.evidence(id).label.id.is_none();
        is_label && self.outline.plain(id).trim_end().ends_with(':')
    }

    /// "- Priority: high", "- Owner: …": a list of fields right below a heading.
    fn is_field_list(&self, list: NodeId) -> bool {
        let items = self.outline.children(list);
        let is_field = |item: &&NodeId| self.is_field(**item);
        let tells = |item: &&NodeId| self.begins_with_field(**item, TELLING);
        let count = items.iter().filter(is_field).count();
        let telling = items.iter().filter(tells).count();
        let is_named = |item: &&NodeId| {
            let line = self.outline.node(**item).first_line();
            line.is_some_and(|line| line.bold > 2 && line.plain.contains(':'))
        };
        let has_status = items
            .iter()
            .any(|item| self.begins_with_field(*item, &[Meaning::FieldStatus]));
        let is_report = items.len() >= 3 && has_status && items.iter().all(|item| is_named(&item));
        is_report || telling >= 2 || (count >= 2 && count * 2 >= items.len() && telling > 0)
    }

    /// How many stories stand as paragraphs right below a heading; two or more are items of their own.
    pub(super) fn stories(&self, id: NodeId) -> usize {
        let is_story = |child: &&NodeId| {
            *self.kind(**child) == Kind::Paragraph && self.evidence(**child).is_story
        };
        self.outline.children(id).iter().filter(is_story).count()
    }

    fn is_item_paragraph(&self, id: NodeId) -> bool {
        let node = self.outline.node(id);
        let told = node
            .text
            .iter()
            .flat_map(fields::of_line)
            .any(|field| field.means.any(TELLING) && !field.value.is_empty());
        let names_criteria = node.text.iter().any(|line| {
            line.plain.trim_end().ends_with(':')
                && lexicon()
                    .meaning(&normal(&line.plain))
                    .has(Meaning::Criteria)
        });
        told || names_criteria || story::parts(&self.outline.plain(id)).is_some()
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

    /// Whether several of these headings say how far they are, as only items do.
    fn tell_states(&self, sections: &[NodeId]) -> bool {
        let states = |id: &&NodeId| self.evidence(**id).label.state.is_some();
        let count = sections.iter().filter(states).count();
        count >= 2 && count * 4 >= sections.len()
    }

    /// Whether these headings are numbered and most of them begin with a verb: steps of a plan.
    fn are_tasks(&self, sections: &[NodeId]) -> bool {
        let begins = |id: &&NodeId| self.evidence(**id).is_imperative;
        let count = sections.iter().filter(begins).count();
        count * 10 >= sections.len() * 8 && self.are_numbered(sections)
    }

    /// Whether most of these sections are told in paragraphs that oblige somebody.
    fn oblige(&self, sections: &[NodeId]) -> bool {
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
    fn are_numbered_lists(&self, sections: &[NodeId]) -> bool {
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
    fn are_numbered(&self, sections: &[NodeId]) -> bool {
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
    fn are_done_by_items(&self, sections: &[NodeId]) -> bool {
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

    /// Whether what stands right below a heading obliges somebody, or lets somebody do something.
    fn obliges(&self, id: NodeId) -> bool {
        let children = self.outline.children(id);
        children
            .iter()
            .any(|child| self.evidence(*child).obligation > Obligation::None)
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
    fn names_stage(&self, id: NodeId) -> bool {
        self.evidence(id).roles.is_container
    }

    /// Whether a section that names an item holds items that the document itself sets apart: boxes, rows, ids, named headings.
    ///
    /// `is_told`: bold names only order what is said of it, as they do in a change of a proposal or in the text of an item that
    /// has fields or criteria of its own.
    fn holds_smaller(&self, id: NodeId, is_told: bool) -> bool {
        let own = self.evidence(id);
        let is_named = own.label.is_named() || self.has_item_body(id);
        let names_count = !is_named && !is_told;
        let is_story = own.label.kind.any(&[
            Meaning::KindStory,
            Meaning::KindBug,
            Meaning::KindRequirement,
        ]) || self.stories(id) == 1;
        self.outline
            .children(id)
            .iter()
            .any(|child| match self.kind(*child) {
                Kind::Section => {
                    let evidence = self.evidence(*child);
                    let is_aside = against(evidence.roles).is_some() && !evidence.label.is_named();
                    if is_part(evidence) || is_aside {
                        return evidence.roles.has(Meaning::Steps)
                            && !is_story
                            && self.has_boxes(*child)
                            && !self.has_item_body(id);
                    }
                    let goes_on = match (&own.label.id, &evidence.label.id) {
                        (Some(own), Some(other)) => own.continues_in(other) || !other.is_number(),
                        (None, Some(other)) => !other.is_number(),
                        _ => false,
                    };
                    goes_on
                        || evidence.label.has_kind_word
                        || self.holds_smaller(*child, !names_count)
                }
                Kind::List { .. } => {
                    let tells_story = self.has_item_body(id) && is_story;
                    (self.is_box_list(*child) && !tells_story)
                        || self.is_id_list(*child, own.label.id.as_ref())
                        || (names_count && self.is_named_list(*child))
                        || self.is_story_list(*child)
                }
                Kind::Table => self.is_work_table(*child),
                _ => false,
            })
    }

    fn has_plain_list(&self, id: NodeId) -> bool {
        self.outline.children(id).iter().any(|child| {
            matches!(self.kind(*child), Kind::List { .. }) && !self.is_field_list(*child)
        })
    }

    fn has_boxes(&self, id: NodeId) -> bool {
        self.outline
            .children(id)
            .iter()
            .any(|child| self.is_box_list(*child))
    }

    /// Whether an item has boxes and all of them are ticked.
    fn all_parts_done(&self, id: NodeId) -> bool {
        let mut ticked = 0_u32;
        let mut stack = vec![id];
        while let Some(at) = stack.pop() {
            match self.kind(at) {
                Kind::Item {
                    checked: Some(true),
                } => ticked += 1,
                Kind::Item {
                    checked: Some(false),
                } => return false,
                _ => {}
            }
            if at != id && self.evidence(at).label.is_named() && *self.kind(at) == Kind::Section {
                return false;
            }
            stack.extend(self.outline.children(at));
        }
        ticked > 0
    }
}

/// The title of a document is no item, unless the document is one story or task.
fn title_nature(label: &Label) -> Nature {
    let kinds = &[Meaning::KindStory, Meaning::KindTask, Meaning::KindBug];
    let is_item = label.id.is_some() && label.kind.any(kinds) && !label.kind.has(Meaning::KindEpic);
    if is_item { Nature::Item } else { Nature::Group }
}

/// "✅ 2. Features": a mark before a heading that names only a kind says nothing of its items.
fn decorates(evidence: &Evidence) -> bool {
    let roles = evidence.roles;
    evidence.mark == Some(State::Done)
        && roles.is_whole
        && (roles.work().is_some() || roles.any(ASIDE))
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
fn is_part(evidence: &Evidence) -> bool {
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
fn against(roles: Roles) -> Option<CoverageReason> {
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

/// Whether open boxes outweigh the reason.
fn is_soft(why: CoverageReason) -> bool {
    why == CoverageReason::Background
}

/// The numbers of the version that a heading names: `[1, 4, 1]` for "Kubeflow 1.4.1 Release".
fn version(heading: &str) -> Option<Vec<u32>> {
    let word = heading
        .split([' ', ',', '(', ')', ':'])
        .map(|word| word.trim_start_matches(['v', 'V']))
        .find(|word| {
            word.contains('.')
                && word.split('.').all(|part| {
                    !part.is_empty() && part.len() <= 4 && part.chars().all(|c| c.is_ascii_digit())
                })
        })?;
    word.split('.').map(|part| part.parse().ok()).collect()
}
