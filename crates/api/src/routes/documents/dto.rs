//! Documents on the wire.

use handoff_domain::document::model::{Block, Document, DocumentSummary, MAX_CONTENT_BYTES};
use handoff_domain::document::service::DocumentChanges;
use handoff_domain::shared::validation::Problems;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::ApiError;
use crate::extract::{Gate, Input, double_option, from_text};
use crate::routes::dto::{BlockTypeDto, DocumentStatusDto, DocumentTypeDto};

/// A body may be larger than the content in it, since JSON escapes characters.
pub(crate) const MAX_BODY_BYTES: usize = 3 * MAX_CONTENT_BYTES + 64 * 1024;

/// A document to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateDocument {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
    #[serde(default = "prd")]
    pub(super) document_type: DocumentTypeDto,
    /// 1 to 500 characters.
    pub(super) title: String,
    /// Markdown, at most 4 MiB; may be empty.
    #[serde(default)]
    pub(super) content: String,
    #[serde(default = "draft")]
    pub(super) status: DocumentStatusDto,
}

const fn prd() -> DocumentTypeDto {
    DocumentTypeDto::Prd
}

const fn draft() -> DocumentStatusDto {
    DocumentStatusDto::Draft
}

impl Input for CreateDocument {
    const MAX_BYTES: usize = MAX_BODY_BYTES;
}

impl Gate for CreateDocument {}

/// A change of a document: absent keeps, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatchDocument {
    /// 1 to 500 characters.
    #[serde(default, deserialize_with = "double_option")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    /// Markdown, at most 4 MiB.
    #[serde(default, deserialize_with = "double_option")]
    #[schema(value_type = Option<String>)]
    content: Option<Option<String>>,
    #[serde(default, deserialize_with = "double_option")]
    #[schema(value_type = Option<DocumentTypeDto>)]
    document_type: Option<Option<DocumentTypeDto>>,
    #[serde(default, deserialize_with = "double_option")]
    #[schema(value_type = Option<DocumentStatusDto>)]
    status: Option<Option<DocumentStatusDto>>,
}

impl Input for PatchDocument {
    const MAX_BYTES: usize = MAX_BODY_BYTES;
}

impl PatchDocument {
    /// Content can be cleared; what a document cannot be without cannot.
    pub(super) fn into_changes(self) -> Result<DocumentChanges, ApiError> {
        const MESSAGE: &str = "cannot be cleared";
        let mut problems = Problems::default();
        problems.require(self.title != Some(None), "/title", MESSAGE);
        problems.require(self.document_type != Some(None), "/document_type", MESSAGE);
        problems.require(self.status != Some(None), "/status", MESSAGE);
        problems.or(())?;
        Ok(DocumentChanges {
            title: self.title.flatten(),
            content: self.content.map(Option::unwrap_or_default),
            document_type: self.document_type.flatten().map(Into::into),
            status: self.status.flatten().map(Into::into),
        })
    }
}

/// Which documents are listed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDocuments {
    #[expect(dead_code, reason = "read before the query is, to check the caller")]
    workspace_id: Uuid,
    pub(super) document_type: Option<DocumentTypeDto>,
    pub(super) status: Option<DocumentStatusDto>,
    /// 1 to 200.
    #[serde(default, deserialize_with = "from_text")]
    pub(super) limit: Option<u32>,
    /// Where the page begins.
    pub(super) cursor: Option<String>,
}

impl Input for ListDocuments {}

impl Gate for ListDocuments {}

/// A document without its content.
#[derive(Serialize, ToSchema)]
pub(crate) struct DocumentSummaryDto {
    id: Uuid,
    workspace_id: Uuid,
    document_type: DocumentTypeDto,
    title: String,
    status: DocumentStatusDto,
    /// Rises by one with each change; also the ETag.
    version: i64,
    /// `user:<id>` or `token:<id>`.
    created_by: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<DocumentSummary> for DocumentSummaryDto {
    fn from(summary: DocumentSummary) -> Self {
        Self {
            id: summary.id.as_uuid(),
            workspace_id: summary.workspace_id.as_uuid(),
            document_type: summary.document_type.into(),
            title: summary.title,
            status: summary.status.into(),
            version: summary.version,
            created_by: summary.created_by.to_string(),
            created_at: summary.created_at,
            updated_at: summary.updated_at,
        }
    }
}

/// A document with its content and blocks.
#[derive(Serialize, ToSchema)]
pub(crate) struct DocumentDto {
    id: Uuid,
    workspace_id: Uuid,
    document_type: DocumentTypeDto,
    title: String,
    /// Markdown.
    content: String,
    status: DocumentStatusDto,
    /// Rises by one with each change; also the ETag.
    version: i64,
    /// `user:<id>` or `token:<id>`.
    created_by: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    blocks: Vec<BlockDto>,
}

impl DocumentDto {
    pub(super) fn new(document: Document, blocks: Vec<Block>) -> Self {
        let summary = DocumentSummaryDto::from(document.summary);
        Self {
            id: summary.id,
            workspace_id: summary.workspace_id,
            document_type: summary.document_type,
            title: summary.title,
            content: document.content,
            status: summary.status,
            version: summary.version,
            created_by: summary.created_by,
            created_at: summary.created_at,
            updated_at: summary.updated_at,
            blocks: blocks.into_iter().map(Into::into).collect(),
        }
    }
}

/// A typed part of a document.
#[derive(Serialize, ToSchema)]
pub(crate) struct BlockDto {
    id: Uuid,
    block_type: BlockTypeDto,
    title: String,
    /// Its Markdown source.
    content: String,
    /// Its first line in the document, from 1.
    start_line: u32,
    /// Its last line.
    end_line: u32,
}

impl From<Block> for BlockDto {
    fn from(block: Block) -> Self {
        Self {
            id: block.id.as_uuid(),
            block_type: block.body.block_type.into(),
            title: block.body.title,
            content: block.body.content,
            start_line: block.body.start_line,
            end_line: block.body.end_line,
        }
    }
}

/// One part of the documents.
#[derive(Serialize, ToSchema)]
pub(crate) struct DocumentsDto {
    pub(super) documents: Vec<DocumentSummaryDto>,
    /// How many there are in all.
    pub(super) total: u64,
    pub(super) next_cursor: Option<String>,
}
