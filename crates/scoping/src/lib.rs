//! From a Markdown document to its blocks and the tickets it calls for, by rules: no network, the same answer every time.
//!
//! A document goes one way through the files: [`outline`] parses it once, [`evidence`] annotates each node once, [`judge`]
//! decides what is work, [`extract`] makes tickets, [`join`] merges twins and sets parents, [`report`] accounts for each line.
//! [`blocks`] cuts it for display. The words of languages are data, in `words/`.

mod blocks;
mod evidence;
mod extract;
mod ids;
mod join;
mod judge;
mod lexicon;
mod outline;
mod report;
mod text;

use std::collections::HashSet;

use handoff_domain::document::model::ScopedBlock;
use handoff_domain::scoping::error::ScopeError;
use handoff_domain::scoping::model::{ScopedDocument, ScopedTicket};
use handoff_domain::ticket::model::TicketContent;

use crate::evidence::Annotations;
use crate::extract::Draft;
use crate::join::Joined;
use crate::judge::Verdict;
use crate::outline::{NodeId, Outline};

/// How much a document may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most tickets of a document.
    pub tickets: usize,
    /// The most blocks of a document.
    pub blocks: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tickets: 5_000,
            blocks: 5_000,
        }
    }
}

/// The scoper that needs nothing but the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleScoper {
    limits: Limits,
}

impl RuleScoper {
    /// A scoper that refuses documents which give more.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// Scopes Markdown text.
    ///
    /// # Errors
    /// [`ScopeError::TooManyTickets`] and [`ScopeError::TooManyBlocks`].
    pub fn scope(&self, markdown: &str) -> Result<ScopedDocument, ScopeError> {
        self.scope_counted(markdown).map(|(document, _)| document)
    }

    /// Scopes Markdown text, and says how often a part of the document was looked at: a measure of work that is the same on
    /// every machine, and that must grow no faster than the document.
    ///
    /// # Errors
    /// As [`Self::scope`].
    pub fn scope_counted(&self, markdown: &str) -> Result<(ScopedDocument, u64), ScopeError> {
        let (outline, notes, verdict) = self.judged(markdown)?;
        let blocks = self.blocks(&outline, &notes, &verdict)?;
        let units: HashSet<NodeId> = verdict.units.iter().map(|unit| unit.node).collect();
        let drafts: Vec<Draft> = verdict
            .units
            .iter()
            .map(|unit| extract::draft(&outline, &notes, unit, &units))
            .collect();
        let (joined, dropped) = join::join(&outline, &notes, drafts);
        if joined.len() > self.limits.tickets {
            return Err(ScopeError::TooManyTickets(self.limits.tickets));
        }
        let coverage = report::coverage(&outline, &notes, &verdict, &joined, &dropped);
        let notes = report::notes(&outline, &coverage, joined.len());
        let tickets = joined
            .into_iter()
            .map(|joined| ticket(joined, &blocks))
            .collect();
        Ok((
            ScopedDocument {
                blocks,
                tickets,
                coverage,
                notes,
            },
            outline.steps(),
        ))
    }

    /// Cuts Markdown text into blocks.
    ///
    /// # Errors
    /// [`ScopeError::TooManyTickets`] and [`ScopeError::TooManyBlocks`].
    pub fn cut(&self, markdown: &str) -> Result<Vec<ScopedBlock>, ScopeError> {
        let (outline, notes, verdict) = self.judged(markdown)?;
        self.blocks(&outline, &notes, &verdict)
    }

    fn judged<'s>(
        &self,
        markdown: &'s str,
    ) -> Result<(Outline<'s>, Annotations, Verdict), ScopeError> {
        let outline =
            outline::parse(markdown).map_err(|_| ScopeError::TooManyBlocks(self.limits.blocks))?;
        let notes = evidence::annotate(&outline);
        let verdict = judge::judge(&outline, &notes, self.limits.tickets);
        if verdict.is_too_much {
            return Err(ScopeError::TooManyTickets(self.limits.tickets));
        }
        Ok((outline, notes, verdict))
    }

    fn blocks(
        &self,
        outline: &Outline<'_>,
        notes: &Annotations,
        verdict: &Verdict,
    ) -> Result<Vec<ScopedBlock>, ScopeError> {
        blocks::cut(outline, notes, verdict, self.limits.blocks)
            .map_err(|_| ScopeError::TooManyBlocks(self.limits.blocks))
    }
}

fn ticket(joined: Joined, blocks: &[ScopedBlock]) -> ScopedTicket {
    let Joined {
        draft,
        parent,
        depends_on,
    } = joined;
    let block = blocks
        .partition_point(|block| block.start_line <= draft.lines.0)
        .saturating_sub(1);
    ScopedTicket {
        block,
        source_line: draft.lines.0,
        source_end_line: draft.lines.1,
        parent,
        depends_on,
        item_id: draft.id.filter(|id| !id.is_number()).map(|id| id.text),
        section: draft.section,
        source_text: draft.source_text,
        content: TicketContent {
            title: draft.title,
            description: draft.description,
            ticket_type: draft.ticket_type,
            priority: draft.priority,
            labels: draft.labels,
            acceptance_criteria: draft.criteria,
            estimated_effort: draft.effort,
            assignee: draft.assignee,
            due_on: draft.due_on,
        },
    }
}
