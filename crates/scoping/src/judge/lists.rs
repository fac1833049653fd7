//! Lists: which items are pieces of work.

use handoff_domain::scoping::model::CoverageReason;

use super::{Context, ENOUGH, Fate, Form, Judge};
use crate::evidence::Obligation;
use crate::evidence::label::KINDS;
use crate::evidence::roles::{ASIDE, is_other};
use crate::evidence::values::State;
use crate::ids::Id;
use crate::lexicon::Meaning;
use crate::outline::{Kind, NodeId};

/// The share of a list's items, in tenths, that must bear a mark for it to be the list's.
const MOST: usize = 6;

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
        let is_intro = is_intro || children.iter().any(|child| self.is_box_list(*child));
        let tells_stories = self.stories(section) > 1 && context.aside.is_none();
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
                        self.paragraph(*child, is_intro, context);
                    }
                }
                Kind::Section => break,
                _ => head = None,
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

    /// "George Clark:" above the list of what he is to do.
    fn names_owner(&self, item: NodeId) -> bool {
        let has_list = self
            .outline
            .children(item)
            .iter()
            .any(|child| matches!(self.kind(*child), Kind::List { .. }));
        has_list && crate::evidence::owner::are_names(&self.outline.plain(item))
    }

    /// "**Kim** to:"
    fn assigns(&self, item: NodeId) -> bool {
        self.outline.plain(item).ends_with(" to:") && self.names_owner(item)
    }

    fn owned(&mut self, item: NodeId, context: &Context) {
        let lists = self
            .outline
            .children(item)
            .iter()
            .filter(|child| matches!(self.kind(**child), Kind::List { .. }));
        let items: Vec<NodeId> = lists
            .flat_map(|list| self.outline.children(*list))
            .copied()
            .collect();
        items.into_iter().for_each(|item| self.item(item, context));
    }

    /// Items that only name states or ranks: "⬜ Backlog", "0. Mandatory".
    fn is_legend(&self, items: &[NodeId]) -> bool {
        let is_entry = |item: &&NodeId| {
            let label = &self.evidence(**item).label;
            let name = label
                .name
                .split(['(', '—', '–', '/', '='])
                .next()
                .unwrap_or_default();
            crate::evidence::values::status_word(name).is_some()
                || crate::evidence::values::priority_word(name).is_some()
        };
        let is_leaf = |item: &&NodeId| self.outline.children(**item).is_empty();
        items.len() >= 2 && items.iter().all(|item| is_leaf(&item) && is_entry(&item))
    }

    /// Open boxes are work, also below a heading that only tells the background; those of conditions for a release are not.
    fn boxes(&mut self, items: &[NodeId], context: &Context) {
        if let Some(why) = context.aside.filter(|_| !context.is_soft_aside) {
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

    /// Whether boxes inside of a box are items of their own: they carry on its number, or nothing but the inner ones is named.
    fn is_split_by(&self, item: NodeId, nested: &[NodeId]) -> bool {
        let own = self.evidence(item).label.id.as_ref();
        let is_half_done = self.state(item) == Some(State::Done)
            && nested
                .iter()
                .any(|inner| self.state(*inner) != Some(State::Done));
        let goes_on = nested
            .iter()
            .any(|inner| match (own, &self.evidence(*inner).label.id) {
                (Some(own), Some(inner)) => own.continues_in(inner) || !inner.is_number(),
                (None, Some(_)) => true,
                _ => false,
            });
        goes_on || own.is_none() || is_half_done
    }

    /// Whether most items have boxes.
    pub(super) fn is_box_list(&self, list: NodeId) -> bool {
        if !matches!(self.kind(list), Kind::List { .. }) {
            return false;
        }
        let items = self.outline.children(list);
        let boxed = items
            .iter()
            .filter(|item| self.box_of(**item).is_some())
            .count();
        boxed > 0 && boxed * 2 >= items.len()
    }

    /// Whether an item's box is ticked: `[x]`, or a mark of the document's in its place.
    fn box_of(&self, item: NodeId) -> Option<bool> {
        if let Kind::Item {
            checked: Some(is_ticked),
        } = *self.kind(item)
        {
            return Some(is_ticked);
        }
        self.evidence(item).mark.map(|state| state != State::Open)
    }

    /// Whether most items have ids of work: of their own sort, or carrying on the number of the heading.
    pub(super) fn is_id_list(&self, list: NodeId, above: Option<&Id>) -> bool {
        if !matches!(self.kind(list), Kind::List { .. }) {
            return false;
        }
        let items = self.outline.children(list);
        self.bear_ids(items, above)
    }

    /// Whether most items have an id of work, no two of them the same.
    fn bear_ids(&self, items: &[NodeId], above: Option<&Id>) -> bool {
        let with_id = items.iter().filter(|item| self.has_work_id(**item, above));
        let ids: std::collections::HashSet<String> = with_id
            .filter_map(|item| self.evidence(*item).label.id.as_ref())
            .map(Id::key)
            .collect();
        !items.is_empty() && ids.len() * 10 >= items.len() * MOST
    }

    /// Whether most items are stories.
    pub(super) fn is_story_list(&self, list: NodeId) -> bool {
        if !matches!(self.kind(list), Kind::List { .. }) {
            return false;
        }
        let items = self.outline.children(list);
        items
            .iter()
            .filter(|item| self.evidence(**item).is_story)
            .count()
            * 10
            >= items.len() * MOST
    }

    /// Whether most items have a bold name of their own and more to say.
    pub(super) fn is_named_list(&self, list: NodeId) -> bool {
        matches!(self.kind(list), Kind::List { .. })
            && self.is_named_list_of(self.outline.children(list))
    }

    fn is_named_list_of(&self, items: &[NodeId]) -> bool {
        let is_named = |item: &&NodeId| {
            let node = self.outline.node(**item);
            node.first_line().is_some_and(|line| line.bold > 2) && (!self.is_field(**item))
        };
        items.len() >= 2 && items.iter().filter(is_named).count() * 10 >= items.len() * 9
    }

    fn has_work_id(&self, item: NodeId, above: Option<&Id>) -> bool {
        let label = &self.evidence(item).label;
        label.id.as_ref().is_some_and(|id| {
            let goes_on = above.is_some_and(|above| above.continues_in(id));
            goes_on || (!id.is_number() && !is_other(id) && !self.evidence(item).is_reference)
        })
    }

    /// "AI: Kim to order a printer", "[ACTION] …", "TODO: …" is work wherever it stands.
    fn is_notice(&self, item: NodeId) -> bool {
        let label = &self.evidence(item).label;
        let names_somebody = self
            .outline
            .node(item)
            .first_line()
            .is_some_and(|line| line.bold > 0 || line.plain.starts_with('@'));
        label.id.is_none() && (label.is_notice || (names_somebody && self.is_assigned(item)))
    }

    /// What speaks for a list and against it.
    fn list_points(
        &self,
        section: NodeId,
        items: &[NodeId],
        head: Option<NodeId>,
        context: &Context,
    ) -> i32 {
        let of = |test: &dyn Fn(NodeId) -> bool| items.iter().filter(|item| test(**item)).count();
        let share = |count: usize, points: i32| {
            let count = i32::try_from(count).unwrap_or(i32::MAX / 16);
            points * count / i32::try_from(items.len()).unwrap_or(1).max(1)
        };
        let most = |count: usize| count * 10 >= items.len() * MOST;
        let roles = self.evidence(section).roles;
        let above = self.evidence(section).label.id.as_ref();
        let mut points = 0;
        if self.bear_ids(items, above) {
            points += 4;
        }
        if most(of(&|item| {
            self.evidence(item).is_story
                || self.evidence(item).label.has_kind_word
                    && self.evidence(item).label.kind.any(KINDS)
        })) {
            points += 5;
        }
        let obliging = of(&|item| self.evidence(item).obligation == Obligation::Strong);
        points += if items.len() >= 2 && obliging == items.len() {
            4
        } else {
            share(obliging, 3)
        };
        points += share(of(&|item| self.evidence(item).is_imperative), 2);
        points += share(of(&|item| self.has_owner(item)), 2);
        points += share(of(&|item| self.is_assigned(item)), 3);
        points += match (context.work, context.distance) {
            (Some(Meaning::WorkChange), _) => 2,
            (Some(_), 0) => 5,
            (Some(_), 1) => 4,
            (Some(_), 2) => 3,
            _ => 0,
        };
        points += i32::from(context.in_container) * 4;
        if let Some(head) = head {
            points += self.head_points(head);
        }
        points -= share(of(&|item| self.evidence(item).is_question), 5);
        points -= share(of(&|item| self.is_link(item)), 6);
        points -= share(of(&|item| self.is_field(item)), 5);
        points -= share(of(&|item| self.evidence(item).is_reference), 8);
        if most(of(&|item| {
            self.evidence(item).label.id.as_ref().is_some_and(is_other)
        })) {
            points -= 8;
        }
        if self.is_named_list_of(items) {
            points += 2;
        }
        points -= i32::from(context.is_partly_aside);
        if context.is_later {
            points -= 8;
        }
        if roles.any(ASIDE) && context.work.is_none() {
            points -= 2;
        }
        points
    }

    /// "The system must:" speaks for the list below it, "Limitations:" against it.
    fn head_points(&self, head: NodeId) -> i32 {
        let evidence = self.evidence(head);
        let words = crate::text::normal(&self.outline.plain(head));
        let roles = crate::evidence::roles::of(&words);
        if words.split(' ').any(|word| word.starts_with("priorit")) {
            return -6;
        }
        let names_work = roles
            .work()
            .is_some_and(|work| work != Meaning::WorkBacklog);
        if names_work && words.split(' ').count() <= 6 {
            return 4;
        }
        let is_part =
            roles.any(ASIDE) || roles.any(&[Meaning::Criteria, Meaning::Exit, Meaning::Detail]);
        if is_part && roles.work().is_none() {
            return -6;
        }
        if evidence.obligation == Obligation::Strong {
            3
        } else {
            0
        }
    }

    /// Only links: "[Katib](…)"; the name of a page of a wiki is the name of an item.
    fn is_link(&self, item: NodeId) -> bool {
        let node = self.outline.node(item);
        node.first_line().is_some_and(|line| {
            let mostly = line.linked * 10 >= line.plain.len() * 6;
            !line.plain.trim().is_empty()
                && mostly
                && node.references.is_empty()
                && !self.evidence(item).is_imperative
        })
    }

    /// "[Story 1.1](#story-11)" of a table of contents.
    fn is_index_entry(&self, item: NodeId) -> bool {
        let line = self.outline.node(item).first_line();
        line.is_some_and(|line| line.is_anchor && line.linked * 10 >= line.plain.len() * 6)
    }

    /// "Files: …", "Owner: …".
    fn is_field(&self, item: NodeId) -> bool {
        let node = self.outline.node(item);
        let Some(line) = node
            .first_line()
            .filter(|_| self.evidence(item).label.state.is_none())
        else {
            return false;
        };
        let Some((name, _)) = line.plain.split_once([':', '：']) else {
            return false;
        };
        let means = crate::lexicon::lexicon().meaning(&crate::text::normal(name));
        means.any(crate::evidence::fields::FIELDS)
            || means.any(&[Meaning::Detail, Meaning::FieldDate])
                && !self.evidence(item).label.has_kind_word
    }

    /// "Survey must be sent - Ana", "Jon: fix the link", "@kim: …".
    fn has_owner(&self, item: NodeId) -> bool {
        let plain = self.outline.plain(item);
        crate::evidence::owner::of_text(&plain).is_some()
    }

    /// "Kim to order a printer": somebody is told to do something.
    fn is_assigned(&self, item: NodeId) -> bool {
        crate::evidence::owner::is_assignment(&self.outline.plain(item))
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
        if !self.is_notice(item) && self.named_inside(&[item], context) {
            return;
        }
        self.push_item(item, context);
    }

    /// "Password recovery is out of scope".
    fn leaves_out(&self, item: NodeId) -> bool {
        let plain = self.outline.plain(item);
        let words = crate::text::normal(crate::text::head(&plain, 160));
        let hits = crate::lexicon::lexicon().find(&words);
        hits.iter()
            .any(|hit| hit.len >= 3 && hit.means.has(Meaning::NonGoal))
    }

    /// "Success criterion: …" beside the tasks of a phase.
    fn names_criteria(&self, item: NodeId) -> bool {
        let plain = self.outline.plain(item);
        let head = plain
            .split_once([':', '：'])
            .map(|(head, _)| crate::text::normal(head));
        head.is_some_and(|head| {
            crate::lexicon::lexicon().meaning(&head).any(&[
                Meaning::Criteria,
                Meaning::Exit,
                Meaning::Metric,
            ])
        })
    }

    /// "**Phase 1 (MVP)**" above the list of what belongs to it; whether it was one.
    fn opens_container(&mut self, item: NodeId, context: &Context) -> bool {
        let label = &self.evidence(item).label;
        let is_stage =
            label.id.is_some() && label.kind.any(&[Meaning::Container, Meaning::KindEpic]);
        let lists = self
            .outline
            .children(item)
            .iter()
            .filter(|child| matches!(self.kind(**child), Kind::List { .. }));
        let items: Vec<NodeId> = lists
            .flat_map(|list| self.outline.children(*list))
            .copied()
            .collect();
        if !is_stage || items.is_empty() {
            return false;
        }
        let mut inner = context.clone();
        inner.in_container = true;
        inner.containers.insert(0, item);
        items.into_iter().for_each(|item| self.item(item, &inner));
        true
    }

    /// A remark below an item that only says "done".
    fn is_told_done(&self, item: NodeId) -> bool {
        let lists = self
            .outline
            .children(item)
            .iter()
            .filter(|child| matches!(self.kind(**child), Kind::List { .. }));
        let mut remarks = lists.flat_map(|list| self.outline.children(*list));
        remarks.any(|remark| {
            let plain = self.outline.plain(*remark);
            let mut words = plain.split_whitespace();
            let first = words.next().unwrap_or_default();
            words.count() <= 2 && crate::evidence::values::status_word(first) == Some(State::Done)
        })
    }

    fn push_item(&mut self, item: NodeId, context: &Context) {
        if self.is_placeholder(item) {
            self.fate(item, Fate::NotWork(CoverageReason::NoEvidence));
        } else {
            self.push(item, Form::Item, context);
        }
    }

    /// "TBD", "…", "None", "Migration from other tools...".
    fn is_placeholder(&self, item: NodeId) -> bool {
        let evidence = self.evidence(item);
        let name = crate::text::normal(&evidence.label.name);
        let plain = self.outline.plain(item);
        let is_open_end = plain.trim_end_matches(['*', '_', '.']).len() + 2 <= plain.len()
            && plain.ends_with("...")
            && evidence.label.id.is_none();
        let is_word = matches!(
            name.as_str(),
            "" | "none"
                | "n a"
                | "tbd"
                | "todo"
                | "etc"
                | "nothing"
                | "no"
                | "no update"
                | "no updates"
                | "keine"
                | "aucun"
                | "ninguno"
                | "nenhum"
                | "nessuno"
                | "geen"
                | "なし"
                | "特になし"
        );
        is_word && evidence.label.id.is_none() && self.outline.children(item).is_empty()
            || is_open_end
    }

    /// Items below a label inside of a list ("Action items"), and boxes or ids further in; whether there were any.
    fn named_inside(&mut self, items: &[NodeId], context: &Context) -> bool {
        let mut found = false;
        for item in items {
            if self.is_notice(*item) && context.aside != Some(CoverageReason::OutOfScope) {
                if !self.is_closed(*item) {
                    self.push_item(*item, context);
                }
                found = true;
                continue;
            }
            if context.aside.is_none() && self.assigns(*item) {
                self.owned(*item, context);
                found = true;
                continue;
            }
            let evidence = self.evidence(*item);
            let roles = evidence.roles;
            let is_label = evidence.label.id.is_none()
                && !roles.is_neutral()
                && self.outline.node(*item).text.len() == 1;
            let lists: Vec<NodeId> = self
                .outline
                .children(*item)
                .iter()
                .copied()
                .filter(|child| matches!(self.kind(*child), Kind::List { .. }))
                .collect();
            if is_label && roles.has(Meaning::NonGoal) && roles.work().is_none() {
                self.fate(*item, Fate::NotWork(CoverageReason::OutOfScope));
                found = true;
                continue;
            }
            let is_rank = evidence.rank.is_some() && evidence.label.id.is_none();
            let work = roles
                .work()
                .filter(|_| is_label)
                .or_else(|| context.work.filter(|_| is_rank));
            for list in lists {
                let inner_items = self.outline.children(list).to_vec();
                if let Some(work) = work.filter(|work| {
                    is_rank || matches!(work, Meaning::WorkAction | Meaning::WorkTask)
                }) {
                    let inner = Context {
                        work: Some(work),
                        distance: 0,
                        aside: None,
                        ..context.clone()
                    };
                    inner_items
                        .iter()
                        .for_each(|inner_item| self.item(*inner_item, &inner));
                    found = true;
                } else if context.aside.is_none_or(|_| context.is_soft_aside)
                    && self.is_box_list(list)
                {
                    let mut inner = context.clone();
                    inner.containers.insert(0, *item);
                    self.boxes(&inner_items, &inner);
                    found = true;
                } else if context.aside.is_none()
                    && self.is_id_list(list, evidence.label.id.as_ref())
                {
                    let mut inner = context.clone();
                    inner.containers.insert(0, *item);
                    inner_items
                        .iter()
                        .for_each(|inner_item| self.item(*inner_item, &inner));
                    found = true;
                } else {
                    found |= self.named_inside(&inner_items, context);
                }
            }
        }
        found
    }
}
