//! Paragraphs: obligations that no heading or list names.

use handoff_domain::scoping::model::CoverageReason;

use super::{Context, Fate, Form, Judge};
use crate::evidence::Obligation;
use crate::evidence::sentences::Sentence;
use crate::lexicon::{Meaning, lexicon};
use crate::outline::NodeId;
use crate::text::normal;

impl Judge<'_, '_> {
    /// A paragraph below a heading of change or requirements that obliges somebody is a piece of work, each of its obligations
    /// one of its own.
    ///
    /// `is_intro`: the section holds items of its own, and its prose introduces them.
    pub(super) fn paragraph(&mut self, paragraph: NodeId, is_intro: bool, context: &Context) {
        if self.notices(paragraph, context) {
            return;
        }
        let least = match context.work {
            Some(Meaning::WorkChange) => Some(Obligation::Permission),
            Some(Meaning::WorkRequirement) if context.distance == 0 => Some(Obligation::Strong),
            _ => None,
        };
        let obligation = self.evidence(paragraph).obligation;
        let is_open = context.aside.is_none() && !context.is_later && !is_intro;
        match least {
            Some(least) if is_open && obligation >= least && !self.tells_what_stands(paragraph) => {
                self.obligations(paragraph, least, context);
            }
            _ => self.leave(paragraph, context),
        }
    }

    /// "TODO: …", "Action: …", also in the middle of a paragraph; whether there was one.
    fn notices(&mut self, paragraph: NodeId, context: &Context) -> bool {
        let evidence = self.evidence(paragraph);
        let has_notice =
            evidence.label.is_notice || evidence.sentences.iter().any(|part| part.label.is_notice);
        if !has_notice || context.aside == Some(CoverageReason::OutOfScope) {
            return false;
        }
        if evidence.sentences.len() > 1 {
            self.sentences(paragraph, |part| part.label.is_notice, context);
        } else if !self.is_closed(paragraph) {
            self.push(paragraph, Form::Paragraph, context);
        }
        true
    }

    /// Sentences that are all there is below "Next steps" or "Action items"; whether there were any.
    pub(super) fn actions(&mut self, paragraph: NodeId, context: &Context) -> bool {
        let asks = |part: &Sentence| {
            (part.is_task || part.label.is_notice || part.obligation >= Obligation::Weak)
                && !part.goes_on
                && !part.is_question
        };
        let is_action = matches!(context.work, Some(Meaning::WorkAction | Meaning::WorkTask))
            && context.distance == 0
            && context.aside.is_none();
        let sentences = &self.evidence(paragraph).sentences;
        let found = is_action && sentences.iter().any(asks);
        if found {
            self.sentences(paragraph, asks, context);
        }
        found
    }

    fn obligations(&mut self, paragraph: NodeId, least: Obligation, context: &Context) {
        let sentences = &self.evidence(paragraph).sentences;
        let least = least.max(Obligation::Weak);
        let is_separable =
            |part: &Sentence| part.obligation >= least && !part.goes_on && !part.is_question;
        let permits = |part: &Sentence| part.obligation > Obligation::None;
        if sentences.iter().any(is_separable) {
            self.sentences(paragraph, is_separable, context);
        } else if let Some(names) = sentences.iter().position(permits) {
            let range = 0..sentences.len();
            self.push(paragraph, Form::Sentences { range, names }, context);
        } else {
            self.push(paragraph, Form::Paragraph, context);
        }
    }

    /// Where no heading says what a section is about, a sentence by which the team commits itself is a piece of work; whether
    /// there was one.
    pub(super) fn commits(&mut self, paragraph: NodeId, context: &Context) -> bool {
        let commits = |part: &Sentence| part.commits && !part.goes_on && !part.is_question;
        let is_neutral = context.work.is_none() && context.aside.is_none() && !context.is_later;
        let sentences = &self.evidence(paragraph).sentences;
        let found = is_neutral && sentences.iter().any(commits);
        if found {
            self.sentences(paragraph, commits, context);
        }
        found
    }

    fn leave(&mut self, paragraph: NodeId, context: &Context) {
        let why = context.aside.unwrap_or(CoverageReason::Prose);
        self.fate(paragraph, Fate::NotWork(why));
    }

    /// Makes a piece of work of each sentence that names one, with those that follow it.
    fn sentences(
        &mut self,
        paragraph: NodeId,
        names: impl Fn(&Sentence) -> bool,
        context: &Context,
    ) {
        let sentences = &self.evidence(paragraph).sentences;
        let named: Vec<usize> = (0..)
            .zip(sentences)
            .filter(|(_, sentence)| names(sentence))
            .map(|(place, _)| place)
            .collect();
        for (order, place) in named.iter().enumerate() {
            let from = if order == 0 { 0 } else { *place };
            let to = named.get(order + 1).copied().unwrap_or(sentences.len());
            let form = Form::Sentences {
                range: from..to,
                names: *place,
            };
            self.push(paragraph, form, context);
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
