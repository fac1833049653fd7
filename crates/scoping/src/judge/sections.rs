//! Headings: what stands below them is judged as what they are.

use handoff_domain::scoping::model::CoverageReason;

use super::natures::Nature;
use super::{Context, Fate, Form, Judge};
use crate::evidence::Evidence;
use crate::evidence::fields;
use crate::evidence::roles::ASIDE;
use crate::evidence::values::{self, State};
use crate::lexicon::Meaning;
use crate::outline::{Kind, NodeId};

impl Judge<'_, '_> {
    /// Judges what stands directly in a section or in the document, then its sections.
    pub(super) fn group(&mut self, id: NodeId, context: &Context) {
        if self.verdict.is_too_much {
            return;
        }
        let children = self.outline.children(id).to_vec();
        let is_section = |child: &NodeId| *self.kind(*child) == Kind::Section;
        let sections: Vec<NodeId> = children.iter().copied().filter(is_section).collect();
        let context = &self.announced(id, &children, context);
        let natures = self.natures(id, &sections, context);
        let unnamed: Vec<NodeId> = sections
            .iter()
            .zip(&natures)
            .filter(|(_, nature)| **nature == Nature::Item)
            .map(|(id, _)| *id)
            .filter(|id| !self.evidence(*id).label.is_named())
            .collect();
        let items = natures.iter().filter(|nature| **nature == Nature::Item);
        // Beside items with names of their own, what has none tells of all of them.
        let beside = Context {
            in_container: context.in_container && items.count() == unnamed.len(),
            ..context.clone()
        };
        let is_intro = natures.contains(&Nature::Item) || natures.contains(&Nature::Group);
        self.blocks(id, &children, is_intro, &beside);
        let stage = self
            .is_plan(&sections, context)
            .then(|| beside.of(Meaning::WorkTask));
        let has_split = unnamed.iter().any(|id| self.has_boxes(*id));
        let released = self.newest_released(&sections);
        for (section, nature) in sections.into_iter().zip(natures) {
            let version = version(&self.outline.plain(section));
            if context.aside.is_none() && version.is_some_and(|it| released.as_ref() > Some(&it)) {
                self.fate(section, Fate::Finished(CoverageReason::DoneSection));
                continue;
            }
            let inner = match (nature, &stage) {
                (Nature::Item, _) => context,
                (Nature::Group, Some(stage)) if self.has_plain_list(section) => stage,
                _ => &beside,
            };
            self.section(section, nature, has_split, inner);
        }
    }

    /// The context of a document's parts, which its first lines may call work.
    fn announced(&self, id: NodeId, children: &[NodeId], context: &Context) -> Context {
        let is_open = context.work.is_none() && context.aside.is_none();
        if is_open && self.announces_parts(id, children) {
            context.of(Meaning::WorkBacklog)
        } else {
            context.clone()
        }
    }

    /// Numbered headings above lists of tasks, where nothing says what they are.
    fn is_plan(&self, sections: &[NodeId], context: &Context) -> bool {
        context.work.is_none()
            && context.aside.is_none()
            && sections.len() >= 3
            && self.are_numbered_lists(sections)
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

/// "✅ 2. Features": a mark before a heading that names only a kind says nothing of its items.
fn decorates(evidence: &Evidence) -> bool {
    let roles = evidence.roles;
    evidence.mark == Some(State::Done)
        && roles.is_whole
        && (roles.work().is_some() || roles.any(ASIDE))
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
