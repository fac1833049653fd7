//! Lists: which items are pieces of work.

use handoff_domain::scoping::model::CoverageReason;

use super::{Context, ENOUGH, Fate, Form, Judge};
use crate::evidence::Obligation;
use crate::lexicon::Meaning;
use crate::outline::{Kind, NodeId};

impl Judge<'_, '_> {
    /// What stands directly in a section: lists, tables, paragraphs; a line that ends in a colon heads the list below it.
    ///
    /// `is_intro`: items stand below headings of their own, and the prose before them introduces them.
    pub(super) fn blocks(
        &mut self,
        section: NodeId,
        children: &[NodeId],
        is_intro: bool,
        context: &Context,
    ) {
        let mut head: Option<NodeId> = None;
        let has_boxes = children.iter().any(|child| self.is_box_list(*child));
        let is_prose = children
            .iter()
            .all(|child| *self.kind(*child) == Kind::Paragraph);
        let tells_stories = self.stories(section) > 1 && context.aside.is_none();
        let are_lines = is_prose && self.are_lines(children, context);
        for (place, child) in children.iter().enumerate() {
            if tells_stories
                && self.evidence(*child).is_story
                && *self.kind(*child) == Kind::Paragraph
            {
                self.push(*child, Form::Paragraph, context);
                continue;
            }
            match self.kind(*child).clone() {
                Kind::List { .. } => self.list(section, *child, head.take(), context),
                Kind::Table => {
                    self.table(*child, context);
                    head = None;
                }
                Kind::Paragraph => {
                    let plain = self.outline.plain(*child);
                    let next = children.get(place + 1).map(|next| self.kind(*next));
                    let heads_list = matches!(next, Some(Kind::List { .. } | Kind::Table));
                    head =
                        (plain.trim_end().ends_with([':', '：']) || heads_list).then_some(*child);
                    if head.is_none() {
                        if are_lines {
                            if !self.is_closed(*child) {
                                self.push(*child, Form::Paragraph, context);
                            }
                            continue;
                        }
                        let is_told = (!has_boxes && self.commits(*child, context))
                            || (is_prose && self.actions(*child, context));
                        if is_told {
                            continue;
                        }
                        self.paragraph(*child, is_intro || has_boxes, context);
                    }
                }
                Kind::Quote => {
                    self.quoted(*child, context);
                    head = None;
                }
                Kind::Section => break,
                _ => head = None,
            }
        }
    }

    /// Boxes inside of a requirement or story with an id of its own are its criteria, unless they have ids too.
    fn has_criteria_boxes(&self, item: NodeId, list: NodeId) -> bool {
        let label = &self.evidence(item).label;
        label.is_checked_by_boxes()
            && self.is_box_list(list)
            && !self.is_id_list(list, label.id.as_ref())
    }

    /// One thing a line, with blank lines between, right below "Bugs" or "To do".
    fn are_lines(&self, children: &[NodeId], context: &Context) -> bool {
        let is_list = matches!(
            context.work,
            Some(Meaning::WorkBug | Meaning::WorkTask | Meaning::WorkAction)
        );
        let is_line = |child: &NodeId| {
            let node = self.outline.node(*child);
            node.text.len() == 1
                && self.evidence(*child).sentences.len() < 2
                && !self.outline.plain(*child).ends_with([':', '：'])
        };
        is_list
            && context.distance == 0
            && context.aside.is_none()
            && children.len() >= 3
            && children.iter().filter(|child| is_line(child)).count() * 10 >= children.len() * 8
    }

    /// Boxes in a quotation or a callout.
    fn quoted(&mut self, quote: NodeId, context: &Context) {
        for list in self.outline.children(quote).to_vec() {
            if self.is_box_list(list) {
                let items = self.outline.children(list).to_vec();
                self.boxes(&items, context);
            }
        }
    }

    pub(super) fn list(
        &mut self,
        section: NodeId,
        list: NodeId,
        head: Option<NodeId>,
        context: &Context,
    ) {
        let items = self.outline.children(list).to_vec();
        if self.is_legend(&items) {
            self.fate(list, Fate::NotWork(CoverageReason::Background));
            return;
        }
        if self.is_box_list(list) {
            self.boxes(&items, context);
            return;
        }
        let points = self.list_points(section, &items, head, context);
        if points < ENOUGH || (context.aside.is_some() && !context.is_partly_aside) {
            let why = context.aside.unwrap_or(CoverageReason::NoEvidence);
            self.fate(list, Fate::NotWork(why));
            self.named_inside(&items, context);
            return;
        }
        for item in items {
            if self.assigns(item)
                || (context.work == Some(Meaning::WorkAction) && self.names_owner(item))
            {
                self.owned(item, context);
            } else {
                self.item(item, context);
            }
        }
    }

    fn owned(&mut self, item: NodeId, context: &Context) {
        let items = self.items_below(item);
        items.into_iter().for_each(|item| self.item(item, context));
    }

    /// Open boxes are work, also below a heading that only tells the background; those of conditions for a release are not.
    fn boxes(&mut self, items: &[NodeId], context: &Context) {
        let is_task = |item: &NodeId| {
            let label = &self.evidence(*item).label;
            label.id.is_some() && label.kind.has(Meaning::KindTask)
        };
        let are_tasks = items.iter().all(is_task);
        if let Some(why) = context
            .aside
            .filter(|_| !context.is_soft_aside && !are_tasks)
        {
            items
                .iter()
                .for_each(|item| self.fate(*item, Fate::NotWork(why)));
            return;
        }
        for item in items {
            self.boxed(*item, context);
        }
    }

    fn boxed(&mut self, item: NodeId, context: &Context) {
        let nested: Vec<NodeId> = self
            .outline
            .children(item)
            .iter()
            .copied()
            .filter(|child| self.is_box_list(*child))
            .collect();
        let nested_items: Vec<NodeId> = nested
            .iter()
            .flat_map(|list| self.outline.children(*list))
            .copied()
            .collect();
        let is_split = !nested_items.is_empty() && self.is_split_by(item, &nested_items);
        if is_split {
            let mut inner = context.clone();
            inner.containers.insert(0, item);
            self.boxes(&nested_items, &inner);
            return;
        }
        if self.is_index_entry(item) {
            self.fate(item, Fate::NotWork(CoverageReason::Summary));
        } else if self.box_of(item).is_none() {
            self.fate(item, Fate::NotWork(CoverageReason::NoEvidence));
        } else if !self.is_closed(item) {
            self.push_item(item, context);
        }
    }

    /// An item of a list that is work.
    fn item(&mut self, item: NodeId, context: &Context) {
        if self.is_closed(item) {
            return;
        }
        let evidence = self.evidence(item);
        if self.is_index_entry(item) || (evidence.is_reference && evidence.label.id.is_none()) {
            self.fate(item, Fate::NotWork(CoverageReason::Summary));
            return;
        }
        if self.is_placeholder(item) {
            self.fate(item, Fate::NotWork(CoverageReason::NoEvidence));
            return;
        }
        if self.leaves_out(item) {
            self.fate(item, Fate::NotWork(CoverageReason::OutOfScope));
            return;
        }
        if self.names_criteria(item) {
            self.fate(item, Fate::NotWork(CoverageReason::ExitCriteria));
            return;
        }
        if self.is_told_done(item) {
            self.fate(item, Fate::Finished(CoverageReason::Done));
            return;
        }
        if self.opens_container(item, context) {
            return;
        }
        if self.is_area(item, context) {
            self.fate(item, Fate::NotWork(CoverageReason::Summary));
            let mut inner = context.clone();
            inner.containers.insert(0, item);
            let items = self.items_below(item);
            items.into_iter().for_each(|item| self.item(item, &inner));
            return;
        }
        if !self.is_notice(item) && self.named_inside(&[item], context) {
            return;
        }
        self.push_item(item, context);
    }

    /// "Storage" above what is to be done there, in a plan that no heading calls features or stories.
    fn is_area(&self, item: NodeId, context: &Context) -> bool {
        let evidence = self.evidence(item);
        let node = self.outline.node(item);
        let is_bare = evidence.label.id.is_none()
            && evidence.label.priority.is_none()
            && !evidence.is_imperative
            && evidence.obligation == Obligation::None
            && node.text.len() == 1
            && node.first_line().is_some_and(|line| line.bold == 0)
            && *self.kind(node.parent) == Kind::List { ordered: false }
            && self.outline.plain(item).split(' ').count() <= 6;
        let is_plan = matches!(
            context.work,
            None | Some(Meaning::WorkBacklog | Meaning::WorkTask)
        );
        if !is_bare || !is_plan {
            return false;
        }
        let below = self.items_below(item);
        let is_work = |item: &&NodeId| {
            let evidence = self.evidence(**item);
            evidence.is_imperative
                || evidence.obligation >= Obligation::Weak
                || self.links_issue(**item)
                || !self.lists_below(**item).is_empty()
        };
        !below.is_empty() && below.iter().filter(is_work).count() * 10 >= below.len() * 4
    }

    /// "Alerts by mail [#12](…)"
    fn links_issue(&self, item: NodeId) -> bool {
        self.outline.node(item).first_line().is_some_and(|line| {
            let mut rest = line.plain.split('#').skip(1);
            let is_mostly_link = line.linked * 10 >= line.plain.len() * 6;
            let is_named = line.plain.split(' ').count() > 2;
            line.linked > 0
                && is_named
                && !is_mostly_link
                && rest.any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
    }

    /// "**Phase 1 (MVP)**" above the list of what belongs to it; whether it was one.
    fn opens_container(&mut self, item: NodeId, context: &Context) -> bool {
        let label = &self.evidence(item).label;
        let is_stage =
            label.id.is_some() && label.kind.any(&[Meaning::Container, Meaning::KindEpic]);
        let items = self.items_below(item);
        if !is_stage || items.is_empty() {
            return false;
        }
        let mut inner = context.clone();
        inner.in_container = true;
        inner.containers.insert(0, item);
        items.into_iter().for_each(|item| self.item(item, &inner));
        true
    }

    fn push_item(&mut self, item: NodeId, context: &Context) {
        if self.is_placeholder(item) {
            self.fate(item, Fate::NotWork(CoverageReason::NoEvidence));
        } else {
            self.push(item, Form::Item, context);
        }
    }

    /// Items below a label inside of a list ("Action items"), and boxes or ids further in; whether there were any.
    fn named_inside(&mut self, items: &[NodeId], context: &Context) -> bool {
        let mut found = false;
        for item in items {
            found |= self.names_work(*item, context);
        }
        found
    }

    fn names_work(&mut self, item: NodeId, context: &Context) -> bool {
        if self.is_notice(item) && context.aside != Some(CoverageReason::OutOfScope) {
            if !self.is_closed(item) {
                self.push_item(item, context);
            }
            return true;
        }
        if context.aside.is_none() && self.assigns(item) {
            self.owned(item, context);
            return true;
        }
        if self.is_heading_of(item, Meaning::NonGoal) {
            self.fate(item, Fate::NotWork(CoverageReason::OutOfScope));
            return true;
        }
        let mut found = false;
        for list in self.lists_below(item) {
            found |= self.list_below(item, list, context);
        }
        found
    }

    /// A list inside of an item: below a label that says what it holds, or with boxes or ids of its own.
    fn list_below(&mut self, item: NodeId, list: NodeId, context: &Context) -> bool {
        let items = self.outline.children(list).to_vec();
        let mut inner = context.clone();
        if let Some(work) = self.work_of_label(item, context) {
            inner.work = Some(work);
            inner.distance = 0;
            inner.aside = None;
            items.iter().for_each(|item| self.item(*item, &inner));
            return true;
        }
        inner.containers.insert(0, item);
        let above = self.evidence(item).label.id.as_ref();
        if self.has_criteria_boxes(item, list) {
            return false;
        }
        if context.aside.is_none_or(|_| context.is_soft_aside) && self.is_box_list(list) {
            self.boxes(&items, &inner);
            true
        } else if context.aside.is_none() && self.is_id_list(list, above) {
            items.iter().for_each(|item| self.item(*item, &inner));
            true
        } else {
            self.named_inside(&items, context)
        }
    }
}
