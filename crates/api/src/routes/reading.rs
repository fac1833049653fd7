//! What came of reading a document, on the wire: its lines, and what people should know.

use handoff_domain::scoping::model::{CoverageEntry, CoverageReason, NoteCode, ScopingNote};
use handoff_domain::ticket::ports::KeptCoverage;
use handoff_domain::ticket::regeneration::TicketCoverage;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::dto::LineOutcomeDto;

/// What became of a run of lines.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoverageDto {
    /// The first line, from 1.
    start_line: u32,
    end_line: u32,
    outcome: LineOutcomeDto,
    /// A stable word that says why they are no ticket.
    #[schema(value_type = Option<String>)]
    reason: Option<CoverageReason>,
    /// The reason as a sentence.
    why: Option<&'static str>,
    /// The ticket that holds them, if it was made.
    ticket_id: Option<Uuid>,
}

impl From<TicketCoverage> for CoverageDto {
    fn from(entry: TicketCoverage) -> Self {
        Self {
            start_line: entry.start_line,
            end_line: entry.end_line,
            outcome: entry.outcome.into(),
            reason: entry.reason,
            why: entry.reason.map(CoverageReason::message),
            ticket_id: entry.ticket_id.map(|id| id.as_uuid()),
        }
    }
}

/// What became of a run of lines of a text whose tickets are not stored.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScopedCoverageDto {
    /// The first line, from 1.
    start_line: u32,
    end_line: u32,
    outcome: LineOutcomeDto,
    /// A stable word that says why they are no ticket.
    #[schema(value_type = Option<String>)]
    reason: Option<CoverageReason>,
    /// The reason as a sentence.
    why: Option<&'static str>,
    /// The place among `tickets` of the one that holds them, from 0.
    ticket: Option<usize>,
}

impl From<CoverageEntry> for ScopedCoverageDto {
    fn from(entry: CoverageEntry) -> Self {
        Self {
            start_line: entry.start_line,
            end_line: entry.end_line,
            outcome: entry.outcome.into(),
            reason: entry.reason,
            why: entry.reason.map(CoverageReason::message),
            ticket: entry.ticket,
        }
    }
}

/// Something that people should know of the tickets of a document.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoteDto {
    /// A stable word.
    #[schema(value_type = String)]
    code: NoteCode,
    message: String,
    /// The line of the document that it is about.
    line: Option<u32>,
}

impl From<ScopingNote> for NoteDto {
    fn from(note: ScopingNote) -> Self {
        Self {
            code: note.code,
            message: note.message,
            line: note.line,
        }
    }
}

/// What the newest generation of a document said of its lines; empty before the first.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct DocumentCoverageDto {
    /// The version of the document that was read.
    document_version: Option<i64>,
    coverage: Vec<CoverageDto>,
    notes: Vec<NoteDto>,
    /// When it was generated.
    #[serde(with = "time::serde::rfc3339::option")]
    created_at: Option<OffsetDateTime>,
}

impl From<KeptCoverage> for DocumentCoverageDto {
    fn from(kept: KeptCoverage) -> Self {
        Self {
            document_version: Some(kept.document_version),
            coverage: kept.coverage.into_iter().map(Into::into).collect(),
            notes: kept.notes.into_iter().map(Into::into).collect(),
            created_at: Some(kept.created_at),
        }
    }
}
