//! What stands right below a heading: whether it is the body of an item, and whether it holds smaller ones.

use super::Judge;
use super::natures::{against, is_part};
use crate::evidence::{fields, story};
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

impl Judge<'_, '_> {
    /// A story, criteria, or fields such as priority and effort right below a heading show that it names an item.
    pub(super) fn has_item_body(&self, id: NodeId) -> bool {
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

    pub(super) fn has_field_list(&self, id: NodeId) -> bool {
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

    /// The paragraphs right below a heading, those of quotations too: exports set fields apart in them.
    pub(super) fn told(&self, id: NodeId) -> Vec<NodeId> {
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

    /// Whether a section that names an item holds items that the document itself sets apart: boxes, rows, ids, named headings.
    ///
    /// `is_told`: bold names only order what is said of it, as they do in a change of a proposal or in the text of an item that
    /// has fields or criteria of its own.
    pub(super) fn holds_smaller(&self, id: NodeId, is_told: bool) -> bool {
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

    pub(super) fn has_plain_list(&self, id: NodeId) -> bool {
        self.outline.children(id).iter().any(|child| {
            matches!(self.kind(*child), Kind::List { .. }) && !self.is_field_list(*child)
        })
    }

    pub(super) fn has_boxes(&self, id: NodeId) -> bool {
        self.outline
            .children(id)
            .iter()
            .any(|child| self.is_box_list(*child))
    }
}
