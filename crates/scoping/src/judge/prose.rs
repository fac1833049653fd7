//! Paragraphs: obligations that no heading or list names.

use handoff_domain::scoping::model::CoverageReason;

use super::{Context, Fate, Form, Judge};
use crate::evidence::Obligation;
use crate::lexicon::{Meaning, lexicon};
use crate::outline::NodeId;
use crate::text::normal;

impl Judge<'_, '_> {
    /// A paragraph below a heading of change or requirements that obliges somebody is a piece of work.
    ///
    /// `is_intro`: the section holds items of its own, and its prose introduces them.
    pub(super) fn paragraph(&mut self, paragraph: NodeId, is_intro: bool, context: &Context) {
        if self.evidence(paragraph).label.is_notice
            && context.aside != Some(CoverageReason::OutOfScope)
        {
            if !self.is_closed(paragraph) {
                self.push(paragraph, Form::Paragraph, context);
            }
            return;
        }
        let evidence = self.evidence(paragraph);
        let obliges = match context.work {
            Some(Meaning::WorkChange) => evidence.obligation > Obligation::None,
            Some(Meaning::WorkRequirement) => {
                context.distance == 0 && evidence.obligation == Obligation::Strong
            }
            _ => false,
        };
        if obliges
            && context.aside.is_none()
            && !context.is_later
            && !is_intro
            && !self.tells_what_stands(paragraph)
        {
            self.push(paragraph, Form::Paragraph, context);
        } else {
            self.fate(
                paragraph,
                Fate::NotWork(context.aside.unwrap_or(CoverageReason::Prose)),
            );
        }
    }

    /// Prose about what stays as it is, or about what the reader may do.
    fn tells_what_stands(&self, paragraph: NodeId) -> bool {
        let words = normal(&self.outline.plain(paragraph));
        let start: Vec<&str> = words.split(' ').take(8).collect();
        let hits = lexicon().find(&start.join(" "));
        hits.iter().any(|hit| hit.means.has(Meaning::Standing))
    }
}
