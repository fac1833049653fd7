//! What speaks for a list and against it, and what its items say of themselves.

use super::{Context, ENOUGH, Judge};
use crate::evidence::Obligation;
use crate::evidence::label::{KINDS, Label};
use crate::evidence::roles::{ASIDE, is_other};
use crate::evidence::values::State;
use crate::evidence::{fields, owner, roles, values};
use crate::ids::Id;
use crate::lexicon::{Meaning, lexicon};
use crate::outline::{Kind, NodeId};
use crate::text::{head, normal};

/// The share of a list's items, in tenths, that must bear a mark for it to be the list's.
const MOST: usize = 6;

/// Counts the items of a list that pass a test.
struct Shares<'a> {
    items: &'a [NodeId],
}

impl Shares<'_> {
    fn count(&self, test: &dyn Fn(NodeId) -> bool) -> usize {
        self.items.iter().filter(|item| test(**item)).count()
    }

    fn most(&self, test: &dyn Fn(NodeId) -> bool) -> bool {
        self.count(test) * 10 >= self.items.len() * MOST
    }

    fn all(&self, test: &dyn Fn(NodeId) -> bool) -> bool {
        self.count(test) == self.items.len()
    }

    /// All the points where every item passes, else their share.
    fn points(&self, test: &dyn Fn(NodeId) -> bool, all: i32) -> i32 {
        let of = |number: usize| i32::try_from(number).unwrap_or(i32::MAX / 16);
        all * of(self.count(test)) / of(self.items.len()).max(1)
    }
}

/// What the headings around a list say of it.
fn context_points(context: &Context) -> i32 {
    let by_work = match (context.work, context.distance) {
        (Some(Meaning::WorkChange), _) => 2,
        (Some(_), 0) => 5,
        (Some(_), 1) => 4,
        (Some(_), 2) => 3,
        _ => 0,
    };
    by_work + i32::from(context.in_container) * 4
        - i32::from(context.is_partly_aside)
        - i32::from(context.is_later) * 8
}

impl Judge<'_, '_> {
    /// "George Clark:" above the list of what he is to do.
    pub(super) fn names_owner(&self, item: NodeId) -> bool {
        let has_list = self
            .outline
            .children(item)
            .iter()
            .any(|child| matches!(self.kind(*child), Kind::List { .. }));
        has_list && owner::are_names(&self.outline.plain(item))
    }

    /// "**Kim** to:"
    pub(super) fn assigns(&self, item: NodeId) -> bool {
        self.outline.plain(item).ends_with(" to:") && self.names_owner(item)
    }

    /// Items that only name states or ranks: "⬜ Backlog", "0. Mandatory".
    pub(super) fn is_legend(&self, items: &[NodeId]) -> bool {
        let is_entry = |item: &&NodeId| {
            let label = &self.evidence(**item).label;
            let name = label
                .name
                .split(['(', '—', '–', '/', '='])
                .next()
                .unwrap_or_default();
            values::status_word(name).is_some() || values::priority_word(name).is_some()
        };
        let is_leaf = |item: &&NodeId| self.outline.children(**item).is_empty();
        items.len() >= 2 && items.iter().all(|item| is_leaf(&item) && is_entry(&item))
    }

    /// Whether boxes inside of a box are items of their own: they carry on its number, or nothing but the inner ones is named.
    pub(super) fn is_split_by(&self, item: NodeId, nested: &[NodeId]) -> bool {
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
    pub(super) fn box_of(&self, item: NodeId) -> Option<bool> {
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
    pub(super) fn bear_ids(&self, items: &[NodeId], above: Option<&Id>) -> bool {
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

    pub(super) fn is_named_list_of(&self, items: &[NodeId]) -> bool {
        let is_named = |item: &&NodeId| {
            let node = self.outline.node(**item);
            node.first_line().is_some_and(|line| line.bold > 2) && (!self.is_field(**item))
        };
        items.len() >= 2 && items.iter().filter(is_named).count() * 10 >= items.len() * 9
    }

    pub(super) fn has_work_id(&self, item: NodeId, above: Option<&Id>) -> bool {
        let label = &self.evidence(item).label;
        // An id alone only refers to an item.
        !label.name.is_empty()
            && label.id.as_ref().is_some_and(|id| {
                let goes_on = above.is_some_and(|above| above.continues_in(id));
                goes_on || (!id.is_number() && !is_other(id) && !self.evidence(item).is_reference)
            })
    }

    /// "AI: Kim to order a printer", "[ACTION] …", "TODO: …" is work wherever it stands.
    pub(super) fn is_notice(&self, item: NodeId) -> bool {
        let label = &self.evidence(item).label;
        let names_somebody = self
            .outline
            .node(item)
            .first_line()
            .is_some_and(|line| line.bold > 0 || line.plain.starts_with('@'));
        label.id.is_none() && (label.is_notice || (names_somebody && self.is_assigned(item)))
    }

    /// What speaks for a list and against it.
    pub(super) fn list_points(
        &self,
        section: NodeId,
        items: &[NodeId],
        head: Option<NodeId>,
        context: &Context,
    ) -> i32 {
        let above = self.evidence(section).label.id.as_ref();
        let head = head.map_or(0, |head| self.head_points(head));
        context_points(context) + head + self.points_for(items, above) - self.points_against(items)
    }

    /// Ids, stories, obligations, verbs, owners, names.
    fn points_for(&self, items: &[NodeId], above: Option<&Id>) -> i32 {
        let shares = Shares { items };
        let tells_kind = |label: &Label| label.has_kind_word && label.kind.any(KINDS);
        let is_story =
            |item| self.evidence(item).is_story || tells_kind(&self.evidence(item).label);
        let obliges = |item| self.evidence(item).obligation == Obligation::Strong;
        let mut points = 0;
        points += i32::from(self.bear_ids(items, above)) * 4;
        points += i32::from(shares.most(&is_story)) * 5;
        points += if items.len() >= 2 && shares.all(&obliges) {
            4
        } else {
            shares.points(&obliges, 3)
        };
        points += shares.points(&|item| self.evidence(item).is_imperative, 2);
        points += shares.points(&|item| self.has_owner(item), 2);
        points += shares.points(&|item| self.is_assigned(item), 3);
        points += i32::from(self.is_named_list_of(items)) * 2;
        let is_ranked = |item| self.evidence(item).label.priority.is_some();
        points += i32::from(items.len() >= 2 && shares.most(&is_ranked)) * 4;
        if self.asks_for_work(&shares) {
            points.max(ENOUGH)
        } else {
            points
        }
    }

    /// Whether most items of a list oblige somebody or begin with a verb, and not only the latter: a guide does that too.
    fn asks_for_work(&self, shares: &Shares<'_>) -> bool {
        let obliges = |item| self.evidence(item).obligation >= Obligation::Weak;
        let asks =
            |item| obliges(item) || self.evidence(item).is_imperative || self.is_assigned(item);
        // Bold sentences that oblige are principles.
        shares.items.len() >= 3
            && !self.is_named_list_of(shares.items)
            && shares.most(&asks)
            && shares.count(&obliges) * 10 >= shares.items.len() * 3
    }

    /// Questions, links, fields, references, ids of what is no work.
    fn points_against(&self, items: &[NodeId]) -> i32 {
        let shares = Shares { items };
        let has_other_id = |item| self.evidence(item).label.id.as_ref().is_some_and(is_other);
        let mut points = 0;
        points += shares.points(&|item| self.evidence(item).is_question, 5);
        points += shares.points(&|item| self.is_link(item), 6);
        points += shares.points(&|item| self.is_field(item), 5);
        points += shares.points(&|item| self.evidence(item).is_reference, 8);
        points + i32::from(shares.most(&has_other_id)) * 8
    }

    /// "The system must:" speaks for the list below it, "Limitations:" against it.
    pub(super) fn head_points(&self, head: NodeId) -> i32 {
        let evidence = self.evidence(head);
        let words = normal(&self.outline.plain(head));
        let roles = roles::of(&words);
        let is_short = words.split(' ').count() <= 8;
        if is_short && words.split(' ').any(|word| word.starts_with("priorit")) {
            return -6;
        }
        let names_work = roles
            .work()
            .is_some_and(|work| work != Meaning::WorkBacklog)
            && !roles.any(ASIDE);
        let says_rest = lexicon().meaning(&words).has(Meaning::WorkBacklog)
            && self.outline.plain(head).ends_with(':');
        if (names_work && words.split(' ').count() <= 6) || says_rest {
            return 4;
        }
        let is_part =
            roles.any(ASIDE) || roles.any(&[Meaning::Criteria, Meaning::Exit, Meaning::Detail]);
        if is_part && roles.work().is_none() {
            return -6;
        }
        if self.announces(head) {
            4
        } else if evidence.obligation == Obligation::Strong {
            3
        } else {
            0
        }
    }

    /// "The following changes were asked for", "Targeted for the next release".
    pub(super) fn announces(&self, node: NodeId) -> bool {
        let plain = self.outline.plain(node);
        let words = normal(head(&plain, 400));
        let hits = lexicon().find(&words);
        hits.iter().any(|hit| hit.means.has(Meaning::Announce))
    }

    /// Only links: "[Katib](…)"; the name of a page of a wiki is the name of an item.
    pub(super) fn is_link(&self, item: NodeId) -> bool {
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
    pub(super) fn is_index_entry(&self, item: NodeId) -> bool {
        let line = self.outline.node(item).first_line();
        line.is_some_and(|line| line.is_anchor && line.linked * 10 >= line.plain.len() * 6)
    }

    /// "Files: …", "Owner: …".
    pub(super) fn is_field(&self, item: NodeId) -> bool {
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
        let means = lexicon().meaning(&normal(name));
        means.any(fields::FIELDS)
            || means.any(&[Meaning::Detail, Meaning::FieldDate])
                && !self.evidence(item).label.has_kind_word
    }

    /// "Survey must be sent - Ana", "Jon: fix the link", "@kim: …".
    pub(super) fn has_owner(&self, item: NodeId) -> bool {
        let plain = self.outline.plain(item);
        owner::of_text(&plain).is_some()
    }

    /// "Kim to order a printer": somebody is told to do something.
    pub(super) fn is_assigned(&self, item: NodeId) -> bool {
        owner::is_assignment(&self.outline.plain(item))
    }

    /// "Password recovery is out of scope".
    pub(super) fn leaves_out(&self, item: NodeId) -> bool {
        let plain = self.outline.plain(item);
        let words = normal(head(&plain, 160));
        let hits = lexicon().find(&words);
        hits.iter()
            .any(|hit| hit.len >= 3 && hit.means.has(Meaning::NonGoal))
    }

    /// "Success criterion: …" beside the tasks of a phase.
    pub(super) fn names_criteria(&self, item: NodeId) -> bool {
        let plain = self.outline.plain(item);
        let head = plain.split_once([':', '：']).map(|(head, _)| normal(head));
        head.is_some_and(|head| {
            lexicon()
                .meaning(&head)
                .any(&[Meaning::Criteria, Meaning::Exit, Meaning::Metric])
        })
    }

    /// A remark below an item that only says "done".
    pub(super) fn is_told_done(&self, item: NodeId) -> bool {
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
            words.count() <= 2 && values::status_word(first) == Some(State::Done)
        })
    }

    /// "TBD", "…", "None", "Migration from other tools...".
    pub(super) fn is_placeholder(&self, item: NodeId) -> bool {
        let evidence = self.evidence(item);
        let name = normal(&evidence.label.name);
        let plain = self.outline.plain(item);
        let is_open_end = plain.trim_end_matches(['*', '_', '.']).len() + 2 <= plain.len()
            && plain.ends_with("...")
            && evidence.label.id.is_none();
        let is_word = name.is_empty() || lexicon().meaning(&name).has(Meaning::Nothing);
        is_word && evidence.label.id.is_none() && self.outline.children(item).is_empty()
            || is_open_end
    }

    pub(super) fn lists_below(&self, item: NodeId) -> Vec<NodeId> {
        let is_list = |child: &NodeId| matches!(self.kind(*child), Kind::List { .. });
        self.outline
            .children(item)
            .iter()
            .copied()
            .filter(is_list)
            .collect()
    }

    /// The items of the lists inside of an item.
    pub(super) fn items_below(&self, item: NodeId) -> Vec<NodeId> {
        let lists = self.lists_below(item);
        lists
            .into_iter()
            .flat_map(|list| self.outline.children(list))
            .copied()
            .collect()
    }

    /// Whether an item is nothing but a label of this meaning.
    pub(super) fn is_heading_of(&self, item: NodeId, meaning: Meaning) -> bool {
        let evidence = self.evidence(item);
        let is_label = evidence.label.id.is_none() && self.outline.node(item).text.len() == 1;
        is_label && evidence.roles.has(meaning) && evidence.roles.work().is_none()
    }

    /// What an item that only labels a list says of it: "Action items", "Must have".
    pub(super) fn work_of_label(&self, item: NodeId, context: &Context) -> Option<Meaning> {
        let evidence = self.evidence(item);
        if evidence.label.id.is_some() {
            return None;
        }
        if evidence.rank.is_some() && context.work.is_some() {
            return context.work;
        }
        let is_label = self.outline.node(item).text.len() == 1;
        let work = evidence.roles.work().filter(|_| is_label);
        work.filter(|work| matches!(work, Meaning::WorkAction | Meaning::WorkTask))
    }
}
