//! Documents and blocks.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::shared::ids::{BlockId, DocumentId, WorkspaceId};
use crate::workspace::model::Actor;

/// The greatest length of a document title, in characters.
pub const MAX_TITLE_CHARS: usize = 500;
/// The greatest size of a document's content, in bytes of UTF-8.
pub const MAX_CONTENT_BYTES: usize = 4 * 1024 * 1024;

/// What sort of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentType {
    /// A product requirements document.
    Prd,
    /// A specification.
    Spec,
    /// A memo.
    Memo,
    /// User stories.
    UserStory,
    /// An update of the roadmap.
    RoadmapUpdate,
    /// Release notes.
    ReleaseNotes,
}

/// Where a document stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    /// Being written.
    #[default]
    Draft,
    /// Being reviewed.
    Review,
    /// Agreed upon.
    Approved,
    /// Made known.
    Published,
}

/// A product document without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentSummary {
    /// Its id.
    pub id: DocumentId,
    /// The workspace it belongs to.
    pub workspace_id: WorkspaceId,
    /// Its sort.
    pub document_type: DocumentType,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: DocumentStatus,
    /// Rises by one with each change.
    pub version: i64,
    /// Who made it.
    pub created_by: Actor,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

/// A product document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Everything but the content.
    pub summary: DocumentSummary,
    /// Markdown, at most [`MAX_CONTENT_BYTES`] bytes.
    pub content: String,
}

/// What a block of a document is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockType {
    /// The problem or background.
    Problem,
    /// For whom.
    Persona,
    /// What is aimed at.
    Goal,
    /// How it is solved.
    Solution,
    /// A user story.
    UserStory,
    /// A requirement.
    Requirement,
    /// A task.
    Task,
    /// How success is measured.
    Metrics,
    /// What is left out on purpose.
    NonGoal,
    /// A risk, assumption, constraint or dependency.
    Risk,
    /// Phases, milestones and dates.
    Timeline,
    /// An open question.
    OpenQuestion,
    /// Anything else.
    Note,
}

/// A part of a document as scoping finds it, before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedBlock {
    /// What it is about.
    pub block_type: BlockType,
    /// Its heading, or the first words when it has none.
    pub title: String,
    /// Its Markdown source.
    pub content: String,
    /// Its first line in the document, from 1.
    pub start_line: u32,
    /// Its last line in the document.
    pub end_line: u32,
}

/// A typed part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its id; kept while the block keeps its type and title.
    pub id: BlockId,
    /// The document it is part of.
    pub document_id: DocumentId,
    /// Its place among the document's blocks, from 0.
    pub position: u32,
    /// What it says.
    pub body: ScopedBlock,
}
