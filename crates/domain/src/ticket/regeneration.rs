//! What generating again does to the tickets that are there: a pure function of the rows and of what was scoped.

mod likeness;
mod matching;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::fingerprint::fingerprint;
use super::model::{Dependency, Parent, Ticket, TicketSource, TicketStatus, TicketType};
use super::ports::GenerationScope;
use crate::scoping::model::{
    CoverageEntry, CoverageReason, LineOutcome, NoteCode, ScopedDependency, ScopedTicket,
    ScopingNote,
};
use crate::shared::ids::{BlockId, DocumentId, TicketId, WorkspaceId};

/// What is kept of a ticket's source besides its lines, so that it is known again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The fingerprint of the newest source text; of a pushed ticket, of the one that was pushed.
    pub fingerprint: String,
    /// How the document numbers it.
    pub item_id: Option<String>,
    /// The titles of the sections around it, outermost first.
    pub section: Vec<String>,
    /// The newest source text; empty where the ticket was made by hand or by an early release.
    pub source_text: String,
}

impl Provenance {
    /// What is to be kept of a scoped ticket's source.
    #[must_use]
    pub fn of(scoped: &ScopedTicket) -> Self {
        Self {
            fingerprint: fingerprint(&scoped.source_text),
            item_id: scoped.item_id.clone(),
            section: scoped.section.clone(),
            source_text: scoped.source_text.clone(),
        }
    }

    /// Early releases named a source by the title or the number of its item.
    fn is_of_early_release(&self) -> bool {
        self.source_text.is_empty()
    }
}

/// A ticket as it is stored, also a deleted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTicket {
    /// The ticket, with its open delivery.
    pub ticket: Ticket,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Whether a person has deleted it.
    pub is_deleted: bool,
}

impl KnownTicket {
    /// Nobody has touched it, so that it follows its document.
    fn is_unreviewed(&self) -> bool {
        let ticket = &self.ticket;
        !self.is_deleted
            && ticket.source == TicketSource::Scoped
            && ticket.status == TicketStatus::Generated
            && ticket.delivery.is_none()
    }

    /// A person has decided for it, so that generating only says what has become of its source.
    fn is_kept(&self) -> bool {
        !self.is_deleted && self.ticket.source == TicketSource::Scoped && !self.is_unreviewed()
    }

    /// It is in a tracker, or on its way there.
    const fn is_sent(&self) -> bool {
        self.ticket.is_pushed() || self.ticket.delivery.is_some()
    }
}

/// A scoped ticket and what it becomes where it is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The id of the ticket, where it is new.
    pub id: TicketId,
    /// The stored block that it comes from.
    pub block_id: Option<BlockId>,
    /// What was scoped.
    pub scoped: ScopedTicket,
    /// Whether it belongs to the part of the document that was asked for.
    pub is_wanted: bool,
}

/// What one generation brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The document.
    pub document_id: DocumentId,
    /// The version of the document that was scoped; nothing is written where it has another one by now.
    pub document_version: i64,
    /// Whether all of the document was asked for.
    pub scope: GenerationScope,
    /// Every ticket that the document calls for, in document order.
    pub candidates: Vec<Candidate>,
    /// What became of the document's lines.
    pub coverage: Vec<CoverageEntry>,
    /// What the scoper wants to be known.
    pub notes: Vec<ScopingNote>,
    /// When it happens.
    pub now: OffsetDateTime,
}

/// What became of a run of lines, with the ticket that holds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketCoverage {
    /// The first line, from 1.
    pub start_line: u32,
    /// The last line.
    pub end_line: u32,
    /// What the lines are.
    pub outcome: LineOutcome,
    /// The ticket that holds them, if it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// Why they are no ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CoverageReason>,
}

/// What a generation changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegenerationPlan {
    /// New tickets, and those that are there and change, as they are to be stored.
    pub written: Vec<KnownTicket>,
    /// Unreviewed tickets whose source is gone.
    pub removed: Vec<TicketId>,
    /// The ticket of each candidate, if it has one that is not deleted.
    pub ids: Vec<Option<TicketId>>,
    /// What became of the document's lines, with the tickets that hold them.
    pub coverage: Vec<TicketCoverage>,
    /// What the scoper said, then what people should know of their tickets.
    pub notes: Vec<ScopingNote>,
}

/// Decides what a generation does with the tickets of a document, of which `known` holds every one it ever had.
#[must_use]
pub fn plan(known: &[KnownTicket], generation: &Generation) -> RegenerationPlan {
    let matches = matching::find(known, &generation.candidates);
    let mut planner = Planner {
        known,
        generation,
        matches: &matches.of_candidates,
        ids: Vec::new(),
        types: HashMap::new(),
        kept_lines: kept_lines(known, &matches.of_candidates),
        plan: RegenerationPlan {
            notes: generation.notes.clone(),
            ..RegenerationPlan::default()
        },
    };
    planner.note_ambiguous(&matches.ambiguous);
    planner.choose_ids();
    planner.remove_vanished();
    planner.place_all();
    planner.forget_removed();
    let mut plan = planner.plan;
    plan.coverage = located(&generation.coverage, &planner.ids);
    plan.ids = planner.ids;
    plan
}

struct Planner<'a> {
    known: &'a [KnownTicket],
    generation: &'a Generation,
    matches: &'a [Option<usize>],
    ids: Vec<Option<TicketId>>,
    types: HashMap<TicketId, TicketType>,
    /// The lines of tickets that a person has decided for and whose source was not found again, with their titles.
    kept_lines: HashMap<&'a str, &'a str>,
    plan: RegenerationPlan,
}

impl<'a> Planner<'a> {
    fn former(&self, candidate: usize) -> Option<&'a KnownTicket> {
        let index = self.matches.get(candidate).copied().flatten()?;
        self.known.get(index)
    }

    fn note(&mut self, code: NoteCode, message: String, line: Option<u32>) {
        self.plan.notes.push(ScopingNote {
            code,
            message,
            line,
        });
    }

    fn note_ambiguous(&mut self, ambiguous: &[usize]) {
        for index in ambiguous {
            if let Some(candidate) = self.generation.candidates.get(*index)
                && candidate.is_wanted
            {
                let scoped = &candidate.scoped;
                let message = format!(
                    "more than one ticket may be the former \"{}\"; a new one was made",
                    scoped.content.title
                );
                self.note(NoteCode::AmbiguousMatch, message, Some(scoped.source_line));
            }
        }
    }

    /// Which ticket each candidate is: the former one, a new one, or none.
    fn choose_ids(&mut self) {
        let generation = self.generation;
        for (index, candidate) in generation.candidates.iter().enumerate() {
            let former = self.former(index);
            let (id, ticket_type) = match former {
                Some(former) if former.is_deleted => (None, None),
                Some(former) if former.is_unreviewed() && candidate.is_wanted => (
                    Some(former.ticket.id),
                    Some(candidate.scoped.content.ticket_type),
                ),
                Some(former) => (
                    Some(former.ticket.id),
                    Some(former.ticket.content.ticket_type),
                ),
                None if candidate.is_wanted && !self.overlaps(candidate) => (
                    Some(candidate.id),
                    Some(candidate.scoped.content.ticket_type),
                ),
                None => (None, None),
            };
            self.types.extend(id.zip(ticket_type));
            self.ids.push(id);
        }
    }

    /// Whether a new ticket would repeat a line of one that a person has decided for; says so.
    fn overlaps(&mut self, candidate: &Candidate) -> bool {
        let mut lines = lines_that_tell(&candidate.scoped.source_text);
        let Some(old) = lines.find_map(|line| self.kept_lines.get(line)) else {
            return false;
        };
        let new = &candidate.scoped.content.title;
        let message =
            format!("\"{new}\" repeats lines of the ticket \"{old}\", so it was not made");
        let line = Some(candidate.scoped.source_line);
        self.note(NoteCode::OverlapsKeptTicket, message, line);
        true
    }

    fn remove_vanished(&mut self) {
        if self.generation.scope != GenerationScope::Whole {
            return;
        }
        let matched: HashSet<usize> = self.matches.iter().flatten().copied().collect();
        for (index, former) in self.known.iter().enumerate() {
            if matched.contains(&index) {
                continue;
            }
            if former.is_unreviewed() {
                self.plan.removed.push(former.ticket.id);
            } else if former.is_kept() {
                let title = &former.ticket.content.title;
                let message = format!("the ticket \"{title}\" is no longer in the document");
                self.note(NoteCode::NoLongerInDocument, message, None);
            }
        }
    }

    fn place_all(&mut self) {
        let generation = self.generation;
        for (index, candidate) in generation.candidates.iter().enumerate() {
            if !candidate.is_wanted {
                continue;
            }
            match (self.former(index), self.ids.get(index).copied().flatten()) {
                (Some(former), _) if former.is_unreviewed() => {
                    self.follow(index, candidate, former);
                }
                (Some(former), _) => self.keep(candidate, former),
                (None, Some(id)) => {
                    let new = self.new_ticket(index, candidate, id);
                    self.plan.written.push(new);
                }
                (None, None) => {}
            }
        }
    }

    fn new_ticket(&self, index: usize, candidate: &Candidate, id: TicketId) -> KnownTicket {
        let generation = self.generation;
        let (workspace, document) = (generation.workspace_id, generation.document_id);
        let content = candidate.scoped.content.clone();
        let ticket = Ticket {
            block_id: candidate.block_id,
            source_line: Some(candidate.scoped.source_line),
            source_end_line: Some(candidate.scoped.source_end_line),
            parent: self.parent_of(index, content.ticket_type),
            depends_on: self.dependencies_of(candidate),
            ..Ticket::generated(id, workspace, document, content, generation.now)
        };
        KnownTicket {
            ticket,
            provenance: Provenance::of(&candidate.scoped),
            is_deleted: false,
        }
    }

    /// A ticket that nobody has touched says what the document says.
    fn follow(&mut self, index: usize, candidate: &Candidate, former: &KnownTicket) {
        let new = self.new_ticket(index, candidate, former.ticket.id);
        let mut ticket = Ticket {
            content: new.ticket.content,
            block_id: new.ticket.block_id,
            source_line: new.ticket.source_line,
            source_end_line: new.ticket.source_end_line,
            parent: new.ticket.parent,
            depends_on: new.ticket.depends_on,
            ..former.ticket.clone()
        };
        if ticket != former.ticket {
            ticket.version += 1;
            ticket.updated_at = self.generation.now;
        }
        let provenance = new.provenance;
        let is_deleted = former.is_deleted;
        self.write_changed(
            former,
            KnownTicket {
                ticket,
                provenance,
                is_deleted,
            },
        );
    }

    /// A ticket that a person has decided for keeps what it says; only where it stands in the document follows.
    fn keep(&mut self, candidate: &Candidate, former: &KnownTicket) {
        let mut known = former.clone();
        let ticket = &mut known.ticket;
        ticket.block_id = candidate.block_id;
        ticket.source_line = Some(candidate.scoped.source_line);
        ticket.source_end_line = Some(candidate.scoped.source_end_line);
        known.provenance = Provenance::of(&candidate.scoped);
        if former.is_sent() && !former.provenance.is_of_early_release() {
            let sent = &former.provenance.fingerprint;
            let differs = *sent != known.provenance.fingerprint;
            known.provenance.fingerprint.clone_from(sent);
            self.set_differs(&mut known, differs);
        }
        self.write_changed(former, known);
    }

    fn set_differs(&mut self, known: &mut KnownTicket, differs: bool) {
        let ticket = &mut known.ticket;
        if ticket.differs_from_document != differs {
            ticket.differs_from_document = differs;
            ticket.version += 1;
            ticket.updated_at = self.generation.now;
        }
        if differs {
            let title = &ticket.content.title;
            let message = format!(
                "the document says something else now than the ticket \"{title}\" in the tracker"
            );
            let line = ticket.source_line;
            self.note(NoteCode::DiffersFromDocument, message, line);
        }
    }

    fn write_changed(&mut self, former: &KnownTicket, known: KnownTicket) {
        if known != *former {
            self.plan.written.push(known);
        }
    }

    /// The nearest ticket above a candidate that may hold one of its type.
    fn parent_of(&self, index: usize, child: TicketType) -> Option<Parent> {
        let candidates = &self.generation.candidates;
        let mut above = candidates.get(index)?.scoped.parent;
        while let Some(at) = above.filter(|at| *at < index) {
            let id = self.ids.get(at).copied().flatten();
            let holds = |id: &TicketId| {
                self.types
                    .get(id)
                    .is_some_and(|parent| parent.may_hold(child))
            };
            if let Some(id) = id.filter(holds) {
                return Some(Parent::Ticket(id));
            }
            above = candidates.get(at)?.scoped.parent.filter(|next| *next < at);
        }
        None
    }

    fn dependencies_of(&self, candidate: &Candidate) -> Vec<Dependency> {
        let own = candidate.scoped.depends_on.iter();
        own.filter_map(|dependency| match dependency {
            ScopedDependency::Ticket(at) => {
                let id = self.ids.get(*at).copied().flatten();
                id.map(|ticket_id| Dependency::Ticket { ticket_id })
            }
            ScopedDependency::Key(key) => Some(Dependency::Key { key: key.clone() }),
        })
        .collect()
    }

    /// No ticket names one that is removed.
    fn forget_removed(&mut self) {
        let removed: HashSet<TicketId> = self.plan.removed.iter().copied().collect();
        if removed.is_empty() {
            return;
        }
        let written: HashMap<TicketId, usize> = self
            .plan
            .written
            .iter()
            .enumerate()
            .map(|(at, known)| (known.ticket.id, at))
            .collect();
        for former in self.known {
            let id = former.ticket.id;
            let at = written.get(&id).copied();
            let known = at
                .and_then(|at| self.plan.written.get(at))
                .unwrap_or(former);
            let mut freed = known.clone();
            if removed.contains(&id) || !freed.ticket.forget(&removed) {
                continue;
            }
            if freed.ticket.version == former.ticket.version {
                freed.ticket.version += 1;
                freed.ticket.updated_at = self.generation.now;
            }
            match at.and_then(|at| self.plan.written.get_mut(at)) {
                Some(known) => *known = freed,
                None => self.plan.written.push(freed),
            }
        }
    }
}

/// Names the ticket of each entry instead of its place among what was scoped.
fn located(coverage: &[CoverageEntry], ids: &[Option<TicketId>]) -> Vec<TicketCoverage> {
    let located = coverage.iter().map(|entry| TicketCoverage {
        start_line: entry.start_line,
        end_line: entry.end_line,
        outcome: entry.outcome,
        ticket_id: entry.ticket.and_then(|at| ids.get(at).copied().flatten()),
        reason: entry.reason,
    });
    located.collect()
}

/// The lines of kept tickets that no candidate is, with the titles of their tickets.
fn kept_lines<'a>(
    known: &'a [KnownTicket],
    matches: &[Option<usize>],
) -> HashMap<&'a str, &'a str> {
    let matched: HashSet<usize> = matches.iter().flatten().copied().collect();
    let kept = known.iter().enumerate();
    let kept = kept.filter(|(index, known)| known.is_kept() && !matched.contains(index));
    kept.flat_map(|(_, known)| {
        let title = known.ticket.content.title.as_str();
        lines_that_tell(&known.provenance.source_text).map(move |line| (line, title))
    })
    .collect()
}

/// The lines that say enough to be known again.
fn lines_that_tell(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| likeness::words(line).len() >= 3)
}

#[cfg(test)]
mod tests;
