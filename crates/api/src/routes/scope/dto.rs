//! Scoped texts on the wire.

use handoff_domain::document::model::ScopedBlock;
use handoff_domain::scoping::model::{ScopedDependency, ScopedDocument, ScopedTicket};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Gate, Input};
use crate::routes::documents::MAX_BODY_BYTES;
use crate::routes::dto::{BlockTypeDto, EffortDto, TicketTypeDto};
use crate::routes::reading::{NoteDto, ScopedCoverageDto};

/// A text to be scoped.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeText {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
    /// Markdown, at most 4 MiB; may be empty.
    pub(super) content: String,
}

impl Input for ScopeText {
    const MAX_BYTES: usize = MAX_BODY_BYTES;
}

impl Gate for ScopeText {}

/// What a text is made of and calls for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScopedDto {
    blocks: Vec<ScopedBlockDto>,
    /// In the order of the text, a parent before its children.
    tickets: Vec<ScopedTicketDto>,
    /// What became of each line.
    coverage: Vec<ScopedCoverageDto>,
    notes: Vec<NoteDto>,
}

/// A typed part of a text.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScopedBlockDto {
    block_type: BlockTypeDto,
    title: String,
    /// Its Markdown source.
    content: String,
    /// Its first line, from 1.
    start_line: u32,
    end_line: u32,
}

/// A ticket that a text calls for; lines are those of the text, from 1.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScopedTicketDto {
    title: String,
    /// Markdown.
    description: String,
    ticket_type: TicketTypeDto,
    /// P0 to P3, another word, or null.
    priority: Option<String>,
    labels: Vec<String>,
    acceptance_criteria: Vec<String>,
    estimated_effort: Option<EffortDto>,
    /// Who is to do it, as the text names them.
    assignee: Option<String>,
    /// A day, as 2026-12-24.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// The first lines of tickets of the text, and keys of issues, that must be there first.
    depends_on: Vec<ScopedDependencyDto>,
    source_line: u32,
    source_end_line: u32,
    /// The first line of the ticket that it is part of.
    parent_line: Option<u32>,
}

/// The first line of a ticket, or the key of an issue.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ScopedDependencyDto {
    Line(u32),
    Key(String),
}

impl From<ScopedDocument> for ScopedDto {
    fn from(document: ScopedDocument) -> Self {
        let lines: Vec<u32> = document
            .tickets
            .iter()
            .map(|ticket| ticket.source_line)
            .collect();
        let tickets = document.tickets.into_iter();
        Self {
            blocks: document.blocks.into_iter().map(Into::into).collect(),
            tickets: tickets
                .map(|ticket| ScopedTicketDto::new(ticket, &lines))
                .collect(),
            coverage: document.coverage.into_iter().map(Into::into).collect(),
            notes: document.notes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ScopedBlock> for ScopedBlockDto {
    fn from(block: ScopedBlock) -> Self {
        Self {
            block_type: block.block_type.into(),
            title: block.title,
            content: block.content,
            start_line: block.start_line,
            end_line: block.end_line,
        }
    }
}

impl ScopedTicketDto {
    /// A ticket among those whose first lines are `lines`.
    fn new(ticket: ScopedTicket, lines: &[u32]) -> Self {
        let line = |index: usize| lines.get(index).copied();
        let depends_on = ticket.depends_on.into_iter();
        let depends_on = depends_on.filter_map(|dependency| match dependency {
            ScopedDependency::Ticket(index) => line(index).map(ScopedDependencyDto::Line),
            ScopedDependency::Key(key) => Some(ScopedDependencyDto::Key(key)),
        });
        let content = ticket.content;
        Self {
            title: content.title,
            description: content.description,
            ticket_type: content.ticket_type.into(),
            priority: content.priority.map(|priority| priority.to_string()),
            labels: content.labels,
            acceptance_criteria: content.acceptance_criteria,
            estimated_effort: content.estimated_effort.map(Into::into),
            assignee: content.assignee,
            due_on: content.due_on.map(|day| day.to_string()),
            depends_on: depends_on.collect(),
            source_line: ticket.source_line,
            source_end_line: ticket.source_end_line,
            parent_line: ticket.parent.and_then(line),
        }
    }
}
