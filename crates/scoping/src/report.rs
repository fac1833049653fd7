//! What became of each line, and what the reader of the tickets should know.

use handoff_domain::scoping::model::{
    CoverageEntry, CoverageReason, LineOutcome, MAX_COVERAGE_ENTRIES, NoteCode, ScopingNote,
};

use crate::evidence::{Annotations, Obligation};
use crate::join::{Dropped, Joined};
use crate::judge::{Fate, Verdict};
use crate::outline::{Kind, NodeId, Outline};

/// The most notes about single lines.
const MAX_NOTES: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    outcome: LineOutcome,
    ticket: Option<usize>,
    reason: Option<CoverageReason>,
}

const CONTEXT: Told = Told {
    outcome: LineOutcome::Context,
    ticket: None,
    reason: None,
};
const OBLIGATION: Told = Told {
    outcome: LineOutcome::Obligation,
    ticket: None,
    reason: None,
};
const NO_EVIDENCE: Told = Told::why(LineOutcome::NotWork, CoverageReason::NoEvidence);

impl Told {
    const fn of(outcome: LineOutcome, ticket: usize) -> Self {
        Self {
            outcome,
            ticket: Some(ticket),
            reason: None,
        }
    }

    const fn why(outcome: LineOutcome, reason: CoverageReason) -> Self {
        Self {
            outcome,
            ticket: None,
            reason: Some(reason),
        }
    }
}

struct Lines(Vec<Option<Told>>);

impl Lines {
    fn put(&mut self, lines: (u32, u32), told: Told) {
        let first = (lines.0 as usize).saturating_sub(1);
        let last = (lines.1 as usize).min(self.0.len());
        if let Some(range) = self.0.get_mut(first..last.max(first)) {
            range.fill(Some(told));
        }
    }

    fn is_ticket(&self, line: u32) -> bool {
        let told = self
            .0
            .get((line as usize).saturating_sub(1))
            .copied()
            .flatten();
        told.is_some_and(|told| told.ticket.is_some())
    }
}

/// The coverage of a document.
pub(crate) fn coverage(
    outline: &Outline<'_>,
    notes: &Annotations,
    verdict: &Verdict,
    joined: &[Joined],
    dropped: &[Dropped],
) -> Vec<CoverageEntry> {
    let mut lines = Lines(vec![None; outline.lines.count() as usize]);
    prose(outline, notes, &mut lines);
    for (id, fate) in &verdict.fates {
        let told = match fate {
            Fate::NotWork(why) => Told::why(LineOutcome::NotWork, *why),
            Fate::Finished(why) => Told::why(LineOutcome::Finished, *why),
        };
        let is_unsaid = matches!(
            fate,
            Fate::NotWork(CoverageReason::Prose | CoverageReason::NoEvidence)
        );
        if !is_unsaid {
            lines.put(outline.node(*id).lines, told);
        }
    }
    for out in dropped {
        lines.put(out.lines, Told::why(LineOutcome::NotWork, out.why));
    }
    for (place, ticket) in joined.iter().enumerate() {
        lines.put(ticket.draft.lines, Told::of(LineOutcome::Ticket, place));
    }
    for (place, ticket) in joined.iter().enumerate() {
        for span in &ticket.draft.body_lines {
            lines.put(*span, Told::of(LineOutcome::Ticket, place));
        }
        for span in &ticket.draft.criteria_lines {
            lines.put(*span, Told::of(LineOutcome::Criterion, place));
        }
        for span in &ticket.draft.context_lines {
            if lines.is_ticket(span.0) {
                continue;
            }
            lines.put(*span, CONTEXT);
        }
    }
    ranges(outline, &lines)
}

/// What nobody decided: headings are context, text is prose or an obligation that became no ticket.
fn prose(outline: &Outline<'_>, notes: &Annotations, lines: &mut Lines) {
    for id in outline.ids() {
        let node = outline.node(id);
        let last = node.text.last().map_or(node.lines.1, |line| line.number);
        match node.kind {
            Kind::Section => lines.put((node.lines.0, node.lines.0), CONTEXT),
            Kind::Rule | Kind::Table => lines.put(node.lines, CONTEXT),
            Kind::Row { is_head: false } => lines.put(node.lines, NO_EVIDENCE),
            Kind::Code { .. } | Kind::Html | Kind::Quote => lines.put(node.lines, NO_EVIDENCE),
            Kind::Paragraph | Kind::Item { .. } => {
                lines.put((node.lines.0, last), undecided(notes, id, &node.kind));
            }
            _ => {}
        }
    }
}

fn undecided(notes: &Annotations, id: NodeId, kind: &Kind) -> Told {
    let evidence = notes.of(id);
    match kind {
        _ if evidence.obligation == Obligation::Strong && !evidence.is_question => OBLIGATION,
        Kind::Paragraph => Told::why(LineOutcome::NotWork, CoverageReason::Prose),
        _ => NO_EVIDENCE,
    }
}

/// A link that other lines refer to belongs to them: `[guide]: https://…`.
fn is_link_definition(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('[') && line.contains("]: ")
}

fn ranges(outline: &Outline<'_>, lines: &Lines) -> Vec<CoverageEntry> {
    let mut entries: Vec<CoverageEntry> = Vec::new();
    let mut number = 0;
    for (told, text) in lines.0.iter().zip(outline.source.split('\n')) {
        number += 1;
        if text.trim().is_empty() {
            continue;
        }
        let rest = if is_link_definition(text) {
            CONTEXT
        } else {
            NO_EVIDENCE
        };
        let told = told.unwrap_or(rest);
        let same = entries.last_mut().filter(|entry| {
            entry.outcome == told.outcome
                && entry.ticket == told.ticket
                && entry.reason == told.reason
        });
        if let Some(entry) = same {
            entry.end_line = number;
        } else if entries.len() + 1 >= MAX_COVERAGE_ENTRIES {
            let rest = Told::why(LineOutcome::NotWork, CoverageReason::Rest);
            match entries
                .last_mut()
                .filter(|entry| entry.reason == Some(CoverageReason::Rest))
            {
                Some(entry) => entry.end_line = number,
                None => entries.push(entry(number, rest)),
            }
        } else {
            entries.push(entry(number, told));
        }
    }
    entries
}

const fn entry(line: u32, told: Told) -> CoverageEntry {
    CoverageEntry {
        start_line: line,
        end_line: line,
        outcome: told.outcome,
        ticket: told.ticket,
        reason: told.reason,
    }
}

/// What a reader should know before relying on the tickets.
pub(crate) fn notes(
    outline: &Outline<'_>,
    coverage: &[CoverageEntry],
    tickets: usize,
) -> Vec<ScopingNote> {
    let mut notes = Vec::new();
    let has_text = outline
        .children(NodeId::ROOT)
        .iter()
        .any(|id| !outline.node(*id).text.is_empty() || !outline.children(*id).is_empty());
    let obligations: Vec<&CoverageEntry> = coverage
        .iter()
        .filter(|entry| entry.outcome == LineOutcome::Obligation)
        .collect();
    let finished = coverage
        .iter()
        .any(|entry| entry.outcome == LineOutcome::Finished);
    if !has_text {
        notes.push(note(
            NoteCode::EmptyDocument,
            "the document has no text".to_owned(),
            None,
        ));
    } else if tickets == 0 && finished && obligations.is_empty() {
        notes.push(note(
            NoteCode::AllDone,
            "all work that the document names is marked as done".to_owned(),
            None,
        ));
    } else if tickets == 0 && obligations.is_empty() {
        notes.push(note(NoteCode::NoWork, "nothing in the document looks like work: no list of requirements, no tasks, no boxes, no ids".to_owned(), None));
    } else if tickets < obligations.len() {
        let message = "the document looks like prose: rules find only what stands in lists, tables or under headings of its own; give each piece of work a heading, a list item or a row";
        notes.push(note(NoteCode::Prose, message.to_owned(), None));
    }
    for entry in obligations.iter().take(MAX_NOTES) {
        let message = if entry.start_line == entry.end_line {
            format!(
                "line {} obliges somebody, and no ticket says so",
                entry.start_line
            )
        } else {
            format!(
                "lines {}–{} oblige somebody, and no ticket says so",
                entry.start_line, entry.end_line
            )
        };
        notes.push(note(
            NoteCode::ObligationWithoutTicket,
            message,
            Some(entry.start_line),
        ));
    }
    notes
}

const fn note(code: NoteCode, message: String, line: Option<u32>) -> ScopingNote {
    ScopingNote {
        code,
        message,
        line,
    }
}
