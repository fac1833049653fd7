//! What scoping gives.

use serde::{Deserialize, Serialize};

use crate::document::model::ScopedBlock;
use crate::ticket::model::TicketContent;

/// The most entries that a coverage holds; what is beyond is summed up in its last one.
pub const MAX_COVERAGE_ENTRIES: usize = 2_000;

/// What a document is made of and calls for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopedDocument {
    /// The blocks in document order; they do not overlap.
    pub blocks: Vec<ScopedBlock>,
    /// The tickets in document order, a parent before its children.
    pub tickets: Vec<ScopedTicket>,
    /// What became of each line, in document order, at most [`MAX_COVERAGE_ENTRIES`].
    pub coverage: Vec<CoverageEntry>,
    /// What the reader of the tickets should know.
    pub notes: Vec<ScopingNote>,
}

/// A ticket that a document calls for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedTicket {
    /// The index in [`ScopedDocument::blocks`] of the block it comes from.
    pub block: usize,
    /// What it says.
    pub content: TicketContent,
    /// Its first line in the document, from 1.
    pub source_line: u32,
    /// Its last line in the document.
    pub source_end_line: u32,
    /// The index in [`ScopedDocument::tickets`] of the epic or story it is part of; always smaller than its own.
    pub parent: Option<usize>,
    /// What must be there first.
    pub depends_on: Vec<ScopedDependency>,
    /// How the document itself numbers it: `FR-1.2`, `US3`.
    pub item_id: Option<String>,
    /// The titles of the sections around it, outermost first.
    pub section: Vec<String>,
    /// The words of its source lines without marks and spacing: equal text, equal source.
    pub source_text: String,
}

/// What a scoped ticket depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopedDependency {
    /// Another ticket of the document: its index in [`ScopedDocument::tickets`].
    Ticket(usize),
    /// A key of the tracker, or an id that the document does not explain.
    Key(String),
}

/// What became of a run of lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageEntry {
    /// The first line, from 1.
    pub start_line: u32,
    /// The last line.
    pub end_line: u32,
    /// What the lines are.
    pub outcome: LineOutcome,
    /// The index in [`ScopedDocument::tickets`] of the ticket that holds them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<usize>,
    /// Why they are no ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CoverageReason>,
}

/// What a line of a document is to its tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    /// Part of a ticket.
    Ticket,
    /// An acceptance criterion of a ticket.
    Criterion,
    /// Said of several tickets, or a heading above them.
    Context,
    /// No work.
    NotWork,
    /// Work that is finished.
    Finished,
    /// Seems to oblige somebody, and no ticket says so.
    Obligation,
}

/// Why lines are no ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverageReason {
    /// Their section tells the background, a measure, a risk, a glossary or the like.
    Background,
    /// Their section says what is left out.
    OutOfScope,
    /// They tell under which conditions a release leaves, not what is built.
    ExitCriteria,
    /// A ticked box, a word or a mark says that they are done.
    Done,
    /// Their section is finished.
    DoneSection,
    /// They are rejected or struck out.
    Rejected,
    /// The same work is another ticket.
    Twin,
    /// An inventory that the items of another section cover.
    Inventory,
    /// They only refer to items by their ids.
    Summary,
    /// Prose without an obligation.
    Prose,
    /// A mere wish for later.
    Wish,
    /// A wish that nobody can check.
    Unchecked,
    /// Nothing speaks for work.
    NoEvidence,
    /// More ranges than are kept.
    Rest,
}

impl CoverageReason {
    /// The reason as a sentence for people.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Background => "the section tells the background, not work",
            Self::OutOfScope => "the section says what is left out",
            Self::ExitCriteria => "these are conditions for a release, not work of their own",
            Self::Done => "marked as done",
            Self::DoneSection => "the section is marked as done",
            Self::Rejected => "rejected or struck out",
            Self::Twin => "another ticket is the same work",
            Self::Inventory => "the items of another section cover it",
            Self::Summary => "only refers to other items",
            Self::Prose => "prose without an obligation",
            Self::Wish => "an idea for later",
            Self::Unchecked => "a wish that nobody can check",
            Self::NoEvidence => "nothing says that this is work",
            Self::Rest => "more ranges than are listed",
        }
    }
}

/// Something that the reader of the tickets should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopingNote {
    /// Which.
    pub code: NoteCode,
    /// A sentence for people.
    pub message: String,
    /// The line of the document that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// The stable codes of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoteCode {
    /// The document has no text.
    EmptyDocument,
    /// The document is prose: rules find little in it.
    Prose,
    /// The document holds nothing that looks like work.
    NoWork,
    /// All of the document's work is finished.
    AllDone,
    /// Sentences that oblige somebody became no ticket.
    ObligationWithoutTicket,
    /// A new ticket would repeat lines of one that a person has reviewed; it was not made.
    OverlapsKeptTicket,
    /// More than one ticket may be the former one of a new one; a new one was made.
    AmbiguousMatch,
    /// A ticket in the tracker says something else than the document.
    DiffersFromDocument,
    /// A reviewed ticket is no longer in the document.
    NoLongerInDocument,
}
